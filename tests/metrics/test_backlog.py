"""The backlog in cells finds exactly the cases that are open."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from inbox.metrics.backlog import OPEN, ages_at, blocks_at, season_of, stretches
from inbox.metrics.sheets import OpenSpan
from inbox.metrics.times import DAY, HOUR, Days

ROME = Days("Europe/Rome")
FIRST = ROME.start(739_700)
hours = st.integers(0, 24 * 500)  # some instants are local midnights, over two changes of the clocks
spans = st.tuples(hours, st.none() | st.integers(0, 24 * 400), st.integers(-50, 50))


def span_of(begin: int, length: int | None, contact: int) -> OpenSpan:
    start = FIRST + begin * HOUR
    end = None if length is None else start + length * HOUR
    return OpenSpan(start, end, start + contact * HOUR, "email", None, None, None, ())


@given(st.lists(spans, max_size=12), st.integers(739_700, 739_700 + 520))
def test_a_midnight_finds_the_cases_open_then_with_their_ages(raw: list[tuple[int, int | None, int]], day: int) -> None:
    cells: dict[tuple[str, int], dict[str, int]] = {}
    every = [span_of(*one) for one in raw]
    for span in every:
        for unit, when, name in stretches(span, ROME):
            names = cells.setdefault((unit, when), {})
            names[name] = names.get(name, 0) + 1
    at = ROME.start(day)
    read = [(OPEN, season) for season in range(season_of(at) + 1)] + list(blocks_at(day))
    found = [age for place in read for age in ages_at(cells.get(place, {}), at)]
    assert sorted(found) == sorted(s.age(at) for s in every if s.begin <= at and (s.end is None or at < s.end))


@given(spans)
def test_a_stretch_lies_in_few_cells(raw: tuple[int, int | None, int]) -> None:
    span = span_of(*raw)
    nights = 1 if span.end is None else (span.end - span.begin) // DAY + 2
    assert len(list(stretches(span, ROME))) <= 4 * nights.bit_length()
