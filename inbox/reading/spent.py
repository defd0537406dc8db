"""What one ticket has cost so far and what its customer said of it: the figures beside it, asked for after it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from sqlalchemy import func, select

from inbox import clock
from inbox.actions import desk, promises
from inbox.actions.who import Who, may
from inbox.metrics import Book, book_of
from inbox.metrics.money import labour
from inbox.reading.parts import Money
from inbox.store import Event, Survey, Ticket, Work

__all__ = ["Said", "Spent", "spent"]

#: Work on other tickets shares an agent's time with this one's; it stands near it in the log.
NEAR: Final = 2_000


@dataclass(frozen=True)
class Said:
    """The answers to one survey of this ticket: (question, score), and the words with them."""

    scores: tuple[tuple[str, int], ...]
    comment: str = ""
    waits: bool = False  # for somebody to follow up


@dataclass(frozen=True)
class Spent:
    """``labour`` and ``provider`` in the desk's currency; None where nobody knows: no hourly rate, no exchange rate.
    ``shown`` is False for those who may not see costs."""

    ticket: int
    shown: bool
    labour: Money | None = None
    provider: Money | None = None
    said: tuple[Said, ...] = ()

    @property
    def total(self) -> Money | None:
        """The direct cost; None while a part of it is unknown."""
        if self.labour is None or self.provider is None:
            return None
        return Money(self.labour.amount + self.provider.amount, self.labour.currency)


def spent(work: Work, who: Who, ticket: Ticket) -> Spent:
    """The direct cost (docs/metrics.md M7: handling at hourly rates, and what providers charged) and the answers."""
    answered = select(Survey).where(Survey.ticket_id == ticket.id, Survey.answered_at.is_not(None))
    said = tuple(
        Said(tuple(one.scores.items()), one.comment, one.unhappy_at is not None)
        for one in work.scalars(answered.order_by(Survey.sent_at))
    )
    if not may(who, "reports.see"):
        return Spent(ticket.id, False, said=said)
    lines = _lines(work, ticket)
    book = book_of((one.as_dict() for one in lines), int(clock.now().timestamp() * 1000), promises.config(work))
    micro, price = _sum(book, str(ticket.id))
    rated = any(one.kind == "cost.rate" for one in lines)
    currency = str(desk.get(work, "desk.currency"))
    return Spent(
        ticket.id,
        True,
        Money(Decimal(micro) / 1_000_000, currency) if rated or not micro else None,
        Money(Decimal(price) / 1_000_000, currency) if price is not None else None,
        said,
    )


def _lines(work: Work, ticket: Ticket) -> list[Event]:
    """The part of the log that its cost follows from."""
    merged = select(Ticket.id).where(Ticket.merged_into == ticket.id)
    own = Event.ticket_id.in_([ticket.id, *work.scalars(merged)])
    spans = (Event.kind == "handle.span") & own
    first, last = work.execute(select(func.min(Event.seq), func.max(Event.seq)).where(spans)).one()
    money = Event.kind.in_(["cost.rate", "fx.rate"])
    beside = (Event.kind == "handle.span") & Event.seq.between((first or 0) - NEAR, (last or 0) + NEAR)
    found = {one.seq: one for one in work.scalars(select(Event).where(own))}
    found |= {one.seq: one for one in work.scalars(select(Event).where(money))}
    if last is not None:
        found |= {one.seq: one for one in work.scalars(select(Event).where(beside))}
    return [found[seq] for seq in sorted(found)]


def _sum(book: Book, root: str) -> tuple[int, int | None]:
    """Labour and providers' prices of a ticket's cases, in micro-units; the second None with a price without a rate."""
    days_wages = book.context.wages
    hours = prices = 0
    unknown = False
    for fact in book.facts():
        if fact.case.root != root:
            continue
        atoms: Iterable[tuple[str, int, int]] = (
            (work.item.agent, atom.day, atom.ms) for work in fact.work for atom in work.atoms
        )
        hours += sum(labour(ms, days_wages.per_hour(agent, day)) for agent, day, ms in atoms)
        unknown |= any(price.amount is None for price in fact.prices)
        prices += sum(price.amount or 0 for price in fact.prices)
    return hours, None if unknown else prices
