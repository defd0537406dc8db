"""Which of the published keys a report is asked for."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import TypeVar

__all__ = ["EVERYTHING", "Wanted"]

_HEAD = re.compile(r"[a-z][a-z0-9_]*(?=$|[.\[])")

_V = TypeVar("_V")


class Wanted:
    """Which figures are asked for: keys (``fcr7.rate``) and families (``fcr7``, ``cost``); all where none is named.

    Raises ``ValueError`` for a word that is no such name.
    """

    def __init__(self, names: Iterable[str] = ()) -> None:
        self.names = frozenset(names)
        for name in self.names:
            if _HEAD.match(name) is None:
                raise ValueError(f"{name!r} is no figure; write one as fcr7.rate, or several as fcr7")
        self._heads = {_head(name) for name in self.names}
        self._known: dict[str, bool] = {}

    def family(self, *heads: str) -> bool:
        """Whether some key that begins with one of these words is wanted."""
        return not self.names or not self._heads.isdisjoint(heads)

    def of(self, found: Mapping[str, _V]) -> dict[str, _V]:
        """What is wanted of some figures; what is known of the report itself always is."""
        if not self.names:
            return dict(found)
        return {key: value for key, value in found.items() if self._wants(key)}

    def _wants(self, key: str) -> bool:
        known = self._known.get(key)
        if known is None:
            families = (key[:n] for n, mark in enumerate(key) if mark in ".[")
            family = key.partition("].")[0] + "]"
            known = key in self.names or family in self.names or not self.names.isdisjoint(families)
            known = self._known[key] = known or key.startswith("meta.")
        return known


def _head(key: str) -> str:
    """The word that a key begins with: ``fcr7_net`` of ``fcr7_net.rate``, ``nps`` of ``nps[chat].n``."""
    return key.partition(".")[0].partition("[")[0]


EVERYTHING = Wanted()
