"""Long lists in parts that one statement takes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TypeVar

__all__ = ["parts"]

_T = TypeVar("_T")


def parts(all_of_them: Iterable[_T], size: int) -> Iterator[list[_T]]:
    """Lists of up to ``size``, in order."""
    rest = iter(all_of_them)
    while part := list(islice(rest, size)):
        yield part
