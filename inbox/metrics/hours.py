"""Opening hours (section 3): business time between two instants, and the instant at which an allowance is used up."""

from __future__ import annotations

import datetime as dt
from bisect import bisect_right
from collections.abc import Mapping
from typing import Any

from inbox.metrics.config import Config
from inbox.metrics.times import Days, instant

__all__ = ["Hours", "OpeningHours"]

_WEEK = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_AROUND = 370  # days read at once on each side of what was asked
_FAR = 3 * 370  # no opening within three years: a clock that never runs
_ONE_DAY = dt.timedelta(days=1)


class OpeningHours:
    """One calendar: weekly hours, holidays (attached to the date on which a shift starts), special days."""

    def __init__(self, raw: Mapping[str, Any], zone: str) -> None:
        self._days = Days(str(raw.get("tz", zone)))
        self._zone = self._days.zone
        week = raw.get("week", {})
        self._week = [[_wall(text) for text in week.get(name, [])] for name in _WEEK]
        self._special = {date: [_wall(text) for text in spans] for date, spans in raw.get("special", {}).items()}
        self._holidays = frozenset(raw.get("holidays", []))
        self._always_shut = not any(self._week) and not any(self._special.values())
        self._first = self._end = 0
        self._starts: list[int] = []
        self._stops: list[int] = []
        self._before: list[int] = []

    def between(self, begin: int, end: int) -> int:
        """The business time of [begin, end) in ms: the length of its intersection with the opening hours."""
        if self._always_shut or end <= begin:
            return 0
        self._read(begin, end)
        return self._upto(end) - self._upto(begin)

    def used_up(self, begin: int, allowance: int) -> int | None:
        """The instant after which a clock started at ``begin`` has run for more than its allowance; None is never."""
        if self._always_shut:
            return None
        self._read(begin, begin)
        for reach in (_AROUND, _FAR):
            goal = self._upto(begin) + allowance
            at = bisect_right(self._before, goal) - 1
            if at >= 0 and self._starts[at] + goal - self._before[at] < self._stops[at]:
                return max(begin, self._starts[at] + goal - self._before[at])
            self._read(begin, self._days.start(self._end + reach))
        return None

    def _upto(self, at: int) -> int:
        """Opening time before an instant, counted from the first day read."""
        n = bisect_right(self._starts, at) - 1
        if n < 0:
            return 0
        return self._before[n] + min(at, self._stops[n]) - self._starts[n]

    def _read(self, begin: int, end: int) -> None:
        """Make sure that the openings around [begin, end) are known."""
        first, last = self._days.of(begin), self._days.of(end)
        # One day of margin: a shift of the day before may reach past midnight.
        if self._starts and self._first < first - 1 and last + 1 < self._end:
            return
        low, high = first - _AROUND, last + _AROUND
        if self._end:
            low, high = min(low, self._first), max(high, self._end)
        self._first, self._end = low, high
        self._lay_out([span for day in range(low, high) for span in self._openings(day)])

    def _openings(self, day: int) -> list[tuple[int, int]]:
        date = dt.date.fromordinal(day)
        text = date.isoformat()
        if text in self._special:
            walls = self._special[text]
        elif text in self._holidays:
            walls = []
        else:
            walls = self._week[date.weekday()]
        midnight = dt.datetime(date.year, date.month, date.day)  # noqa: DTZ001 - a wall time
        spans = []
        for start, stop in walls:
            opening = instant(midnight + start, self._zone)
            closing = instant(midnight + stop, self._zone, last=True)
            if opening < closing:
                spans.append((opening, closing))
        return spans

    def _lay_out(self, spans: list[tuple[int, int]]) -> None:
        """Keep the union of the spans, with the opening time before each."""
        starts: list[int] = []
        stops: list[int] = []
        for opening, closing in sorted(spans):
            if stops and opening <= stops[-1]:
                stops[-1] = max(stops[-1], closing)
            else:
                starts.append(opening)
                stops.append(closing)
        before, total = [], 0
        for opening, closing in zip(starts, stops, strict=True):
            before.append(total)
            total += closing - opening
        self._starts, self._stops, self._before = starts, stops, before


class Hours:
    """The calendar of each channel. Raises ``ValueError`` for hours or zones that make no sense."""

    def __init__(self, config: Config) -> None:
        self._config = config
        self._calendars = {name: OpeningHours(raw, config.zone) for name, raw in config.raw["calendars"].items()}

    def of(self, channel: str, facts: Mapping[str, str | None] | None = None) -> OpeningHours:
        """What was promised on a channel, to a ticket with those facts. Raises ``ValueError`` for a calendar that
        nobody described.
        """
        return self._named(self._config.calendar(channel, facts))

    def _named(self, name: str) -> OpeningHours:
        if name not in self._calendars:
            raise ValueError(f"the configuration names a calendar that it does not describe: {name}")
        return self._calendars[name]


def _wall(text: str) -> tuple[dt.timedelta, dt.timedelta]:
    """``HH:MM-HH:MM`` from midnight; a range that ends before it starts ends on the next day."""
    try:
        start, stop = (_minutes(part) for part in text.split("-"))
    except ValueError as error:
        raise ValueError(f"opening hours are written HH:MM-HH:MM, not {text!r}") from error
    return start, stop if stop > start else stop + _ONE_DAY


def _minutes(text: str) -> dt.timedelta:
    hours, minutes = text.strip().split(":")
    return dt.timedelta(hours=int(hours), minutes=int(minutes))
