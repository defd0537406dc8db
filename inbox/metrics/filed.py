"""Facts as they are filed (section 7, L1): of each sheet one row for each local day on which it adds something.

Filters outside a grain add these rows up, and so does whoever lists the cases behind a figure; a period reads its own
days' rows, one after the other, and never the whole log.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple, Protocol

import orjson

from inbox.metrics.book import Book
from inbox.metrics.rolled import RolledUp
from inbox.metrics.sheets import NEVER, Came, CaseName, Entry, Heard, OpenSpan, Sheet
from inbox.metrics.storage import RollsToRead
from inbox.metrics.sums import About, Filter, Places, Slice, scope_of

__all__ = ["Filed", "FiledDay", "Filing", "Row", "day_of_text", "rows_of", "sheet_of_text"]


class Row(NamedTuple):
    """``until`` is the last instant at which the case was open, 0 without that."""

    day: int
    until: int
    text: str


class FiledDay(NamedTuple):
    """What one sheet adds on one day."""

    case: CaseName | None
    reason: str | None
    tags: tuple[str, ...]
    entries: list[tuple[About, int | None, Entry]]  # whom each belongs to, and from when on it holds
    spans: list[OpenSpan]
    came: list[tuple[int, About]]  # when inbound interactions began, and whom each belongs to

    def added(self, filter: Filter) -> Iterator[tuple[int | None, Entry]]:
        """The entries that a filter lets through, each with the instant from which it holds."""
        return ((due, entry) for about, due, entry in self.entries if filter.lets(about))


class Filing(Protocol):
    """Where the rows lie."""

    def days(self, first: int, end: int) -> Iterable[str]:
        """The texts of the local days [first, end)."""

    def open_after(self, at: int) -> Iterable[str]:
        """The texts of the rows that say when a case was open, if that was so after an instant."""


def rows_of(sheets: Iterable[Sheet]) -> Iterator[Row]:
    """The rows of an owner's sheets; the same sheets give the same texts, in whatever order they were made."""
    for sheet in sheets:
        days: dict[int, list[Any]] = {}
        for (day, *who), entry in sheet.entries.items():
            told = [*who, entry.counts, sorted(entry.times), sorted(entry.since)]
            days.setdefault(day, []).append(told)
        first = min(days, default=0)
        for day, entries in days.items():
            spans = sheet.spans if day == first else []
            until = max((NEVER if span.end is None else span.end for span in spans), default=0)
            entries.sort(key=_in_order)
            came = sorted((one[1:] for one in sheet.came if one.day == day), key=repr)
            heard = sorted(one[1:] for one in sheet.heard if one.day == day)
            more = (heard,) if heard else ()  # of few customers
            text = _json((sheet.case, sheet.reason, sheet.tags, entries, [span[:6] for span in spans], came, *more))
            yield Row(day, until, text)


def _in_order(entry: list[Any]) -> bytes:
    return orjson.dumps(entry, option=orjson.OPT_SORT_KEYS)


def _json(value: Any) -> str:
    return orjson.dumps(value, default=tuple, option=orjson.OPT_SORT_KEYS).decode()


def day_of_text(text: str) -> FiledDay:
    """What ``rows_of`` wrote."""
    case, reason, tags, entries, spans, came, *_ = orjson.loads(text)
    tags = tuple(tags)
    return FiledDay(
        None if case is None else CaseName(*case),
        reason,
        tags,
        [
            (About(channel, agent, team, reason, tags, scope), due, Entry(counts, times, since))
            for channel, agent, team, due, scope, counts, times, since in entries
        ],
        [
            OpenSpan(begin, end, t0, channel, agent, team, reason, tags)
            for begin, end, t0, channel, agent, team in spans
        ],
        [(start, About(channel, agent, team, reason, tags)) for start, channel, agent, team in came],
    )


def sheet_of_text(day: int, text: str) -> Sheet:
    """What ``rows_of`` wrote of one day, as the sheet that it was a part of: sums of parts are those of the whole."""
    _, reason, tags, entries, spans, came, *heard = orjson.loads(text)
    sheet = Sheet(reason, tags)
    for channel, agent, team, due, scope, counts, times, since in entries:
        sheet.entries[day, channel, agent, team, due, scope] = Entry(counts, times, since)
    sheet.spans = [
        OpenSpan(begin, end, t0, channel, agent, team, reason, sheet.tags)
        for begin, end, t0, channel, agent, team in spans
    ]
    sheet.came = [Came(day, *one) for one in came]
    sheet.heard = [Heard(day, *one) for one in (heard[0] if heard else ())]
    return sheet


class Filed(RolledUp):
    """A report's source for any filter: it adds up the rows of the period's days, so that percentiles are exact too.

    Outside a grain a slice is shown for each value that occurs in ``period``, local days [first, end).
    """

    def __init__(self, book: Book, rolls: RollsToRead, filing: Filing, period: tuple[int, int]) -> None:
        super().__init__(book, rolls)
        self._filing = filing
        self._period = period

    def values(self, dimension: str, where: Mapping[str, str]) -> Iterable[str]:
        if self.answers((*where, dimension)):
            return super().values(dimension, where)
        return self.of_period(dimension, where)

    def of_period(self, dimension: str, where: Mapping[str, str]) -> Iterable[str]:
        """The values that occur in the period."""
        whole, scope = Filter(where), scope_of((*where, dimension))
        found: dict[str, None] = {}
        for text in self._filing.days(*self._period):
            for about, _, _ in day_of_text(text).entries:
                if about.scope & scope and whole.matches(about):
                    found |= dict.fromkeys(about.values(dimension))
        return found

    def add_up(self, slices: list[Slice], first: int, end: int, as_of: int) -> None:
        places = Places(slices)
        for text in self._filing.days(first, end):
            for about, due, entry in day_of_text(text).entries:
                for one in places.of(about):
                    one.sums.add(due, entry, as_of)
        for old, new in self._book.clipped(as_of):
            for one in slices:
                one.correct(old, new, first, end)

    def backlog(self, slices: list[Slice], at: int) -> None:
        for text in self._filing.open_after(at):
            for span in day_of_text(text).spans:
                if span.begin <= at and (span.end is None or at < span.end):
                    about = About(span.channel, span.agent, span.team, span.reason, span.tags)
                    for one in slices:
                        if one.filter.lets(about):
                            one.sums.since.setdefault("backlog", []).append(span.age(at))
