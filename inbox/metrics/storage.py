"""Where roll-ups live: a small interface, and its form in memory."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple, Protocol, TypeVar

from inbox.metrics.packing import Counts, in_a_row

__all__ = [
    "Cell",
    "Counts",
    "Kept",
    "Place",
    "Rolls",
    "RollsInMemory",
    "RollsToChange",
    "RollsToRead",
    "add_counts",
    "cleaned",
    "empty",
    "merge",
]

_K = TypeVar("_K")


class Place(NamedTuple):
    """One cell: ``unit`` is day or month, ``when`` its number, ``value`` that of the grain, "" where there is none."""

    unit: str
    grain: str
    when: int
    value: str
    channel: str


class Cell(NamedTuple):
    """The sums of a cell: ``plain``; outcomes by the UTC day or month from which they hold, ``due``; and histograms.

    ``times`` has for each measure of durations how many fall into each bucket, named as text.
    """

    plain: Counts
    due: dict[str, dict[int, int]]
    times: dict[str, Counts]

    def __bool__(self) -> bool:
        return bool(self.plain or self.due or self.times)


class Kept(NamedTuple):
    """A cell as it is read: of each outcome ``[sum of n, due, n, due, n, ...]`` in the order of time.

    Where a histogram holds few durations, it may be a text with one character for the bucket of each.
    """

    plain: Counts
    due: Mapping[str, list[int]]
    times: Mapping[str, Counts | str]


def empty() -> Cell:
    """A cell with nothing in it."""
    return Cell({}, {}, {})


Rows = Sequence[tuple[int, tuple[Any, ...]]]  # (position, what stands there)


class RollsToRead(Protocol):
    """What reports need of a store: sums in cells, and rows found by position."""

    def cells(self, unit: str, grain: str, low: int, high: int) -> Iterator[tuple[Place, Kept]]:
        """The cells of a grain with ``low <= when < high``."""

    def values(self, grain: str) -> Iterator[tuple[str, str]]:
        """Every (value, channel) that a grain has a cell for."""

    def first(self, unit: str, grain: str) -> int | None:
        """The number of the first cell of a grain, None where there is none."""

    def rows(self, index: str, low: int, high: int) -> Iterator[tuple[Any, ...]]:
        """The rows of an index with ``low <= position < high``."""


class RollsToChange(Protocol):
    """What roll-ups are told of changes by."""

    def add(self, changes: Mapping[Place, Cell]) -> None:
        """Add to cells; a measure that comes to 0 goes, and so does an empty cell. The changes may be kept."""

    def put(self, owner: str, indexes: Mapping[str, Rows]) -> None:
        """Replace all rows that an owner has, by index."""


class Rolls(RollsToRead, RollsToChange, Protocol):
    """Roll-ups that are read and changed in one place."""


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

    def cells(self, unit: str, grain: str, low: int, high: int) -> Iterator[tuple[Place, Kept]]:
        whens = self._cells.get((unit, grain), {})
        wanted = range(low, high) if high - low < len(whens) else sorted(w for w in whens if low <= w < high)
        for when in wanted:
            for (value, channel), cell in whens.get(when, {}).items():
                yield Place(unit, grain, when, value, channel), Kept(cell.plain, in_a_row(cell.due), cell.times)

    def values(self, grain: str) -> Iterator[tuple[str, str]]:
        found: dict[tuple[str, str], None] = {}
        for cells in self._cells.get(("month", grain), {}).values():
            found |= dict.fromkeys(cells)
        yield from found

    def first(self, unit: str, grain: str) -> int | None:
        return min(self._cells.get((unit, grain), ()), default=None)

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
    _clean(cell.plain)
    _clean_each(cell.due)
    _clean_each(cell.times)
    return cell


def _clean(counts: dict[_K, int]) -> None:
    if 0 in counts.values():
        for key in [key for key, n in counts.items() if not n]:
            del counts[key]


def _clean_each(named: dict[str, dict[_K, int]]) -> None:
    for counts in named.values():
        _clean(counts)
    for name in [name for name, counts in named.items() if not counts]:
        del named[name]


def merge(cell: Cell, change: Cell) -> None:
    """Add a change to a cell in place."""
    if change.plain:
        add_counts(cell.plain, change.plain)
    if change.due:
        _merge_each(cell.due, change.due)
    if change.times:
        _merge_each(cell.times, change.times)


def _merge_each(into: dict[str, dict[_K, int]], more: Mapping[str, Mapping[_K, int]]) -> None:
    for name, counts in more.items():
        own = into.get(name)
        if own is not None:
            add_counts(own, counts)
            if not own:
                del into[name]
        elif counts and 0 not in counts.values():
            into[name] = {**counts}
        elif kept := {key: n for key, n in counts.items() if n}:
            into[name] = kept


def add_counts(into: dict[_K, int], more: Mapping[_K, int]) -> None:
    """Add counts; what comes to 0 goes."""
    if not into and 0 not in more.values():
        into.update(more)
        return
    for measure, n in more.items():
        if measure in into:
            n += into[measure]  # noqa: PLW2901 - the hottest loop of an append
            if not n:
                del into[measure]
                continue
        elif not n:
            continue
        into[measure] = n
