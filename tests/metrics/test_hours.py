"""Opening hours by the zone's rules of each date, and the instant at which an allowance is used up."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inbox.metrics import Config
from inbox.metrics.hours import Hours, OpeningHours
from inbox.metrics.times import DAY, HOUR, Days, millis

MINUTE = 60_000


def rome(**raw: Any) -> OpeningHours:
    return OpeningHours(raw, "Europe/Rome")


def week(*spans: str) -> dict[str, list[str]]:
    return {day: list(spans) for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")}


@given(
    begin=st.integers(millis("2026-03-20T00:00:00Z"), millis("2026-11-05T00:00:00Z")),
    length=st.integers(0, 250 * DAY),
    zone=st.sampled_from(["Europe/Rome", "America/New_York", "Australia/Lord_Howe", "Africa/Cairo", "Asia/Kathmandu"]),
)
def test_around_the_clock_is_wall_time_across_both_changes(begin: int, length: int, zone: str) -> None:
    assert OpeningHours({"week": week("00:00-24:00")}, zone).between(begin, begin + length) == length


@given(cut=st.integers(1, 24 * 60 - 1), begin=st.integers(0, 400 * DAY), length=st.integers(0, 40 * DAY))
def test_a_day_cut_in_two_shifts_is_still_the_whole_day(cut: int, begin: int, length: int) -> None:
    begin += millis("2026-01-01T00:00:00Z")
    at = f"{cut // 60:02}:{cut % 60:02}"
    assert rome(week=week(f"00:00-{at}", f"{at}-24:00")).between(begin, begin + length) == length


@pytest.mark.parametrize(
    ("begin", "end", "hours"),
    [
        ("2026-03-28T20:00:00Z", "2026-03-29T06:00:00Z", 7),  # 22:00 to 06:00 on the night that loses an hour
        ("2026-10-24T18:00:00Z", "2026-10-25T07:00:00Z", 9),  # the night that gains one
    ],
)
def test_a_night_shift_belongs_to_the_day_it_starts_on(begin: str, end: str, hours: int) -> None:
    night = rome(week={"sat": ["22:00-06:00"]})
    assert night.between(millis(begin), millis(end)) == hours * HOUR


def test_a_shift_that_began_before_a_holiday_goes_on_into_it() -> None:
    night = rome(week=week("22:00-06:00"), holidays=["2026-06-02"])
    first, second = millis("2026-06-01T22:00:00Z"), millis("2026-06-02T22:00:00Z")
    assert night.between(first, first + 8 * HOUR) == 6 * HOUR  # midnight to 06:00 of the holiday
    assert night.between(second, second + 8 * HOUR) == 0


def test_a_special_day_has_hours_of_its_own_even_on_a_holiday() -> None:
    hours = rome(week=week("09:00-18:00"), holidays=["2026-12-24"], special={"2026-12-24": ["09:00-12:00"]})
    day = millis("2026-12-23T23:00:00Z")
    assert hours.between(day, day + DAY) == 3 * HOUR


def test_overlapping_shifts_count_once() -> None:
    hours = rome(week=week("09:00-13:00", "12:00-15:00"))
    day = millis("2026-05-04T22:00:00Z")
    assert hours.between(day, day + DAY) == 6 * HOUR


@given(begin=st.integers(0, 300 * DAY), allowance=st.integers(0, 60 * HOUR))
def test_an_allowance_is_used_up_at_the_last_instant_that_keeps_it(begin: int, allowance: int) -> None:
    begin += millis("2026-01-01T00:00:00Z")
    office = rome(week=week("09:00-12:30", "14:00-18:00"), holidays=["2026-04-06"])
    due = office.used_up(begin, allowance)
    assert due is not None
    assert office.between(begin, due) == allowance
    assert office.between(begin, due + 1) == allowance + 1


def test_a_calendar_that_never_opens_is_never_used_up() -> None:
    assert rome(week={}).used_up(0, 1) is None
    assert rome(week={}).between(0, 10**13) == 0


@pytest.mark.parametrize("text", ["9-18", "09:00", "09:00-18:00-19:00", "nine-ten"])
def test_hours_that_are_not_written_as_hours_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match="HH:MM-HH:MM"):
        rome(week=week(text))


def test_a_calendar_without_a_description_is_refused() -> None:
    with pytest.raises(ValueError, match="night"):
        Config.of({"channel_calendar": {"chat": "night"}})


def test_each_channel_has_the_calendar_that_was_promised_there() -> None:
    hours = Hours(
        Config.of({"calendars": {"always": {"week": week("00:00-24:00")}}, "channel_calendar": {"chat": "always"}})
    )
    sunday = millis("2026-03-08T10:00:00Z")
    assert hours.of("chat").between(sunday, sunday + HOUR) == HOUR
    assert hours.of("email").between(sunday, sunday + HOUR) == 0


@given(at=st.integers(millis("2020-01-01T00:00:00Z"), millis("2030-01-01T00:00:00Z")))
def test_a_local_day_holds_its_instants(at: int) -> None:
    days = Days("Europe/Rome")
    day = days.of(at)
    assert days.start(day) <= at < days.start(day + 1)


def test_local_days_have_23_and_25_hours_when_the_clocks_change() -> None:
    days = Days("Europe/Rome")
    spring, autumn = (dt.date(2026, *date).toordinal() for date in ((3, 29), (10, 25)))
    assert days.start(spring + 1) - days.start(spring) == 23 * HOUR
    assert days.start(autumn + 1) - days.start(autumn) == 25 * HOUR
    assert days.cut(days.start(spring) - MINUTE, days.start(spring) + MINUTE) == [
        (spring - 1, days.start(spring) - MINUTE, days.start(spring)),
        (spring, days.start(spring), days.start(spring) + MINUTE),
    ]
