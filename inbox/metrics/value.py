"""M12 customer lifetime value: what a customer brought, less what serving them cost, and what may follow."""

from __future__ import annotations

from fractions import Fraction

from inbox.metrics.book import Book
from inbox.metrics.config import Config
from inbox.metrics.formulas import half_even
from inbox.metrics.keys import Figures
from inbox.metrics.money import labour
from inbox.metrics.times import DAY

__all__ = ["future_of", "retention_of", "value_of"]

_YEAR = 365 * DAY
_CAP = Fraction(95, 100)  # of retention


def value_of(book: Book, customer: str, at: int) -> Figures:
    """``clv.*`` of one customer at an instant, in micro-units of the base currency; a model, not a promise."""
    customer = book.people.root(customer)
    margin, margin12 = _margins(book, customer, at)
    service, service12 = _service(book, customer, at)
    retention = retention_of(book, at)
    historic = margin - service
    future = None if retention is None else future_of(margin12 - service12, retention, book.context.config)
    return {
        "clv.historic": historic,
        "clv.margin12": margin12,
        "clv.service12": service12,
        "clv.retention": None if retention is None else float(retention),
        "clv.future": future,
        "clv.clv": None if future is None else historic + future,
    }


def future_of(profit12: int, retention: Fraction, config: Config) -> int:
    """max(0, m) x r / (1 + d - r), by Gupta and Lehmann."""
    r = min(retention, _CAP)
    worth = max(0, profit12) * r / (1 + Fraction(config.discount) - r)
    return half_even(worth.numerator, worth.denominator)


def _margins(book: Book, customer: str, at: int) -> tuple[int, int]:
    """All margin up to an instant and that of the last 365 days."""
    total = recent = 0
    for event in book.living.drawer("revenue"):
        body = event.body
        if event.at > at or book.people.root(body["customer"]) != customer:
            continue
        day = book.context.days.of(event.at)
        amount = book.exchange.micro(body["margin"], body["currency"], day) or 0
        total += amount
        recent += amount if event.at > at - _YEAR else 0
    return total, recent


def _service(book: Book, customer: str, at: int) -> tuple[int, int]:
    """The direct cost of the customer's cases up to an instant and that of the last 365 days."""
    days, wages = book.context.days, book.context.wages
    today, year_ago = days.of(at), days.of(at - _YEAR)
    total = recent = 0
    for _, fact in book.facts_of_customer(customer):
        costs = [(p.day, p.amount or 0) for p in fact.prices if p.at <= at]
        for work in fact.work:
            costs += [(a.day, labour(a.ms, wages.per_hour(work.item.agent, a.day))) for a in work.atoms]
        for day, amount in costs:
            if day <= today:
                total += amount
                recent += amount if day > year_ago else 0
    return total, recent


def retention_of(book: Book, at: int) -> Fraction | None:
    """The tenant's retention over 365 days, None without anybody active a year ago."""
    lost, base = book.cover.churn(at - _YEAR, at)
    return Fraction(base - lost, base) if base else None
