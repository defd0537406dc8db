"""Moments that are offered: later today, tomorrow morning, Monday, in a week."""

from __future__ import annotations

import zoneinfo

from inbox.actions.moments import named
from inbox.reading.parts import Snooze

__all__ = ["snoozes"]


def snoozes(zone: zoneinfo.ZoneInfo) -> tuple[Snooze, ...]:
    """The moments offered for a snooze or an answer that leaves later, as UTC; mornings are the desk's."""
    return tuple(Snooze(key, at) for key, at in named(zone).items())  # type: ignore[arg-type]
