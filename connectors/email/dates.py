"""Reads a mail's Date as programs of many years and languages write it."""

from __future__ import annotations

import datetime as dt
import re
from email.utils import parsedate_tz

__all__ = ["read"]

_ISO = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)[T ](\d\d):(\d\d)(?::(\d\d))?(?:[.,]\d+)?\s*(Z|[+-]\d\d:?\d\d)?", re.IGNORECASE
)
# What nearly every mail has; the library's reader, which takes all else, needs four times as long.
_USUAL = re.compile(r"(?:[A-Z][a-z]{2}, )?(\d{1,2}) ([A-Z][a-z]{2}) (\d{4}) (\d\d):(\d\d):(\d\d) ([+-])(\d\d)([0-5]\d)")
_ENGLISH = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_COMMENT = re.compile(r"\([^()]*\)")
_WORDS = re.compile(r"[^\W\d_]{3,}\.?")
_OFFSET_NAME = re.compile(r"\b(?:GMT|UTC)([+-]\d\d):?(\d\d)\b", re.IGNORECASE)

# Months as localised programs spell them, by what is theirs alone; English ones need no entry.
_MONTHS = {
    "gen": "Jan",
    "mag": "May",
    "giu": "Jun",
    "lug": "Jul",
    "ago": "Aug",
    "set": "Sep",
    "ott": "Oct",
    "dic": "Dec",
    "mär": "Mar",
    "mai": "May",
    "okt": "Oct",
    "dez": "Dec",
    "ene": "Jan",
    "abr": "Apr",
    "fév": "Feb",
    "avr": "Apr",
    "jui": "Jun",
    "aoû": "Aug",
    "déc": "Dec",
}


def read(text: str) -> dt.datetime | None:
    """Aware UTC, or None where no date can be read. A time without a zone is taken as UTC."""
    text = text.strip()[:200]
    if not text:
        return None
    if usual := _USUAL.fullmatch(text):
        return _plain(usual)
    if found := _ISO.search(text):
        return _iso(found)
    text = _OFFSET_NAME.sub(r"\1\2", _COMMENT.sub(" ", text))
    return _rfc(text) or _rfc(_WORDS.sub(_english, text))


def _plain(found: re.Match[str]) -> dt.datetime | None:
    try:
        month = _ENGLISH.index(found[2]) + 1
        day, year, hour, minute, second = (int(found[index]) for index in (1, 3, 4, 5, 6))
        offset = dt.timedelta(hours=int(found[8]), minutes=int(found[9]))
        moment = dt.datetime(year, month, day, hour, minute, min(second, 59), tzinfo=dt.UTC)
        return moment - offset if found[7] == "+" else moment + offset
    except (ValueError, OverflowError):
        return None


def _iso(found: re.Match[str]) -> dt.datetime | None:
    year, month, day, hour, minute = (int(found[index]) for index in range(1, 6))
    zone = (found[7] or "Z").upper()
    try:
        moment = dt.datetime(year, month, day, hour, minute, int(found[6] or 0), tzinfo=dt.UTC)
        if zone == "Z":
            return moment
        offset = dt.timedelta(hours=int(zone[1:3]), minutes=int(zone[-2:]))
        return moment - offset if zone[0] == "+" else moment + offset
    except (ValueError, OverflowError):
        return None


def _rfc(text: str) -> dt.datetime | None:
    try:
        parts = parsedate_tz(text)
        if parts is None:
            return None
        year, month, day, hour, minute, second = parts[:6]
        moment = dt.datetime(year, month, day, hour, minute, min(second, 59), tzinfo=dt.UTC)
        return moment - dt.timedelta(seconds=parts[9] or 0)
    except (ValueError, OverflowError, IndexError, TypeError):
        return None


def _english(word: re.Match[str]) -> str:
    """The English month of a localised one; a word that is none (a weekday) goes."""
    key = word.group()[:3].lower()
    if key == "jui" and word.group().lower().startswith("juil"):
        return "Jul"
    if key in _MONTHS:
        return _MONTHS[key]
    english = {"jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"}
    if key in english and not word.group().lower().startswith(("marted", "mardi", "marte")):
        return key.title()
    return (
        word.group() if word.group() in {"GMT", "UTC", "EST", "EDT", "CST", "CDT", "MST", "MDT", "PST", "PDT"} else ""
    )
