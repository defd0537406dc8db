"""A report's source that reads the facts themselves: any filter, exact percentiles."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from inbox.metrics.book import Book
from inbox.metrics.log import Event
from inbox.metrics.loyalty import Cover, contracts_of
from inbox.metrics.sheets import Heard
from inbox.metrics.sums import About, Filter, Slice

__all__ = ["Facts"]

_WORKED = ("work.prod_ms", "work.view_ms", "work.spam_ms")


class Facts:
    """The facts of a settled book."""

    def __init__(self, book: Book) -> None:
        self._book = book
        self.context = book.context
        self.exchange = book.exchange

    def values(self, dimension: str, where: Mapping[str, str]) -> Iterable[str]:
        whole = Filter(where)
        found: dict[str, None] = {}
        every = ((key, sheet) for sheet in self._book.sheets() for key in sheet.entries)
        for about in {About.of(key, sheet.reason, sheet.tags) for key, sheet in every}:
            if whole.lets(about):
                found |= dict.fromkeys(about.values(dimension))
        return found

    def add_up(self, slices: list[Slice], first: int, end: int, as_of: int) -> None:
        places: dict[About, list[Slice]] = {}
        for sheet in self._book.sheets():
            for key, entry in sheet.entries.items():
                if first <= key[0] < end:
                    about = About.of(key, sheet.reason, sheet.tags)
                    if about not in places:
                        places[about] = [one for one in slices if one.filter.lets(about)]
                    for one in places[about]:
                        one.sums.add(key[4], entry, as_of)
        for old, new in self._book.clipped(as_of):
            for one in slices:
                one.correct(old, new, first, end)

    def backlog(self, slices: list[Slice], at: int) -> None:
        for sheet in self._book.sheets():
            for span in sheet.spans:
                for one in slices:
                    one.note_open(span, at)

    def worked(self, first: int, end: int) -> Mapping[int, Mapping[str, int]]:
        days: dict[int, dict[str, int]] = {}
        for sheet in self._book.sheets():
            for key, entry in sheet.entries.items():
                day, channel = key[:2]
                if first <= day < end and channel is not None:
                    spent = sum(entry.counts.get(measure, 0) for measure in _WORKED)
                    if spent:
                        channels = days.setdefault(day, {})
                        channels[channel] = channels.get(channel, 0) + spent
        return days

    def heard(self, first: int, end: int) -> Iterable[Heard]:
        return (heard for sheet in self._book.sheets() for heard in sheet.heard if first <= heard.day < end)

    def root(self, customer: str) -> str:
        return self._book.people.root(customer)

    def cover(self) -> Cover:
        contracts = contracts_of(self._book.living.drawer("contracts"), self.context.config)
        return Cover(contracts, self.root)

    def events(self, drawer: str) -> Iterable[Event]:
        return self._book.living.drawer(drawer)

    def knows_shifts(self) -> bool:
        return any(True for _ in self._book.living.names("agent"))
