"""Calendar cards: when something is, by whatever the calendar calls its time zone."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from inbox.reading.invitations import Moment, meeting
from inbox.store import Message
from inbox.terms import Direction


def card(**said: Any) -> Any:
    return meeting(Message(ticket_id=1, direction=Direction.IN, extra={"calendar": said} if said else {}))


@pytest.mark.parametrize(
    ("start", "zone", "shown"),
    [
        ("2026-03-04T15:00Z", "", Moment(dt.datetime(2026, 3, 4, 15, tzinfo=dt.UTC))),
        ("2026-03-04T15:00", "Europe/Rome", Moment(dt.datetime(2026, 3, 4, 14, tzinfo=dt.UTC))),
        ("2026-07-04T15:00", "W. Europe Standard Time", Moment(dt.datetime(2026, 7, 4, 13, tzinfo=dt.UTC))),
        ("2026-03-04T15:00", "Somewhere", Moment(words="2026-03-04 15:00 Somewhere")),
        ("2026-03-04T15:00", "../etc/passwd", Moment(words="2026-03-04 15:00 ../etc/passwd")),
        ("2026-03-04", "", Moment(day=dt.date(2026, 3, 4))),
        ("2026-13-44", "", None),
        ("", "", None),
    ],
)
def test_a_start_is_a_moment_a_day_or_the_calendars_own_words(start: str, zone: str, shown: Moment | None) -> None:
    assert card(method="request", start=start, zone=zone).start == shown


def test_whole_days_end_where_the_next_one_begins() -> None:
    assert card(start="2026-03-04", end="2026-03-05").end is None
    assert card(start="2026-03-04", end="2026-03-07").end == Moment(day=dt.date(2026, 3, 6))


def test_an_end_on_the_same_day_needs_no_day_and_an_answer_is_asked_for_by_invitations_alone() -> None:
    assert card(start="2026-03-04T15:00Z", end="2026-03-04T16:00Z").same_day
    assert not card(start="2026-03-04T15:00Z", end="2026-03-06T16:00Z").same_day
    assert card(method="request", rsvp=True).asked
    assert not card(method="cancel", rsvp=True).asked
    assert card() is None
