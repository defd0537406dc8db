"""Comparisons (6.3): rates by difference and Newcombe interval, counts, times and money absolute and relative."""

from __future__ import annotations

from functools import lru_cache

from inbox.metrics.formulas import newcombe, ratio
from inbox.metrics.keys import Figures

__all__ = ["compared"]

_NO_FIGURES = (".lo", ".hi", "diff_lo", "diff_hi")
_FIGURES = {int, float, type(None)}  # and no words or truths


def compared(asked: Figures, new: Figures, old: Figures, prefix: str) -> Figures:
    """The keys of a comparison of what was asked for, ``yoy:`` or ``prev:``; null where there was no data before."""
    found: Figures = {}
    for key, value in asked.items():
        before = old.get(key)
        if key.endswith(_NO_FIGURES) or type(value) not in _FIGURES or type(before) not in _FIGURES:
            continue
        was, absolute, relative = _names(prefix, key)
        change = value - before if isinstance(value, int | float) and isinstance(before, int | float) else None
        found[was], found[absolute] = before, change
        if key.endswith(".rate") and f"{key[:-5]}.k" in new:
            found |= _interval(f"{prefix}:{key}", key[:-5], new, old)
        else:
            found[relative] = None if change is None or not isinstance(before, int | float) else ratio(change, before)
    return found


@lru_cache(maxsize=4096)
def _names(prefix: str, key: str) -> tuple[str, str, str]:
    """A figure's keys in a comparison: what it was, by how much and by which part of it that it changed."""
    return f"{prefix}:{key}:old", f"{prefix}:{key}:abs", f"{prefix}:{key}:rel"


def _interval(name: str, rate: str, new: Figures, old: Figures) -> Figures:
    k1, n1, k2, n2 = (side.get(f"{rate}.{leaf}") for side in (new, old) for leaf in ("k", "n"))
    found = newcombe(int(k1 or 0), int(n1 or 0), int(k2 or 0), int(n2 or 0))
    if found is None:
        return {f"{name}:lo": None, f"{name}:hi": None, f"{name}:distinguishable": None}
    _, low, high = found
    return {f"{name}:lo": low, f"{name}:hi": high, f"{name}:distinguishable": not low <= 0 <= high}
