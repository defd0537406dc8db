"""Handle time from beats: what a browser's stay on a ticket covers, and that compaction keeps exactly that."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

from inbox.actions import handling
from inbox.store import Beat, Event, Focus, Ticket
from tests.actions.conftest import SmallDesk

START = dt.datetime(2026, 3, 9, 8, tzinfo=dt.UTC)


def at(seconds: float) -> dt.datetime:
    return START + dt.timedelta(seconds=seconds)


def covered(marks: list[tuple[float, bool]], ended: float | None) -> list[tuple[float, float]]:
    spans = handling.spans([(at(s), idle) for s, idle in marks], at(ended) if ended is not None else None)
    return [((a - START).total_seconds(), (b - START).total_seconds()) for a, b in spans]


def test_beats_cover_until_the_next_one_and_the_end_covers_nothing() -> None:
    assert covered([(0, False), (15, False), (30, False)], 40) == [(0, 40)]


def test_a_dead_browser_is_covered_for_thirty_seconds_after_its_last_beat() -> None:
    assert covered([(0, False), (15, False)], None) == [(0, 45)]


def test_a_gap_of_more_than_thirty_seconds_is_a_gap() -> None:
    assert covered([(0, False), (100, False)], 110) == [(0, 30), (100, 110)]


def test_idle_beats_cover_nothing() -> None:
    assert covered([(0, False), (15, True), (30, True), (45, False)], 50) == [(0, 15), (45, 50)]


def test_a_silent_focus_becomes_one_span_and_its_beats_go(
    desk: SmallDesk, later: Callable[[dt.timedelta], None]
) -> None:
    number = desk.take(desk.text()).ticket
    with desk.store.transaction() as work:
        handling.start(work, desk.who(), "tab-1", work.get_one(Ticket, number))
    later(dt.timedelta(seconds=15))
    with desk.store.transaction() as work:
        assert handling.beat(work, "tab-1")
        assert handling.compact_due(work) == 0
    later(dt.timedelta(seconds=61))
    with desk.store.transaction() as work:
        assert handling.compact_due(work) == 1
        assert not handling.beat(work, "tab-1")
    with desk.store.reading() as work:
        assert work.query(Focus).count() == work.query(Beat).count() == 0
        [event] = work.query(Event).filter_by(kind="handle.span").all()
    [[start, end]] = event.data["spans"]
    length = dt.datetime.fromisoformat(end) - dt.datetime.fromisoformat(start)
    assert 44 < length.total_seconds() < 46
