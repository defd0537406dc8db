"""The figures in the store are those of the log, cell by cell, however and in whatever order it came."""

from __future__ import annotations

import random
import threading
from typing import Any

import pytest
from sqlalchemy import delete, func, select

from inbox.actions.who import SYSTEM
from inbox.figures import keeper
from inbox.figures.asking import kept
from inbox.metrics import Config, Request, State
from inbox.metrics.paged import KeptFamily, PagedBook
from inbox.store import Event, FigureState, Store
from inbox.store.figures import KEPT, FigureCell
from tests.figures.conftest import add, lines, told, wrong
from tests.metrics.comparing import differences

CONFIG = Config.of()
LATE = "2026-12-31T00:00:00Z"


@pytest.mark.parametrize("seed", [1, 8, 16])
def test_any_order_and_any_batches_give_the_cells_of_the_whole_log(store: Store, seed: int) -> None:
    rng = random.Random(seed)
    events = lines(seed)
    left = events if seed % 2 else rng.sample(events, len(events))
    while left:
        n = rng.choice([1, 30, 200])
        add(store, left[:n])
        left = left[n:]
        if rng.random() < 0.5:
            keeper.catch_up(store, CONFIG, size=rng.choice([7, 60, 2_000]))
    keeper.catch_up(store, CONFIG)
    assert wrong(store) == []


def test_a_line_that_nobody_can_read_stops_no_figure(store: Store) -> None:
    """As it could come in before numbers were looked at."""
    events = lines(3)
    add(store, events[:100])
    with store.transaction() as work:
        work.append("ticket.fcr_exempt", actor=SYSTEM.actor, note=10**400)
    add(store, events[100:])
    keeper.catch_up(store, CONFIG)
    assert wrong(store) == []


def test_late_copies_and_voids_and_voids_of_voids(store: Store) -> None:
    events = lines(5)
    add(store, events)
    keeper.catch_up(store, CONFIG)
    rng = random.Random(5)
    for n, event in enumerate(rng.sample([one for one in events if one["kind"] != "void"], 25)):
        add(store, [event, {"id": f"late{n}", "ts": LATE, "kind": "void", "target": event["id"]}])
        if n % 3 == 0:
            add(store, [{"id": f"again{n}", "ts": LATE, "kind": "void", "target": f"late{n}"}])
        if n % 5 == 0:
            keeper.catch_up(store, CONFIG)
    keeper.catch_up(store, CONFIG)
    assert wrong(store) == []


def test_of_a_customer_who_wrote_often_only_families_are_opened_whose_verdicts_change(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[str] = []
    open_one = PagedBook._open

    def noted(book: PagedBook, family: KeptFamily) -> None:
        opened.append(family.name)
        open_one(book, family)

    def told_of(n: int, kind: str, hour: int, **more: str) -> dict[str, Any]:
        return {"id": f"{n} {hour}", "ts": f"2026-03-{n:02}T{hour:02}:00:00Z", "kind": kind, "ticket": f"T{n}", **more}

    agent = {"kind": "agent", "id": "A1"}
    for n in range(1, 21, 2):
        add(
            store,
            [
                told_of(n, "ticket.created", 8, customer="C1", channel="email"),
                told_of(n, "ticket.reason", 8, reason=f"reason {n % 5}") | {"id": f"why {n}"},
                told_of(n, "msg.in", 9, channel="email", msg=f"M{n}"),
                told_of(n, "msg.out", 10, channel="email", msg=f"O{n}") | {"actor": agent},
                told_of(n, "ticket.status", 11, status="resolved") | {"actor": agent},
            ],
        )
    keeper.catch_up(store, CONFIG)
    monkeypatch.setattr(PagedBook, "_open", noted)
    add(store, [told_of(19, "note.added", 12) | {"actor": agent}])
    keeper.catch_up(store, CONFIG)
    assert opened == ["T19"]
    add(
        store, [told_of(19, "msg.in", 13, channel="email", msg="M")]
    )  # T9, of the same reason, has T19 after it as before
    keeper.catch_up(store, CONFIG)
    assert set(opened) == {"T19"}
    add(store, [told_of(19, "ticket.reason", 14, reason="reason 3")])  # now T13 has it, and T9 no more
    keeper.catch_up(store, CONFIG)
    assert set(opened) == {"T19", "T9", "T13"}
    assert wrong(store) == []


def test_a_report_from_the_store_is_the_report_over_the_log(store: Store) -> None:
    add(store, lines(11))
    keeper.catch_up(store, CONFIG)
    whole = State(CONFIG)
    whole.append(told(store))
    for by in (None, "channel", "agent", "team", "reason", "tag"):
        asked = Request.of("2026-01-05", "2026-02-01", LATE, by=by, compare="previous")
        with store.reading() as work:
            found = kept(work)
            assert found is not None
            assert found.answers(asked)
            assert differences(found.report(asked), whole.report(asked)) == []


def test_other_settings_are_worked_out_beside_the_old_ones_which_serve_until_then(store: Store) -> None:
    add(store, lines(3))
    keeper.catch_up(store, CONFIG)
    other = Config.of({"tz": "America/New_York", "peek_s": 60, "fcr_windows_d": [2, 7]})
    assert keeper.advance(store, other)
    assert keeper.advance(store, other, 100)
    with store.reading() as work:
        under_way, old = keeper.progress(work), kept(work)
        assert under_way is not None
        assert (under_way.why, under_way.seq) == ("settings", 100)
        assert old is not None
        assert old.config.digest == CONFIG.digest
        assert keeper.stale(old.state, other)
    keeper.catch_up(store, other)
    assert wrong(store, other) == []
    with store.reading() as work:
        assert len(keeper.states(work)) == 1


def test_how_much_is_done_goes_on_while_the_cells_are_summed(store: Store) -> None:
    add(store, lines(3))
    keeper.catch_up(store, CONFIG)
    other, percents = Config.of({"tz": "America/New_York"}), []
    while keeper.advance(store, other, 40):
        with store.reading() as work:
            under_way = keeper.progress(work)
            assert under_way is not None
            percents.append((under_way.percent, under_way.seq == under_way.goal))
    assert percents == sorted(percents)
    assert percents[0][0] == 0
    summing = [percent for percent, read in percents if read]
    assert summing[0] == 65
    assert len(set(summing)) > 3
    assert summing[-1] == 99
    with store.reading() as work:
        assert keeper.progress(work) is None


def test_two_keepers_at_once_count_everything_once(store: Store) -> None:
    add(store, lines(4))
    faults: list[BaseException] = []

    def keep() -> None:
        try:
            keeper.catch_up(store, CONFIG, size=25)
        except BaseException as fault:  # noqa: BLE001 - told below
            faults.append(fault)

    threads = [threading.Thread(target=keep) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults == []
    keeper.catch_up(store, CONFIG)
    assert wrong(store) == []


def test_after_the_log_lost_something_everything_is_built_anew(store: Store) -> None:
    add(store, lines(6))
    keeper.catch_up(store, CONFIG)
    with store.transaction() as work:
        work.execute(delete(Event).where(Event.kind == "msg.out"))
        keeper.forget(work)
        assert all(work.scalar(select(func.count()).select_from(table)) == 0 for table in KEPT)
    keeper.catch_up(store, CONFIG)
    assert wrong(store) == []


def test_cells_are_summed_from_the_facts_once_they_stand_and_meanwhile_the_log_goes_on(store: Store) -> None:
    def looked() -> tuple[FigureState, int]:
        with store.reading() as work:
            (state,) = keeper.states(work)
            return state, work.scalar(select(func.count()).select_from(FigureCell)) or 0

    events = lines(5)
    add(store, events[:400])
    keeper.begin(store, CONFIG, "asked", [])
    for _ in range(3):
        assert not looked()[1], "no cell before the log is worked through"
        keeper.advance(store, CONFIG, 150)
    keeper.advance(store, CONFIG, 150)
    state, cells = looked()
    assert state.summed
    assert cells, "the first days are summed"
    add(store, events[400:])
    keeper.advance(store, CONFIG, 150)
    again, more = looked()
    assert again.seq == state.seq, "facts stand still until all are summed"
    assert again.summed
    assert again.summed > state.summed
    assert more > cells
    assert not again.current
    keeper.catch_up(store, CONFIG)
    assert wrong(store) == []
