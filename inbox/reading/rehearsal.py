"""A rule's dry run: what it would have met in the last days, told from the log; nothing is done."""

from __future__ import annotations

import datetime as dt
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import or_, select

from inbox import clock
from inbox.actions import automatic
from inbox.actions.rules.conditions import met
from inbox.actions.rules.kinds import WHEN, Case, case_of, load, span
from inbox.actions.tickets import SPAM
from inbox.store import Event, Message, Rule, Ticket, Work
from inbox.terms import Delivery, Direction

__all__ = ["DAYS", "Met", "Rehearsal", "moments", "rehearse"]

DAYS: Final = 30
#: It looks at so many lines of the log at most, and no longer than that: it says where it stopped.
LINES: Final = 5_000
SECONDS: Final = 3.0
CHUNK: Final = 200
TICKETS: Final = 50  # that are shown, the newest first
WRITES: Final = frozenset({"reply", "send"})
Line = tuple[dt.datetime, str]


@dataclass(frozen=True)
class Met:
    """A ticket that the rule would have acted on: the last time, how often, and why an answer would have been withheld
    (a word of ``actions.automatic``, or "")."""

    ticket: Ticket
    at: dt.datetime
    times: int
    withheld: str = ""


@dataclass(frozen=True)
class Rehearsal:
    """``looked`` at so many events since ``since``, of which ``met`` met the conditions, on ``tickets`` tickets.
    ``cut``: there were more than it looks at. ``busiest``: the most tickets of one day."""

    looked: int
    met: int
    tickets: int
    rows: tuple[Met, ...]
    since: dt.datetime
    cut: bool = False
    busiest: int = 0


def rehearse(work: Work, rule: Rule) -> Rehearsal:
    """What a rule, kept or only written down, would have met; conditions are asked of the tickets as they are now."""
    start, until = clock.now() - dt.timedelta(days=DAYS), time.monotonic() + SECONDS
    found = _by_time if not WHEN[rule.event].kinds else _by_log
    looked, cases, cut, since = 0, [], False, start
    for chunk, oldest in found(work, rule, start):
        looked += len(chunk)
        cases += [case for case, held in zip(chunk, met(work, rule.conditions, chunk), strict=True) if held]
        if looked >= LINES or time.monotonic() > until:
            cut, since = True, oldest
            break
    cases.sort(key=lambda case: case.at)
    return _told(rule, looked, cases, since, cut=cut)


def _told(rule: Rule, looked: int, cases: Sequence[Case], since: dt.datetime, *, cut: bool) -> Rehearsal:
    times = Counter(case.ticket.id for case in cases)
    days = Counter(day for day, _ticket in {(case.at.date(), case.ticket.id) for case in cases})
    withheld = _withheld(cases) if WRITES & {step["do"] for step in rule.steps} else {}
    last = {case.ticket.id: case for case in cases}
    newest = sorted(last.values(), key=lambda case: case.at, reverse=True)[:TICKETS]
    rows = tuple(Met(case.ticket, case.at, times[case.ticket.id], withheld.get(case.ticket.id, "")) for case in newest)
    return Rehearsal(looked, len(cases), len(times), rows, since, cut, max(days.values(), default=0))


def _withheld(cases: Iterable[Case]) -> dict[int, str]:
    """Ticket → why the last automatic answer would not have gone out: never to a machine, and once a day to anybody."""
    sent: dict[int, dt.datetime] = {}
    found: dict[int, str] = {}
    for case in cases:
        to = (case.message.identity_id if case.message is not None else None) or -case.ticket.id
        why = automatic.never(case.message) or ("spam" if any(one.tag == SPAM for one in case.ticket.tags) else "")
        if not why and to in sent and case.at - sent[to] < automatic.ONCE_IN:
            why = "once"
        if not why:
            sent[to] = case.at
        found[case.ticket.id] = why
    return found


# --- from the log -----------------------------------------------------------------------------------------------


def _by_log(work: Work, rule: Rule, start: dt.datetime) -> Iterator[tuple[list[Case], dt.datetime]]:
    """The lines that the rule waits for, the newest first, in chunks."""
    before = 1 << 62
    while True:
        lines = select(Event).where(Event.kind.in_(WHEN[rule.event].kinds), Event.seq < before)
        events = list(work.scalars(lines.order_by(Event.seq.desc()).limit(CHUNK)))
        fresh = [event for event in events if event.rec >= start]
        held = load(work, fresh)
        cases = [case for event in fresh if (case := case_of(work, rule.event, event)) is not None]
        del held
        yield cases, fresh[-1].rec if fresh else start
        if len(fresh) < CHUNK:
            return
        before = events[-1].seq


# --- from the clock ---------------------------------------------------------------------------------------------


def _by_time(work: Work, rule: Rule, start: dt.datetime) -> Iterator[tuple[list[Case], dt.datetime]]:
    wait = span(rule.event, rule.wait)
    said = (
        select(Message.ticket_id, Message.at, Message.direction)
        .where(Message.at >= start - wait, Message.direction != Direction.NOTE, Message.auto.is_(None))
        .where(or_(Message.state.is_(None), Message.state.not_in([Delivery.SCHEDULED, Delivery.CANCELLED])))
        .order_by(Message.id.desc())
        .limit(LINES)
    )
    by_ticket: dict[int, list[Line]] = {}
    for number, at, direction in work.execute(said):
        by_ticket.setdefault(number, []).append((at, direction.value))
    numbers = sorted(by_ticket, reverse=True)
    for first in range(0, len(numbers), CHUNK):
        some = numbers[first : first + CHUNK]
        moved = select(Event).where(Event.kind == "ticket.status", Event.ticket_id.in_(some))
        for event in work.scalars(moved):
            by_ticket[event.ticket_id or 0].append((event.ts, str((event.data or {}).get("desk", ""))))
        tickets = work.scalars(select(Ticket).where(Ticket.id.in_(some), Ticket.merged_into.is_(None))).unique().all()
        inbound = work.scalars(select(Message).where(Message.id.in_({one.last_in_id for one in tickets}))).all()
        last = {one.id: one for one in inbound}
        yield (
            [
                Case(ticket, due, f"d{int(due.timestamp())}", last.get(ticket.last_in_id or 0))
                for ticket in tickets
                for due in moments(rule.event, by_ticket[ticket.id], wait)
                if start <= due <= clock.now()
            ],
            start,
        )


def moments(event: str, lines: Iterable[Line], wait: dt.timedelta) -> list[dt.datetime]:
    """When a ticket came due: ``lines`` are its messages (``in``, ``out``) and its statuses with their times."""
    since: dt.datetime | None = None
    found: list[dt.datetime] = []
    begins, ends = ("out", "in") if event == "silent" else ("in", "out")
    blocked = {"snoozed"} if event == "silent" else {"snoozed", "pending"}
    status = "open"
    ordered = sorted(lines, key=lambda line: line[0])
    for at, what in [*ordered, (clock.now(), "")]:
        if since is not None and since + wait <= at:
            if status not in blocked:
                found.append(since + wait)
            since = None
        since = _since(since, at, what, begins, ends)
        status = what if what not in {"in", "out", ""} else status
    return found


def _since(since: dt.datetime | None, at: dt.datetime, what: str, begins: str, ends: str) -> dt.datetime | None:
    """Since when it counts after a line: our every word begins the silence anew, the first of theirs the wait."""
    if what == begins:
        return at if begins == "out" or since is None else since
    return None if what in {ends, "resolved", "closed"} else since
