"""Engines for both databases: SQLite with WAL and one writer at a time, PostgreSQL by psycopg."""

from __future__ import annotations

import errno
import sqlite3
from typing import Any

from sqlalchemy import Engine, create_engine, event
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.pool import QueuePool

__all__ = ["NO_ROOM", "make", "passes"]

BUSY_TIMEOUT_MS = 5_000
NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EROFS})
_SQLITE_PASSES = frozenset(
    {
        *(sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_NOMEM, sqlite3.SQLITE_READONLY),
        *(sqlite3.SQLITE_IOERR, sqlite3.SQLITE_FULL, sqlite3.SQLITE_CANTOPEN),
    }
)
# Classes of SQLSTATE: connection, rollback, resources, not in the right state, intervention, system.
_SQLSTATE_PASSES = ("08", "40", "53", "55", "57", "58")


def passes(problem: BaseException) -> bool:
    """True where the machine is to blame and not what was to be stored: no room, no line, somebody in the way.

    What it did to a statement may show as a failure of the next: SQLite gives a whole transaction up on a full disk,
    and then there is no savepoint to go back to.
    """
    seen: BaseException | None = problem
    while seen is not None:
        if _passes(seen):
            return True
        seen = seen.__cause__ or seen.__context__
    return False


def _passes(problem: BaseException) -> bool:
    if isinstance(problem, OSError):
        return problem.errno in NO_ROOM
    if isinstance(problem, PoolTimeout):
        return True
    if not isinstance(problem, DBAPIError):
        return False
    if problem.connection_invalidated:
        return True
    code = getattr(problem.orig, "sqlite_errorcode", None)
    if code is not None:
        return code & 0xFF in _SQLITE_PASSES
    return (getattr(problem.orig, "sqlstate", None) or "").startswith(_SQLSTATE_PASSES)


def make(url: str, *, writing: bool) -> Engine:
    """An engine whose transactions write (``BEGIN IMMEDIATE`` on SQLite) or only read."""
    if not url.startswith("sqlite"):
        return create_engine(
            url,
            pool_size=10,
            max_overflow=30,
            pool_pre_ping=True,
            # jit: PostgreSQL compiles what it takes to be a long statement, for 6 ms of a search of 40
            connect_args={"options": "-c idle_in_transaction_session_timeout=60000 -c timezone=UTC -c jit=off"},
        )
    engine = create_engine(
        url,
        poolclass=QueuePool,
        pool_size=1 if writing else 8,
        max_overflow=0 if writing else 40,
        connect_args={"check_same_thread": False, "timeout": BUSY_TIMEOUT_MS / 1000},
    )

    @event.listens_for(engine, "connect")
    def _settings(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # the driver must not begin by itself; see _begin
        cursor = connection.cursor()
        cursor.execute("PRAGMA journal_mode=WAL")
        cursor.execute("PRAGMA synchronous=FULL")
        cursor.execute("PRAGMA foreign_keys=ON")
        cursor.execute(f"PRAGMA busy_timeout={BUSY_TIMEOUT_MS}")
        cursor.execute("PRAGMA cache_size=-16000")
        cursor.close()

    @event.listens_for(engine, "begin")
    def _begin(connection: Any) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")

    return engine
