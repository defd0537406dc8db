"""Waiting for other connections' commits: ``LISTEN`` on PostgreSQL, ``PRAGMA data_version`` on SQLite."""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Callable
from typing import Any

from sqlalchemy import make_url, text

from inbox.store import NOTIFY, Store

__all__ = ["Watch"]

STEP_S = 0.05


class Watch:
    """One waiter with a connection of its own. ``wait`` returns soon after any commit, or when the time is up."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self._connection: Any = None
        self._cursor: sqlite3.Cursor | None = None
        self._version = -1
        self._poke = threading.Event()

    def poke(self) -> None:
        """Wakes the waiter from another thread."""
        self._poke.set()

    def wait(self, seconds: float, stop: Callable[[], bool] = lambda: False) -> bool:
        """True as soon as something was committed elsewhere (or poked), False after ``seconds``."""
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
            if self._poke.wait(STEP_S):
                self._poke.clear()
                return True

    def _postgresql(self, seconds: float, stop: Callable[[], bool]) -> bool:
        if self._connection is None:
            self._connection = self.store.writer.connect().execution_options(isolation_level="AUTOCOMMIT")
            self._connection.execute(text(f"LISTEN {NOTIFY}"))
            return True
        driver = self._connection.connection.driver_connection
        end = time.monotonic() + seconds
        while time.monotonic() < end and not stop():
            if self._poke.is_set():
                self._poke.clear()
                return True
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


def connect(url: str) -> sqlite3.Cursor:
    """A bare connection of its own: ``data_version`` moves only for other connections' commits, and asking the driver
    directly costs microseconds, so that twenty times a second is next to nothing."""
    path = make_url(url).database or ""
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    return connection.cursor()
