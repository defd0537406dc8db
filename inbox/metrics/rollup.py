"""Roll-ups (section 7, L2): integer sums of sheets by local day and month for each grain, histograms included.

A sheet that changes leaves by subtraction; integers make that exact.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Any

from inbox.metrics.formulas import bucket
from inbox.metrics.sheets import AGENT, NEVER, TEAM, WHOLE, Entry, Key, Sheet
from inbox.metrics.storage import Cell, Counts, Place, Rolls, add_counts, merge
from inbox.metrics.times import DAY

__all__ = ["GRAINS", "RollUp", "day_of_due", "level_of", "month_of_day", "month_of_due"]

GRAINS = ("channel", "agent", "team", "reason", "tag")
WAITING = "~"  # before a measure that counts until the entry is due
NUMBER, TOTAL, BUCKET = "#n", "#s", "#"  # after a measure of durations: how many, their sum, one bucket
STILL_OPEN = 63  # the level of spans without an end

_FAR = NEVER // DAY


@lru_cache(maxsize=8192)
def month_of_day(day: int) -> int:
    """The number of the calendar month that a day number lies in."""
    date = dt.date.fromordinal(day)
    return date.year * 12 + date.month - 1


@lru_cache(maxsize=8192)
def month_of_due(due: int) -> int:
    """The number of the month that a UTC day since 1970 lies in."""
    return _FAR if due >= _FAR else month_of_day(719_163 + due)


def day_of_due(at: int) -> int:
    """The UTC day since 1970 of an instant; what is never due is due on no day that comes."""
    return min(at // DAY, _FAR)


def level_of(length: int) -> int:
    """Spans shorter than 2**level ms: so those that hold an instant began less than that before it."""
    return length.bit_length()


class RollUp:
    """Turns changed sheets into changes of cells and rows, kept until ``flush``."""

    def __init__(self, rolls: Rolls) -> None:
        self._rolls = rolls
        self._changes: dict[Place, Cell] = {}
        self._owners: dict[str, tuple[list[Sheet], list[Sheet]]] = {}  # what was written, what is to be

    def told(self, owner: str, old: list[Sheet], new: list[Sheet]) -> None:
        """The sheets of an owner are others now."""
        for key, counts in _net(old, new):
            for grain, value in _grains(key):
                place = Place("day", grain, key.day, value, key.channel or "")
                cell = self._changes.get(place)
                if cell is None:
                    cell = self._changes[place] = Cell({}, {})
                into = cell.plain if key.due is None else cell.due.setdefault(day_of_due(key.due), {})
                for measure, n in counts:
                    into[measure] = into.get(measure, 0) + n
        before, _ = self._owners.get(owner, (old, new))
        self._owners[owner] = before, new

    def flush(self, today: int) -> None:
        """Write everything; rows due before ``today`` (a UTC day) are in their cells for good and need no index."""
        months: dict[Place, Cell] = {}
        for place, cell in self._changes.items():
            month = Place("month", place.grain, month_of_day(place.when), place.value, place.channel)
            dues: dict[int, Counts] = {}
            for due, counts in cell.due.items():
                add_counts(dues.setdefault(month_of_due(due), {}), counts)
            merge(months.setdefault(month, Cell({}, {})), Cell(cell.plain, dues))
        self._rolls.add(self._changes)
        self._rolls.add(months)
        for owner, (old, new) in self._owners.items():
            indexes = _indexes(new, today)
            if indexes != _indexes(old, today):
                self._rolls.put(owner, indexes)
        self._changes, self._owners = {}, {}


def _net(old: list[Sheet], new: list[Sheet]) -> Iterator[tuple[Key, list[tuple[str, int]]]]:
    """What changed, by key: new entries less old ones."""
    before = _entries(old)
    for key, entries in _entries(new).items():
        gone = before.pop(key, None)
        if gone != entries:
            counts: Counts = {}
            _count(counts, entries, 1)
            if gone is not None:
                _count(counts, gone, -1)
            if changed := [(measure, n) for measure, n in counts.items() if n]:
                yield key, changed
    for key, entries in before.items():
        counts = {}
        _count(counts, entries, -1)
        yield key, [(measure, n) for measure, n in counts.items() if n]


def _entries(sheets: list[Sheet]) -> dict[Key, list[Entry]]:
    found: dict[Key, list[Entry]] = {}
    for sheet in sheets:
        for key, entry in sheet.entries.items():
            found.setdefault(key, []).append(entry)
    return found


def _count(counts: Counts, entries: list[Entry], sign: int) -> None:
    for entry in entries:
        for measure, n in entry.counts.items():
            counts[measure] = counts.get(measure, 0) + sign * n
        for measure, n in entry.waiting.items():
            name = WAITING + measure
            counts[name] = counts.get(name, 0) + sign * n
        for measure, ms in entry.times:
            for name, n in ((measure + NUMBER, 1), (measure + TOTAL, ms), (f"{measure}{BUCKET}{bucket(ms)}", 1)):
                counts[name] = counts.get(name, 0) + sign * n


def _grains(key: Key) -> Iterator[tuple[str, str]]:
    """The grains that an entry counts in, with its value in each."""
    scope = key.scope
    if scope & WHOLE:
        yield "channel", ""
        if key.reason is not None:
            yield "reason", key.reason
        for tag in key.tags:
            yield "tag", tag
    if scope & AGENT and key.agent is not None:
        yield "agent", key.agent
    if scope & TEAM and key.team is not None:
        yield "team", key.team


def _indexes(sheets: Iterable[Sheet], today: int) -> dict[str, list[tuple[int, tuple[Any, ...]]]]:
    """The rows by which a report finds what time alone still changes."""
    found: dict[str, list[tuple[int, tuple[Any, ...]]]] = {}
    for sheet in sheets:
        for key, entry in sheet.entries.items():
            if entry.since:
                found.setdefault("since", []).append((key.day, (key, entry.since)))
            if key.due is not None and today <= day_of_due(key.due) < _FAR:
                found.setdefault("due", []).append((day_of_due(key.due), (key, entry.counts, entry.waiting)))
        for span in sheet.spans:
            level = STILL_OPEN if span.end is None else level_of(span.end - span.begin)
            found.setdefault(f"open {level}", []).append((span.begin // DAY, span))
        for one in sheet.heard:
            found.setdefault("heard", []).append((one.day, one))
    return found
