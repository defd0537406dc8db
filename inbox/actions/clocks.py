"""The clocks of tickets: read from their own log by the engine's arithmetic, kept with them in the same transaction."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import ColumnElement, Row, or_, select, update
from sqlalchemy.orm.util import identity_key

from inbox import clock
from inbox.actions import promises
from inbox.actions.promises import Rules
from inbox.metrics import read_events
from inbox.metrics.cases import Case, cases_of
from inbox.metrics.interactions import conversation_of
from inbox.metrics.living import Living
from inbox.metrics.sla import Running, first_answer, frt_clock, running, ttr_clock
from inbox.metrics.tickets import Family
from inbox.store import Event, Ticket, Work
from inbox.terms import Status

__all__ = ["KINDS", "UNFINISHED", "Story", "follow", "refresh", "refresh_stale", "story", "tell_due", "waiting"]

UNFINISHED: Final = (Status.NEW, Status.OPEN, Status.PENDING, Status.SNOOZED)
#: Lines that can start, stop or change a clock; a ticket's history has many others.
KINDS: Final = frozenset(
    {
        "ticket.created",
        "ticket.status",
        "ticket.assigned",
        "ticket.priority",
        "ticket.band",
        "ticket.merged",
        "ticket.absorbed",
        "ticket.split",
        "ticket.moved",
        "ticket.spam",
        "ticket.deleted",
        "msg.in",
        "msg.out",
        "msg.classify",
        "bot.handoff",
        "call.started",
        "call.leg",
        "call.ended",
        "void",
    }
)
#: Lines that name another ticket whose messages may be here, or whose clock this one's are part of.
_PARTNERS: Final = {"ticket.merged": "into", "ticket.absorbed": "merged", "ticket.split": "from", "ticket.moved": "to"}
_LATER: Final = 1 << 60  # the place in the log of what this transaction will write
_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_BATCH = 200
_COLUMNS: Final = (Ticket.due_clock, Ticket.due_from, Ticket.due_soon_at, Ticket.due_at)
_LINES: Final = select(
    Event.seq, Event.id, Event.ts, Event.rec, Event.kind, Event.actor_kind, Event.actor_id, Event.actor_team,
    Event.ticket_id, Event.data,
)  # fmt: skip


def follow(work: Work) -> None:
    """What this transaction is about to write into the log moves the clocks of the tickets that it is about."""
    touched = {line.ticket_id for line in work.events if line.kind in KINDS and line.ticket_id is not None}
    if touched:
        refresh(work, touched)


def refresh(work: Work, numbers: Collection[int]) -> None:
    """Sets the clocks of some tickets, and of those that they were merged with, from the log as it is now."""
    rules = promises.rules(work)
    left = set(numbers)
    while left:
        lines = _family(work, left.pop())
        left -= lines.keys()
        found = _clocks(lines, rules)
        _keep(work, {number: _first(found.get(number, [])) for number in lines}, rules.config.digest)


@dataclass(frozen=True)
class Story:
    """The clocks of a ticket: those that run now, and how its first answer and its solution went (met, breached),
    with the time that each took or None."""

    running: tuple[Running, ...] = ()
    settled: tuple[tuple[str, str, dt.timedelta], ...] = ()


def story(work: Work, number: int) -> Story:
    """What a ticket's own log says of its clocks."""
    rules = promises.rules(work)
    case = _cases(_family(work, number), rules).get(number)
    if case is None:
        return Story()
    with rules.lock:
        runs = tuple(running(case, rules.config, rules.hours))
        first = frt_clock(case, conversation_of(case, rules.config), rules.config, rules.hours)
        solved = ttr_clock(case, (None, None), rules.config, rules.hours)
    answer = first_answer(case)
    closing = case.first_closing
    settled = [
        (name, one.outcome, dt.timedelta(milliseconds=stop - one.started))
        for name, one, stop in (
            ("first", first, answer.at if answer is not None else None),
            ("resolve", solved, closing.at if closing is not None else None),
        )
        if one is not None and stop is not None and one.outcome != "excluded"
    ]
    return Story(runs, tuple(settled))


def waiting(work: Work) -> bool:
    """Whether :func:`refresh_stale` or :func:`tell_due` would find anything: a look that holds up no writer."""
    found = (select(Ticket.id).where(one).limit(1) for one in (_stale(work), _untold(clock.now())))
    return any(work.scalar(each) is not None for each in found)


def _stale(work: Work) -> ColumnElement[bool]:
    now = promises.config(work).digest  # two ranges of an index; "not this one" would look at every ticket
    return Ticket.status.in_(UNFINISHED) & or_(Ticket.due_rules < now, Ticket.due_rules > now)


def _untold(now: dt.datetime) -> ColumnElement[bool]:
    late = (Ticket.due_at < now) & (Ticket.due_told != "late")
    soon = (Ticket.due_soon_at <= now) & (Ticket.due_at >= now) & (Ticket.due_told == "")
    return Ticket.status.in_([Status.NEW, Status.OPEN]) & or_(late, soon)


def refresh_stale(work: Work) -> int:
    """Sets the clocks of unfinished tickets that were set by other hours or targets than those of today, some at a
    time; gives their number."""
    stale = list(work.scalars(select(Ticket.id).where(_stale(work)).limit(_BATCH)))
    if stale:
        refresh(work, stale)
    return len(stale)


def tell_due(work: Work) -> int:
    """Writes into the log which clocks have become due soon or were overrun, each once; gives their number."""
    now = clock.now()
    rows = work.scalars(select(Ticket).where(_untold(now)).order_by(Ticket.due_at).limit(_BATCH)).unique()
    told = 0
    for ticket in rows.all():
        if ticket.due_at is None:
            continue
        ticket.due_told = "late" if ticket.due_at < now else "soon"
        work.append(
            f"sla.{ticket.due_told}",
            ticket=ticket.id,
            clock=ticket.due_clock,
            due=clock.iso(ticket.due_at),
            agent=ticket.assignee_id,
        )
        told += 1
    return told


def _family(work: Work, number: int) -> dict[int, list[dict[str, Any]]]:
    """The lines of a ticket and of all that it was merged with or split from, by ticket, also those not written yet."""
    found: dict[int, list[dict[str, Any]]] = {}
    wanted = {number}
    while wanted:
        rows = work.execute(_LINES.where(Event.ticket_id.in_(wanted), Event.kind.in_(KINDS)).order_by(Event.seq))
        found |= {one: [] for one in wanted}
        for row in rows:
            found[row.ticket_id].append(_told(row))
        for n, line in enumerate(work.events):
            if line.ticket_id in wanted and line.kind in KINDS:
                found[line.ticket_id].append({**line.as_dict(), "seq": _LATER + n})
        named = {int(line[_PARTNERS[line["kind"]]]) for one in wanted for line in _naming(found[one])}
        wanted = named - found.keys()
    return found


def _told(row: Row[Any]) -> dict[str, Any]:
    """A line as the engine reads it; no object is made of it, since this is the way of every arrival."""
    actor = {"kind": row.actor_kind, "id": row.actor_id, "team": row.actor_team}
    envelope = {"seq": row.seq, "id": row.id, "ts": clock.iso(row.ts), "rec": clock.iso(row.rec), "kind": row.kind}
    return {**envelope, "actor": actor, "ticket": str(row.ticket_id), **row.data}


def _naming(lines: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    return [line for line in lines if str(line.get(_PARTNERS.get(line["kind"], ""), "")).isdigit()]


def _clocks(lines: dict[int, list[dict[str, Any]]], rules: Rules) -> dict[int, list[Running]]:
    """The running clocks of each ticket of a family that was not merged away."""
    last = _cases(lines, rules)
    with rules.lock:
        return {number: running(case, rules.config, rules.hours) for number, case in last.items()}


def _cases(lines: dict[int, list[dict[str, Any]]], rules: Rules) -> dict[int, Case]:
    """The last case of each ticket of a family that was not merged away."""
    log = read_events(line for own in lines.values() for line in own)
    living = Living()
    for event in log.events:
        living.take(event)
    family = Family(sorted((e for e in living.known.values() if living.lives(e)), key=lambda e: e.order))
    return {int(case.root): case for case in cases_of(family, rules.config)}


def _first(found: list[Running]) -> tuple[Any, ...]:
    """The clock that is due first, as :data:`_COLUMNS` have it."""
    first = min((one for one in found if one.due is not None), key=lambda one: one.due or 0, default=None)
    if first is None:
        return ("", None, None, None)
    return (first.name, _moment(first.started), _moment(first.soon), _moment(first.due))


def _keep(work: Work, clocks: Mapping[int, tuple[Any, ...]], digest: str) -> None:
    """Keeps the clocks of tickets: of one that this work holds in the object, of any other in the row alone."""
    held = {number: work.identity_map.get(identity_key(Ticket, number)) for number in clocks}
    rows = {ticket.id: ticket for ticket in held.values() if isinstance(ticket, Ticket)}
    others = [number for number in clocks if number not in rows]
    if others:
        known = select(Ticket.id, *_COLUMNS, Ticket.due_rules).where(Ticket.id.in_(others))
        for row in work.execute(known):
            changed = _changed(tuple(row[1:5]), clocks[row.id], row.due_rules, digest)
            if changed:
                change = update(Ticket).where(Ticket.id == row.id).values(**changed, version=Ticket.version + 1)
                work.execute(change.execution_options(synchronize_session=False))
    for number, ticket in rows.items():
        was = tuple(getattr(ticket, column.key) for column in _COLUMNS)
        for name, value in _changed(was, clocks[number], ticket.due_rules, digest).items():
            setattr(ticket, name, value)


def _changed(was: tuple[Any, ...], now: tuple[Any, ...], rules: str, digest: str) -> dict[str, Any]:
    """What is to be written; another clock, or another end of it, has not been told of."""
    changed = {column.key: value for column, old, value in zip(_COLUMNS, was, now, strict=True) if old != value}
    if changed.keys() & {"due_clock", "due_at"}:
        changed["due_told"] = ""
    return changed if rules == digest else {**changed, "due_rules": digest}


def _moment(at: int | None) -> dt.datetime | None:
    return None if at is None else _EPOCH + dt.timedelta(milliseconds=at)
