"""Opening hours of a web chat as its owner types them, one line for some days or for one date."""

from __future__ import annotations

import datetime as dt
import re

__all__ = ["hours", "week"]

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
#: The days as they are typed: by their first letters in English or Italian.
_NAMES = {
    **{name: n for n, name in enumerate(DAYS)},
    **{name: n for n, name in enumerate(("lun", "mar", "mer", "gio", "ven", "sab", "dom"))},
}
_LINE = re.compile(r"(?P<days>\S+(?:\s*-\s*[^\W\d]+)?)\s+(?P<spans>.+)")
_SPAN = re.compile(r"([01]?\d|2[0-3])[:.]([0-5]\d)\s*-\s*([01]?\d|2[0-4])[:.]([0-5]\d)")
_SHUT = {"closed", "chiuso"}


def _day(text: str) -> int:
    number = _NAMES.get(text.strip().lower()[:3])
    if number is None:
        raise ValueError(f"{text.strip()!r} is no day of the week")
    return number


def _days(text: str) -> list[int]:
    """``mon-fri``, ``sat``, ``fri-mon``."""
    first, dash, last = text.partition("-")
    begin = _day(first)
    end = _day(last) if dash else begin
    return [(begin + n) % 7 for n in range((end - begin) % 7 + 1)]


def _spans(text: str) -> list[str]:
    if text.strip().lower() in _SHUT:
        return []
    found = _SPAN.findall(text)
    if not found or _SPAN.sub("", text).strip(" ,;"):
        raise ValueError(f"{text.strip()!r}: write hours such as 9:00-13:00 15:00-19:00, or closed")
    return [f"{int(a):02}:{b}-{int(c):02}:{d}" for a, b, c, d in found]


def _parts(line: str) -> tuple[str, list[str]]:
    """The days or the date, and the hours. Raises ``ValueError``."""
    found = _LINE.fullmatch(line.strip())
    if found is None:
        raise ValueError(f"{line!r}: write days and hours, such as mon-fri 9:00-18:00")
    return found["days"], _spans(found["spans"])


def hours(line: str) -> str:
    """One line of opening hours, as it was typed: ``mon-fri 9:00-13:00 15:00-19:00``, ``sat closed``,
    ``2026-12-25 closed``. Raises ``ValueError`` for anything else."""
    days, _spans_of_it = _parts(line)
    if days[:1].isdigit():
        dt.date.fromisoformat(days)
    else:
        _days(days)
    return " ".join(line.split())


def week(lines: tuple[str, ...]) -> dict[str, dict[str, list[str]]]:
    """The lines as a calendar: ``{"week": {"mon": ["09:00-18:00"]}, "special": {"2026-12-25": []}}``."""
    usual: dict[str, list[str]] = {}
    special: dict[str, list[str]] = {}
    for line in lines:
        days, spans = _parts(line)
        if days[:1].isdigit():
            special[dt.date.fromisoformat(days).isoformat()] = spans
            continue
        for number in _days(days):
            usual[DAYS[number]] = [*usual.get(DAYS[number], []), *spans]
    return {"week": usual, "special": special}
