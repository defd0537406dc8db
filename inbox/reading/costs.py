"""What the page of costs shows: rates, fees and exchange rates as the log holds them, and what is missing."""

from __future__ import annotations

import datetime as dt
import zoneinfo
from collections.abc import Iterable, Iterator
from dataclasses import replace
from decimal import Decimal

from sqlalchemy import select

from inbox.actions import costs as verbs
from inbox.actions import desk as settings
from inbox.actions.telling import COLUMNS
from inbox.actions.who import Who
from inbox.reading import desk, ledger
from inbox.reading.pages import Choice, CostsPage, ExchangeRow, FeeRow, RateRow
from inbox.reading.parts import AgentChip
from inbox.reading.settings import nav
from inbox.store import Agent, Event, Team, Work

__all__ = ["GOOD_FOR", "page"]

#: How long an exchange rate holds (metrics.md M7, ``fx_stale_d``).
GOOD_FOR = dt.timedelta(days=7)
#: So many of the newest prices, and as many lines of revenue, are looked at for currencies that have no rate.
NEWEST = 500


def page(work: Work, who: Who) -> CostsPage:
    """Rates, fees and exchange rates. The words of currencies and kinds are the door's to fill."""
    today = ledger.today(work)
    agents = work.scalars(select(Agent).order_by(Agent.name)).all()
    currency = str(settings.get(work, "desk.currency"))
    known = _exchange(work)
    unpriced = _unpriced(work, currency, known, today)
    missing = tuple(sorted({one for lacking in unpriced.values() for one in lacking}))
    return CostsPage(
        nav=nav(work, who),
        currency=currency,
        currencies=(),
        rates=tuple(_rates(work, {agent.id: desk.chip(agent) for agent in agents}, today)),
        fees=tuple(_fees(work, today)),
        people=tuple(Choice(agent.id, agent.name) for agent in agents if agent.active),
        channels=tuple(Choice(kind, one.title) for kind, one in work.store.connectors.items()),
        today=today,
        exchanges=tuple(_newest(known, today)),
        missing=missing,
        unpriced=unpriced,
        used=tuple(sorted({*known, *missing} - {currency})) or (("USD",) if currency != "USD" else ("EUR",)),
        columns=COLUMNS,
        year_ago=today - dt.timedelta(days=365),
        teams=tuple(Choice(f"team:{one.id}", one.name) for one in work.scalars(select(Team).order_by(Team.name))),
    )


def _rates(work: Work, people: dict[str, AgentChip], today: dt.date) -> Iterator[RateRow]:
    """Teams first, then the default, then the people, each with the newest rate on top."""
    names: dict[str, str] = dict(work.execute(select(Team.id, Team.name)).all())
    for team, rates in sorted(verbs.team_rates(work).items(), key=lambda one: names.get(one[0], "")):
        now = max((since for since in rates if since <= today), default=None)
        for since, amount in sorted(rates.items(), reverse=True):
            yield RateRow(None, Decimal(amount), since, current=since == now, team=names.get(team, team))
    said: dict[str | None, dict[dt.date, Decimal]] = {}
    for whose, lines in verbs.rates(work).items():
        own = {day: line.data for day, line in lines.items() if line.data.get("of") != verbs.OWN}  # else told already
        said[whose] = {day: Decimal(str(data["per_hour"])) for day, data in own.items()}
    for agent in sorted(said, key=lambda one: (one is not None, people[one].name if one in people else "")):
        now = max((since for since in said[agent] if since <= today), default=None)
        chip = None if agent is None else people.get(agent, AgentChip(agent, agent))
        for since, per_hour in sorted(said[agent].items(), reverse=True):
            yield RateRow(chip, per_hour, since, current=since == now)


def _fees(work: Work, today: dt.date) -> Iterator[FeeRow]:
    """One row for months in a row with the same fee; the newest on top."""
    by_kind: dict[str | None, list[tuple[dt.date, Decimal, str]]] = {}
    for (kind, month), event in sorted(verbs.fees(work).items(), key=lambda pair: pair[0][1]):
        begins, amount = dt.date.fromisoformat(f"{month}-01"), Decimal(str(event.data["amount"]))
        by_kind.setdefault(kind, []).append((begins, amount, str(event.data["currency"])))
    this_month = today.replace(day=1)
    for kind in sorted(by_kind, key=lambda one: (one is None, one or "")):
        rows: list[FeeRow] = []
        last: dt.date | None = None
        for begins, amount, currency in by_kind[kind]:
            follows = last is not None and (last + dt.timedelta(days=31)).replace(day=1) == begins
            if not (rows and follows and (rows[-1].amount, rows[-1].currency) == (amount, currency)):
                rows.append(FeeRow(kind, kind, amount, begins, currency=currency))
            if begins == this_month:
                rows[-1] = replace(rows[-1], current=True)
            last = begins
        yield from reversed(rows)


def _exchange(work: Work) -> dict[str, dict[dt.date, Decimal]]:
    """Every exchange rate that was said, by currency and day; the last word counts."""
    known: dict[str, dict[dt.date, Decimal]] = {}
    for event in verbs.lines(work, "fx.rate"):
        day = dt.date.fromisoformat(str(event.data["date"]))
        known.setdefault(str(event.data["ccy"]), {})[day] = Decimal(str(event.data["rate"]))
    return known


def _newest(known: dict[str, dict[dt.date, Decimal]], today: dt.date) -> Iterator[ExchangeRow]:
    for currency, days in sorted(known.items()):
        day = max(days)
        yield ExchangeRow(currency, days[day], day, current=day <= today <= day + GOOD_FOR)


def _unpriced(
    work: Work, base: str, known: dict[str, dict[dt.date, Decimal]], today: dt.date
) -> dict[str, tuple[str, ...]]:
    """The currencies that no exchange rate covers: of recent ``prices`` and ``revenue``, and of ``fees`` on the first
    day of their month; only where there are any."""
    fees = (
        (str(line.data["currency"]), dt.date.fromisoformat(f"{month}-01"), line)
        for (_, month), line in verbs.fees(work).items()
    )
    told: dict[str, Iterable[tuple[str, dt.date]]] = {
        "prices": _newest_told(work, "cost.provider", base),
        "fees": ((money, day) for money, day, line in fees if day <= today and Decimal(str(line.data["amount"]))),
        "revenue": _newest_told(work, "revenue", base),
    }

    def lacks(currency: str, day: dt.date) -> bool:
        return currency != base and not any(one <= day <= one + GOOD_FOR for one in known.get(currency, ()))

    found = {what: tuple(sorted({one for one, day in pairs if lacks(one, day)})) for what, pairs in told.items()}
    return {what: lacking for what, lacking in found.items() if lacking}


def _newest_told(work: Work, kind: str, base: str) -> Iterator[tuple[str, dt.date]]:
    """The currency and the local day of the newest events of a kind."""
    zone = zoneinfo.ZoneInfo(str(settings.get(work, "desk.timezone")))
    for event in work.scalars(select(Event).where(Event.kind == kind).order_by(Event.seq.desc()).limit(NEWEST)):
        yield str(event.data.get("currency", base)), event.ts.astimezone(zone).date()
