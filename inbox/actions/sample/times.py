"""When things happened: working days and minutes ago, turned into moments."""

from __future__ import annotations

import datetime as dt
import re
import zoneinfo

__all__ = ["Times"]

_DAY = re.compile(r"(?:(sat|sun) )?(\d+) (\d\d):(\d\d)")
_AGO = re.compile(r"([+-])(\d+)(h?)")
_AHEAD = re.compile(r"in (\d+) (\d\d):(\d\d)")
SATURDAY, SUNDAY = 5, 6


class Times:
    """Moments relative to ``now`` in the desk's zone.

    ``12 09:31``: that time on the 12th working day ago · ``sun 2 21:40``: on the last Sunday but one · ``-90`` minutes
    ago, ``-5h`` · ``+4`` minutes after the step before · ``in 2 09:00``: on the second working day from now.
    """

    def __init__(self, now: dt.datetime, zone: zoneinfo.ZoneInfo) -> None:
        self.now = now
        self.zone = zone
        self.today = now.astimezone(zone).date()

    def working_day(self, ago: int) -> dt.date:
        """The day so many working days ago; negative lies ahead, 0 is today whatever day that is."""
        day, step = self.today, dt.timedelta(days=-1 if ago > 0 else 1)
        for _ in range(abs(ago)):
            day += step
            while day.weekday() >= SATURDAY:
                day += step
        return day

    def _weekend(self, name: str, ago: int) -> dt.date:
        wanted = SATURDAY if name == "sat" else SUNDAY
        back = (self.today.weekday() - wanted) % 7 or 7
        return self.today - dt.timedelta(days=back + 7 * (ago - 1))

    def local(self, day: dt.date, hour: int, minute: int) -> dt.datetime:
        """A time of a day in the desk's zone."""
        return dt.datetime.combine(day, dt.time(hour, minute), self.zone)

    def at(self, text: str, before: dt.datetime | None = None) -> dt.datetime:
        """The moment that ``text`` names, never before ``before`` (the step before). Raises ``ValueError``."""
        if found := _AGO.fullmatch(text):
            sign, number, hours = found.groups()
            step = dt.timedelta(minutes=int(number) * (60 if hours else 1))
            if sign == "+" and before is None:
                raise ValueError(f"{text}: there is no step before it")
            moment = self.now - step if sign == "-" or before is None else before + step
        elif found := _DAY.fullmatch(text):
            weekend, number, hour, minute = found.groups()
            day = self._weekend(weekend, int(number)) if weekend else self.working_day(int(number))
            moment = self.local(day, int(hour), int(minute))
        elif found := _AHEAD.fullmatch(text):
            number, hour, minute = found.groups()
            return self.local(self.working_day(-int(number)), int(hour), int(minute))
        else:
            raise ValueError(f"{text!r} names no time")
        if before is not None and moment <= before:
            moment = before + dt.timedelta(minutes=1)
        return moment.astimezone(dt.UTC)
