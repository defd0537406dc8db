"""The clocks of tickets: read from their own log by the engine's arithmetic, kept with them in the same transaction."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import or_, select

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

__all__ = ["KINDS", "UNFINISHED", "Story", "follow", "refresh", "refresh_stale", "story", "tell_due"]

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
        for number in lines:
            ticket = work.get(Ticket, number)
            if ticket is not None:
                _set(ticket, found.get(number, []), rules.config.digest)


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


def refresh_stale(work: Work) -> int:
    """Sets the clocks of unfinished tickets that were set by other hours or targets than those of today, some at a
    time; gives their number."""
    digest = promises.config(work).digest
    query = select(Ticket.id).where(Ticket.status.in_(UNFINISHED), Ticket.due_rules != digest).limit(_BATCH)
    stale = list(work.scalars(query))
    if stale:
        refresh(work, stale)
    return len(stale)


def tell_due(work: Work) -> int:
    """Writes into the log which clocks have become due soon or were overrun, each once; gives their number."""
    now = clock.now()
    open_now = Ticket.status.in_([Status.NEW, Status.OPEN])
    late = (Ticket.due_at < now) & (Ticket.due_told != "late")
    soon = (Ticket.due_soon_at <= now) & (Ticket.due_at >= now) & (Ticket.due_told == "")
    rows = work.scalars(select(Ticket).where(open_now, or_(late, soon)).order_by(Ticket.due_at).limit(_BATCH)).unique()
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
        rows = work.scalars(
            select(Event).where(Event.ticket_id.in_(wanted), Event.kind.in_(KINDS)).order_by(Event.seq)
        ).all()
        found |= {one: [] for one in wanted}
        for row in rows:
            found[row.ticket_id or 0].append(row.as_dict())
        for n, line in enumerate(work.events):
            if line.ticket_id in wanted and line.kind in KINDS:
                found[line.ticket_id].append({**line.as_dict(), "seq": _LATER + n})
        named = {int(line[_PARTNERS[line["kind"]]]) for one in wanted for line in _naming(found[one])}
        wanted = named - found.keys()
    return found


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


def _set(ticket: Ticket, found: list[Running], digest: str) -> None:
    """Keeps the clock of a ticket that is due first."""
    first = min((one for one in found if one.due is not None), key=lambda one: one.due or 0, default=None)
    now = (
        first.name if first is not None else "",
        _moment(first.started) if first is not None else None,
        _moment(first.soon) if first is not None else None,
        _moment(first.due) if first is not None else None,
    )
    if now != (ticket.due_clock, ticket.due_from, ticket.due_soon_at, ticket.due_at):
        if (now[0], now[3]) != (ticket.due_clock, ticket.due_at):
            ticket.due_told = ""
        ticket.due_clock, ticket.due_from, ticket.due_soon_at, ticket.due_at = now
    if ticket.due_rules != digest:
        ticket.due_rules = digest


def _moment(at: int | None) -> dt.datetime | None:
    return None if at is None else _EPOCH + dt.timedelta(milliseconds=at)
