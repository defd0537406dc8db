"""Many rows of a table at once: prepared statements on SQLite, one parameter on PostgreSQL, not a trip for each row."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from typing import Any

import orjson
from sqlalchemy import BigInteger, Connection

from inbox.figures.parts import parts

__all__ = ["delete", "find", "insert", "replace"]

_AT_ONCE = 10_000  # rows of one statement: so much text is in memory twice
Rows = Iterable[Sequence[Any]]


def insert(line: Connection, table: type[Any], names: Sequence[str], rows: Rows) -> None:
    """New rows; a column of JSON is given as text."""
    _put(line, table, tuple(names), (), rows)


def replace(line: Connection, table: type[Any], names: Sequence[str], key: Sequence[str], rows: Rows) -> None:
    """Rows that are new, or take the place of the one with the same key."""
    _put(line, table, tuple(names), tuple(key), rows)


def delete(line: Connection, table: Any, generation: int, key: Sequence[str], keys: Rows) -> None:
    """The rows of a generation with some keys, or with some first part of it, go."""
    name = table.__tablename__
    if line.dialect.name == "sqlite":
        where = " AND ".join(f"{one} = ?" for one in key)
        statement = f"DELETE FROM {name} WHERE generation = ? AND {where}"  # noqa: S608 - names of our own
        for part in parts(keys, _AT_ONCE):
            line.exec_driver_sql(statement, [(generation, *one) for one in part])
        return
    where = " AND ".join(f"t.{one} = k.{one}" for one in key)
    given = _given(table, tuple(key))
    statement = f"DELETE FROM {name} t USING {given} WHERE t.generation = %s AND {where}"  # noqa: S608
    for part in parts(keys, _AT_ONCE):
        line.exec_driver_sql(statement, (_json(key, part), generation))


def find(
    line: Connection, table: Any, generation: int, names: Sequence[str], key: Sequence[str], keys: Rows
) -> Iterator[tuple[Any, ...]]:
    """The columns ``names`` of the rows of a generation with some whole keys, each after its key."""
    name = table.__tablename__
    if line.dialect.name == "sqlite":
        where = " AND ".join(f"{one} = ?" for one in key)
        statement = f"SELECT {', '.join(names)} FROM {name} WHERE generation = ? AND {where}"  # noqa: S608
        driver: Any = line.connection.driver_connection
        look = driver.cursor().execute
        for one in keys:
            for found in look(statement, (generation, *one)):
                yield (*one, *found)
        return
    wanted = ", ".join([f"k.{one}" for one in key] + [f"t.{one}" for one in names])
    where = " AND ".join(f"t.{one} = k.{one}" for one in key)
    given = _given(table, tuple(key))
    statement = f"SELECT {wanted} FROM {given} JOIN {name} t ON t.generation = %s AND {where}"  # noqa: S608
    for part in parts(keys, _AT_ONCE):
        yield from map(tuple, line.exec_driver_sql(statement, (_json(key, part), generation)))


def _put(line: Connection, table: Any, names: tuple[str, ...], key: tuple[str, ...], rows: Rows) -> None:
    said = ", ".join(names)
    again = ", ".join(f"{one} = excluded.{one}" for one in names if one not in key)
    end = f" ON CONFLICT ({', '.join(key)}) DO UPDATE SET {again}" if key else ""
    if line.dialect.name == "sqlite":
        marks = ", ".join("?" * len(names))
        statement = f"INSERT INTO {table.__tablename__} ({said}) VALUES ({marks}){end}"  # noqa: S608
        for part in parts(rows, _AT_ONCE):
            line.exec_driver_sql(statement, [tuple(one) for one in part])
        return
    types = _types(table, names)
    read = ", ".join(f"{one}::jsonb" if types[n] == "jsonb" else one for n, one in enumerate(names))
    given = f"SELECT {read} FROM {_given(table, names)}"  # noqa: S608
    statement = f"INSERT INTO {table.__tablename__} ({said}) {given}{end}"
    for part in parts(rows, _AT_ONCE):
        line.exec_driver_sql(statement, (_json(names, part),))


def _json(names: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    """Rows as one text: the driver would take each value of an array apart."""
    return orjson.dumps([dict(zip(names, row, strict=True)) for row in rows]).decode()


def _given(table: Any, names: tuple[str, ...]) -> str:
    """A table of the rows in a parameter."""
    kinds = ("text" if kind == "jsonb" else kind for kind in _types(table, names))
    columns = ", ".join(f"{name} {kind}" for name, kind in zip(names, kinds, strict=True))
    return f"json_to_recordset(%s::json) AS k({columns})"


@lru_cache(maxsize=64)
def _types(table: Any, names: tuple[str, ...]) -> tuple[str, ...]:
    """The PostgreSQL types of some columns: whole numbers, JSON, and text for all else."""
    columns = table.__table__.c

    def kind(name: str) -> str:
        of = columns[name].type
        return "bigint" if isinstance(of, BigInteger) or of.python_type is int else "jsonb" if _is_json(of) else "text"

    return tuple(kind(name) for name in names)


def _is_json(kind: Any) -> bool:
    return "JSON" in type(kind).__name__.upper()
