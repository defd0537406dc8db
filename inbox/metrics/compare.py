"""Comparisons (6.3): rates by difference and Newcombe interval, counts, times and money absolute and relative."""

from __future__ import annotations

from inbox.metrics.formulas import newcombe, ratio
from inbox.metrics.keys import Figures, Value

__all__ = ["compared"]

_NO_FIGURES = (".lo", ".hi", "diff_lo", "diff_hi")


def compared(new: Figures, old: Figures, prefix: str) -> Figures:
    """The keys of a comparison, ``yoy:`` or ``prev:``; null where the older period has no data."""
    found: Figures = {}
    for key, value in new.items():
        if key.endswith(_NO_FIGURES) or not _is_figure(value, old.get(key)):
            continue
        before = old.get(key)
        name = f"{prefix}:{key}"
        found[f"{name}:old"] = before
        found[f"{name}:abs"] = _difference(value, before)
        if key.endswith(".rate") and f"{key[:-5]}.k" in new:
            found |= _interval(name, key[:-5], new, old)
        else:
            found[f"{name}:rel"] = _relative(value, before)
    return found


def _is_figure(*values: Value) -> bool:
    return all(v is None or (isinstance(v, int | float) and not isinstance(v, bool)) for v in values)


def _difference(new: Value, old: Value) -> Value:
    if isinstance(new, int | float) and isinstance(old, int | float):
        return new - old
    return None


def _relative(new: Value, old: Value) -> Value:
    if isinstance(new, int | float) and isinstance(old, int | float):
        return ratio(new - old, old)
    return None


def _interval(name: str, rate: str, new: Figures, old: Figures) -> Figures:
    k1, n1, k2, n2 = (side.get(f"{rate}.{leaf}") for side in (new, old) for leaf in ("k", "n"))
    found = newcombe(int(k1 or 0), int(n1 or 0), int(k2 or 0), int(n2 or 0))
    if found is None:
        return {f"{name}:lo": None, f"{name}:hi": None, f"{name}:distinguishable": None}
    _, low, high = found
    return {f"{name}:lo": low, f"{name}:hi": high, f"{name}:distinguishable": not low <= 0 <= high}
