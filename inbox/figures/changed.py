"""Roll-ups with a few changes that are not written down: what is under way, cut at an instant."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from inbox.metrics.packing import in_a_row, out_of_row, packed, unpacked
from inbox.metrics.storage import Cell, Kept, Place, RollsToRead, Rows, empty, merge

__all__ = ["ChangedRolls"]


class ChangedRolls:
    """The roll-ups of ``rolls`` and what was added since. Of what time alone changes nothing is kept: the length of
    work says nothing of what falls due, nor of who still waits."""

    def __init__(self, rolls: RollsToRead) -> None:
        self._rolls = rolls
        self._changes: dict[Place, Cell] = {}

    def add(self, changes: Mapping[Place, Cell]) -> None:
        """Add to cells."""
        for place, change in changes.items():
            merge(self._changes.setdefault(place, empty()), change)

    def put(self, owner: str, indexes: Mapping[str, Rows]) -> None:
        """Nothing: see above."""

    def cells(self, unit: str, grain: str, low: int, high: int) -> Iterator[tuple[Place, Kept]]:
        mine = {
            place: change
            for place, change in self._changes.items()
            if place.unit == unit and place.grain == grain and low <= place.when < high
        }
        for place, kept in self._rolls.cells(unit, grain, low, high):
            change = mine.pop(place, None)
            yield place, kept if change is None else _sum(kept, change)
        for place, change in mine.items():
            yield place, _sum(Kept({}, {}, {}), change)

    def values(self, grain: str) -> Iterator[tuple[str, str]]:
        return self._rolls.values(grain)

    def first(self, unit: str, grain: str) -> int | None:
        return self._rolls.first(unit, grain)

    def rows(self, index: str, low: int, high: int) -> Iterator[tuple[Any, ...]]:
        return self._rolls.rows(index, low, high)


def _sum(kept: Kept, change: Cell) -> Kept:
    due = {name: out_of_row(list(row)) for name, row in kept.due.items()}
    cell = Cell(dict(kept.plain), due, {name: dict(counts) for name, counts in unpacked(kept.times).items()})
    merge(cell, change)
    return Kept(cell.plain, in_a_row(cell.due), packed(cell.times))
