"""Money (M7): exchange rates, hourly rates, monthly fees and provider prices as integer micro-units of the base."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from inbox.metrics.config import Config
from inbox.metrics.formulas import half_even, micro, split
from inbox.metrics.log import Event
from inbox.metrics.times import HOUR, Days

__all__ = ["Exchange", "Fee", "Price", "Wages", "fees_of", "labour", "own_event", "price_of", "shares_of_day"]

UNALLOCATED = "unallocated"


class Exchange:
    """Base units per unit of a currency on a local day: the newest rate by then, not older than ``fx_stale_d``."""

    def __init__(self, rates: Iterable[Event], config: Config) -> None:
        self._base = config.base
        self._stale = config.fx_stale
        by_currency: dict[str, dict[int, Decimal]] = {}
        for event in sorted(rates, key=lambda e: e.order):
            body = event.body
            by_currency.setdefault(body["ccy"], {})[body["date"]] = body["rate"]
        self._rates = {ccy: sorted(known.items()) for ccy, known in by_currency.items()}

    def rate(self, currency: str, day: int) -> Decimal | None:
        """The rate of a day number, or None where it is missing or stale."""
        if currency == self._base:
            return Decimal(1)
        known = self._rates.get(currency, [])
        n = bisect_right(known, day, key=lambda pair: pair[0]) - 1
        if n < 0 or day - known[n][0] > self._stale:
            return None
        return known[n][1]

    def micro(self, amount: Decimal, currency: str, day: int) -> int | None:
        """An amount in micro-units of the base at the rate of a day, or None without a rate."""
        rate = self.rate(currency, day)
        return None if rate is None else micro(amount, rate)


class Wages:
    """The loaded hourly cost of an agent on a local day, in micro-units: the agent's own, else everybody's."""

    def __init__(self, rates: Iterable[Event]) -> None:
        by_agent: dict[str | None, dict[int, int]] = {}
        for event in sorted(rates, key=lambda e: e.order):
            body = event.body
            by_agent.setdefault(body.get("agent"), {})[body["from"]] = micro(body["per_hour"])
        self._rates = {agent: sorted(known.items()) for agent, known in by_agent.items()}

    def per_hour(self, agent: str, day: int) -> int:
        for who in (agent, None):
            known = self._rates.get(who)
            if known is not None:
                n = bisect_right(known, day, key=lambda pair: pair[0]) - 1
                if n >= 0:
                    return known[n][1]
        return 0


def labour(ms: int, per_hour: int) -> int:
    """A labour atom: time at an hourly rate, half to even."""
    return half_even(ms * per_hour, HOUR)


@dataclass(frozen=True, slots=True)
class Price:
    """One provider cost that counts, on the local day of service; ``amount`` is None without an exchange rate."""

    id: str
    at: int
    day: int
    channel: str
    currency: str
    amount: int | None
    estimated: bool
    ticket: str | None
    msg: str | None
    call: str | None


def price_of(
    id: str, drawer: Iterable[Event], of: Callable[[str], Event | None], exchange: Exchange, days: Days
) -> Price | None:
    """The price that a cost id stands for: actual, else estimate; a refund on the day of what it refunds.

    ``drawer`` holds every event that names the id, ``of`` finds the event of another one. None where the cost has
    been superseded or was never told.
    """
    event = own_event(id, drawer)
    if event is None or any(e.body.get("supersedes") == id for e in drawer):
        return None
    body = event.body
    origin = event
    if body["type"] == "refund" and body.get("of") is not None:
        origin = of(body["of"]) or event
    day = days.of(origin.at)
    amount = exchange.micro(body["amount"], body["currency"], day)
    ticket = body.get("ticket")  # else its message or call says where it belongs
    where = (ticket, None, None) if ticket is not None else (None, body.get("msg"), body.get("call"))
    return Price(id, origin.at, day, body["channel"], body["currency"], amount, body["type"] == "estimate", *where)


def own_event(id: str, drawer: Iterable[Event]) -> Event | None:
    """The last event that tells a cost itself."""
    return max((e for e in drawer if e.body["cost"] == id), key=lambda e: e.order, default=None)


@dataclass(frozen=True, slots=True)
class Fee:
    """A monthly fee in micro-units over the local days [first, end); ``channel`` None is shared."""

    first: int
    end: int
    channel: str | None
    amount: int

    def of_day(self, day: int) -> int:
        """The part of one local day of the month."""
        length, n = self.end - self.first, day - self.first
        return self.amount * (n + 1) // length - self.amount * n // length


def fees_of(events: Iterable[Event], exchange: Exchange) -> list[Fee]:
    """The fees whose currency has a rate on the first day of their month."""
    fees = []
    for event in events:
        body = event.body
        first, end = body["month"]
        amount = exchange.micro(body["amount"], body["currency"], first)
        if amount is not None:
            fees.append(Fee(first, end, body.get("channel"), amount))
    return fees


def shares_of_day(amount: int, worked: Mapping[str, int]) -> dict[str, int]:
    """A shared amount over the day's channels by adjusted time, or unallocated where nobody worked."""
    weights = {channel: ms for channel, ms in worked.items() if ms > 0}
    if not weights:
        return {UNALLOCATED: amount}
    channels = sorted(weights)
    return dict(zip(channels, split(amount, [weights[c] for c in channels]), strict=True))
