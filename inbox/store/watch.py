"""Waiting for other connections' commits: ``LISTEN`` on PostgreSQL, ``PRAGMA data_version`` on SQLite."""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Callable
from typing import Any

from sqlalchemy import make_url, text

from inbox.store import NOTIFY, Store

__all__ = ["Bell", "Watch"]

STEP_S = 0.05


class Watch:
    """One waiter with a connection of its own. ``wait`` returns soon after any commit, or when the time is up."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self._connection: Any = None
        self._cursor: sqlite3.Cursor | None = None
        self._version = -1

    def wait(self, seconds: float, stop: Callable[[], bool] = lambda: False) -> bool:
        """True as soon as something was committed elsewhere, False after ``seconds``."""
        try:
            return self._sqlite(seconds, stop) if self.store.is_sqlite else self._postgresql(seconds, stop)
        except Exception:  # noqa: BLE001  (whatever it was, waiting goes on)
            self.close()  # the database went away: the next wait connects again
            time.sleep(min(seconds, 1.0))
            return True

    def _sqlite(self, seconds: float, stop: Callable[[], bool]) -> bool:
        if self._cursor is None:
            self._cursor = connect(self.store.settings.url)
        end = time.monotonic() + seconds
        while True:
            (version,) = self._cursor.execute("PRAGMA data_version").fetchone()
            if version != self._version:
                self._version = version
                return True
            if time.monotonic() >= end or stop():
                return False
            time.sleep(STEP_S)

    def _postgresql(self, seconds: float, stop: Callable[[], bool]) -> bool:
        if self._connection is None:
            self._connection = self.store.writer.connect().execution_options(isolation_level="AUTOCOMMIT")
            self._connection.execute(text(f"LISTEN {NOTIFY}"))
            return True
        driver = self._connection.connection.driver_connection
        end = time.monotonic() + seconds
        while time.monotonic() < end and not stop():
            for _ in driver.notifies(timeout=min(0.25, max(0.0, end - time.monotonic())), stop_after=1):
                return True
        return False

    def close(self) -> None:
        """Gives the connection up."""
        connection, self._connection, self._version = self._connection, None, -1
        cursor, self._cursor = self._cursor, None
        if cursor is not None:
            cursor.connection.close()
        if connection is not None:
            try:
                connection.detach()
                connection.close()
            except Exception:  # noqa: BLE001, S110  (it is going away in any case)
                pass


class Bell:
    """One :class:`Watch` for all threads of a process: it rings at every commit, and who was at work when it rang does
    not wait at all."""

    def __init__(self, store: Store) -> None:
        self._watch = Watch(store)
        self._turn = threading.Condition()
        self.rung = 0

    def run(self, seconds: float, stop: Callable[[], bool]) -> None:
        """Rings until told to stop."""
        while not stop():
            if self._watch.wait(seconds, stop):
                self.ring()
        self._watch.close()

    def ring(self) -> None:
        """Wakes everybody who waits."""
        with self._turn:
            self.rung += 1
            self._turn.notify_all()

    def wait(self, heard: int, seconds: float) -> None:
        """Returns as soon as it rang more often than ``heard``, or after ``seconds``."""
        with self._turn:
            self._turn.wait_for(lambda: self.rung != heard, seconds)


def connect(url: str) -> sqlite3.Cursor:
    """A bare connection of its own: ``data_version`` moves only for other connections' commits, and asking the driver
    directly costs microseconds, so that twenty times a second is next to nothing."""
    path = make_url(url).database or ""
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    return connection.cursor()
