"""Roll-ups in SQLite hold what they hold in memory, and the bench measures what it says."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.metrics import main
from bench.metrics_log import Shape, generate
from inbox.metrics import Config, Event, Request, State
from inbox.metrics.formulas import bucket_name
from inbox.metrics.packing import packed, unpacked
from inbox.metrics.sqlite import RollsInSqlite
from inbox.metrics.storage import Cell, Place, Rolls, RollsInMemory
from tests.metrics.comparing import LATER, cells, differences, in_batches, read, sentences

EMAIL = Place("day", "channel", 739_000, "", "email")


@pytest.fixture(params=["memory", "sqlite"])
def rolls(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Rolls]:
    if request.param == "memory":
        yield RollsInMemory()
        return
    kept = RollsInSqlite(tmp_path / "rolls.db")
    yield kept
    kept.close()


def log(seed: int) -> list[Event]:
    return read(list(generate(Shape(20, seed, per_day=3, agents=4, customers=6, quirks=1.0, contracts=0.5))))


def test_counts_add_up_and_what_comes_to_0_goes(rolls: Rolls) -> None:
    rolls.add({EMAIL: Cell({"inbound": 2, "abandoned": 0}, {"reopen|no": {20_500: 1}}, {"frt": {"0070": 1}})})
    change = Cell({"inbound": -1, "created": 3}, {"reopen|no": {20_500: -1}}, {"frt": {"0070": 1, "0071": 1}})
    rolls.add({EMAIL: change})
    ((place, cell),) = rolls.cells("day", "channel", 739_000, 739_001)
    assert place == EMAIL
    assert (cell.plain, cell.due) == ({"inbound": 1, "created": 3}, {})
    assert unpacked(cell.times) == {"frt": {"0070": 2, "0071": 1}}
    rolls.add({EMAIL: Cell({}, {"reopen|no": {}}, {"ttr": {}})})  # what came and went before it was brought in
    ((_, cell),) = rolls.cells("day", "channel", 739_000, 739_001)
    assert (cell.due, unpacked(cell.times)) == ({}, {"frt": {"0070": 2, "0071": 1}})
    rolls.add({EMAIL: Cell({"inbound": -1, "created": -3}, {}, {"frt": {"0070": -2, "0071": -1}})})
    assert list(rolls.cells("day", "channel", 739_000, 739_001)) == []


def test_outcomes_come_in_the_order_of_their_due_days(rolls: Rolls) -> None:
    rolls.add({EMAIL: Cell({}, {"reopen|no": {20_503: 2}}, {})})
    rolls.add({EMAIL: Cell({}, {"reopen|no": {20_500: 1}}, {})})
    ((_, cell),) = rolls.cells("day", "channel", 739_000, 739_001)
    assert cell.due == {"reopen|no": [3, 20_500, 1, 20_503, 2]}


@given(st.dictionaries(st.integers(0, 2_047), st.integers(1, 50), min_size=1, max_size=40))
def test_a_packed_histogram_is_the_same_histogram(counts: dict[int, int]) -> None:
    times = {"frt": {bucket_name(b): n for b, n in counts.items()}}
    assert unpacked(packed(times)) == times


def test_cells_are_found_by_grain_and_time(rolls: Rolls) -> None:
    for when in range(10):
        rolls.add({Place("month", "agent", when, f"A{when % 2}", ""): Cell({"handled_in": when + 1}, {}, {})})
    found = sorted(place.when for place, _ in rolls.cells("month", "agent", 3, 7))
    assert found == [3, 4, 5, 6]
    assert set(rolls.values("agent")) == {("A0", ""), ("A1", "")}
    assert list(rolls.cells("day", "agent", 0, 100)) == []


def test_an_owner_s_rows_are_replaced_together(rolls: Rolls) -> None:
    rolls.put("ticket T1", {"open late": [(5, ("a", 1))], "since": [(5, ("b",)), (6, ("c",))]})
    rolls.put("ticket T2", {"open late": [(6, ("d", 2))]})
    assert sorted(rolls.rows("open late", 0, 10)) == [("a", 1), ("d", 2)]
    rolls.put("ticket T1", {"since": [(7, ("e",))]})
    assert list(rolls.rows("open late", 0, 10)) == [("d", 2)]
    assert list(rolls.rows("since", 0, 7)) == []
    assert list(rolls.rows("since", 7, 8)) == [("e",)]


@pytest.mark.parametrize("seed", range(3))
def test_a_state_in_sqlite_is_the_state_in_memory(tmp_path: Path, seed: int) -> None:
    kept = RollsInSqlite(tmp_path / "rolls.db")
    here, there = State(), State(Config.of(), kept)
    for events in in_batches(log(seed), random.Random(seed)):
        here.append(events)
        there.append(events)
    kept.commit()
    assert sentences(cells(there), cells(here)) == []
    for by in ("channel", "agent", "tag"):
        for as_of in ("2026-01-20T12:00:00Z", LATER):
            request = Request.of("2026-01-03", "2026-03-05", as_of, by=by, compare="previous")
            if request.as_of >= here.book.living.last_rec:
                assert differences(there.report(request), here.report(request)) == []
    kept.close()


def test_the_bench_in_a_small_form(tmp_path: Path) -> None:
    figures = main(["--tickets", "300", "--total", "600", "--appends", "40", "--file", str(tmp_path / "rolls.db")])
    assert figures["events built"] > 3_000
    assert figures["events in SQLite"] > 6_000
    assert figures["events per second"] > 0
    assert figures["append, median ms"] > 0
    assert figures["slowest standard report, ms"] > 0
