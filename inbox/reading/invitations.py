"""The calendar card of a mail: what it is about, when, and who answered what."""

from __future__ import annotations

import datetime as dt
import zoneinfo
from dataclasses import dataclass
from typing import Any, Final

from babel.core import get_global

from inbox.store import Message

__all__ = ["Meeting", "Moment", "meeting"]

#: What a card says of an answer; another word is one that nobody knows.
ANSWERS: Final = frozenset({"accepted", "declined", "tentative", "delegated"})


@dataclass(frozen=True)
class Moment:
    """When: a moment, a whole day, or the calendar's own words where nobody knows its time zone."""

    at: dt.datetime | None = None
    day: dt.date | None = None
    words: str = ""


@dataclass(frozen=True)
class Meeting:
    """``method``: ``request`` (an invitation), ``reply``, ``cancel``, ``publish`` or another; ``asked``: the organiser
    wants an answer."""

    method: str
    summary: str
    start: Moment | None = None
    end: Moment | None = None
    location: str = ""
    organizer: str = ""
    attendee: str = ""
    answer: str = ""
    asked: bool = False

    @property
    def same_day(self) -> bool:
        """True where the end needs no day of its own."""
        first, last = (one.at if one is not None else None for one in (self.start, self.end))
        return first is not None and last is not None and dt.timedelta(0) <= last - first < dt.timedelta(hours=12)


def meeting(message: Message) -> Meeting | None:
    """What the mail's calendar file says; None without one."""
    found: dict[str, Any] = message.extra.get("calendar") or {}
    if not found:
        return None
    zone = str(found.get("zone", ""))
    start, end = (_moment(str(found.get(name, "")), zone) for name in ("start", "end"))
    if start is not None and start.day is not None and end is not None and end.day is not None:
        last = end.day - dt.timedelta(days=1)  # a whole day ends where the next one begins
        end = Moment(day=last) if last > start.day else None
    return Meeting(
        str(found.get("method", "")),
        str(found.get("summary", "")),
        start,
        end,
        str(found.get("location", "")),
        str(found.get("organizer", "")),
        str(found.get("attendee", "")),
        str(found.get("answer", "")) if found.get("answer") in ANSWERS else "",
        bool(found.get("rsvp")) and found.get("method") == "request",
    )


def _moment(text: str, zone: str) -> Moment | None:
    try:
        if len(text) == len("2026-03-04"):
            return Moment(day=dt.date.fromisoformat(text))
        at = dt.datetime.fromisoformat(text)
    except ValueError:
        return None
    if at.tzinfo is not None:
        return Moment(at.astimezone(dt.UTC))
    known = _zone(zone)
    if known is None:
        return Moment(words=" ".join(filter(None, (text.replace("T", " "), zone))))
    return Moment(at.replace(tzinfo=known).astimezone(dt.UTC))


def _zone(name: str) -> zoneinfo.ZoneInfo | None:
    """By its name, or by the one that Outlook has for it."""
    for each in (name, str(get_global("windows_zone_mapping").get(name, ""))):
        try:
            return zoneinfo.ZoneInfo(each) if each else None
        except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
            continue
    return None
