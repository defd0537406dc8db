"""Notices: who is told of a line of the log, in the transaction that writes it, until they have seen to it.

Being written with their cause none is lost and none comes twice, whatever dies when. A ticket without an agent costs
nothing here, which is what most arrivals are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import Any, Final, NamedTuple

from sqlalchemy import ColumnElement, CursorResult, delete, select, update

from inbox import clock
from inbox.actions.who import Who
from inbox.store import Agent, Event, Notice, Ticket, Work
from inbox.terms import Actor

__all__ = [
    "CAUSES",
    "DEFAULTS",
    "FOLLOWED",
    "REASONS",
    "WAYS",
    "Told",
    "follow",
    "followers",
    "forget_old",
    "read",
    "read_all",
    "ways",
]

#: How somebody hears of a thing; a reason without any is off.
WAYS: Final = ("page", "push", "mail")
#: Why somebody is told, with the ways as long as they choose none; ``keys`` are stored and sent.
DEFAULTS: Final[dict[str, tuple[str, ...]]] = {
    "assigned": ("page", "push", "mail"),
    "handover": ("page", "push", "mail"),
    "mention": ("page", "push", "mail"),
    "reply": ("page", "push", "mail"),
    "soon": ("page",),
    "late": ("page", "push", "mail"),
    "followed": ("page",),
    "unhappy": ("page", "push", "mail"),
}
REASONS: Final = tuple(DEFAULTS)
#: What is seen on the screen within it needs no push.
PATIENCE: Final = timedelta(seconds=5)
KEPT_READ: Final = timedelta(days=30)
KEPT: Final = timedelta(days=180)


class Told(NamedTuple):
    """Somebody who is to be told, and why."""

    agent: str
    reason: str
    message: int | None = None
    ticket: int | None = None  # where it is not that of the line


#: Who follows tickets: each is asked with a line of the log and gives agents. Nobody does by themselves.
followers: Final[list[Callable[[Work, Event], Iterable[str]]]] = []


def _assigned(_work: Work, line: Event) -> Iterable[Told]:
    was = line.data.get("was") or {}
    agent = line.data.get("agent")
    if agent and agent != was.get("agent"):
        yield Told(agent, "handover" if line.data.get("why") == "deputy" else "assigned")


def _mentioned(_work: Work, line: Event) -> Iterable[Told]:
    return [Told(agent, "mention", _number(line)) for agent in line.data.get("agents", ())]


def _wrote(work: Work, line: Event) -> Iterable[Told]:
    ticket = _home(work, line) if not line.data.get("auto") else None
    if ticket is not None and ticket.assignee_id:
        yield Told(ticket.assignee_id, "reply", _number(line), ticket.id)


def _due(_work: Work, line: Event) -> Iterable[Told]:
    if line.data.get("agent"):
        yield Told(line.data["agent"], line.kind.removeprefix("sla."))


#: Kind of line → whom it concerns.
CAUSES: Final[dict[str, Callable[[Work, Event], Iterable[Told]]]] = {
    "ticket.assigned": _assigned,
    "note.mentioned": _mentioned,
    "msg.in": _wrote,
    "sla.soon": _due,
    "sla.late": _due,
}
#: What a follower hears of.
FOLLOWED: Final = frozenset({"msg.in", "msg.out", "note.added", "ticket.status", "ticket.assigned"})
#: By these an agent has seen to a ticket.
ACTS: Final = frozenset({"msg.out", "note.added", "ticket.status", "ticket.assigned", "ticket.snoozed"})
#: These end a clock for everybody.
ANSWERS: Final = frozenset({"msg.out", "ticket.status"})


def _number(line: Event) -> int | None:
    text = str(line.data.get("msg", ""))
    return int(text) if text.isdigit() else None


def _home(work: Work, line: Event) -> Ticket | None:
    """The ticket of a line as it stands; of a merged one that which holds it now."""
    ticket = work.get(Ticket, line.ticket_id)
    if ticket is not None and ticket.merged_into is not None:
        return work.get(Ticket, ticket.merged_into)
    return ticket


def follow(work: Work) -> None:
    """What this transaction is about to write into the log: whom it concerns is told, who acted has seen it."""
    for line in list(work.events):
        if line.ticket_id is None:
            continue
        _settle(work, line)
        cause = CAUSES.get(line.kind)
        told = {one.agent: one for one in _followed(work, line)}
        told |= {one.agent: one for one in (cause(work, line) if cause is not None else ())}
        told.pop(line.actor_id or "", None)  # nobody is told of what they do themselves
        for one in told.values():
            _tell(work, line, one)


def _followed(work: Work, line: Event) -> Iterable[Told]:
    for asked in followers if line.kind in FOLLOWED else ():
        yield from (Told(agent, "followed", _number(line)) for agent in asked(work, line))


def ways(chosen: Any, reason: str) -> tuple[str, ...]:
    """The ways by which somebody hears of a reason; ``chosen`` as their row has it."""
    found = (chosen or {}).get(reason)
    return tuple(found) if found is not None else DEFAULTS[reason]


def _tell(work: Work, line: Event, told: Told) -> None:
    chosen = work.execute(select(Agent.notices).where(Agent.id == told.agent, Agent.active)).first()
    by = ways(chosen[0], told.reason) if chosen is not None else ()
    ticket = told.ticket or line.ticket_id
    if not by or ticket is None:
        return
    now = clock.now()
    facts = {
        "event": line.id,
        "at": now,
        "page": "page" in by,
        "push_at": now + PATIENCE if "push" in by else None,
        "mail_at": now if "mail" in by else None,
    }
    same = (Notice.agent_id == told.agent, Notice.ticket_id == ticket, Notice.reason == told.reason)
    if _update(work, Notice.read_at.is_(None), *same, count=Notice.count + 1, **facts):
        return
    by_agent = line.actor_id if line.actor_kind == Actor.AGENT else None
    work.insert(
        Notice(
            agent_id=told.agent,
            ticket_id=ticket,
            reason=told.reason,
            message_id=told.message,
            by=by_agent,
            **facts,  # type: ignore[arg-type]
        )
    )


def _update(work: Work, *which: ColumnElement[bool], **values: Any) -> int:
    done = work.execute(update(Notice).where(*which).values(**values).execution_options(synchronize_session=False))
    return done.rowcount if isinstance(done, CursorResult) else 0


def _clear(work: Work, *which: ColumnElement[bool]) -> int:
    """Reads notices: what has not left by push or mail does not leave any more."""
    return _update(work, Notice.read_at.is_(None), *which, read_at=clock.now(), push_at=None, mail_at=None)


def _settle(work: Work, line: Event) -> None:
    """Who acts on a ticket has seen what was said of it; who had it and has it no more need not see it."""
    here = Notice.ticket_id == line.ticket_id
    if line.kind == "ticket.merged" and str(line.data.get("into", "")).isdigit():
        _update(work, here, Notice.read_at.is_(None), ticket_id=int(line.data["into"]))
    if line.kind not in ACTS:
        return
    done = {line.actor_id} if line.actor_kind == Actor.AGENT else set()
    if line.kind == "ticket.assigned" and (was := (line.data.get("was") or {}).get("agent")) != line.data.get("agent"):
        done.add(was)
    if gone := sorted(one for one in done if one):
        _clear(work, here, Notice.agent_id.in_(gone))
    if line.kind in ANSWERS:
        _clear(work, here, Notice.reason.in_(("soon", "late")))


def read(work: Work, who: Who, number: int) -> None:
    """The agent has the ticket on the screen: what they were told of it is read, on every device of theirs."""
    if _clear(work, Notice.agent_id == who.id, Notice.ticket_id == number):
        work.append("notice.read", actor=who.actor, ticket=number)


def read_all(work: Work, who: Who, numbers: Iterable[int] | None = None) -> None:
    """Marks notices of an agent read, by their numbers or all of them."""
    which = [Notice.agent_id == who.id] + ([Notice.id.in_(list(numbers))] if numbers is not None else [])
    if _clear(work, *which):
        work.append("notice.read", actor=who.actor)


def forget_old(work: Work) -> None:
    """Drops what was read a month ago, and what nobody has read for half a year."""
    now = clock.now()
    read = Notice.read_at.is_not(None) & (Notice.at < now - KEPT_READ)
    work.execute(delete(Notice).where(read | (Notice.at < now - KEPT)).execution_options(synchronize_session=False))
