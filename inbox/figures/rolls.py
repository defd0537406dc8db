"""Roll-ups in the desk's database: the engine's interface over two tables, one generation of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby
from typing import Any

import orjson
from sqlalchemy import Connection, delete, insert, select, tuple_
from sqlalchemy.dialects import postgresql, sqlite

from inbox.figures.parts import parts
from inbox.metrics.packing import in_a_row, out_of_row, packed, unpacked
from inbox.metrics.storage import Cell, Kept, Place, Rows, empty, merge
from inbox.store.figures import FigureCell, FigureLine

__all__ = ["RollChanges", "StoredRolls"]

_CELL = FigureCell.__table__.c
_LINE = FigureLine.__table__.c
_KEY = ("generation", "unit", "grain", "moment", "value", "channel")
_AT_ONCE = 400  # keys in one statement: SQLite takes so many variables and no more


class StoredRolls:
    """What a report reads of one generation."""

    def __init__(self, line: Connection, generation: int) -> None:
        self._line = line
        self._generation = generation

    def add(self, changes: Mapping[Place, Cell]) -> None:
        raise NotImplementedError("reports change nothing")

    def put(self, owner: str, indexes: Mapping[str, Rows]) -> None:
        raise NotImplementedError("reports change nothing")

    def cells(self, unit: str, grain: str, low: int, high: int) -> Iterator[tuple[Place, Kept]]:
        if low >= high:
            return
        found = self._line.execute(
            select(_CELL.moment, _CELL.value, _CELL.channel, _CELL.plain, _CELL.due, _CELL.times).where(
                _CELL.generation == self._generation,
                _CELL.unit == unit,
                _CELL.grain == grain,
                _CELL.moment >= low,
                _CELL.moment < high,
            )
        ).fetchall()
        # One text for the parser: it is much quicker than many small ones.
        sums = iter(orjson.loads(f"[{','.join(text for row in found for text in row[3:])}]"))
        for (moment, value, channel, *_), plain, due, times in zip(found, sums, sums, sums, strict=True):
            yield Place(unit, grain, moment, value, channel), Kept(plain, due, times)

    def values(self, grain: str) -> Iterator[tuple[str, str]]:
        found = self._line.execute(
            select(_CELL.value, _CELL.channel)
            .where(_CELL.generation == self._generation, _CELL.unit == "month", _CELL.grain == grain)
            .distinct()
        )
        yield from ((value, channel) for value, channel in found)

    def rows(self, index: str, low: int, high: int) -> Iterator[tuple[Any, ...]]:
        found = self._line.execute(
            select(_LINE.data).where(
                _LINE.generation == self._generation,
                _LINE.name == index,
                _LINE.position >= low,
                _LINE.position < high,
            )
        ).scalars()
        for rows in orjson.loads(f"[{','.join(found)}]"):
            yield from map(tuple, rows)


class RollChanges:
    """Changes of roll-ups, kept in memory until they are written in one short transaction."""

    def __init__(self) -> None:
        self._cells: dict[Place, Cell] = {}
        self._rows: dict[str, Mapping[str, Rows]] = {}

    def add(self, changes: Mapping[Place, Cell]) -> None:
        for place, change in changes.items():
            known = self._cells.get(place)
            if known is None:
                known = self._cells[place] = empty()
            merge(known, change)

    def put(self, owner: str, indexes: Mapping[str, Rows]) -> None:
        self._rows[owner] = indexes

    def cells(self, unit: str, grain: str, low: int, high: int) -> Iterator[tuple[Place, Kept]]:
        raise NotImplementedError("changes are not read")

    def values(self, grain: str) -> Iterator[tuple[str, str]]:
        raise NotImplementedError("changes are not read")

    def rows(self, index: str, low: int, high: int) -> Iterator[tuple[Any, ...]]:
        raise NotImplementedError("changes are not read")

    def write(self, line: Connection, generation: int) -> None:
        """Add to the cells and replace the rows of a generation."""
        changes = {place: cell for place, cell in self._cells.items() if cell}
        for group in parts(sorted(changes), _AT_ONCE):
            _write_cells(line, generation, {place: changes[place] for place in group})
        for owners in parts(self._rows, _AT_ONCE):
            line.execute(delete(FigureLine).where(_LINE.generation == generation, _LINE.owner.in_(owners)))
        lines = [
            {"generation": generation, "name": name, "position": position, "owner": owner, "data": _text(rows)}
            for owner, indexes in self._rows.items()
            for name, found in indexes.items()
            for position, rows in _by_position(found)
        ]
        if lines:
            line.execute(insert(FigureLine), lines)


def _by_position(rows: Rows) -> Iterable[tuple[int, list[Any]]]:
    found: dict[int, list[Any]] = {}
    for position, row in rows:
        found.setdefault(position, []).append(row)
    return found.items()


def _write_cells(line: Connection, generation: int, changes: Mapping[Place, Cell]) -> None:
    known = dict(_known(line, generation, changes))
    kept, gone = [], []
    for place, change in changes.items():
        cell = known.get(place)
        if cell is None:
            cell = empty()
        merge(cell, change)
        key = dict(zip(_KEY, (generation, *place), strict=True))
        if cell:
            texts = {
                "plain": _text(cell.plain),
                "due": _text(in_a_row(cell.due)),
                "times": _text(packed(cell.times)),
            }
            kept.append(key | texts)
        elif place in known:
            gone.append(place)
    if kept:
        _upsert(line, kept)
    for place in gone:
        line.execute(
            delete(FigureCell).where(
                *(_CELL[name] == part for name, part in zip(_KEY, (generation, *place), strict=True))
            )
        )


def _known(line: Connection, generation: int, places: Iterable[Place]) -> Iterator[tuple[Place, Cell]]:
    """The cells that there are by now at some places, which are sorted."""
    for (unit, grain), group in groupby(places, key=lambda place: (place.unit, place.grain)):
        keys = [(place.when, place.value, place.channel) for place in group]
        found = line.execute(
            select(_CELL.moment, _CELL.value, _CELL.channel, _CELL.plain, _CELL.due, _CELL.times).where(
                _CELL.generation == generation,
                _CELL.unit == unit,
                _CELL.grain == grain,
                tuple_(_CELL.moment, _CELL.value, _CELL.channel).in_(keys),
            )
        )
        for moment, value, channel, *texts in found:
            plain, due, times = map(orjson.loads, texts)
            cell = Cell(plain, {name: out_of_row(row) for name, row in due.items()}, unpacked(times))
            yield Place(unit, grain, moment, value, channel), cell


def _upsert(line: Connection, rows: list[dict[str, Any]]) -> None:
    dialect = sqlite if line.dialect.name == "sqlite" else postgresql
    statement = dialect.insert(FigureCell)
    told = {name: statement.excluded[name] for name in ("plain", "due", "times")}
    line.execute(statement.on_conflict_do_update(index_elements=_KEY, set_=told), rows)


def _text(value: object) -> str:
    return orjson.dumps(value, default=tuple, option=orjson.OPT_NON_STR_KEYS | orjson.OPT_SORT_KEYS).decode()
