"""What one ticket took and cost so far, and what its customer said of it: figures that are asked for after it."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from dataclasses import dataclass, replace
from decimal import Decimal

from sqlalchemy import select

from inbox.actions.who import Who, may
from inbox.errors import Unavailable
from inbox.metrics.rollup import WORKED
from inbox.metrics.value import loaded
from inbox.reading import asking, figures
from inbox.reading.parts import Money
from inbox.store import Survey, Ticket, Work

__all__ = ["Said", "Spent", "spent"]


@dataclass(frozen=True)
class Said:
    """The answers to one survey of this ticket: (question, score), and the words with them."""

    scores: tuple[tuple[str, int], ...]
    comment: str = ""
    waits: bool = False  # for somebody to follow up


@dataclass(frozen=True)
class Spent:
    """What was done for a ticket and what that cost, in the desk's currency; None where nobody knows: nothing is done
    yet, no hourly rate, no exchange rate. The time is said once figures per person are allowed (``timed``), as of most
    tickets it is one person's; labour and what contains it to those who may see costs (``shown``)."""

    ticket: int
    shown: bool
    timed: bool
    handling: dt.timedelta | None = None
    provider: Money | None = None
    unrated: bool = False  # a provider's price has no exchange rate
    labour: Money | None = None
    full: Money | None = None  # with its share of paid time and fees
    said: tuple[Said, ...] = ()

    @property
    def total(self) -> Money | None:
        """The direct cost; None while a part of it is unknown."""
        if self.labour is None or self.provider is None:
            return None
        return Money(self.labour.amount + self.provider.amount, self.labour.currency)


def spent(work: Work, who: Who, ticket: Ticket) -> Spent:
    """The time and the cost of a ticket (docs/metrics.md M6, M7), as the reports have them, and the answers."""
    answered = select(Survey).where(Survey.ticket_id == ticket.id, Survey.answered_at.is_not(None))
    said = tuple(
        Said(tuple(one.scores.items()), one.comment, one.unhappy_at is not None)
        for one in work.scalars(answered.order_by(Survey.sent_at))
    )
    found = Spent(ticket.id, may(who, "reports.see"), asking.shown(work, "agent"), said=said)
    try:
        return _counted(work, found)
    except Unavailable:  # a long log is being worked through for the first time
        return found


def _counted(work: Work, found: Spent) -> Spent:
    source = figures.source(work)
    by_channel = source.spent(str(found.ticket))
    sums: Counter[str] = Counter()
    for measures in by_channel.values():
        sums.update(measures)
    took, unrated = sum(sums[measure] for measure in WORKED), bool(sums["fx_missing"])
    found = replace(
        found,
        handling=dt.timedelta(milliseconds=took) if took and found.timed else None,
        provider=None if unrated else _money(work, sums["provider"]),
        unrated=unrated,
    )
    if not found.shown or (took and not asking.priced(work)):
        return found
    direct = {channel: own.get("labour_direct", 0) + own.get("provider", 0) for channel, own in by_channel.items()}
    full = None if unrated else loaded(direct, source.ratios())
    return replace(found, labour=_money(work, sums["labour_direct"]), full=_money(work, full))


def _money(work: Work, micro: int | None) -> Money | None:
    return None if micro is None else Money(Decimal(micro) / 1_000_000, asking.currency(work))
