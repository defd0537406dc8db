"""Roll-ups in the desk's database: the engine's interface over two tables, one generation of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import orjson
from sqlalchemy import Connection, bindparam, func, select

from inbox.figures import bulk
from inbox.figures.parts import parts
from inbox.metrics.packing import in_a_row, out_of_row, packed, unpacked
from inbox.metrics.storage import Cell, Kept, Place, Rows, cleaned, merge
from inbox.store.figures import FigureCell, FigureLine

__all__ = ["RollChanges", "StoredRolls"]

_CELL = FigureCell.__table__.c
_LINE = FigureLine.__table__.c
_KEY = ("generation", "unit", "grain", "moment", "value", "channel")
_SUMS = ("plain", "due", "times")
_ROW = ("generation", "name", "position", "owner", "data")
_AT_ONCE = 5_000  # cells in memory beside what they become

_OF = _CELL.generation == bindparam("generation"), _CELL.unit == bindparam("unit"), _CELL.grain == bindparam("grain")
#: Made once: a report asks some forty times, and to make them again would take a tenth of it.
_CELLS = select(_CELL.moment, _CELL.value, _CELL.channel, _CELL.plain, _CELL.due, _CELL.times).where(
    *_OF, _CELL.moment >= bindparam("low"), _CELL.moment < bindparam("high")
)
_ROWS = select(_LINE.data).where(
    _LINE.generation == bindparam("generation"),
    _LINE.name == bindparam("name"),
    _LINE.position >= bindparam("low"),
    _LINE.position < bindparam("high"),
)


class StoredRolls:
    """What a report reads of one generation."""

    def __init__(self, line: Connection, generation: int) -> None:
        self._line = line
        self._generation = generation

    def cells(self, unit: str, grain: str, low: int, high: int) -> Iterator[tuple[Place, Kept]]:
        if low >= high:
            return
        of = {"generation": self._generation, "unit": unit, "grain": grain}
        found = self._line.execute(_CELLS, {**of, "low": low, "high": high}).fetchall()
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

    def first(self, unit: str, grain: str) -> int | None:
        mine = (_CELL.generation == self._generation, _CELL.unit == unit, _CELL.grain == grain)
        return self._line.execute(select(func.min(_CELL.moment)).where(*mine)).scalar()

    def rows(self, index: str, low: int, high: int) -> Iterator[tuple[Any, ...]]:
        wanted = {"generation": self._generation, "name": index, "low": low, "high": high}
        found = self._line.execute(_ROWS, wanted).scalars()
        for rows in orjson.loads(f"[{','.join(found)}]"):
            yield from map(tuple, rows)


class RollChanges:
    """Changes of roll-ups, kept in memory until they are written in one short transaction.

    ``adding``, the rows of an owner come to those that it has already.
    """

    def __init__(self, *, adding: bool = False) -> None:
        self._adding = adding
        self._cells: dict[Place, Cell] = {}
        self._rows: dict[str, Mapping[str, Rows]] = {}
        self._becoming: list[tuple[Any, ...]] = []
        self._going: list[Place] = []

    def add(self, changes: Mapping[Place, Cell]) -> None:
        for place, change in changes.items():
            known = self._cells.get(place)
            if known is None:
                self._cells[place] = change
            else:
                merge(known, change)

    def put(self, owner: str, indexes: Mapping[str, Rows]) -> None:
        self._rows[owner] = indexes

    def _keep_rows(self, line: Connection, generation: int) -> None:
        """Put the rows that owners have beside those that come."""
        rows = {owner: {name: list(found) for name, found in own.items()} for owner, own in self._rows.items()}
        columns = ("name", "position", "data")
        for owner, name, position, data in bulk.find(
            line, FigureLine, generation, columns, ("owner",), ((owner,) for owner in rows)
        ):
            rows[owner].setdefault(name, []).extend((position, row) for row in orjson.loads(data))
        self._rows = dict(rows)

    def prepare(self, line: Connection, generation: int) -> None:
        """Work out what the cells become from what they are, so that the writing itself is short.

        It holds as long as nobody else changes the generation, which whoever writes makes sure of.
        """
        if self._adding:
            self._keep_rows(line, generation)
        changes = self._cells
        for group in parts(sorted(place for place, cell in changes.items() if cell), _AT_ONCE):
            known = dict(_known(line, generation, group))
            for place in group:
                cell = known.get(place)
                if cell is None:
                    cell = cleaned(changes[place])
                else:
                    merge(cell, changes[place])
                if cell:
                    self._becoming.append((generation, *place, *_texts(cell)))
                elif place in known:
                    self._going.append(place)

    def write(self, line: Connection, generation: int) -> None:
        """Put what was prepared in its place, and the rows of every owner that changed."""
        bulk.replace(line, FigureCell, (*_KEY, *_SUMS), _KEY, self._becoming)
        bulk.delete(line, FigureCell, generation, _KEY[1:], self._going)
        bulk.delete(line, FigureLine, generation, ("owner",), ((owner,) for owner in self._rows))
        lines = (
            (generation, name, position, owner, _text(rows))
            for owner, indexes in self._rows.items()
            for name, found in indexes.items()
            for position, rows in _by_position(found)
        )
        bulk.insert(line, FigureLine, _ROW, lines)


def _texts(cell: Cell) -> tuple[str, str, str]:
    return _text(cell.plain), _text(in_a_row(cell.due)), _text(packed(cell.times))


def _by_position(rows: Rows) -> Iterable[tuple[int, list[Any]]]:
    found: dict[int, list[Any]] = {}
    for position, row in rows:
        found.setdefault(position, []).append(row)
    return found.items()


def _known(line: Connection, generation: int, places: Iterable[Place]) -> Iterator[tuple[Place, Cell]]:
    """The cells that there are by now at some places."""
    for unit, grain, moment, value, channel, *texts in bulk.find(line, FigureCell, generation, _SUMS, _KEY[1:], places):
        plain, due, times = map(orjson.loads, texts)
        cell = Cell(plain, {name: out_of_row(row) for name, row in due.items()}, unpacked(times))
        yield Place(unit, grain, moment, value, channel), cell


def _text(value: object) -> str:
    return orjson.dumps(value, default=tuple, option=orjson.OPT_NON_STR_KEYS | orjson.OPT_SORT_KEYS).decode()
