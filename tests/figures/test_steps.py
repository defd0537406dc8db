"""A drawing's steps lie within its period, none is too small to be read, and what is cut is known to be."""

from __future__ import annotations

import datetime as dt
import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inbox.reading import asking
from inbox.reading.pages.asked import Asked, Period

DAY = dt.date(2026, 11, 28)


def asked(days: int, *, end: dt.date = DAY + dt.timedelta(days=1), today: dt.date = DAY) -> Asked:
    start = end - dt.timedelta(days=days)
    return Asked(Period(start, end, start - dt.timedelta(days=days), start), {}, "previous", "UTC", today)


@given(st.integers(1, 800), st.dates(dt.date(2023, 1, 1), dt.date(2027, 1, 1)), st.sampled_from([14, 31]))
def test_the_steps_are_the_period_and_stay_few(days: int, end: dt.date, daily: int) -> None:
    period = asked(days, end=end).period
    steps = asking.steps(period, daily)
    assert (steps[0][0], steps[-1][1]) == (period.start, period.end)
    assert all(before[1] == after[0] for before, after in itertools.pairwise(steps))
    assert len(steps) <= 31
    assert len(asking.whole(asked(days, end=end), daily)) == len(steps)


@pytest.mark.parametrize(
    ("one", "unit", "first", "whole"),
    [
        (asked(7), "day", DAY - dt.timedelta(days=6), [*[True] * 6, False]),  # today is not over
        (asked(30), "week", DAY - dt.timedelta(days=29), [False, *[True] * 4]),
        (asked(28), "week", DAY - dt.timedelta(days=27), [True] * 4),
        (asked(365, end=dt.date(2026, 11, 1)), "month", dt.date(2025, 11, 1), [True] * 12),
        (asked(365), "month", dt.date(2025, 11, 29), [False, *[True] * 11, False]),
        (asked(14, end=DAY + dt.timedelta(days=10)), "day", DAY - dt.timedelta(days=4), [*[True] * 4, *[False] * 10]),
    ],
)
def test_a_step_is_whole_where_all_of_it_is_in_the_period_and_past(
    one: Asked, unit: str, first: dt.date, whole: list[bool]
) -> None:
    assert asking.unit(one.period) == unit
    assert asking.steps(one.period)[0][0] == first
    assert list(asking.whole(one)) == whole
    assert len(asking.whole_steps(one)) == sum(whole)
