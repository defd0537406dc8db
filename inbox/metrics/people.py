"""Who is whom: customers whose identities were merged (D21)."""

from __future__ import annotations

from collections.abc import Iterable

from inbox.metrics.log import Event

__all__ = ["People"]


class People:
    """Follows identity merges to the customer that remains; whoever was merged already brings the rest along."""

    def __init__(self, events: Iterable[Event] = ()) -> None:
        self._into: dict[str, str] = {}
        self._names: dict[str, set[str]] = {}
        for event in sorted(events, key=lambda e: e.order):
            old, new = self.root(event.body["customer"]), self.root(event.body["into"])
            if old != new:
                self._into[old] = new
        for name in {**self._into, **dict.fromkeys(self._into.values())}:
            self._names.setdefault(self.root(name), set()).add(name)

    def root(self, name: str) -> str:
        while name in self._into:
            name = self._into[name]
        return name

    def roots(self, names: set[str]) -> set[str]:
        """The same of many, few of whom were merged."""
        merged = self._into.keys() & names
        return (names - merged) | {self.root(name) for name in merged} if merged else names

    def names(self, root: str) -> set[str]:
        """Every name under which a remaining customer is known."""
        return self._names.get(root, {root})

    def everybody(self) -> set[str]:
        """Every name that a merge mentions."""
        return set().union(*self._names.values()) if self._names else set()
