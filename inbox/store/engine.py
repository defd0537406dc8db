"""Engines for both databases: SQLite with WAL and one writer at a time, PostgreSQL by psycopg."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Engine, create_engine, event
from sqlalchemy.pool import QueuePool

__all__ = ["make"]

BUSY_TIMEOUT_MS = 5_000


def make(url: str, *, writing: bool) -> Engine:
    """An engine whose transactions write (``BEGIN IMMEDIATE`` on SQLite) or only read."""
    if not url.startswith("sqlite"):
        return create_engine(
            url,
            pool_size=10,
            max_overflow=30,
            pool_pre_ping=True,
            connect_args={"options": "-c idle_in_transaction_session_timeout=60000 -c timezone=UTC"},
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
