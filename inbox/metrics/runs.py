"""Whole numbers in any number, to be read in order: what does not fit in memory waits in files, sorted."""

from __future__ import annotations

import tempfile
from array import array
from collections.abc import Iterable, Iterator
from heapq import merge
from itertools import islice
from typing import IO

__all__ = ["Runs"]

_MOST = 500_000  # numbers in memory: 4 MB
_AT_ONCE = 8_192  # numbers of a file in memory


class Runs:
    """Append numbers, then ask for them ``in_order``."""

    def __init__(self, numbers: Iterable[int] = ()) -> None:
        self._now = array("q", numbers)
        self._files: list[IO[bytes]] = []
        self._away = 0

    def __len__(self) -> int:
        return self._away + len(self._now)

    def append(self, number: int) -> None:
        """Take one more."""
        self._now.append(number)
        if len(self._now) >= _MOST:
            self._put_away()

    def _put_away(self) -> None:
        file = tempfile.TemporaryFile()  # noqa: SIM115 - it goes with this object
        array("q", sorted(self._now)).tofile(file)
        self._files.append(file)
        self._away += len(self._now)
        self._now = array("q")

    def in_order(self) -> Iterator[int]:
        """Every number, the least first."""
        now = sorted(self._now)
        return merge(*map(_numbers, self._files), now) if self._files else iter(now)

    def at(self, *places: int) -> list[int]:
        """The numbers at some places of that order, from 0."""
        found: dict[int, int] = {}
        numbers, gone = self.in_order(), 0
        for place in sorted(set(places)):
            found[place] = next(islice(numbers, place - gone, None))
            gone = place + 1
        return [found[place] for place in places]


def _numbers(file: IO[bytes]) -> Iterator[int]:
    place, size = 0, _AT_ONCE * 8
    while True:
        file.seek(place)
        part = array("q", file.read(size))
        if not part:
            return
        place += size
        yield from part
