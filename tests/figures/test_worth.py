"""What one customer is worth and has cost, from what is kept: digit by digit that of the log, at any instant."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from decimal import Decimal
from functools import partial

import pytest

from inbox.actions import promises
from inbox.metrics import book_of
from inbox.metrics.factual import Facts
from inbox.metrics.report import report_of
from inbox.metrics.value import worth_of
from inbox.reading import figures
from inbox.store import Store
from tests.figures.conftest import Lines, lines, taken_in_by_parts

NOON, LATER = "2026-01-09T11:00:00Z", "2026-03-01T00:00:00Z"
#: What each customer brought: long ago, in another currency, a second before and after noon, and without a rate.
BROUGHT = (
    ("2024-02-01T10:00:00Z", "40.10", "EUR"),
    ("2026-01-07T10:00:00Z", "150.333333", "EUR"),
    ("2026-01-09T10:59:59Z", "70", "USD"),
    ("2026-01-09T11:00:01Z", "12", "EUR"),
    ("2026-01-10T10:00:00Z", "9", "GBP"),
)


def told() -> Lines:
    """A log of everything, with what customers brought; every second one's second line is void."""
    events = lines(9)
    customers = sorted({str(event["customer"]) for event in events if event.get("customer")})
    rate = {"id": "usd", "ts": NOON, "kind": "fx.rate", "date": "2026-01-05", "ccy": "USD", "rate": "0.87"}
    return [*events, rate, *(line for n, who in enumerate(customers) for line in brought(who, void=n % 2 == 0))]


def brought(who: str, *, void: bool) -> Iterator[dict[str, str]]:
    for n, (ts, margin, currency) in enumerate(BROUGHT):
        line = {"id": f"{who}-{n}", "ts": ts, "kind": "revenue", "customer": who}
        yield {**line, "margin": margin, "currency": currency}
    if void:
        yield {"id": f"{who}-void", "ts": NOON, "kind": "void", "target": f"{who}-1"}


@pytest.fixture
def desk(store: Store) -> Store:
    """A log that the keeper took in by parts."""
    return taken_in_by_parts(store, told())


@pytest.mark.parametrize("known", [LATER, NOON])
def test_at_any_instant_it_is_that_of_the_log_at_once(desk: Store, known: str) -> None:
    as_of = dt.datetime.fromisoformat(known)
    ms = int(as_of.timestamp() * 1000)
    with figures.looking(desk) as work:
        whole = book_of(figures.lines(work), ms, promises.config(work))
        source, answer = figures.source(work, as_of), partial(report_of, Facts(whole))
        customers = sorted({line["customer"] for line in told() if line["kind"] == "revenue"})[
            :: 1 if known == LATER else 3
        ]
        for moment in (LATER, NOON, "2026-01-08T23:30:00+01:00"):
            at = dt.datetime.fromisoformat(moment)
            when = int(at.timestamp() * 1000)
            seen = {who: source.worth(who, when) for who in customers}
            assert seen == {who: worth_of(whole, who, when, ms, answer) for who in customers}
            assert any(row["cost.full"] for row in seen.values())
            assert any(row["clv.margin12"] for row in seen.values())


def test_what_has_no_exchange_rate_is_told_beside_the_margin(desk: Store) -> None:
    with figures.looking(desk) as work:
        source = figures.source(work)
        roots = {source.book.people.root(str(line["customer"])) for line in told() if line["kind"] == "revenue"}
        margins = [source.margin(who) for who in roots]
        again = [source.worths(dt.date(2100, 1, 1)).margins({who})[who] for who in roots]  # type: ignore[union-attr]
    assert margins == again
    for margin in margins:
        assert margin.without.keys() == {"GBP"}
        assert margin.without["GBP"] % Decimal(9) == 0
        assert margin.total >= 52_100_000
