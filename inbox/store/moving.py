"""A desk that outgrew SQLite: its rows as PostgreSQL keeps them.

Both databases are at this program's own revision by then, so a row of one is a row of the other, read and written by
the same column types.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

from psycopg import sql
from sqlalchemy import Connection, Dialect, Table, select, text

from inbox.store import Base, engine

__all__ = ["move"]

AT_ONCE = 1_000  # rows in memory
#: What the search finds messages by, in SQLite's table and in PostgreSQL's: a text of words is a tsvector's own form.
_FROM_SEARCH = "SELECT rowid, ticket_id, body FROM search_messages ORDER BY rowid"
_TO_SEARCH = ("message_id", "ticket_id", "body")
LONGEST = (
    500  # letters of a word that PostgreSQL is given; it takes 2,046 bytes, and an older index may hold longer ones
)

Process = Callable[[Any], Any]


def move(copy: Path, connection: Connection) -> dict[str, int]:
    """Fills PostgreSQL's empty tables from a SQLite file; gives how many rows each got."""
    source = engine.make(f"sqlite:///{copy}", writing=False)
    try:
        with source.connect() as line:
            counts = {table.name: _table(line, table, connection) for table in Base.metadata.sorted_tables}
            found = line.execution_options(yield_per=AT_ONCE).execute(text(_FROM_SEARCH))
            counts["search_messages"] = _rows(connection, "search_messages", _TO_SEARCH, map(_found_by, found))
    finally:
        source.dispose()
    return counts


def _found_by(row: Sequence[Any]) -> tuple[int, int, str]:
    message, ticket, body = row
    return message, ticket, " ".join(word for word in body.split() if len(word) <= LONGEST)


def _table(line: Connection, table: Table, connection: Connection) -> int:
    steps = [_step(column.type, connection.dialect) for column in table.columns]
    found = line.execution_options(yield_per=AT_ONCE).execute(select(table))
    kept = ([value if value is None else step(value) for step, value in zip(steps, row, strict=True)] for row in found)
    return _rows(connection, table.name, table.columns.keys(), kept)


def _step(type: Any, dialect: Dialect) -> Process:
    """How PostgreSQL's driver is given a value of a column."""
    step: Process | None = type.dialect_impl(dialect).bind_processor(dialect)
    return step or (lambda value: value)


def _rows(connection: Connection, table: str, columns: Iterable[str], rows: Iterable[Sequence[Any]]) -> int:
    fields = sql.SQL(", ").join(map(sql.Identifier, columns))
    statement = sql.SQL("COPY {} ({}) FROM STDIN").format(sql.Identifier(table), fields)
    driver: Any = connection.connection
    with driver.cursor() as cursor:
        with cursor.copy(statement) as data:
            for row in rows:
                data.write_row(row)
        return int(cursor.rowcount)
