"""Instants as integer milliseconds of UTC, and the local days that a zone cuts out of them (section 3)."""

from __future__ import annotations

import datetime as dt
from bisect import bisect_right
from functools import lru_cache
from zoneinfo import ZoneInfo

__all__ = ["DAY", "HOUR", "SECOND", "Days", "instant", "iso", "millis", "ordinal", "span_of_months", "year_before"]

SECOND = 1_000
HOUR = 3_600_000
DAY = 86_400_000

_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_AROUND = 400  # days read at once on each side of what was asked


def millis(text: str) -> int:
    """The instant that an RFC 3339 text names, in ms since 1970. Raises ``ValueError``, also when it has no zone."""
    moment = dt.datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(f"a time without a zone: {text!r}")
    gone = moment - _EPOCH
    return gone.days * DAY + gone.seconds * SECOND + gone.microseconds // 1_000


def iso(at: int) -> str:
    """RFC 3339 in UTC with milliseconds."""
    moment = _EPOCH + dt.timedelta(milliseconds=at)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def ordinal(text: str) -> int:
    """The day number (``date.toordinal``) of ``YYYY-MM-DD``. Raises ``ValueError``."""
    return dt.date.fromisoformat(text).toordinal()


@lru_cache(maxsize=16_384)  # the same midnights and openings are asked for by every book
def instant(wall: dt.datetime, zone: ZoneInfo, *, last: bool = False) -> int:
    """The instant of a wall time, by the zone's rules of that date: its first occurrence, or its last.

    A wall time that the clocks jump over is the instant of the jump.
    """
    early = wall.replace(tzinfo=zone, fold=0)
    late = wall.replace(tzinfo=zone, fold=1)
    before, after = early.utcoffset(), late.utcoffset()
    if before is not None and after is not None and before < after:
        return _jump(millis_of(late), millis_of(early), zone)
    return millis_of(late if last else early)


def millis_of(moment: dt.datetime) -> int:
    """An aware datetime in ms since 1970."""
    gone = moment.astimezone(dt.UTC) - _EPOCH
    return gone.days * DAY + gone.seconds * SECOND + gone.microseconds // 1_000


def _jump(low: int, high: int, zone: ZoneInfo) -> int:
    """The instant between two others at which the zone's offset changes."""

    def offset(at: int) -> dt.timedelta | None:
        return (_EPOCH + dt.timedelta(milliseconds=at)).astimezone(zone).utcoffset()

    old = offset(low)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if offset(middle) == old else (low, middle)
    return high


class Days:
    """The local days of one zone: [00:00, next 00:00), 23 or 25 hours long when the clocks change."""

    def __init__(self, zone: str) -> None:
        try:
            self.zone = ZoneInfo(zone)
        except (KeyError, ValueError) as error:
            raise ValueError(f"no time zone: {zone!r}") from error
        self._first = 0
        self._starts: list[int] = []
        self._low = self._high = self._last = 0  # the day that was asked for last: the next is often the same

    def start(self, day: int) -> int:
        """The first instant of a day number, in ms."""
        if not self._first <= day < self._first + len(self._starts):
            self._read(day)
        return self._starts[day - self._first]

    def hour(self, at: int) -> int:
        """What the hour of the clock is at an instant."""
        return dt.datetime.fromtimestamp(at // SECOND, self.zone).hour

    def of(self, at: int) -> int:
        """The number of the local day that holds an instant."""
        if self._low <= at < self._high:
            return self._last
        starts = self._starts
        if not starts or not starts[0] <= at < starts[-1]:
            middle = 719_163 + at // DAY
            self._read(middle)
            starts = self._starts
        n = bisect_right(starts, at)
        self._low, self._high, self._last = starts[n - 1], starts[n], self._first + n - 1
        return self._last

    def cut(self, begin: int, end: int) -> list[tuple[int, int, int]]:
        """[begin, end) sliced at local midnight: a list of (day, from, to)."""
        day = self.of(begin)
        pieces = []
        while begin < end:
            stop = min(end, self.start(day + 1))
            pieces.append((day, begin, stop))
            begin = stop
            day += 1
        return pieces

    def _read(self, day: int) -> None:
        """Extend the known stretch of days so that it holds one day with room on both sides."""
        have = self._first, self._first + len(self._starts)
        low, high = max(1, day - _AROUND), min(day + _AROUND, dt.date.max.toordinal())
        if self._starts:
            low, high = min(low, have[0]), max(high, have[1])
        known = self._starts
        self._starts = [known[d - have[0]] if have[0] <= d < have[1] else self._midnight(d) for d in range(low, high)]
        self._first = low

    def _midnight(self, day: int) -> int:
        date = dt.date.fromordinal(day)
        return instant(dt.datetime(date.year, date.month, date.day), self.zone)  # noqa: DTZ001 - a wall time


def year_before(day: int) -> int:
    """The same date a year earlier; 29 February becomes the 28th."""
    date = dt.date.fromordinal(day)
    if (date.month, date.day) == (2, 29):
        return date.replace(year=date.year - 1, day=28).toordinal()
    return date.replace(year=date.year - 1).toordinal()


def span_of_months(first: int, end: int) -> int | None:
    """How many whole calendar months lie between two day numbers, or None if they are not month starts."""
    a, b = dt.date.fromordinal(first), dt.date.fromordinal(end)
    if a.day != 1 or b.day != 1:
        return None
    return (b.year - a.year) * 12 + b.month - a.month


def months_earlier(day: int, months: int) -> int:
    """The first of the month, some months before a day that is itself the first of one."""
    date = dt.date.fromordinal(day)
    years, month = divmod(date.year * 12 + date.month - 1 - months, 12)
    return dt.date(years, month + 1, 1).toordinal()
