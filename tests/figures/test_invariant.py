"""The rebuild invariant through the store, drawn by hypothesis, and the worked cases through it (docs/metrics.md 9)."""

from __future__ import annotations

from typing import Any

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete

from inbox.figures import keeper
from inbox.figures.asking import kept
from inbox.metrics import Config, Request, book_of
from inbox.metrics.behind import behind, part_of
from inbox.metrics.factual import Facts
from inbox.metrics.log import Event as Told
from inbox.metrics.log import Log
from inbox.metrics.report import report_of
from inbox.metrics.times import DAY, Days
from inbox.store import Event, FigureState, Store
from inbox.store.figures import KEPT
from tests.figures.conftest import add, lines, several, shown, told, wrong
from tests.metrics.comparing import differences
from tests.metrics.test_golden import CASES, request
from tests.metrics.test_golden import wrong as unlike

CONFIG = Config.of()
CONFIG_DAYS = Days(CONFIG.zone)
LATE = "2026-12-31T00:00:00Z"
GOLDEN = {case["id"]: case for case in CASES}


def emptied(store: Store) -> Store:
    """The same store with nothing in its log."""
    with store.transaction() as work:
        for table in (*KEPT, FigureState, Event):
            work.execute(delete(table))
    return store


def check(store: Store, data: st.DataObject) -> None:
    events = lines(data.draw(st.integers(0, 10_000)), tickets=data.draw(st.integers(2, 8)))
    undone = data.draw(st.lists(st.sampled_from(events), max_size=4))
    voids = [{"id": f"undo{n}", "ts": LATE, "kind": "void", "target": one["id"]} for n, one in enumerate(undone)]
    left = [*events, *voids, *data.draw(st.lists(st.sampled_from(events), max_size=4))]
    if data.draw(st.booleans()):
        left = data.draw(st.permutations(left))
    with several(store, data.draw(st.sampled_from([1, 2, 3]))) as team:
        while left:
            n = data.draw(st.integers(1, 80))
            add(store, left[:n])
            left = left[n:]
            if data.draw(st.booleans()):
                keeper.catch_up(store, CONFIG, size=data.draw(st.sampled_from([5, 40, 2_000])), hands=team)
        keeper.catch_up(store, CONFIG, hands=team)
    assert wrong(store) == []
    log = told(store)
    as_of = data.draw(st.sampled_from(sorted({event.rec for event in log})), label="as of")
    for at in (as_of, as_of + data.draw(st.sampled_from([1, 20_000, 90 * 60_000, DAY]), label="later")):
        assert unlike_then(store, log, at) == []


ASKED: tuple[dict[str, Any], ...] = (
    {"by": "channel", "compare": "previous"},
    {"by": "agent", "where": {"channel": "email"}},
    {"by": "tag"},
    {"where": {"team": "care", "reason": "delivery"}},
)


def unlike_then(store: Store, log: list[Told], as_of: int) -> list[str]:
    """What the figures that are kept, as known at an instant, say otherwise than those of the log as it was then."""
    then = book_of(Log(log), as_of, CONFIG)
    today = CONFIG_DAYS.of(as_of)
    found: list[str] = []
    with store.reading() as work:
        known = kept(work)
        assert known is not None
        for n, more in enumerate(ASKED):
            first = today - (30, 6, 200, 12)[n]
            asked = Request(first, today + 1 + n % 2, as_of, **more)
            own, wanted = known.report(asked, exact=True), report_of(Facts(then), asked)
            found += [f"{more}: {line}" for line in differences(shown(own), shown(wanted))]
        asked = Request(today - 30, today + 1, as_of)
        for figure in ("fcr7", "vol.inbound", "aht"):
            part = part_of(known.cases(figure, asked), 1_000)
            if known.judged(figure, part.cases, as_of) != list(behind(then, figure, asked)):
                found.append(f"the cases behind {figure}")
    return found


def test_any_log_in_any_order_and_batches_gives_the_cells_of_a_rebuild(store: Store, full: bool) -> None:
    @settings(
        max_examples=200 if full else 3,
        phases=(Phase.explicit, Phase.reuse, Phase.generate),  # a seed cannot be made simpler
        suppress_health_check=list(HealthCheck),
    )
    @given(data=st.data())
    def holds(data: st.DataObject) -> None:
        check(emptied(store), data)

    holds()


def as_ours(event: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in event.items() if key != "seq"}


def test_the_worked_cases_hold_through_the_store(store: Store, full: bool) -> None:
    """A report at an instant before the last record is not asked of what is kept; percentiles are those of roll-ups."""
    asked = 0
    for case in list(GOLDEN.values())[:: 1 if full else 6]:
        events = case["events"]
        if any("seq" in event for event in events) and events != sorted(events, key=lambda one: one["seq"]):
            events = sorted(events, key=lambda one: one["seq"])
        config = Config.of(case["config"])
        add(emptied(store), map(as_ours, events))
        keeper.catch_up(store, config, size=3)
        with store.reading() as work:
            found = kept(work)
            assert found is not None, case["id"]
            for query in case["queries"]:
                if "clv" in query or not found.answers(request(query)):
                    continue
                exact = {k: v for k, v in query["expect"].items() if not k.endswith(("p50_ms", "p90_ms", "median_ms"))}
                assert unlike(found.report(request(query)), exact) == [], case["id"]
                asked += len(exact)
    assert asked > 50
