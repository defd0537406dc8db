"""Where deliveries wait that are to be reordered: the last comes out first."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Generic, TypeVar

from inbox.sandbox.faults import Fault
from inbox.sandbox.timetable import Timetable

__all__ = ["Shelf"]

Item = TypeVar("Item")
_HOLD_S = 2.0  # the longest wait when nobody says


class Shelf(Generic[Item]):
    """Holds what a ``reorder`` order concerns until its count is full or its time is over."""

    def __init__(self, timetable: Timetable, release: Callable[[list[Item]], None]) -> None:
        self._timetable = timetable
        self._give = release
        self._lock = threading.Lock()
        self._held: dict[int, list[Item]] = {}

    def hold(self, fault: Fault, item: Item) -> None:
        """Puts one thing aside; releases all of the order, newest first, when it is the last."""
        with self._lock:
            held = self._held.setdefault(fault.id, [])
            held.append(item)
            first = len(held) == 1
        if fault.last:
            self._timetable.after(0, lambda: self._release(fault.id))
        elif first:
            self._timetable.after(fault.seconds or _HOLD_S, lambda: self._release(fault.id))

    def _release(self, fault_id: int) -> None:
        with self._lock:
            held = self._held.pop(fault_id, [])
        if held:
            self._give(held[::-1])
