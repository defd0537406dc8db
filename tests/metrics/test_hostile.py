"""No log stops the engine: whatever a line says, it is read, ignored, or left out with a reason."""

from __future__ import annotations

import random
from typing import Any

from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from bench.metrics_log import Shape, generate
from inbox.metrics import Event, Request, State, explain, read_events, report
from inbox.metrics.times import iso
from tests.metrics.comparing import LATER, cells, sentences

Body = dict[str, Any]

WORDS = [
    "T1",
    "m1",
    "Q1",
    "A00",
    "C00001",
    "e5",
    "",
    "resolved",
    "closed",
    "open",
    "talk",
    "wrap",
    "end",
    "in",
    "out",
    "online",
]
ODD: list[Any] = [
    None,
    True,
    False,
    0,
    -1,
    1.5,
    "NaN",
    "1e9",
    "-0",
    [],
    {},
    [[]],
    [None],
    {"kind": "agent"},
    "2026-01-08T00:00:00Z",
]


@settings(max_examples=25, phases=(Phase.explicit, Phase.reuse, Phase.generate))
@given(seed=st.integers(0, 10_000))
def test_a_log_with_anything_in_its_fields_gives_a_report(seed: int) -> None:
    events = [spoiled(event, random.Random(f"{seed} {n}")) for n, event in enumerate(odd(seed))]
    for by in ("agent", "tag"):
        found = report(events, Request.of("2026-01-01", "2026-02-01", LATER, by=by, compare="previous"))
        assert set(found) >= {"all"}
    explain(events, Request.of("2026-01-01", "2026-02-01", "2026-01-09T00:00:00Z").as_of)


@settings(max_examples=10, phases=(Phase.explicit, Phase.reuse, Phase.generate))
@given(seed=st.integers(0, 10_000))
def test_increments_equal_a_rebuild_on_a_spoiled_log_too(seed: int) -> None:
    rng = random.Random(seed)
    spoiled_log = [spoiled(event, rng) for event in odd(seed)]
    events = read_events(spoiled_log).events
    state, whole = State(), State()
    for event in rng.sample(events, len(events)):
        state.append([event])
    whole.append(events)
    assert sentences(cells(state), cells(whole)) == []


def odd(seed: int) -> list[Body]:
    shape = Shape(10, seed, per_day=3, agents=3, customers=4, quirks=1.0, beats=seed % 2 == 0, contracts=0.5)
    return list(generate(shape))


def spoiled(event: Body, rng: random.Random) -> Body:
    """Now and then the same event with another value, another time, or a field less."""
    if rng.random() > 0.15:
        return event
    new = dict(event)
    field = rng.choice(list(new))
    choice = rng.random()
    if choice < 0.2:
        del new[field]
    elif choice < 0.4:
        new["ts"] = iso(1_767_600_000_000 + rng.randrange(30 * 86_400_000))
    elif choice < 0.7:
        new[field] = rng.choice(WORDS)
    else:
        new[field] = rng.choice(ODD)
    return new


def test_nothing_at_all_is_a_report_without_data() -> None:
    nothing: list[Event] = []
    own = State().report(Request.of("2026-01-01", "2026-02-01", LATER, by="channel"))
    assert own.keys() == {"all"}
    assert own["all"]["vol.inbound"] == 0
    assert own["all"]["fcr7.rate"] is None
    assert report(nothing, Request.of("2026-01-01", "2026-02-01", LATER))["all"] == own["all"]  # type: ignore[arg-type]
