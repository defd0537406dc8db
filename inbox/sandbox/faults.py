"""The faults that the stand-ins are told to commit: who, what, how often, on which messages."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import asdict, dataclass, fields
from typing import Any, Literal, TypeVar, get_args

__all__ = ["KINDS", "PROVIDERS", "Cut", "Fault", "Faults", "Kind"]

Kind = Literal[
    "slow",
    "break_after_accept",
    "break_before_accept",
    "error",
    "repeat",
    "reorder",
    "drop_callback",
    "late_price",
]
KINDS: tuple[Kind, ...] = get_args(Kind)
PROVIDERS = ("sms", "telegram", "messenger", "email")

# What a fault is about when nobody says: calls that send, or what is delivered to the desk.
_USUAL_OPS: dict[Kind, tuple[str, ...]] = {
    "slow": ("send",),
    "break_after_accept": ("send",),
    "break_before_accept": ("send",),
    "error": ("send",),
    "repeat": ("hook", "callback"),
    "reorder": ("hook", "callback"),
    "drop_callback": ("callback",),
    "late_price": ("price",),
}

_CASTS: dict[str, Callable[[Any], Any]] = {
    "count": int,
    "seconds": float,
    "status": int,
    "code": str,
    "times": int,
    "match": str,
}

Answer = TypeVar("Answer")


class Cut(Exception):
    """The line is to be broken instead of answering."""


@dataclass
class Fault:
    """One order to misbehave.

    ``count`` messages are affected (None: until cleared). ``seconds`` is the delay of ``slow`` and ``late_price``
    (None: never), the longest hold of ``reorder``, and what a provider asks to wait in a 429. ``status`` and ``code``
    shape an ``error``. ``op`` names the operation if not the usual one; ``match`` must occur in the message's address
    or text; ``times`` is how often ``repeat`` delivers in all.
    """

    provider: str
    kind: Kind
    count: int | None = 1
    seconds: float | None = None
    status: int | None = None
    code: str | None = None
    match: str = ""
    op: str | None = None
    times: int = 2
    id: int = 0
    used: int = 0

    def concerns(self, provider: str, kind: Kind, op: str, about: str) -> bool:
        """Whether this order is for that operation and still open."""
        ops = _USUAL_OPS[self.kind] if self.op is None else (self.op,)
        open_ = self.count is None or self.used < self.count
        return open_ and (self.provider, self.kind) == (provider, kind) and op in ops and self.match in about

    @property
    def last(self) -> bool:
        """Whether it has just been used up."""
        return self.count is not None and self.used >= self.count


class Faults:
    """The open orders. Safe from any thread."""

    def __init__(self, sleep: Callable[[float], Any]) -> None:
        self._lock = threading.Lock()
        self._faults: list[Fault] = []
        self._ids = 0
        self._sleep = sleep

    def add(self, order: dict[str, Any]) -> Fault:
        """Takes an order as it comes over HTTP. Raises ``ValueError`` with a plain sentence."""
        known = {field.name for field in fields(Fault)} - {"id", "used"}
        unknown = sorted(set(order) - known)
        if unknown:
            raise ValueError(f"unknown field: {', '.join(unknown)}")
        if order.get("provider") not in PROVIDERS:
            raise ValueError(f"provider must be one of {', '.join(PROVIDERS)}")
        if order.get("kind") not in KINDS:
            raise ValueError(f"kind must be one of {', '.join(KINDS)}")
        cast = {name: _CASTS[name](value) for name, value in order.items() if name in _CASTS and value is not None}
        with self._lock:
            self._ids += 1
            fault = Fault(**(order | cast), id=self._ids)
            self._faults.append(fault)
            return fault

    def take(self, provider: str, kind: Kind, op: str, about: str = "") -> Fault | None:
        """The oldest open order for this operation, counted as used; None if there is none."""
        with self._lock:
            for fault in self._faults:
                if fault.concerns(provider, kind, op, about):
                    fault.used += 1
                    if fault.last:
                        self._faults.remove(fault)
                    return fault
        return None

    def call(
        self,
        provider: str,
        op: str,
        about: str,
        accept: Callable[[], Answer],
        refuse: Callable[[Fault], Answer],
    ) -> Answer:
        """Answers one API call the way the orders say: refused, broken before or after ``accept()``, or late.

        A slow call is accepted first and answered after the delay, so that an impatient caller cannot know.
        Raises :class:`Cut` where the line is to be broken.
        """
        slow = self.take(provider, "slow", op, about)
        if self.take(provider, "break_before_accept", op, about):
            raise Cut
        error = self.take(provider, "error", op, about)
        cut_after = None if error else self.take(provider, "break_after_accept", op, about)
        answer = refuse(error) if error else accept()
        if slow:
            self._sleep(slow.seconds or 0)
        if cut_after:
            raise Cut
        return answer

    def clear(self, provider: str | None = None) -> None:
        """Forgets all orders, or those for one provider."""
        with self._lock:
            self._faults = [fault for fault in self._faults if provider not in (None, fault.provider)]

    def open(self) -> list[dict[str, Any]]:
        """The open orders as JSON would show them, oldest first."""
        with self._lock:
            return [asdict(fault) for fault in self._faults]
