"""What comes due by the clock: silent customers, tickets that nobody answers, and what a rule said it will do."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import Row, Select, exists, func, null, or_, select

from inbox import clock
from inbox.actions.rules.conditions import clauses, met
from inbox.actions.rules.kinds import Case, span
from inbox.store import Message, Rule, RuleRun, RuleWait, Ticket, Work
from inbox.terms import Delivery, Direction, Status

__all__ = ["TIMED", "found", "waits"]

PAGE: Final = 200
MOST: Final = 20_000  # candidates of one look
AT_ONCE: Final = 20


def found(work: Work, rule: Rule, only: Sequence[int] = ()) -> list[Case]:
    """The next cases of a rule of time: what came due since it was switched on, and meets its conditions."""
    query = _QUERIES[rule.event](rule).where(*clauses(rule.conditions))
    if only:
        query = query.where(Ticket.id.in_(only))
    rows = work.execute(query.order_by(Ticket.id).limit(MOST)).all()
    cases: list[Case] = []
    for start in range(0, len(rows), PAGE):
        page = _cases(work, rows[start : start + PAGE])
        held = met(work, rule.conditions, page)
        cases += [case for case, fits in zip(page, held, strict=True) if fits]
        if len(cases) >= AT_ONCE:
            break
    return cases[:AT_ONCE]


def _cases(work: Work, rows: Sequence[Row[int, Any, Any]]) -> list[Case]:
    read = select(Ticket).where(Ticket.id.in_([row[0] for row in rows]))
    tickets = {ticket.id: ticket for ticket in work.scalars(read).unique()}
    inbound = select(Message).where(Message.id.in_([ticket.last_in_id for ticket in tickets.values()]))
    last = {message.id: message for message in work.scalars(inbound)}
    now = clock.now()
    return [
        Case(
            tickets[number],
            now,
            f"m{message}" if message is not None else f"w{int(at.timestamp())}",
            last.get(tickets[number].last_in_id or 0),
        )
        for number, at, message in rows
        if number in tickets
    ]


def _silent(rule: Rule) -> Select[int, Any, Any]:
    """We had the last word, so long ago."""
    now, wait = clock.now(), span(rule.event, rule.wait)
    last = (
        select(func.max(Message.id))
        .where(
            Message.ticket_id == Ticket.id,
            Message.direction != Direction.NOTE,
            Message.auto.is_(None),
            or_(Message.state.is_(None), Message.state.not_in([Delivery.SCHEDULED, Delivery.CANCELLED])),
        )
        .correlate(Ticket)
        .scalar_subquery()
    )
    return (
        select(Ticket.id, Message.at, Message.id)
        .join(Message, Message.id == last)
        .where(Ticket.status.in_([Status.NEW, Status.OPEN, Status.PENDING]), Ticket.waiting_since.is_(None))
        .where(Ticket.merged_into.is_(None), Ticket.attention == "", Ticket.created_at <= now - wait)
        .where(Ticket.active_at > (rule.since or now) - wait)
        .where(Message.direction == Direction.OUT, Message.at <= now - wait, Message.at > (rule.since or now) - wait)
        .where(~exists().where(*_handled(rule), RuleRun.at > Message.at))
    )


def _unanswered(rule: Rule) -> Select[int, Any, Any]:
    """A customer has been waiting for us so long."""
    now, wait = clock.now(), span(rule.event, rule.wait)
    return (
        select(Ticket.id, Ticket.waiting_since, null())
        .where(Ticket.status.in_([Status.NEW, Status.OPEN]), Ticket.merged_into.is_(None))
        .where(Ticket.waiting_since <= now - wait, Ticket.waiting_since > (rule.since or now) - wait)
        .where(~exists().where(*_handled(rule), RuleRun.at > Ticket.waiting_since))
    )


def _handled(rule: Rule) -> tuple[Any, ...]:
    return RuleRun.rule_id == rule.id, RuleRun.ticket_id == Ticket.id, RuleRun.mark.not_like("x%")


_QUERIES: Final = {"silent": _silent, "unanswered": _unanswered}
#: The events of rules that are a matter of time.
TIMED: Final = frozenset(_QUERIES)


def waits(work: Work) -> list[RuleWait]:
    """What rules that are on said they will do, and is due."""
    due = select(RuleWait).join(Rule, Rule.id == RuleWait.rule_id).where(Rule.active, RuleWait.due_at <= clock.now())
    return list(work.scalars(due.order_by(RuleWait.due_at).limit(AT_ONCE)))
