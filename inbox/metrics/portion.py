"""A book of a part of a batch: whole families with their customers; what it has in common with others is agents' time.

Each book hears of all work, so that each divides an agent's time alike, and tells only its own: the facts of its
tickets, the days of its agents. Whether the parts had nothing else in common shows in ``touched``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import fields
from operator import attrgetter
from typing import Any, NamedTuple
from zlib import crc32

from inbox.metrics.config import Config
from inbox.metrics.paged import PagedBook, Pages
from inbox.metrics.work import WorkItem

__all__ = ["Entangled", "Portion", "PortionBook", "Swap", "part_of"]

#: Tells the other books something, and gives what each of them told.
Swap = Callable[[Any], Iterable[Any]]

_TOLD = attrgetter(*(one.name for one in fields(WorkItem)))
_SHARED = frozenset({"msg", "call", "session", "cost", "survey", "post", "mention"})  # drawers of what has a name


class Entangled(Exception):  # no fault: one book then takes the whole batch
    """Something in the batch concerns everybody."""


class Portion(NamedTuple):
    """Part ``number`` of so many; ``homes`` says to which part tickets belong that more than their name decides on."""

    number: int
    of: int
    homes: Mapping[str, int]


def part_of(name: str, parts: int) -> int:
    """The part that somebody belongs to of whom only the name is known: the same in every process."""
    return crc32(name.encode()) % parts


class PortionBook(PagedBook):
    """One of several books. ``swap`` is called once, by ``settle``."""

    def __init__(self, config: Config, pages: Pages, portion: Portion, swap: Swap) -> None:
        super().__init__(config, pages)
        self._portion = portion
        self._swap = swap
        self._moves: list[tuple[Any, Any]] = []

    def owns(self, ticket: str) -> bool:
        mine, parts, homes = self._portion
        home = homes.get(ticket)
        return mine == (part_of(ticket, parts) if home is None else home)

    def times(self, agent: str) -> bool:
        return part_of(agent, self._portion.of) == self._portion.number

    def moves(self, old: WorkItem | None, new: WorkItem | None) -> None:
        told = tuple(None if item is None or item.nature == "dropped" else _TOLD(item) for item in (old, new))
        if told != (None, None):
            self._moves.append((told[0], told[1]))

    def moves_elsewhere(self) -> Iterator[tuple[WorkItem | None, WorkItem | None]]:
        dirty = self.dirty
        if dirty.people or dirty.contracts or dirty.exchange or dirty.rates:
            raise Entangled
        for moves in self._swap(self._moves):
            for old, new in moves:
                yield None if old is None else WorkItem(*old), None if new is None else WorkItem(*new)

    def touched(self, customers: Iterable[str]) -> set[str]:
        """Everything by which this book can have had to do with another: tickets, customers, and what has a name."""
        found = {f"ticket {ticket}" for ticket in self.family_of}
        found |= {f"customer {self.people.root(customer)}" for customer in customers}
        found |= {f"{kind} {name}" for kind, name in self._routes}
        found |= {f"{kind} {name}" for kind, name in self.living.held() if kind in _SHARED}
        return found
