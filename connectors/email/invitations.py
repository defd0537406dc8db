"""Reads what a calendar invitation (RFC 5545) is about."""

from __future__ import annotations

import re
from typing import TypedDict

from connectors.email import charsets

__all__ = ["Invitation", "read"]

MAX_CALENDAR = 262_144
_FOLD = re.compile(r"\r?\n[ \t]")
_LINE = re.compile(r"([A-Za-z-]++)((?:;[^:\"]*+(?:\"[^\"]*+\"[^:\"]*+)*+)?+):(.*)")
_ZONE = re.compile(r"TZID=\"?([^;:\"]+)", re.IGNORECASE)
_NAME = re.compile(r"CN=\"?([^;:\"]+)", re.IGNORECASE)
_ANSWER = re.compile(r"PARTSTAT=\"?([A-Z-]+)", re.IGNORECASE)
_RSVP = re.compile(r"RSVP=\"?TRUE", re.IGNORECASE)
_TIME = re.compile(r"(\d{4})(\d\d)(\d\d)(?:T(\d\d)(\d\d)(\d\d)?(Z)?)?\Z")
_ESCAPE = re.compile(r"\\([nN,;\\])")


class Invitation(TypedDict, total=False):
    """What is shown of it.

    ``start`` and ``end``: ``2026-03-04T15:00`` or ``2026-03-04``, with ``Z`` where it is UTC; ``zone``: the calendar's
    own name of the time zone; ``method``: ``request``, ``cancel``, ``reply``, lower case. Of a reply ``attendee`` is
    who answers, ``answer`` what: ``accepted``, ``declined``, ``tentative`` …; ``rsvp``: an answer is asked for.
    """

    method: str
    summary: str
    start: str
    end: str
    zone: str
    location: str
    organizer: str
    attendee: str
    answer: str
    rsvp: bool


def read(data: bytes, charset: str = "", method: str = "") -> Invitation | None:
    """The first event in a calendar file, or None where there is none."""
    text = _FOLD.sub("", charsets.clean(charsets.decode(data[:MAX_CALENDAR], charset or "utf-8")))
    found: Invitation = {"method": method.lower()} if method else {}
    inside = seen = False
    for line in text.split("\n"):
        parts = _LINE.match(line)
        if parts is None:
            continue
        name, details, value = parts[1].upper(), parts[2], parts[3].strip()
        if name == "BEGIN" and value.upper() == "VEVENT":
            if seen:
                break
            inside = seen = True
        elif name == "END" and value.upper() == "VEVENT":
            inside = False
        elif name == "METHOD":
            found["method"] = value.lower()
        elif inside:
            _property(found, name, details, value)
    return found if seen else None


def _property(found: Invitation, name: str, details: str, value: str) -> None:
    if name == "SUMMARY":
        found["summary"] = _plain(value)
    elif name == "LOCATION":
        found["location"] = _plain(value)
    elif name == "ORGANIZER":
        found["organizer"] = _person(details, value)
    elif name == "ATTENDEE":
        _attendee(found, details, value)
    elif name in {"DTSTART", "DTEND"} and (time := _TIME.match(value)):
        day = f"{time[1]}-{time[2]}-{time[3]}"
        moment = f"{day}T{time[4]}:{time[5]}{time[7] or ''}" if time[4] else day
        found["start" if name == "DTSTART" else "end"] = moment
        if zone := _ZONE.search(details):
            found["zone"] = zone[1]


def _person(details: str, value: str) -> str:
    named = _NAME.search(details)
    address = value.lower().removeprefix("mailto:")
    return f"{named[1].strip()} <{address}>"[:500] if named else address[:500]


def _attendee(found: Invitation, details: str, value: str) -> None:
    if found.get("method") == "reply":  # it has one, whose answer it is
        answer = _ANSWER.search(details)
        found.setdefault("attendee", _person(details, value))
        found.setdefault("answer", answer[1].lower() if answer else "")
    elif _RSVP.search(details):
        found["rsvp"] = True


def _plain(value: str) -> str:
    return _ESCAPE.sub(lambda found: " " if found[1] in "nN" else found[1], value).strip()[:500]
