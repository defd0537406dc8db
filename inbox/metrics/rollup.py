"""Roll-ups (section 7, L2): integer sums of sheets by local day, week and month for each grain, histograms included.

A sheet that changes leaves by subtraction; integers make that exact.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Hashable, Iterable, Iterator, Sequence
from functools import lru_cache
from typing import Any, TypeVar

from inbox.metrics.backlog import LATE, late, stretches
from inbox.metrics.formulas import bucket, bucket_name
from inbox.metrics.sheets import AGENT, NEVER, TEAM, WHOLE, Entry, Key, OpenSpan, Sheet
from inbox.metrics.storage import Cell, Counts, Place, RollsToChange, add_counts, empty
from inbox.metrics.times import DAY, Days

__all__ = [
    "ALL",
    "DATED",
    "EACH",
    "GRAINS",
    "HEARD",
    "HOUR",
    "WORKED",
    "RollUp",
    "day_of_due",
    "month_of_day",
    "month_of_due",
    "week_of_day",
]

GRAINS = ("channel", "agent", "team", "reason", "tag")
ALL = "all"  # the grain of everything
EACH = " by channel"  # after a grain whose cells are also kept for each channel
WORKED = ("work.prod_ms", "work.view_ms", "work.spam_ms")  # by channel in one cell a day, by which fees are shared
HEARD = "heard"  # cells and an index of the customers who wrote; their cells in months keep the days of what is due
HOUR = "hour"  # cells of what came in on a day, by the hour of the clock
#: The grains that days, weeks and months have cells of, as far as they have them.
DATED = (ALL, *GRAINS, *(grain + EACH for grain in GRAINS), "worked", HEARD, HOUR)
TOTAL = "#"  # after a measure of durations: their sum

_FAR = NEVER // DAY


@lru_cache(maxsize=8192)
def month_of_day(day: int) -> int:
    """The number of the calendar month that a day number lies in."""
    date = dt.date.fromordinal(day)
    return date.year * 12 + date.month - 1


def week_of_day(day: int) -> int:
    """The number of the week, Sunday to Saturday, that a day number lies in."""
    return day // 7


@lru_cache(maxsize=8192)
def month_of_due(due: int) -> int:
    """The number of the month that a UTC day since 1970 lies in."""
    return _FAR if due >= _FAR else month_of_day(719_163 + due)


def day_of_due(at: int) -> int:
    """The UTC day since 1970 of an instant; what is never due is due on no day that comes."""
    return min(at // DAY, _FAR)


_Who = tuple[int, str | None, str | None, str | None, int]  # day, channel, agent, team, scope
_What = tuple[int, str | None, str, str]  # day, channel, grain, value


class RollUp:
    """Turns changed sheets into changes of cells and rows, kept until ``flush``."""

    def __init__(self, rolls: RollsToChange, days: Days) -> None:
        self._rolls = rolls
        self._days_of = days
        self._open: dict[Place, Cell] = {}
        self._heard: dict[Place, Cell] = {}
        self._came: dict[Place, Cell] = {}
        self._by_people: dict[_Who, Cell] = {}
        self._by_matter: dict[_What, Cell] = {}
        self._owners: dict[str, tuple[list[Sheet], list[Sheet]]] = {}  # what was written, what is to be

    def told(self, owner: str, old: list[Sheet], new: list[Sheet]) -> None:
        """The sheets of an owner are others now."""
        place: _Who | None = None
        sheet_before: Sheet | None = None
        cells: list[Cell] = []
        for sheet, key, change in _changed(old, new):
            day, channel, agent, team, due, scope = key
            there = day, channel, agent, team, scope
            if there != place or sheet is not sheet_before:
                cells = self._cells(there, sheet)
                place, sheet_before = there, sheet
            _add(cells, None if due is None else day_of_due(due), change)
        self._open_spans(old, new)
        self._hear(old, new)
        self._clock(old, new)
        before, _ = self._owners.get(owner, (old, new))
        self._owners[owner] = before, new

    def _open_spans(self, old: list[Sheet], new: list[Sheet]) -> None:
        """When cases were open, for the backlog."""
        before, after = ([span for sheet in sheets for span in sheet.spans] for sheets in (old, new))
        if before != after:
            for spans, sign in ((before, -1), (after, 1)):
                for span in spans:
                    for unit, when, name in stretches(span, self._days_of):
                        for grain, value in _grains(span):
                            plain = _cell(self._open, Place(unit, grain, when, value, span.channel or "")).plain
                            plain[name] = plain.get(name, 0) + sign

    def _hear(self, old: list[Sheet], new: list[Sheet]) -> None:
        """Who wrote, for the silence link; in ``due`` those who were not answered."""
        before, after = ([one for sheet in sheets for one in sheet.heard] for sheets in (old, new))
        if before != after:
            for heard, sign in ((before, -1), (after, 1)):
                for one in heard:
                    for unit, when in (
                        ("day", one.day),
                        ("week", week_of_day(one.day)),
                        ("month", month_of_day(one.day)),
                    ):
                        cell = _cell(self._heard, Place(unit, HEARD, when, "", ""))
                        add_counts(cell.plain, {one.customer: sign})
                        if one.unanswered:
                            add_counts(cell.due.setdefault(one.customer, {}), {day_of_due(one.due): sign})

    def _clock(self, old: list[Sheet], new: list[Sheet]) -> None:
        """At which hours customers wrote and called."""
        before, after = ([one for sheet in sheets for one in sheet.came] for sheets in (old, new))
        if before != after:
            for came, sign in ((before, -1), (after, 1)):
                for one in came:
                    cell = _cell(self._came, Place("day", HOUR, one.day, "", ""))
                    add_counts(cell.plain, {str(self._days_of.hour(one.start)): sign})

    def _cells(self, place: _Who, sheet: Sheet) -> list[Cell]:
        """The cells in which an anchor counts: with its people, under its reason, under each tag."""
        cells = [_cell(self._by_people, place)]
        day, channel, _, _, scope = place
        if scope & WHOLE:
            if sheet.reason is not None:
                cells.append(_cell(self._by_matter, (day, channel, "reason", sheet.reason)))
            cells += [_cell(self._by_matter, (day, channel, "tag", tag)) for tag in sheet.tags]
        return cells

    def flush(self, last: int) -> None:
        """Write everything. What is due before the UTC day of the last record is in its cells for good: no index."""
        days = self._days()
        weeks: dict[Place, Cell] = {}
        months: dict[Place, Cell] = {}
        for place, cell in days.items():
            if place.grain in _OF_EACH:
                _merge(weeks, place._replace(unit="week", when=week_of_day(place.when)), cell)
                _add_month(months, place, cell)
        for cells in (days, weeks, months, self._open, self._heard, self._came):
            _sum_over_channels(cells)
            self._rolls.add(cells)
        for owner, (old, new) in self._owners.items():
            indexes = _indexes(new, last)
            if indexes != _indexes(old, last):
                self._rolls.put(owner, indexes)
        self._by_people, self._by_matter, self._owners = {}, {}, {}
        self._open, self._heard, self._came = {}, {}, {}

    def _days(self) -> dict[Place, Cell]:
        """The changes of day cells, by grain; those over all channels are still to be summed."""
        found: dict[Place, Cell] = {}
        for (day, channel, grain, value), cell in self._by_matter.items():
            _merge(found, Place("day", grain + EACH, day, value, channel or ""), cell)
        for (day, channel, agent, team, scope), cell in self._by_people.items():
            name = channel or ""
            if scope & WHOLE:
                _merge(found, Place("day", "channel", day, "", name), cell)
            if scope & AGENT and agent is not None:
                _merge(found, Place("day", "agent" + EACH, day, agent, name), cell)
            if scope & TEAM and team is not None:
                _merge(found, Place("day", "team" + EACH, day, team, name), cell)
            if channel is not None and (worked := sum(cell.plain.get(measure, 0) for measure in WORKED)):
                _merge(found, Place("day", "worked", day, "", ""), Cell({channel: worked}, {}, {}))
        return found


#: The grains that weeks and months are summed from, and what each is called over all channels.
_OF_EACH = {grain + EACH: grain for grain in GRAINS if grain != "channel"} | {"channel": ALL}


def _add_month(months: dict[Place, Cell], place: Place, cell: Cell) -> None:
    """Add a day's cell to its month; what is due is kept by month there."""
    into = _cell(months, Place("month", place.grain, month_of_day(place.when), place.value, place.channel))
    _sum(into.plain, cell.plain)
    for outcome, by_due in cell.due.items():
        own = into.due.setdefault(outcome, {})
        for due, n in by_due.items():
            month = month_of_due(due)
            own[month] = own.get(month, 0) + n
    _sum_each(into.times, cell.times)


def _sum_over_channels(cells: dict[Place, Cell]) -> None:
    """Add to the cells of each value and channel those of each value."""
    for place, cell in list(cells.items()):
        grain = _OF_EACH.get(place.grain)
        if grain is not None:
            _merge(cells, Place(place.unit, grain, place.when, place.value, ""), cell)


def _merge(found: dict[Place, Cell], place: Place, cell: Cell) -> None:
    """Add a cell to another. What comes to 0 stays: whoever takes the changes in leaves it out."""
    into = _cell(found, place)
    _sum(into.plain, cell.plain)
    _sum_each(into.due, cell.due)
    _sum_each(into.times, cell.times)


_K = TypeVar("_K")


def _sum(into: dict[_K, int], more: dict[_K, int]) -> None:
    if not into:
        into.update(more)
        return
    get = into.get
    for key, n in more.items():
        into[key] = get(key, 0) + n


def _sum_each(into: dict[str, dict[_K, int]], more: dict[str, dict[_K, int]]) -> None:
    for name, counts in more.items():
        own = into.get(name)
        if own is None:
            into[name] = counts.copy()
        else:
            _sum(own, counts)


_P = TypeVar("_P", bound=Hashable)


def _cell(cells: dict[_P, Cell], place: _P) -> Cell:
    cell = cells.get(place)
    if cell is None:
        cell = cells[place] = empty()
    return cell


_Change = tuple[Counts, dict[tuple[str, str], int]]  # counts; durations by measure and bucket
_NO_TIMES: dict[tuple[str, str], int] = {}


def _add(cells: list[Cell], when: int | None, change: _Change) -> None:
    counts, times = change
    for cell in cells:
        if when is None:
            into = cell.plain
            for measure, n in counts.items():
                into[measure] = into.get(measure, 0) + n
        else:
            for outcome, n in counts.items():
                by_due = cell.due.setdefault(outcome, {})
                by_due[when] = by_due.get(when, 0) + n
        for (measure, name), n in times.items():
            buckets = cell.times.setdefault(measure, {})
            buckets[name] = buckets.get(name, 0) + n


def _changed(old: list[Sheet], new: list[Sheet]) -> Iterator[tuple[Sheet, Key, _Change]]:
    """What changed, by key: new entries less old ones."""
    if not old:
        for sheet in new:
            for key, entry in sheet.entries.items():
                yield sheet, key, _difference(entry, ())
        return
    before: dict[tuple[str | None, tuple[str, ...], Key], tuple[Sheet, list[Entry]]] = {}
    for sheet in old:
        for key, entry in sheet.entries.items():
            before.setdefault((sheet.reason, sheet.tags, key), (sheet, []))[1].append(entry)
    for sheet in new:
        for key, entry in sheet.entries.items():
            gone = before.pop((sheet.reason, sheet.tags, key), (sheet, []))[1]
            if [entry] != gone:
                yield sheet, key, _difference(entry, gone)
    for (_, _, key), (sheet, gone) in before.items():
        yield sheet, key, _difference(None, gone)


def _difference(entry: Entry | None, gone: Sequence[Entry]) -> _Change:
    """An entry less what was there before."""
    if entry is not None and not gone and not entry.times:
        return entry.counts, _NO_TIMES
    change: _Change = {}, {}
    if entry is not None:
        _count(change, entry, 1)
    for one in gone:
        _count(change, one, -1)
    return change


def _count(change: _Change, entry: Entry, sign: int) -> None:
    counts, times = change
    for measure, n in entry.counts.items():
        if n:
            counts[measure] = counts.get(measure, 0) + sign * n
    for measure, ms in entry.times:
        total, place = measure + TOTAL, (measure, bucket_name(bucket(ms)))
        counts[total] = counts.get(total, 0) + sign * ms
        times[place] = times.get(place, 0) + sign


def _grains(span: OpenSpan) -> Iterator[tuple[str, str]]:
    """The grains of each channel, and the values in them, that a span counts in."""
    yield "channel", ""
    for grain, value in (("agent", span.agent), ("team", span.team), ("reason", span.reason)):
        if value is not None:
            yield grain + EACH, value
    for tag in span.tags:
        yield "tag" + EACH, tag


def _indexes(sheets: Iterable[Sheet], last: int) -> dict[str, list[tuple[int, tuple[Any, ...]]]]:
    """The rows by which a report finds what time alone still changes."""
    found: dict[str, list[tuple[int, tuple[Any, ...]]]] = {}
    today = day_of_due(last)
    for sheet in sheets:
        about = sheet.reason, sheet.tags
        for key, entry in sheet.entries.items():
            if entry.since:
                found.setdefault("since", []).append((key[0], (key, *about, entry.since)))
            due = key[4]
            if due is not None and today <= day_of_due(due) < _FAR:
                found.setdefault("due", []).append((day_of_due(due), (key, *about, entry.counts)))
        if rows := late(sheet.spans, last):
            found.setdefault(LATE, []).extend(rows)
        for one in sheet.heard:
            if today <= day_of_due(one.due):
                found.setdefault(HEARD, []).append((day_of_due(one.due), one))
    return found
