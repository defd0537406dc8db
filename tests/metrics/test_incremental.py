"""The rebuild invariant (7.5): increments in any order and batching give the cells and reports of a rebuild."""

from __future__ import annotations

import random

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from bench.metrics_log import Shape, generate
from inbox.metrics import Event, Report, Request, State
from inbox.metrics.book import Book
from inbox.metrics.factual import Facts
from inbox.metrics.report import report_of
from inbox.metrics.settling import settle
from inbox.metrics.sheets import NEVER
from inbox.metrics.times import iso
from tests.metrics.comparing import (
    LATER,
    Feeding,
    cells,
    corrected,
    differences,
    early_ends,
    in_batches,
    one_by_one,
    read,
    sentences,
    shuffled,
)

ROUNDED = ("p50_ms", "p90_ms", "median_ms")  # roll-ups know durations by bucket

seeds = st.integers(0, 10_000)


def odd(seed: int, tickets: int = 14) -> list[Event]:
    """A small log in which nearly everything unusual happens."""
    shape = Shape(tickets, seed, per_day=3, agents=4, customers=6, quirks=1.0, beats=seed % 2 == 0, contracts=0.5)
    events = list(generate(shape))
    early = early_ends(events, random.Random(seed))
    return read([*events, *early, *corrected(early, events)])


def built(events: list[Event]) -> State:
    state = State()
    state.append(events)
    return state


@pytest.mark.parametrize("feed", [one_by_one, shuffled, in_batches], ids=lambda feed: feed.__name__)
@settings(max_examples=8, phases=(Phase.explicit, Phase.reuse, Phase.generate))
@given(seed=seeds)
def test_increments_equal_a_rebuild_cell_by_cell(feed: Feeding, seed: int) -> None:
    events = odd(seed)
    state = State()
    for some in feed(events, random.Random(seed)):
        state.append(some)
    assert sentences(cells(state), cells(built(events))) == []
    asked = Request.of("2026-01-01", "2026-02-01", iso(state.book.living.last_rec), by="channel")
    assert differences(state.report(asked), built(events).report(asked)) == []


@settings(max_examples=5, phases=(Phase.explicit, Phase.reuse, Phase.generate))
@given(seed=seeds)
def test_every_prefix_equals_its_own_rebuild(seed: int) -> None:
    events = odd(seed, tickets=6)
    state = State()
    for n, event in enumerate(events, 1):
        state.append([event])
        if n % 40 == 0:
            assert sentences(cells(state), cells(built(events[:n]))) == []


@settings(max_examples=15, phases=(Phase.explicit, Phase.reuse, Phase.generate))
@given(seed=seeds, data=st.data())
def test_a_late_event_recomputes_little_and_exactly(seed: int, data: st.DataObject) -> None:
    events = odd(seed)
    late = data.draw(st.sampled_from(events))
    state = built([event for event in events if event is not late])
    state.book.take([late])
    dirty = settle(state.book, NEVER)
    state.settle(NEVER)
    assert sentences(cells(state), cells(built(events))) == []
    if late.kind not in {"cost.rate", "fx.rate"}:
        assert len(dirty.sheets) <= 24


@pytest.mark.parametrize("by", [None, "channel", "agent", "team", "reason", "tag"])
@settings(max_examples=6, phases=(Phase.explicit, Phase.reuse, Phase.generate))
@given(seed=seeds, first=st.integers(1, 20), days=st.integers(1, 60), wait=st.integers(0, 40 * 86_400_000))
def test_a_report_from_roll_ups_equals_one_from_the_facts(
    by: str | None, seed: int, first: int, days: int, wait: int
) -> None:
    state = built(odd(seed, tickets=30))
    as_of = iso(state.book.living.last_rec + wait)
    begin = Request.of(f"2026-01-{first:02}", "2026-12-31", as_of)
    request = Request(begin.first, begin.first + days, begin.as_of, by)
    rolled = state.report(request)
    facts = report_of(Facts(state.book), request)
    exact = [line for line in differences(rolled, facts) if not line.partition(": ")[0].endswith(ROUNDED)]
    assert exact == []
    assert_near(rolled, facts)


def assert_near(rolled: Report, facts: Report) -> None:
    """Percentiles from buckets are at most 1.6 % off."""
    for name, own in facts.items():
        for key, value in own.items():
            if key.endswith(ROUNDED) and isinstance(value, int):
                other = rolled[name][key]
                assert isinstance(other, int)
                assert abs(other - value) <= max(1, 0.016 * value)


def test_an_earlier_report_stays_what_it_was() -> None:
    events = odd(3, tickets=30)
    half = events[: len(events) // 2]
    known = iso(max(event.rec for event in half))
    request = Request.of("2026-01-01", "2026-02-01", known, by="channel")
    visible = [event for event in events if event.rec <= request.as_of]
    assert differences(built(events).report(request), report_of(Facts(book_of(visible, request.as_of)), request)) == []


def book_of(events: list[Event], now: int) -> Book:
    state = State()
    state.book.take(events)
    state.settle(now)
    return state.book


def test_a_state_says_what_it_was_made_from() -> None:
    state = built(odd(1))
    meta = state.meta()
    assert meta["seq"] == state.book.living.last_seq
    assert meta["config"] == state.config.digest
    assert state.report(Request.of("2026-01-01", "2026-02-01", LATER))["all"]["vol.inbound"]
