"""Building much at once without Python's cycle collector, which would walk over all of it again and again."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

__all__ = ["uncollected"]


@cache
def _settled() -> bool:
    """Whether something is frozen for good. Asked once: to count what is frozen walks over all of it."""
    return gc.get_freeze_count() > 0


@contextmanager
def uncollected() -> Iterator[None]:
    """Facts hold no cycles worth collecting: leave them out of it until they stand, and let them count as old then.

    Frozen and thawed they stand in the oldest generation, as if every collection had passed over them; where something
    is frozen for good, thawing would take that back, and they are collected like others.
    """
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            if not _settled():
                gc.freeze()
                gc.unfreeze()
            gc.enable()
