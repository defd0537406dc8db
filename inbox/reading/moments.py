"""Moments that are offered: later today, tomorrow morning, Monday, in a week."""

from __future__ import annotations

import datetime as dt
import zoneinfo

from inbox import clock
from inbox.reading.parts import Snooze

__all__ = ["snoozes"]


def snoozes(zone: zoneinfo.ZoneInfo) -> tuple[Snooze, ...]:
    """The moments offered for a snooze or an answer that leaves later, as UTC; mornings are the desk's."""
    now = clock.now().astimezone(zone)
    morning = now.replace(hour=9, minute=0, second=0, microsecond=0)
    monday = morning + dt.timedelta(days=(7 - now.weekday()) or 7)
    times = {
        "later": now + dt.timedelta(hours=3),
        "tomorrow": morning + dt.timedelta(days=1),
        "monday": monday,
        "week": morning + dt.timedelta(days=7),
    }
    return tuple(Snooze(key, at.astimezone(dt.UTC)) for key, at in times.items())  # type: ignore[arg-type]
