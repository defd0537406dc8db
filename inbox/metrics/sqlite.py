"""Roll-ups in an SQLite file: the same interface as in memory, every value plain JSON."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import orjson

from inbox.metrics.packing import in_a_row, out_of_row, packed, unpacked
from inbox.metrics.storage import Cell, Kept, Place, Rows, empty, merge

__all__ = ["RollsInSqlite"]

_TABLES = """
create table if not exists cell (
  unit text not null, grain text not null, moment integer not null, value text not null, channel text not null,
  plain text not null, due text not null, times text not null,
  primary key (unit, grain, moment, value, channel)
) without rowid;
create index if not exists cell_values on cell (grain, value, channel) where unit = 'month';
create table if not exists line (
  name text not null, position integer not null, owner text not null, data text not null
);
create index if not exists line_by_position on line (name, position);
create index if not exists line_by_owner on line (owner);
"""


class RollsInSqlite:
    """Cells and rows in a file of their own; ``commit`` makes what was added durable."""

    def __init__(self, path: Path | str) -> None:
        self._db = sqlite3.connect(path)
        self._db.executescript(f"pragma journal_mode = wal; pragma synchronous = normal; {_TABLES}")

    def close(self) -> None:
        self._db.close()

    def commit(self) -> None:
        self._db.commit()

    def add(self, changes: Mapping[Place, Cell]) -> None:
        gone, kept = [], []
        for place, change in changes.items():
            cell = self._cell(place)
            merge(cell, change)
            if cell:
                kept.append((*place, _text(cell.plain), _text(in_a_row(cell.due)), _text(packed(cell.times))))
            else:
                gone.append(tuple(place))
        self._db.executemany("insert or replace into cell values (?, ?, ?, ?, ?, ?, ?, ?)", kept)
        self._db.executemany(
            "delete from cell where unit = ? and grain = ? and moment = ? and value = ? and channel = ?", gone
        )

    def _cell(self, place: Place) -> Cell:
        found = self._db.execute(
            "select plain, due, times from cell"
            " where unit = ? and grain = ? and moment = ? and value = ? and channel = ?",
            place,
        ).fetchone()
        if found is None:
            return empty()
        plain, due, times = (orjson.loads(text) for text in found)
        return Cell(plain, {name: out_of_row(row) for name, row in due.items()}, unpacked(times))

    def cells(self, unit: str, grain: str, low: int, high: int) -> Iterator[tuple[Place, Kept]]:
        found = self._db.execute(
            "select moment, value, channel, cast(plain as blob), cast(due as blob), cast(times as blob) from cell"
            " where unit = ? and grain = ? and moment >= ? and moment < ?",
            (unit, grain, low, high),
        ).fetchall()
        # One run of bytes for the parser: it is much quicker than many small ones, and than text that it would encode.
        sums = iter(orjson.loads(b"[%b]" % b",".join(text for row in found for text in row[3:])))
        for (moment, value, channel, *_), plain, due, times in zip(found, sums, sums, sums, strict=True):
            yield Place(unit, grain, moment, value, channel), Kept(plain, due, times)

    def values(self, grain: str) -> Iterator[tuple[str, str]]:
        yield from self._db.execute(
            "select distinct value, channel from cell where unit = 'month' and grain = ?", (grain,)
        )

    def first(self, unit: str, grain: str) -> int | None:
        found = self._db.execute("select min(moment) from cell where unit = ? and grain = ?", (unit, grain)).fetchone()
        number: int | None = found[0]
        return number

    def put(self, owner: str, indexes: Mapping[str, Rows]) -> None:
        self._db.execute("delete from line where owner = ?", (owner,))
        self._db.executemany(
            "insert into line values (?, ?, ?, ?)",
            [(name, position, owner, _text(row)) for name, rows in indexes.items() for position, row in rows],
        )

    def rows(self, index: str, low: int, high: int) -> Iterator[tuple[Any, ...]]:
        found = self._db.execute(
            "select data from line where name = ? and position >= ? and position < ?", (index, low, high)
        )
        yield from map(tuple, orjson.loads(f"[{','.join(data for (data,) in found)}]"))


def _text(value: object) -> str:
    return orjson.dumps(value, default=tuple, option=orjson.OPT_NON_STR_KEYS | orjson.OPT_SORT_KEYS).decode()
