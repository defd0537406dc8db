"""What work and channels cost: loaded hourly rates and monthly fees, as events from a date."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal, InvalidOperation
from typing import Any

from inbox.actions.desk import audit, get
from inbox.actions.who import Who, require
from inbox.errors import Invalid
from inbox.store import Agent, Event, Work

__all__ = ["amount_of", "exchange", "fee", "rate"]

MOST = Decimal(1_000_000)


def amount_of(text: str, field: str) -> Decimal:
    """A non-negative amount with at most six decimals; a comma is a decimal sign. Raises :class:`Invalid`."""
    try:
        value = Decimal(text.strip().replace(",", "."))
    except InvalidOperation:
        msg = f"{text!r} is no amount; write it like 24.50"
        raise Invalid(msg, fields={field: msg}) from None
    exponent = value.as_tuple().exponent
    if not value.is_finite() or not 0 <= value <= MOST or not isinstance(exponent, int) or exponent < -6:
        msg = "an amount is 0 to 1,000,000 with at most six decimals"
        raise Invalid(msg, fields={field: msg})
    return value


def rate(work: Work, who: Who, *, per_hour: str, start: dt.date, agent: str | None = None) -> Event:
    """Sets the loaded hourly cost from a date: the default, or one agent's."""
    require(who, "costs.change")
    value = amount_of(per_hour, "per_hour")
    if agent is not None and work.get(Agent, agent) is None:
        msg = f"there is no agent {agent!r}"
        raise Invalid(msg, fields={"agent": msg})
    audit(work, who, "cost.rate", agent=agent, per_hour=str(value), start=start.isoformat())
    since: dict[str, Any] = {"from": start.isoformat()}
    return work.append("cost.rate", actor=who.actor, agent=agent, per_hour=format(value, "f"), **since)


def fee(
    work: Work, who: Who, *, month: str, amount: str, kind: str | None = None, currency: str | None = None
) -> Event:
    """Sets what a kind of channel (or, without one, all together) costs in a month ``YYYY-MM``."""
    require(who, "costs.change")
    value = amount_of(amount, "amount")
    try:
        dt.date.fromisoformat(f"{month}-01")
    except ValueError:
        msg = f"{month!r} is no month; write it like 2026-03"
        raise Invalid(msg, fields={"month": msg}) from None
    if kind is not None and kind not in work.store.connectors:
        msg = f"there is no kind of channel {kind!r}"
        raise Invalid(msg, fields={"channel": msg})
    money = (currency or get(work, "desk.currency")).upper()
    audit(work, who, "cost.fixed", channel=kind, month=month, amount=str(value), currency=money)
    return work.append(
        "cost.fixed", actor=who.actor, month=month, channel=kind, amount=format(value, "f"), currency=money
    )


def exchange(work: Work, who: Who, *, currency: str, rate: str, day: dt.date) -> Event:
    """Sets what one unit of a currency is worth in the desk's own on a day (metrics.md M7: good for seven days)."""
    require(who, "costs.change")
    money = currency.strip().upper()
    base = get(work, "desk.currency")
    if len(money) != 3 or not money.isalpha() or money == base:  # noqa: PLR2004
        msg = f"a currency has three letters, like USD, and is not the desk's own {base}"
        raise Invalid(msg, fields={"currency": msg})
    value = amount_of(rate, "rate")
    if value == 0:
        msg = "an exchange rate is more than 0"
        raise Invalid(msg, fields={"rate": msg})
    audit(work, who, "fx.rate", currency=money, rate=str(value), day=day.isoformat())
    return work.append("fx.rate", actor=who.actor, date=day.isoformat(), ccy=money, rate=format(value, "f"))
