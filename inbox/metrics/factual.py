"""A report's source that reads the facts themselves: any filter, exact percentiles."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from inbox.metrics.book import Book
from inbox.metrics.log import Event
from inbox.metrics.loyalty import Cover
from inbox.metrics.rollup import WORKED
from inbox.metrics.sheets import WHOLE
from inbox.metrics.sums import About, Filter, Places, Slice, scope_of

__all__ = ["Facts"]


class Facts:
    """The facts of a settled book."""

    def __init__(self, book: Book) -> None:
        self._book = book
        self.context = book.context
        self.exchange = book.exchange

    def values(self, dimension: str, where: Mapping[str, str]) -> Iterable[str]:
        whole, scope = Filter(where), scope_of((*where, dimension))
        found: dict[str, None] = {}
        every = ((key, sheet) for sheet in self._book.sheets() for key in sheet.entries)
        for about in {About.of(key, sheet.reason, sheet.tags) for key, sheet in every}:
            if about.scope & scope and whole.matches(about):
                found |= dict.fromkeys(about.values(dimension))
        return found

    def add_up(self, slices: list[Slice], first: int, end: int, as_of: int) -> None:
        places = Places(slices)
        for sheet in self._book.sheets():
            for key, entry in sheet.entries.items():
                if first <= key[0] < end:
                    for one in places.of(About.of(key, sheet.reason, sheet.tags)):
                        one.sums.add(key[4], entry, as_of)
        for old, new in self._book.clipped(as_of):
            for one in slices:
                one.correct(old, new, first, end)

    def backlog(self, slices: list[Slice], at: int) -> None:
        for sheet in self._book.sheets():
            for span in sheet.spans:
                if span.begin <= at and (span.end is None or at < span.end):
                    about = About(span.channel, span.agent, span.team, span.reason, span.tags)
                    for one in slices:
                        if one.filter.lets(about):
                            one.sums.since.setdefault("backlog", []).append(span.age(at))

    def worked(self, first: int, end: int) -> Mapping[int, Mapping[str, int]]:
        days: dict[int, dict[str, int]] = {}
        for sheet in self._book.sheets():
            for key, entry in sheet.entries.items():
                day, channel = key[:2]
                if first <= day < end and channel is not None:
                    spent = sum(entry.counts.get(measure, 0) for measure in WORKED)
                    if spent:
                        channels = days.setdefault(day, {})
                        channels[channel] = channels.get(channel, 0) + spent
        return days

    def heard(self, first: int, end: int, as_of: int) -> tuple[set[str], set[str]]:
        every = [heard for sheet in self._book.sheets() for heard in sheet.heard if first <= heard.day < end]
        left = {one.customer for one in every if one.unanswered and one.due <= as_of}
        return {one.customer for one in every}, left

    def roots(self, customers: set[str]) -> set[str]:
        return self._book.people.roots(customers)

    def cover(self) -> Cover:
        return self._book.cover

    def events(self, drawer: str) -> Iterable[Event]:
        return self._book.living.drawer(drawer)

    def first_day(self) -> int | None:
        every = (key for sheet in self._book.sheets() for key in sheet.entries)
        return min((key[0] for key in every if key[5] & WHOLE), default=None)

    def knows_shifts(self) -> bool:
        return self._book.knows_shifts()
