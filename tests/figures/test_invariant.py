"""The rebuild invariant through the store, drawn by hypothesis, and the worked cases through it (docs/metrics.md 9)."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete

from inbox.figures import checking, earlier, keeper, standing
from inbox.figures.asking import kept
from inbox.metrics import Config, Request, book_of, paged
from inbox.metrics.behind import behind, part_of
from inbox.metrics.factual import Facts
from inbox.metrics.log import Event as Told
from inbox.metrics.log import Log
from inbox.metrics.report import report_of
from inbox.metrics.times import DAY, Days, millis
from inbox.store import Event, FigureState, Store
from inbox.store.figures import KEPT
from tests.figures.conftest import Lines, add, lines, shown, told, wrong
from tests.metrics.comparing import LATE, astray, corrected, differences, early_ends
from tests.metrics.test_golden import CASES, request
from tests.metrics.test_golden import wrong as unlike

CONFIG = Config.of()
CONFIG_DAYS = Days(CONFIG.zone)
GOLDEN = {case["id"]: case for case in CASES}


def emptied(store: Store) -> Store:
    """The same store with nothing in its log."""
    with store.transaction() as work:
        for table in (*KEPT, FigureState, Event):
            work.execute(delete(table))
    standing.forget()  # the next log may have as many such lines at the same places
    return store


def check(store: Store, data: st.DataObject) -> None:
    events = lines(data.draw(st.integers(0, 10_000)), tickets=data.draw(st.integers(2, 8)))
    undone = data.draw(st.lists(st.sampled_from(events), max_size=4))
    voids = [{"id": f"undo{n}", "ts": LATE, "kind": "void", "target": one["id"]} for n, one in enumerate(undone)]
    early = early_ends(events, random.Random(len(events)))
    rng = random.Random(len(events))
    late = [as_ours(one) for one in (*early, *corrected(early, events), *astray(events, rng))]
    left = [*events, *voids, *late, *data.draw(st.lists(st.sampled_from(events), max_size=4))]
    if data.draw(st.booleans()):
        left = data.draw(st.permutations(left))
    while left:
        n = data.draw(st.integers(1, 80))
        add(store, left[:n])
        left = left[n:]
        if data.draw(st.booleans()):
            keeper.catch_up(store, CONFIG, size=data.draw(st.sampled_from([5, 40, 2_000])))
    keeper.catch_up(store, CONFIG)
    assert wrong(store) == []
    assert checking.check_some(store, 4, rng)[1] == [], "as every night"
    assert checking.check_all(store, CONFIG)[1] == [], "each table that is kept, not the cells alone"
    log = told(store)
    as_of = data.draw(st.sampled_from(sorted({event.rec for event in log})), label="as of")
    as_of += data.draw(st.sampled_from([0, 1, 20_000, 90 * 60_000, DAY]), label="later")
    asked = data.draw(st.lists(st.sampled_from(range(len(ASKED))), min_size=1, max_size=2, unique=True))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(earlier, "BATCH", data.draw(st.sampled_from([20, 5_000])))
        assert unlike_then(store, log, as_of, asked) == []


ASKED: tuple[dict[str, Any], ...] = (
    {"by": "channel", "compare": "previous"},
    {"by": "agent", "where": {"channel": "email"}},
    {"by": "tag"},
    {"where": {"team": "care", "reason": "delivery"}},
)


def unlike_then(store: Store, log: list[Told], as_of: int, some: Sequence[int] = range(len(ASKED))) -> list[str]:
    """What the figures that are kept, as known at an instant, say otherwise than those of the log as it was then."""
    then = book_of(Log(log), as_of, CONFIG)
    today = CONFIG_DAYS.of(as_of)
    found: list[str] = []
    with store.reading() as work:
        known = kept(work)
        assert known is not None
        for n in some:
            more = ASKED[n]
            first = today - (30, 6, 200, 12)[n]
            asked = Request(first, today + 1 + n % 2, as_of, **more)
            own, wanted = known.report(asked, exact=True), report_of(Facts(then), asked)
            found += [f"{more}: {line}" for line in differences(shown(own), shown(wanted))]
        asked = Request(today - 30, today + 1, as_of)
        for figure in ("fcr7", "vol.inbound", "aht")[: len(some)]:
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
    """Also at instants before the last record, percentiles to the millisecond."""
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
                if "clv" in query:
                    continue
                assert unlike(found.report(request(query), exact=True), query["expect"]) == [], case["id"]
                asked += len(query["expect"])
    assert asked > 50


def under_way() -> Lines:
    """Work that lasts: a session with its beats, a call with its legs, a shift; and an hourly rate that came late."""
    day = "2026-01-20T"
    agent = {"agent": "A1", "team": "care"}
    call = {"call": "c1", "ticket": "2", "channel": "voice"}
    lines: Lines = [
        {"kind": "agent.state", "ts": f"{day}09:00:00Z", "state": "online", **agent},
        {"kind": "ticket.created", "ts": f"{day}09:59:00Z", "ticket": "1", "customer": "C1", "channel": "email"},
        {"kind": "msg.in", "ts": f"{day}09:59:00Z", "ticket": "1", "channel": "email", "msg": "m1"},
        *(
            {**agent, "kind": kind, "ts": f"{day}10:0{n}:00Z", "session": "s1", "ticket": "1", "channel": "email"}
            for n, kind in enumerate(("handle.start", "handle.beat", "handle.beat", "handle.end"))
        ),
        {"kind": "ticket.created", "ts": f"{day}10:00:00Z", "ticket": "2", "customer": "C1", "channel": "voice"},
        {"kind": "call.started", "ts": f"{day}10:00:10Z", "direction": "in", **call},
        {"kind": "call.leg", "ts": f"{day}10:00:20Z", "call": "c1", "state": "talk", **agent},
        {"kind": "call.ended", "ts": f"{day}10:04:00Z", "call": "c1"},
        {"kind": "cost.rate", "ts": f"{day}12:00:00Z", "from": "2026-01-01", "per_hour": "30", "agent": "A1"},
    ]
    return [
        {"id": f"w{n}", "actor": {"kind": "agent", "id": "A1", "team": "care"}, **line} for n, line in enumerate(lines)
    ]


def test_pages_take_what_is_under_way_from_roll_ups(store: Store) -> None:
    """A call that goes on: what is kept is not taken back, only cut, and no facts are read for it."""
    add(store, [line for line in under_way() if line["kind"] not in ("call.ended", "handle.end", "cost.rate")])
    keeper.catch_up(store, CONFIG)
    as_of = millis("2026-01-20T10:02:10Z")
    asked = Request(CONFIG_DAYS.of(as_of) - 30, CONFIG_DAYS.of(as_of) + 1, as_of, "channel")
    with store.reading() as work:
        known = kept(work)
        assert known is not None
        assert not known.knows(as_of)
        found, exact = known.report(asked), known.report(asked, exact=True)
        assert differences(exact, report_of(Facts(book_of(Log(told(store)), as_of, CONFIG)), asked)) == []
        rough = [key for row in found.values() for key in row if key.endswith(("p50_ms", "p90_ms", "median_ms"))]
        assert [line for line in differences(found, exact) if line.partition(":")[0].split("/")[1] not in rough] == []
        assert known.earlier(as_of).rolled(asked.wanted) is not None


@pytest.mark.parametrize("at", ["10:00:30", "10:01:10", "10:02:00", "10:03:30", "13:00:00"])
def test_what_was_under_way_is_cut_at_the_instant(store: Store, monkeypatch: pytest.MonkeyPatch, at: str) -> None:
    add(store, under_way())
    keeper.catch_up(store, CONFIG)
    monkeypatch.setattr(paged, "_MOST_PAGES", 1)  # rates go by themselves, day after day
    monkeypatch.setattr(earlier, "_WINDOW", 1)
    log = told(store)
    assert unlike_then(store, log, millis(f"2026-01-20T{at}Z")) == []


def price(id: str, cost: str, day: int, **more: object) -> dict[str, Any]:
    told = {"id": id, "kind": "cost.provider", "ts": f"2026-02-{day:02}T09:00:00Z", "cost": cost, "channel": "sms"}
    return told | {"amount": "0.07", "currency": "EUR", "type": "actual"} | more


STRAY: Lines = [
    *(
        {"id": f"m{n}", "kind": "msg.in", "ts": "2026-02-02T08:00Z", "ticket": f"T{n}", "channel": "sms", "msg": str(n)}
        for n in (1, 2, 3)
    ),
    price("a", "p1", 2, ticket="T1"),
    price("b", "b1", 3, ticket="T1", type="refund", of="p1"),
    price("c", "b2", 4, type="refund", of="p1"),
    price("d", "b3", 5, ticket="T3", type="refund", of="p1"),
    price("e", "p1", 6, ticket="T2"),
    price("f", "p2", 7, msg="3", supersedes="p1"),
    *({"id": f"undo {id}", "kind": "void", "ts": LATE, "target": id} for id in ("e", "f", "a", "undo a", "d")),
]  # fmt: skip


@pytest.mark.parametrize("size", [1, 2, 100])
@pytest.mark.parametrize("order", [1, -1])
def test_what_is_told_of_one_cost_on_several_tickets_counts_as_in_a_rebuild(
    store: Store, size: int, order: int
) -> None:
    """Two systems may call different costs alike, and a refund may be booked elsewhere: no figures stop for it."""
    left = STRAY[::order]
    while left:
        add(store, left[:size])
        left = left[size:]
        keeper.catch_up(store, CONFIG)
        assert wrong(store) == []
    assert checking.check_all(store, CONFIG)[1] == []
