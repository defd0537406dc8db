"""Work for later: a few threads that run what has become due, oldest first."""

from __future__ import annotations

import heapq
import itertools
import logging
import threading
import time
from collections.abc import Callable

__all__ = ["Timetable"]

_log = logging.getLogger(__name__)


class Timetable:
    """Runs jobs after a delay. Jobs that are due at once run side by side, up to ``threads`` of them."""

    def __init__(self, threads: int = 12) -> None:
        self._due: list[tuple[float, int, Callable[[], None]]] = []
        self._order = itertools.count()
        self._changed = threading.Condition()
        self._stopped = threading.Event()
        for number in range(threads):
            threading.Thread(target=self._work, name=f"sandbox-{number}", daemon=True).start()

    def after(self, seconds: float, job: Callable[[], None]) -> None:
        """Runs ``job`` in ``seconds`` or a little later; not at all if stopped before."""
        with self._changed:
            heapq.heappush(self._due, (time.monotonic() + seconds, next(self._order), job))
            self._changed.notify()

    def sleep(self, seconds: float) -> bool:
        """Waits, but not longer than until the stop; True if that came first."""
        return self._stopped.wait(seconds)

    @property
    def stopped(self) -> bool:
        """Whether :meth:`stop` was called."""
        return self._stopped.is_set()

    def stop(self) -> None:
        """Runs nothing more; a job in progress ends by itself."""
        with self._changed:
            self._stopped.set()
            self._due.clear()
            self._changed.notify_all()

    def _next(self) -> Callable[[], None] | None:
        with self._changed:
            while not self._stopped.is_set():
                wait = self._due[0][0] - time.monotonic() if self._due else None
                if wait is not None and wait <= 0:
                    return heapq.heappop(self._due)[2]
                self._changed.wait(wait)
        return None

    def _work(self) -> None:
        while (job := self._next()) is not None:
            try:
                job()
            except Exception:  # noqa: BLE001 - one job must not end the others
                _log.exception("a job of the sandbox failed")
