"""A report's source that reads roll-ups: whole months, ragged days, and the one day in which time cuts (7.3)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping

from inbox.metrics.book import Book
from inbox.metrics.factual import Facts
from inbox.metrics.log import Event
from inbox.metrics.loyalty import Cover
from inbox.metrics.rollup import (
    BUCKET,
    NUMBER,
    STILL_OPEN,
    TOTAL,
    WAITING,
    day_of_due,
    month_of_day,
    month_of_due,
)
from inbox.metrics.sheets import Entry, Heard, OpenSpan
from inbox.metrics.storage import Counts, Place, Rolls
from inbox.metrics.sums import About, Durations, Slice, Sums
from inbox.metrics.times import DAY

__all__ = ["RolledUp"]

_WORKED = ("work.prod_ms", "work.view_ms", "work.spam_ms")


class RolledUp:
    """The roll-ups of a settled book; percentiles are midpoints of histogram buckets, at most 1.6 % off."""

    def __init__(self, book: Book, rolls: Rolls) -> None:
        self._book = book
        self._facts = Facts(book)
        self._rolls = rolls
        self.context = book.context
        self.exchange = book.exchange

    @staticmethod
    def answers(dimensions: Iterable[str]) -> bool:
        """Whether some dimensions lie within one grain; other filters have to read the facts."""
        return len(set(dimensions) - {"channel"}) <= 1

    def values(self, dimension: str, where: Mapping[str, str]) -> Iterable[str]:
        grain = _grain({**where, dimension: ""})
        wanted = where.get(grain) if grain != dimension else None
        for value, channel in self._rolls.values(grain):
            if wanted is not None and value != wanted:
                continue
            if dimension != "channel" and where.get("channel", channel) != channel:
                continue
            found = channel if dimension == "channel" else value
            if found:
                yield found

    def add_up(self, slices: list[Slice], first: int, end: int, as_of: int) -> None:
        cut = day_of_due(as_of)
        for grain, own in _by_grain(slices).items():
            months, days = _months_and_days(first, end)
            for low, high in days:
                for place, plain, dues in self._read("day", grain, low, high):
                    _add_cell(own, place, plain, dues, cut)
            ragged: set[int] = set()
            for place, plain, dues in self._read("month", grain, *months):
                _add_cell(own, place, plain, dues, month_of_due(cut))
                if month_of_due(cut) in dues:
                    ragged.add(place.when)
            for month in ragged:
                for place, _, dues in self._read("day", grain, *_days_of(month)):
                    near = {due: counts for due, counts in dues.items() if month_of_due(due) == month_of_due(cut)}
                    _add_cell(own, place, {}, near, cut)
        self._at_the_cut(slices, first, end, as_of)
        self._still_open(slices, first, end)
        for old, new in self._book.clipped(as_of):
            for one in slices:
                one.correct(old, new, first, end)

    def _read(self, unit: str, grain: str, low: int, high: int) -> Iterator[tuple[Place, Counts, dict[int, Counts]]]:
        for place, cell in self._rolls.cells(unit, grain, low, high):
            yield place, cell.plain, cell.due

    def _at_the_cut(self, slices: list[Slice], first: int, end: int, as_of: int) -> None:
        """The one day on which entries become due: some have, some have not."""
        cut = day_of_due(as_of)
        for raw, reason, tags, counts, waiting in self._rolls.rows("due", cut, cut + 1):
            _, _, _, _, due, _ = raw
            if first <= raw[0] < end:
                about = About.of(tuple(raw), reason, tuple(tags))
                for one in slices:
                    if one.filter.lets(about):
                        one.sums.add(due, Entry(counts, waiting), as_of)

    def _still_open(self, slices: list[Slice], first: int, end: int) -> None:
        """Cases without a resolution, censored in Kaplan-Meier."""
        for raw, reason, tags, since in self._rolls.rows("since", first, end):
            about = About.of(tuple(raw), reason, tuple(tags))
            for one in slices:
                if one.filter.lets(about):
                    for measure, at in since:
                        one.sums.since.setdefault(measure, []).append(at)

    def backlog(self, slices: list[Slice], at: int) -> None:
        today = at // DAY
        for level in range(STILL_OPEN + 1):
            low = 0 if level == STILL_OPEN else (at - (1 << level)) // DAY
            for raw in self._rolls.rows(f"open {level}", max(0, low), today + 1):
                span = raw if isinstance(raw, OpenSpan) else OpenSpan._make((*raw[:7], tuple(raw[7])))
                for one in slices:
                    one.note_open(span, at)

    def worked(self, first: int, end: int) -> Mapping[int, Mapping[str, int]]:
        found: dict[int, dict[str, int]] = {}
        for place, plain, _ in self._read("day", "channel", first, end):
            if place.channel and (spent := sum(plain.get(measure, 0) for measure in _WORKED)):
                found.setdefault(place.when, {})[place.channel] = spent
        return found

    def heard(self, first: int, end: int) -> Iterable[Heard]:
        return (Heard(*raw) for raw in self._rolls.rows("heard", first, end))

    def root(self, customer: str) -> str:
        return self._facts.root(customer)

    def cover(self) -> Cover:
        return self._facts.cover()

    def events(self, drawer: str) -> Iterable[Event]:
        return self._facts.events(drawer)

    def knows_shifts(self) -> bool:
        return self._facts.knows_shifts()


def _grain(filter: Mapping[str, str]) -> str:
    """The grain that can answer a filter: its one dimension beside the channel."""
    return next((dimension for dimension in filter if dimension != "channel"), "channel")


def _by_grain(slices: list[Slice]) -> dict[str, dict[tuple[str | None, str | None], list[Sums]]]:
    """The sums to fill, by grain and by the (value, channel) that their filters ask for."""
    found: dict[str, dict[tuple[str | None, str | None], list[Sums]]] = {}
    for one in slices:
        values = one.filter.values
        grain = _grain(values)
        wanted = None if grain == "channel" else values[grain], values.get("channel")
        found.setdefault(grain, {}).setdefault(wanted, []).append(one.sums)
    return found


def _add_cell(
    own: Mapping[tuple[str | None, str | None], list[Sums]],
    place: Place,
    plain: Counts,
    dues: Mapping[int, Counts],
    cut: int,
) -> None:
    """Add one cell wherever it is asked for: counts that are due, waiting ones that are not; the cut itself not yet."""
    value = None if place.grain == "channel" else place.value
    for wanted in ((value, None), (value, place.channel)):
        for sums in own.get(wanted, ()):
            _add_plain(sums, plain)
            for due, counts in dues.items():
                if due < cut:
                    _add_counts(sums, counts, waiting=False)
                elif due > cut:
                    _add_counts(sums, counts, waiting=True)


def _add_counts(sums: Sums, counts: Counts, *, waiting: bool) -> None:
    into = sums.counts
    for measure, n in counts.items():
        if measure.startswith(WAITING) is waiting:
            name = measure[1:] if waiting else measure
            into[name] = into.get(name, 0) + n


def _add_plain(sums: Sums, plain: Counts) -> None:
    into = sums.counts
    for measure, n in plain.items():
        if BUCKET in measure:
            _add_time(sums, measure, n)
        else:
            into[measure] = into.get(measure, 0) + n


def _add_time(sums: Sums, measure: str, n: int) -> None:
    name, _, leaf = measure.partition(BUCKET)
    durations = sums.durations.setdefault(name, Durations())
    if leaf == NUMBER[1:]:
        durations.n += n
    elif leaf == TOTAL[1:]:
        durations.total += n
    else:
        b = int(leaf)
        durations.buckets[b] = durations.buckets.get(b, 0) + n


def _months_and_days(first: int, end: int) -> tuple[tuple[int, int], list[tuple[int, int]]]:
    """[first, end) as whole months (numbers, half-open) and the ragged days before and after them."""
    low, high = month_of_day(first), month_of_day(end)
    if dt.date.fromordinal(first).day != 1:
        low += 1
    if low >= high:
        return (0, 0), [(first, end)]
    begin, stop = _days_of(low)[0], _days_of(high)[0]
    return (low, high), [(a, b) for a, b in ((first, begin), (stop, end)) if a < b]


def _days_of(month: int) -> tuple[int, int]:
    """The day numbers of a month, half-open."""
    first = dt.date(month // 12, month % 12 + 1, 1).toordinal()
    after = dt.date((month + 1) // 12, (month + 1) % 12 + 1, 1).toordinal()
    return first, after
