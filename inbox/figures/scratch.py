"""What differs from the figures that are kept, for as long as one look lasts: a temporary database of the same tables.

SQLite keeps it in memory while it is small and in a file of its own beyond that, and removes it when it is closed.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from typing import Any

import orjson
from sqlalchemy import Connection, create_engine
from sqlalchemy.pool import StaticPool

from inbox.figures.facts import FactChanges
from inbox.figures.filing import Filing
from inbox.figures.parts import parts
from inbox.metrics.behind import Behind
from inbox.metrics.sheets import CaseName
from inbox.store.columns import Base
from inbox.store.figures import KEPT, FigureFact, FigureFamily, FigureTicket, FigureWork

__all__ = ["Scratch", "in_order"]

_AT_ONCE = 500
_MASKS = "CREATE TABLE masks (kind TEXT, name TEXT, PRIMARY KEY (kind, name)) WITHOUT ROWID"
#: Which part of a key says whose rows no longer hold.
_WHOSE = {FigureFamily: 0, FigureTicket: 0, FigureWork: 2}


class Scratch:
    """Rows in the place of others, and ``masked`` names, of whose rows in the desk's database none holds any more."""

    def __init__(self, generation: int) -> None:
        self._generation = generation
        self._engine = create_engine("sqlite://", creator=_temporary, poolclass=StaticPool)
        self.line: Connection = self._engine.connect()
        known = Base.metadata
        known.create_all(self.line, tables=[known.tables[table.__tablename__] for table in KEPT])
        self.line.exec_driver_sql(_MASKS)

    def close(self) -> None:
        """Remove everything."""
        self.line.close()
        self._engine.dispose()

    def write(self, filing: Filing, facts: FactChanges) -> None:
        """Take in what a settled batch leaves behind."""
        for table, place in _WHOSE.items():
            self._mask(table, {key[place] for key in filing.gone(table)})
        self._mask(FigureFact, facts.gone)
        facts.prepare(self._generation)
        filing.write(self.line, self._generation)
        facts.write(self.line, self._generation)

    def _mask(self, table: type[Any], names: Iterable[str]) -> None:
        rows = [(table.__tablename__, name) for name in names]
        if rows:
            self.line.exec_driver_sql("INSERT OR IGNORE INTO masks VALUES (?, ?)", rows)

    def masked(self, table: type[Any], names: Iterable[str]) -> set[str]:
        """Those of some names whose rows in a table are others now."""
        found: set[str] = set()
        for part in parts(dict.fromkeys(names), _AT_ONCE):
            marks = ", ".join("?" * len(part))
            query = f"SELECT name FROM masks WHERE kind = ? AND name IN ({marks})"  # noqa: S608 - marks alone
            rows: Sequence[Any] = self.line.exec_driver_sql(query, (table.__tablename__, *part)).fetchall()
            found |= {row[0] for row in rows}
        return found


def in_order(cases: Iterable[Behind]) -> Iterator[Behind]:
    """Cases, the newest first, however many: what does not fit lies in a file."""
    with closing(_temporary()) as line:
        line.execute("CREATE TABLE cases (t0 INTEGER, id TEXT, data TEXT, PRIMARY KEY (t0, id)) WITHOUT ROWID")
        rows = ((*one.place, orjson.dumps(one, default=tuple).decode()) for one in cases)
        line.executemany("INSERT INTO cases VALUES (?, ?, ?)", rows)
        for (text,) in line.execute("SELECT data FROM cases ORDER BY t0 DESC, id DESC"):
            case, *more = orjson.loads(text)
            yield Behind(CaseName(*case), *more)


def _temporary() -> sqlite3.Connection:
    """A database without a name: its file, if it needs one, goes when it is closed."""
    line = sqlite3.connect("", check_same_thread=False)
    line.execute("PRAGMA synchronous = OFF")
    line.execute("PRAGMA journal_mode = OFF")
    line.execute("PRAGMA cache_size = -32000")
    return line
