"""Where roll-ups live: a small interface, and its form in memory."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple, Protocol

__all__ = ["Cell", "Counts", "Place", "Rolls", "RollsInMemory", "add_counts", "empty", "merge"]

Counts = dict[str, int]


class Place(NamedTuple):
    """One cell: ``unit`` is day or month, ``when`` its number, ``value`` that of the grain, "" where there is none."""

    unit: str
    grain: str
    when: int
    value: str
    channel: str


class Cell(NamedTuple):
    """The sums of a cell: ``plain``; by the UTC day or month from which they hold, ``due``; and histograms.

    ``times`` has for each measure of durations how many fall into each bucket, named as text.
    """

    plain: Counts
    due: dict[int, Counts]
    times: dict[str, Counts]

    def __bool__(self) -> bool:
        return bool(self.plain or self.due or self.times)


def empty() -> Cell:
    """A cell with nothing in it."""
    return Cell({}, {}, {})


Rows = Sequence[tuple[int, tuple[Any, ...]]]  # (position, what stands there)


class Rolls(Protocol):
    """What roll-ups need of a store: sums in cells, and rows found by position."""

    def add(self, changes: Mapping[Place, Cell]) -> None:
        """Add to cells; a measure that comes to 0 goes, and so does an empty cell. The changes may be kept."""

    def cells(self, unit: str, grain: str, low: int, high: int) -> Iterator[tuple[Place, Cell]]:
        """The cells of a grain with ``low <= when < high``."""

    def values(self, grain: str) -> Iterator[tuple[str, str]]:
        """Every (value, channel) that a grain has a cell for."""

    def put(self, owner: str, indexes: Mapping[str, Rows]) -> None:
        """Replace all rows that an owner has, by index."""

    def rows(self, index: str, low: int, high: int) -> Iterator[tuple[Any, ...]]:
        """The rows of an index with ``low <= position < high``."""


class RollsInMemory:
    """Cells and rows in dictionaries."""

    def __init__(self) -> None:
        self._cells: dict[tuple[str, str], dict[int, dict[tuple[str, str], Cell]]] = {}
        self._rows: dict[str, dict[int, dict[str, list[tuple[Any, ...]]]]] = {}
        self._places: dict[str, set[tuple[str, int]]] = {}

    def add(self, changes: Mapping[Place, Cell]) -> None:
        for place, change in changes.items():
            whens = self._cells.setdefault((place.unit, place.grain), {})
            cells = whens.setdefault(place.when, {})
            key = place.value, place.channel
            cell = cells.get(key)
            if cell is None:
                cell = cells[key] = cleaned(change)
            else:
                merge(cell, change)
            if not cell:
                del cells[key]
            if not cells:
                del whens[place.when]

    def cells(self, unit: str, grain: str, low: int, high: int) -> Iterator[tuple[Place, Cell]]:
        whens = self._cells.get((unit, grain), {})
        wanted = range(low, high) if high - low < len(whens) else sorted(w for w in whens if low <= w < high)
        for when in wanted:
            for (value, channel), cell in whens.get(when, {}).items():
                yield Place(unit, grain, when, value, channel), cell

    def values(self, grain: str) -> Iterator[tuple[str, str]]:
        found: dict[tuple[str, str], None] = {}
        for cells in self._cells.get(("month", grain), {}).values():
            found |= dict.fromkeys(cells)
        yield from found

    def put(self, owner: str, indexes: Mapping[str, Rows]) -> None:
        for index, position in self._places.pop(owner, ()):
            del self._rows[index][position][owner]
        places = set()
        for index, rows in indexes.items():
            by_position = self._rows.setdefault(index, {})
            for position, row in rows:
                by_position.setdefault(position, {}).setdefault(owner, []).append(row)
                places.add((index, position))
        if places:
            self._places[owner] = places

    def rows(self, index: str, low: int, high: int) -> Iterator[tuple[Any, ...]]:
        by_position = self._rows.get(index, {})
        wanted: Iterable[int] = range(low, high) if high - low < len(by_position) else list(by_position)
        for position in wanted:
            if low <= position < high:
                for rows in by_position.get(position, {}).values():
                    yield from rows


def cleaned(cell: Cell) -> Cell:
    """The same cell without what is 0, in place."""
    for counts in (cell.plain, *cell.due.values(), *cell.times.values()):
        if 0 in counts.values():
            for measure in [measure for measure, n in counts.items() if not n]:
                del counts[measure]
    for due in [due for due, counts in cell.due.items() if not counts]:
        del cell.due[due]
    for measure in [measure for measure, counts in cell.times.items() if not counts]:
        del cell.times[measure]
    return cell


def merge(cell: Cell, change: Cell) -> None:
    """Add a change to a cell in place."""
    add_counts(cell.plain, change.plain)
    for due, counts in change.due.items():
        own = cell.due.setdefault(due, {})
        add_counts(own, counts)
        if not own:
            del cell.due[due]
    for measure, counts in change.times.items():
        own = cell.times.setdefault(measure, {})
        add_counts(own, counts)
        if not own:
            del cell.times[measure]


def add_counts(into: Counts, more: Mapping[str, int]) -> None:
    """Add counts; what comes to 0 goes."""
    if not into and 0 not in more.values():
        into.update(more)
        return
    for measure, n in more.items():
        total = into.get(measure, 0) + n
        if total:
            into[measure] = total
        else:
            into.pop(measure, None)
