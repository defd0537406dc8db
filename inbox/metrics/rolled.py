"""A report's source that reads roll-ups: whole months, weeks, ragged days, and the one day in which time cuts (7.3)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Container, Iterable, Iterator, Mapping
from functools import partial

from inbox.metrics.backlog import LATE, OPEN, ages_at, ages_of, blocks_at, season_of
from inbox.metrics.book import Book
from inbox.metrics.factual import Facts
from inbox.metrics.log import Event
from inbox.metrics.loyalty import Cover
from inbox.metrics.outcomes import NOT_YET
from inbox.metrics.packing import in_a_row, out_of_row
from inbox.metrics.rollup import ALL, EACH, HEARD, day_of_due, month_of_day, month_of_due
from inbox.metrics.sheets import NEVER, TIMES, Entry, Heard, OpenSpan
from inbox.metrics.storage import Kept, Place, RollsToRead
from inbox.metrics.sums import About, Durations, Places, Slice, Sums
from inbox.metrics.times import DAY
from inbox.metrics.wanted import EVERYTHING, Wanted

__all__ = ["RolledUp"]

_FAR = NEVER // DAY
_FAMILY = {"km": "ttr_km"}  # of durations that their figures do not name alike


class RolledUp:
    """The roll-ups of a settled book; percentiles are midpoints of histogram buckets, at most 1.6 % off."""

    def __init__(self, book: Book, rolls: RollsToRead, wanted: Wanted = EVERYTHING) -> None:
        self._book = book
        self._times = frozenset(name for name in TIMES if wanted.family(_FAMILY.get(name, name)))
        self._facts = Facts(book)
        self._rolls = rolls
        self.context = book.context
        self.exchange = book.exchange

    @staticmethod
    def answers(dimensions: Iterable[str]) -> bool:
        """Whether some dimensions lie within one grain; other filters have to read the facts."""
        return len(set(dimensions) - {"channel"}) <= 1

    def values(self, dimension: str, where: Mapping[str, str]) -> Iterable[str]:
        filter = {**where, dimension: ""}
        grain = _grain(filter)
        matter = _matter(filter)
        wanted = where.get(matter) if dimension == "channel" != matter else None
        for value, channel in self._rolls.values(grain):
            if wanted is not None and value != wanted:
                continue
            if dimension != "channel" and "channel" in where and channel != where["channel"]:
                continue
            found = channel if dimension == "channel" else value
            if found:
                yield found

    def add_up(self, slices: list[Slice], first: int, end: int, as_of: int) -> None:
        cut = day_of_due(as_of)
        for grain, own in _by_grain(slices).items():
            for (value, channel), sums in self._over_time(grain, (first, end), cut, own).items():
                for wanted in {(value, None), (value, channel)}:
                    for into in own.get(wanted, ()):
                        into.add_all(sums)
        self._at_the_cut(slices, first, end, as_of)
        self._still_open(slices, first, end)
        for old, new in self._book.clipped(as_of):
            for one in slices:
                one.correct(old, new, first, end)

    def _over_time(
        self, grain: str, period: tuple[int, int], cut: int, wanted: Container[tuple[str, str | None]]
    ) -> dict[tuple[str, str], Sums]:
        """The sums of a period by those (value, channel) that are wanted, a channel of None for any; the day of the cut
        itself is left to the index."""
        found: dict[tuple[str, str], Sums] = {}
        months, ragged_days = _months_and_days(*period)
        cells = partial(self._wanted_cells, wanted, grain)
        for unit, low, high in ragged_days:
            for place, cell in cells(unit, low, high):
                _add_cell(found, place, cell, cut, self._times)
        ragged: set[int] = set()
        for place, cell in cells("month", *months):
            _add_cell(found, place, cell, month_of_due(cut), self._times)
            if any(month_of_due(cut) in row[1::2] for row in cell.due.values()):
                ragged.add(place.when)
        for month in ragged:
            for unit, low, high in _weeks_and_days(*_days_of(month)):
                for place, cell in cells(unit, low, high):
                    _add_cell(found, place, Kept({}, _in_month(cell.due, month_of_due(cut)), {}), cut, self._times)
        return found

    def _wanted_cells(
        self, wanted: Container[tuple[str, str | None]], grain: str, unit: str, low: int, high: int
    ) -> Iterator[tuple[Place, Kept]]:
        for place, cell in self._rolls.cells(unit, grain, low, high):
            if (place.value, None) in wanted or (place.value, place.channel) in wanted:
                yield place, cell

    def _at_the_cut(self, slices: list[Slice], first: int, end: int, as_of: int) -> None:
        """The one day on which entries become due: some have, some have not."""
        cut = day_of_due(as_of)
        places = Places(slices)
        for key, reason, tags, counts in self._rolls.rows("due", cut, cut + 1):
            day, channel, agent, team, due, scope = key
            if first <= day < end:
                for one in places.of(About(channel, agent, team, reason, tuple(tags), scope)):
                    one.sums.add(due, Entry(counts), as_of)

    def _still_open(self, slices: list[Slice], first: int, end: int) -> None:
        """Cases without a resolution, censored in Kaplan-Meier."""
        places = Places(slices)
        for key, reason, tags, since in self._rolls.rows("since", first, end):
            _, channel, agent, team, _, scope = key
            for one in places.of(About(channel, agent, team, reason, tuple(tags), scope)):
                for measure, at in since:
                    one.sums.since.setdefault(measure, []).append(at)

    def backlog(self, slices: list[Slice], at: int) -> None:
        """A local midnight; or an instant that is not before the last record, when only what ends late has ended."""
        for grain, own in _by_grain(slices).items():
            for place, cell in self._open_cells(grain, at):
                is_past = place.unit != OPEN or place.when < season_of(at)
                ages = ages_of(cell.plain, at) if is_past else ages_at(cell.plain, at)
                for wanted in {(place.value, None), (place.value, place.channel)}:
                    for into in own.get(wanted, ()):
                        into.since.setdefault("backlog", []).extend(ages)
        if not self._is_midnight(at):
            places = Places(slices)
            for raw in self._rolls.rows(LATE, at // DAY, _FAR):
                span = OpenSpan(*raw)
                if span.begin <= at < (span.end or 0):
                    for one in places.of(About(span.channel, span.agent, span.team, span.reason, tuple(span.tags))):
                        one.sums.since.setdefault("backlog", []).append(span.age(at))

    def _open_cells(self, grain: str, at: int) -> Iterator[tuple[Place, Kept]]:
        yield from self._rolls.cells(OPEN, grain, 0, season_of(at) + 1)
        if self._is_midnight(at):
            for unit, block in blocks_at(self.context.days.of(at)):
                yield from self._rolls.cells(unit, grain, block, block + 1)

    def _is_midnight(self, at: int) -> bool:
        return self.context.days.start(self.context.days.of(at)) == at

    def worked(self, first: int, end: int) -> Mapping[int, Mapping[str, int]]:
        return {place.when: cell.plain for place, cell in self._rolls.cells("day", "worked", first, end)}

    def heard(self, first: int, end: int, as_of: int) -> tuple[set[str], set[str]]:
        wrote: set[str] = set()
        left: set[str] = set()
        cut = day_of_due(as_of)
        months, ragged = _months_and_days(first, end)
        for unit, low, high in [("month", *months), *ragged]:
            for _, cell in self._rolls.cells(unit, HEARD, low, high):
                wrote |= cell.plain.keys()
                left |= {customer for customer, due in cell.due.items() if due[1] < cut}
        for raw in self._rolls.rows(HEARD, cut, cut + 1):
            one = Heard(*raw)
            if first <= one.day < end and one.unanswered and one.due <= as_of:
                left.add(one.customer)
        return wrote | left, left

    def roots(self, customers: set[str]) -> set[str]:
        return self._facts.roots(customers)

    def cover(self) -> Cover:
        return self._facts.cover()

    def events(self, drawer: str) -> Iterable[Event]:
        return self._facts.events(drawer)

    def first_day(self) -> int | None:
        return self._rolls.first("day", ALL)

    def knows_shifts(self) -> bool:
        return self._facts.knows_shifts()


def _matter(filter: Mapping[str, str]) -> str:
    """The one dimension beside the channel that a filter asks for, else the channel."""
    return next((dimension for dimension in filter if dimension != "channel"), "channel")


def _grain(filter: Mapping[str, str]) -> str:
    """The grain that can answer a filter."""
    if not filter:
        return ALL
    matter = _matter(filter)
    return matter + EACH if matter != "channel" and "channel" in filter else matter


def _by_grain(slices: list[Slice]) -> dict[str, dict[tuple[str, str | None], list[Sums]]]:
    """The sums to fill, by the grain that answers them and the (value, channel) that they ask of it."""
    found: dict[str, dict[tuple[str, str | None], list[Sums]]] = {}
    by_channel = any(_grain(one.filter.values) == "channel" for one in slices)  # their sums are those of everything
    for one in slices:
        asked = one.filter.values
        matter = _matter(asked)
        grain = "channel" if by_channel and not asked else _grain(asked)
        wanted = ("" if matter == "channel" else asked[matter], asked.get("channel"))
        found.setdefault(grain, {}).setdefault(wanted, []).append(one.sums)
    return found


def _add_cell(found: dict[tuple[str, str], Sums], place: Place, cell: Kept, cut: int, times: frozenset[str]) -> None:
    """Add one cell: outcomes that are due, and those that are not yet; neither is the cut itself."""
    sums = found.get((place.value, place.channel))
    if sums is None:
        sums = found[place.value, place.channel] = Sums()
    into, durations = sums.counts, sums.durations
    get = into.get
    for measure, n in cell.plain.items():
        into[measure] = get(measure, 0) + n
    for outcome, row in cell.due.items():
        if row[-2] < cut:
            into[outcome] = get(outcome, 0) + row[0]
            continue
        for due, n in out_of_row(row).items():
            if due != cut:
                name = outcome if due < cut else NOT_YET + outcome
                into[name] = get(name, 0) + n
    for measure, buckets in cell.times.items():
        if measure not in times:
            continue
        known = durations.get(measure)
        if known is None:
            known = durations[measure] = Durations()
        known.fill(buckets)


def _in_month(due: Mapping[str, list[int]], month: int) -> dict[str, list[int]]:
    """Of the outcomes of a day or week, what becomes due in a month."""
    found: dict[str, dict[int, int]] = {}
    for outcome, row in due.items():
        near = {day: n for day, n in out_of_row(row).items() if month_of_due(day) == month}
        if near:
            found[outcome] = near
    return in_a_row(found)


def _months_and_days(first: int, end: int) -> tuple[tuple[int, int], list[tuple[str, int, int]]]:
    """[first, end) as whole months (numbers, half-open), and the weeks and days before and after them."""
    low, high = month_of_day(first), month_of_day(end)
    if dt.date.fromordinal(first).day != 1:
        low += 1
    if low >= high:
        return (0, 0), _weeks_and_days(first, end)
    begin, stop = _days_of(low)[0], _days_of(high)[0]
    return (low, high), [*_weeks_and_days(first, begin), *_weeks_and_days(stop, end)]


def _weeks_and_days(first: int, end: int) -> list[tuple[str, int, int]]:
    """[first, end) as whole weeks and the days before and after them: (unit, first, end) in numbers of the unit."""
    low, high = -(-first // 7), end // 7
    if low >= high:
        return [("day", first, end)]
    parts = [("day", first, low * 7), ("week", low, high), ("day", high * 7, end)]
    return [part for part in parts if part[1] < part[2]]


def _days_of(month: int) -> tuple[int, int]:
    """The day numbers of a month, half-open."""
    first = dt.date(month // 12, month % 12 + 1, 1).toordinal()
    after = dt.date((month + 1) // 12, (month + 1) % 12 + 1, 1).toordinal()
    return first, after
