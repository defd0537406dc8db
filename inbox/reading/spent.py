"""What one ticket has cost so far and what its customer said of it: the figures beside it, asked for after it."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from sqlalchemy import select

from inbox.actions import desk
from inbox.actions.who import Who, may
from inbox.reading import figures
from inbox.reading.parts import Money
from inbox.store import Event, Survey, Ticket, Work

__all__ = ["Said", "Spent", "spent"]


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
    micro, price = _known(work, ticket)
    rated = work.scalar(select(Event.seq).where(Event.kind == "cost.rate").limit(1)) is not None
    currency = str(desk.get(work, "desk.currency"))
    return Spent(
        ticket.id,
        True,
        Money(Decimal(micro) / 1_000_000, currency) if rated or not micro else None,
        Money(Decimal(price) / 1_000_000, currency) if price is not None else None,
        said,
    )


def _known(work: Work, ticket: Ticket) -> tuple[int, int | None]:
    """Labour and providers' prices of a ticket's cases, in micro-units; the second None with a price without a rate."""
    added = figures.source(work).spent(str(ticket.id))
    price = added.get("provider", 0)
    return added.get("labour_direct", 0), None if added.get("fx_missing") else price
