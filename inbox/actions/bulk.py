"""One thing done to many tickets: begun in a moment, worked in portions, stoppable, and taken back exactly.

A run keeps its tickets as rows, so that whoever works it can die and another goes on; each change is an ordinary event
of its ticket, and what the events cannot say of before stands in the row.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from typing import Any, Final

from sqlalchemy import ColumnElement, func, insert, literal, select

from inbox import clock
from inbox.actions import tickets, undo
from inbox.actions.who import Who, require, visible
from inbox.errors import Conflict, Invalid, NotFound, Problem
from inbox.store import Agent, BulkItem, BulkRun, Message, Ticket, Work

__all__ = [
    "AT_ONCE",
    "VERBS",
    "at_once",
    "begin",
    "dismiss",
    "find",
    "latest",
    "problems",
    "step",
    "stop",
    "take_back",
    "waiting",
]

AT_ONCE: Final = 50  # so many are done while somebody waits
PORTION: Final = 50  # of a transaction: nobody else waits for long
MOST: Final = 500  # tickets named one by one
UNDER_WAY: Final = ("running", "undoing")
NEVER: Final = dt.datetime.min.replace(tzinfo=dt.UTC)

#: What can be done with many tickets at once; ``data`` are the form's fields. One more is a row here and a button.
VERBS: Final[dict[str, Callable[[Work, Who, int, dict[str, Any]], Any]]] = {
    "assign": lambda work, who, n, data: tickets.assign(work, who, n, **tickets.given(data)),
    "status": lambda work, who, n, data: tickets.set_status(
        work, who, n, str(data.get("status", "")), reason=data.get("reason") or None, until=_moment(data.get("until"))
    ),
    "tag": lambda work, who, n, data: tickets.tag(
        work, who, n, str(data.get("tag", "")), op=str(data.get("op") or "add")
    ),
    "priority": lambda work, who, n, data: tickets.prioritise(work, who, n, str(data.get("priority", ""))),
    "spam": lambda work, who, n, _data: tickets.spam(work, who, n),
}
#: The fields of a form that a run keeps.
FIELDS: Final = ("agent", "team", "status", "reason", "until", "tag", "op", "priority")


def _moment(text: str | None) -> dt.datetime | None:
    try:
        return clock.parse(text) if text else None
    except ValueError:
        msg = "say until when as a time with its zone"
        raise Invalid(msg, fields={"until": msg}) from None


def begin(
    work: Work,
    who: Who,
    action: str,
    data: dict[str, Any],
    *,
    ids: Sequence[int] = (),
    which: ColumnElement[bool] | None = None,
) -> BulkRun:
    """Keeps what is to be done with which tickets, as they are now; nothing is changed yet.

    ``ids`` names them, or ``which`` is the condition of a whole view. Raises :class:`Invalid` for nothing to do.
    """
    require(who, "ticket.bulk")
    if action not in VERBS:
        msg = f"action is one of {', '.join(VERBS)}"
        raise Invalid(msg, fields={"action": msg})
    if which is None and not 0 < len(ids) <= MOST:
        msg = "choose 1 to 500 tickets"
        raise Invalid(msg, fields={"ids": msg})
    if action == "status" and data.get("status") == "snoozed" and (_moment(data.get("until")) or NEVER) <= clock.now():
        msg = "say until when: a time in the future"
        raise Invalid(msg, fields={"until": msg})
    kept = {name: data[name] for name in FIELDS if name in data}
    run = BulkRun(agent_id=who.id or "", action=action, data=kept)
    work.add(run)
    work.flush()
    wanted = Ticket.id.in_(ids) if which is None else which
    blank = (literal(""), literal(""), literal([], BulkItem.events.type), literal({}, BulkItem.was.type))
    rows = select(literal(run.id), Ticket.id, *blank).where(wanted, visible(who))
    work.execute(insert(BulkItem).from_select(["run_id", "ticket_id", "outcome", "problem", "events", "was"], rows))
    run.total = work.scalar(select(func.count()).where(BulkItem.run_id == run.id)) or 0
    if not run.total and which is not None:
        msg = "there is no ticket to do this with"
        raise Invalid(msg, fields={"ids": msg})
    return run


def find(work: Work, who: Who, number: int) -> BulkRun:
    """A run of one's own. Raises :class:`NotFound`."""
    run = work.get(BulkRun, number)
    if run is None or run.agent_id != who.id:
        msg = "there is no such run of yours"
        raise NotFound(msg)
    return run


def latest(work: Work, who: Who, *, within: dt.timedelta) -> BulkRun | None:
    """The last run of somebody that is under way, or ended a moment ago and was not put away."""
    run = work.scalar(select(BulkRun).where(BulkRun.agent_id == who.id).order_by(BulkRun.id.desc()).limit(1))
    if run is None or run.data.get("put_away"):
        return None
    fresh = run.ended_at is not None and run.ended_at > clock.now() - within
    return run if run.state in UNDER_WAY or fresh else None


def problems(work: Work, run: BulkRun) -> list[tuple[str, int]]:
    """Why some tickets stayed as they were, with how many each, the most first; at most three sentences."""
    count = func.count()
    rows = work.execute(
        select(BulkItem.problem, count)
        .where(BulkItem.run_id == run.id, BulkItem.problem != "")
        .group_by(BulkItem.problem)
        .order_by(count.desc())
        .limit(3)
    )
    return [(sentence, number) for sentence, number in rows]


def waiting(work: Work) -> list[int]:
    """The runs that have something left to do, oldest first."""
    return list(work.scalars(select(BulkRun.id).where(BulkRun.state.in_(UNDER_WAY)).order_by(BulkRun.id)))


def stop(work: Work, who: Who, number: int) -> BulkRun:
    """Ends a run where it is; what was done stays, and can be taken back."""
    run = find(work, who, number)
    if run.state == "running":
        run.state, run.ended_at = "stopped", clock.now()
    return run


def take_back(work: Work, who: Who, number: int) -> BulkRun:
    """Begins to take a run back. Raises :class:`Conflict` for one that is under way or was taken back."""
    run = find(work, who, number)
    if run.state not in {"done", "stopped"}:
        msg = "this was undone already" if run.state in {"undone", "undoing"} else "stop it first"
        raise Conflict(msg)
    run.state, run.at, run.failed, run.ended_at = "undoing", 0, 0, None
    return run


def dismiss(work: Work, who: Who, number: int) -> None:
    """Puts what is said of a run away."""
    run = find(work, who, number)
    run.data = {**run.data, "put_away": True}


def step(work: Work, number: int, *, limit: int = PORTION) -> bool:
    """Works the next portion of a run; False where there is none left, or another worker has it in hand."""
    run = work.scalar(select(BulkRun).where(BulkRun.id == number).with_for_update(skip_locked=True))
    if run is None or run.state not in UNDER_WAY:
        return False
    agent = work.get_one(Agent, run.agent_id)
    who = Who.of(agent)
    forth = run.state == "running"
    due = select(BulkItem).where(BulkItem.run_id == run.id, BulkItem.ticket_id > run.at).order_by(BulkItem.ticket_id)
    items = work.scalars(due.where(BulkItem.outcome == ("" if forth else "done")).limit(limit)).all()
    for item in items if agent.active else ():
        (_do if forth else _undo)(work, who, run, item)
        run.at = item.ticket_id
    if len(items) < limit or not agent.active:
        run.state, run.ended_at = ("done" if forth else "undone"), clock.now()
    return run.state in UNDER_WAY


def _tried(work: Work, item: BulkItem, attempt: Callable[[], Any]) -> bool:
    """True where it went well; what a refused one had begun is taken back, and takes nothing else with it."""
    before = len(work.events)
    try:
        with work.begin_nested():
            attempt()
    except Problem as problem:
        del work.events[before:]
        item.problem = problem.detail
        return False
    return True


def _do(work: Work, who: Who, run: BulkRun, item: BulkItem) -> None:
    was = _before(work, item.ticket_id)
    first = len(work.events)
    if not _tried(work, item, lambda: VERBS[run.action](work, who, item.ticket_id, dict(run.data))):
        item.outcome = "failed"
        run.failed += 1
        return
    item.events = [line.id for line in work.events[first:]]
    item.outcome = "done" if item.events else "same"
    item.was = was if any(line.kind in CHANGES_STATUS for line in work.events[first:]) else {}
    run.done += 1


def _undo(work: Work, who: Who, run: BulkRun, item: BulkItem) -> None:
    def back() -> None:
        for event in reversed(item.events):
            undo.undo(work, who, event)
        _restore(work, item)

    if _tried(work, item, back):
        item.outcome = "undone"
        run.back += 1
    else:
        item.outcome = "kept"
        run.failed += 1


CHANGES_STATUS: Final = frozenset({"ticket.status", "ticket.snoozed"})
#: Columns that a change of status touches, and no event tells.
TOUCHED: Final = ("waiting_since", "snoozed_until", "resolved_at", "active_at", "attention_at")


def _before(work: Work, number: int) -> dict[str, Any]:
    ticket = work.get(Ticket, number)
    if ticket is None:
        return {}
    was: dict[str, Any] = {name: _iso(getattr(ticket, name)) for name in TOUCHED}
    if ticket.attention:
        undealt = select(Message.id).where(Message.ticket_id == number, Message.state.in_(["failed", "unknown"]))
        was["trouble"] = list(work.scalars(undealt.where(Message.dealt_at.is_(None))))
    return {**was, "attention": ticket.attention, "last_in": ticket.last_in_id}


def _restore(work: Work, item: BulkItem) -> None:
    """Puts back what no event tells, unless somebody has written since: then what they wrote counts."""
    was = item.was
    ticket = work.get(Ticket, item.ticket_id)
    if not was or ticket is None or ticket.last_in_id != was["last_in"]:
        return
    for name in TOUCHED:
        setattr(ticket, name, clock.parse(was[name]) if was[name] else None)
    ticket.attention = was["attention"]
    for message in work.scalars(select(Message).where(Message.id.in_(was.get("trouble", ())))):
        message.dealt_at = None


def _iso(moment: dt.datetime | None) -> str | None:
    return moment.isoformat() if moment is not None else None


def at_once(
    work: Work, who: Who, ids: Sequence[int], action: str, data: dict[str, Any]
) -> tuple[BulkRun, list[BulkItem]]:
    """Begins a run and works it to its end; gives each ticket's part in it."""
    run = begin(work, who, action, data, ids=ids)
    while step(work, run.id):
        pass
    work.flush()
    return run, list(work.scalars(select(BulkItem).where(BulkItem.run_id == run.id).order_by(BulkItem.ticket_id)))
