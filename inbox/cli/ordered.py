"""The lines of a log in the order in which they were appended, whatever their order in the file."""

from __future__ import annotations

import shutil
import tempfile
from array import array
from collections.abc import Iterator
from itertools import pairwise
from typing import IO

import orjson

__all__ = ["in_order"]

_MOST = 2**63


def in_order(file: IO[bytes]) -> Iterator[tuple[int, bytes]]:
    """(number from 1, line) by ``seq`` where each line has one, else as they stand in the file. Of lines that stand in
    another order only numbers are held in memory; what cannot be read twice is put aside on disk first."""
    if file.seekable():
        yield from _ordered(file)
        return
    with tempfile.TemporaryFile() as copy:
        shutil.copyfileobj(file, copy)
        copy.seek(0)
        yield from _ordered(copy)


def _ordered(file: IO[bytes]) -> Iterator[tuple[int, bytes]]:
    begin = file.tell()
    try:
        stands = all(before <= after for before, after in pairwise(_seqs(file)))
    except LookupError:
        stands = True
    file.seek(begin)
    if stands:
        yield from enumerate(file, 1)
        return
    places, at = array("q"), begin
    for line in file:
        places.append(at)
        at += len(line)
    file.seek(begin)
    seqs = array("q", _seqs(file))
    for n in sorted(range(len(seqs)), key=seqs.__getitem__):
        file.seek(places[n])
        yield n + 1, file.readline()


def _seqs(file: IO[bytes]) -> Iterator[int]:
    """The ``seq`` of each line; what is no event stays behind the line before it. Raises ``LookupError`` for an event
    that has none."""
    last = -_MOST
    for line in file:
        try:
            told = orjson.loads(line)
        except ValueError:
            told = None
        if isinstance(told, dict):
            seq = told.get("seq")
            if not isinstance(seq, int) or isinstance(seq, bool) or not -_MOST <= seq < _MOST:
                raise LookupError
            last = seq
        yield last
