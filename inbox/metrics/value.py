"""M12 customer lifetime value: what a customer brought, less what serving them cost, and what may follow."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction

from inbox.metrics.book import Book
from inbox.metrics.config import Config
from inbox.metrics.formulas import half_even
from inbox.metrics.keys import Figures
from inbox.metrics.log import Event
from inbox.metrics.money import Exchange, labour
from inbox.metrics.report import Report
from inbox.metrics.request import Request
from inbox.metrics.times import DAY, Days
from inbox.metrics.wanted import Wanted

__all__ = [
    "YEAR",
    "Margin",
    "Ratios",
    "Service",
    "loaded",
    "margin_of",
    "overhead",
    "ratios_of",
    "retention_of",
    "value_of",
    "values",
    "worth_of",
]

YEAR = 365 * DAY
_CAP = Fraction(95, 100)  # of retention

#: By channel, how many times its direct cost the full cost of the same days is: paid time and fees as well.
Ratios = Mapping[str, Fraction]


@dataclass(slots=True)
class Margin:
    """Of one customer, in micro-units: all of it, and that of the last 365 days; of how many lines. ``without`` adds
    up by currency what counts nowhere for want of an exchange rate."""

    total: int = 0
    recent: int = 0
    lines: int = 0
    without: dict[str, Decimal] = field(default_factory=dict)

    def add(self, line: Event, at: int, days: Days, exchange: Exchange) -> None:
        """Count a line of revenue, as of an instant that is not before it."""
        amount, currency = line.body["margin"], line.body["currency"]
        micro = exchange.micro(amount, currency, days.of(line.at))
        self.lines += 1
        if micro is None:
            self.without[currency] = self.without.get(currency, Decimal(0)) + amount
            return
        self.total += micro
        self.recent += micro if line.at > at - YEAR else 0


@dataclass(slots=True)
class Service:
    """The direct cost of one customer's cases by channel, in micro-units: all of it, and that of the last 365 days."""

    ever: dict[str, int] = field(default_factory=dict)
    year: dict[str, int] = field(default_factory=dict)

    def add(self, channel: str, amount: int, *, recent: bool) -> None:
        """Count what one thing cost."""
        for sums in (self.ever, self.year) if recent else (self.ever,):
            sums[channel] = sums.get(channel, 0) + amount

    @property
    def total(self) -> int:
        """All of it."""
        return sum(self.ever.values())

    @property
    def recent(self) -> int:
        """That of the last 365 days."""
        return sum(self.year.values())


def value_of(book: Book, customer: str, at: int) -> Figures:
    """``clv.*`` of one customer at an instant, in micro-units of the base currency; a model, not a promise."""
    retention = retention_of(book, at)
    return values(margin_of(book, customer, at), service_of(book, customer, at), retention, book.context.config)


def values(margin: Margin, service: Service, retention: Fraction | None, config: Config) -> Figures:
    """``clv.*`` from what a customer brought and what serving them cost."""
    historic = margin.total - service.total
    future = None if retention is None else future_of(margin.recent - service.recent, retention, config)
    return {
        "clv.historic": historic,
        "clv.margin12": margin.recent,
        "clv.service12": service.recent,
        "clv.retention": None if retention is None else float(retention),
        "clv.future": future,
        "clv.clv": None if future is None else historic + future,
    }


def worth_of(book: Book, customer: str, at: int, as_of: int, answer: Callable[[Request], Report]) -> Figures:
    """``clv.*`` of one customer at an instant by what was known at another, and what serving them has cost until then:
    ``cost.direct`` and ``cost.full``. ``answer`` gives the reports of the same log."""
    service = service_of(book, customer, at)
    ratios = ratios_of(answer(overhead(book.context.days, at, as_of)))
    clv = values(margin_of(book, customer, at), service, retention_of(book, at), book.context.config)
    return {**clv, "cost.direct": service.total, "cost.full": loaded(service.ever, ratios)}


def future_of(profit12: int, retention: Fraction, config: Config) -> int:
    """max(0, m) x r / (1 + d - r), by Gupta and Lehmann."""
    r = min(retention, _CAP)
    worth = max(0, profit12) * r / (1 + Fraction(config.discount) - r)
    return half_even(worth.numerator, worth.denominator)


def margin_of(book: Book, customer: str, at: int) -> Margin:
    """What a customer brought up to an instant."""
    found = Margin()
    for line in book.revenue_of(book.people.root(customer)):
        if line.at <= at:
            found.add(line, at, book.context.days, book.exchange)
    return found


def service_of(book: Book, customer: str, at: int) -> Service:
    """What serving a customer cost: the work of the local day of an instant as a whole, prices up to the instant."""
    days = book.context.days
    today, year_ago = days.of(at), days.of(at - YEAR)
    found = Service()
    for day, channel, amount in _costs(book, book.people.root(customer), at):
        if day <= today:
            found.add(channel, amount, recent=day > year_ago)
    return found


def _costs(book: Book, customer: str, at: int) -> Iterator[tuple[int, str, int]]:
    """(local day, channel, micro-units) of everything that counts on a customer's cases."""
    wages = book.context.wages
    for _, fact in book.facts_of_customer(customer):
        yield from ((price.day, price.channel, price.amount or 0) for price in fact.prices if price.at <= at)
        for work in fact.work:
            item = work.item
            for atom in work.atoms:
                yield atom.day, item.channel, labour(atom.ms, wages.per_hour(item.agent, atom.day))


def retention_of(book: Book, at: int) -> Fraction | None:
    """The tenant's retention over 365 days, None without anybody active a year ago."""
    lost, base = book.cover.churn(at - YEAR, at)
    return Fraction(base - lost, base) if base else None


def overhead(days: Days, at: int, as_of: int) -> Request:
    """The report that has the ratios: the last 365 local days before an instant, by channel."""
    return Request(days.of(at - YEAR) + 1, days.of(at - 1) + 1, as_of, by="channel", wanted=Wanted(("cost",)))


def ratios_of(report: Report) -> Ratios:
    """The ratios of the report of ``overhead``; a channel without any direct cost has none."""
    found: dict[str, Fraction] = {}
    for name, row in report.items():
        direct = _whole(row, "cost.labour_direct") + _whole(row, "cost.provider")
        full = row.get("cost.full_total")
        if name.startswith("channel=") and direct > 0 and isinstance(full, int):
            found[name.partition("=")[2]] = Fraction(full, direct)
    return found


def _whole(row: Figures, key: str) -> int:
    value = row.get(key)
    return value if isinstance(value, int) else 0


def loaded(direct: Mapping[str, int], ratios: Ratios) -> int | None:
    """A direct cost by channel with its share of everything else, None where the share of a channel is unknown."""
    spent = {channel: amount for channel, amount in direct.items() if amount}
    if not spent.keys() <= ratios.keys():
        return None
    whole = sum((ratios[channel] * amount for channel, amount in spent.items()), Fraction(0))
    return half_even(whole.numerator, whole.denominator)
