"""Moments that people name instead of an hour: later today, tomorrow morning, Monday, in a week."""

from __future__ import annotations

import datetime as dt
import zoneinfo
from typing import Final

from inbox import clock
from inbox.actions import desk
from inbox.store import Work

__all__ = ["MOMENTS", "moment", "named"]

MOMENTS: Final = ("later", "tomorrow", "monday", "week")


def named(zone: zoneinfo.ZoneInfo) -> dict[str, dt.datetime]:
    """Each moment's time from now on, as UTC; mornings are the desk's."""
    now = clock.now().astimezone(zone)
    morning = now.replace(hour=9, minute=0, second=0, microsecond=0)
    times = {
        "later": now + dt.timedelta(hours=3),
        "tomorrow": morning + dt.timedelta(days=1),
        "monday": morning + dt.timedelta(days=(7 - now.weekday()) or 7),
        "week": morning + dt.timedelta(days=7),
    }
    return {name: at.astimezone(dt.UTC) for name, at in times.items()}


def moment(work: Work, name: str) -> dt.datetime:
    """One of :data:`MOMENTS` on the desk's clock. Raises ``KeyError`` for another word."""
    return named(zoneinfo.ZoneInfo(desk.get(work, "desk.timezone")))[name]
