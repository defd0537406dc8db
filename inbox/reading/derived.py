"""Figures that only drawings have: parts of others for one contact, shares of moods, a share of the period before."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from inbox.reading.cards import COUNTS

__all__ = ["DERIVED", "FEW", "derived"]

#: Of fewer nobody is told a figure.
FEW: Final = 10
Row = Mapping[str, Any]
_Formula = Callable[[Row, str], float | None]


def _each(measure: str) -> _Formula:
    """A measure for each handled contact, in micro-units."""
    return lambda row, _compared: (
        row[measure] / row["vol.handled"] if row.get(measure) is not None and row.get("vol.handled") else None
    )


def _part(mood: str) -> _Formula:
    return lambda row, _compared: row[mood] / row["sent.n"] if row.get("sent.n") else None


def _before(row: Row, compared: str) -> float | None:
    return row.get(f"{compared}:fcr7.rate:old") if (row.get(f"{compared}:fcr7.n:old") or 0) >= FEW else None


DERIVED: Final[Mapping[str, _Formula]] = {
    "cost.each_work": _each("cost.labour_direct"),
    "cost.each_provider": _each("cost.provider"),
    "cost.each_fees": _each("cost.fixed"),
    "sent.pos_rate": _part("sent.pos"),
    "sent.neu_rate": _part("sent.neu"),
    "sent.neg_rate": _part("sent.neg"),
    "fcr7.before": _before,
    "fcr7.before_n": lambda row, compared: row.get(f"{compared}:fcr7.n:old"),
}


def derived(row: Row, keys: Iterable[str], compared: str) -> Row:
    """A row of a report with those of these keys that no report has, and what they count; ``compared`` begins the keys
    of a comparison."""
    wanted = {one for key in keys for one in (key, COUNTS.get(key, "")) if one in DERIVED}
    return {**row, **{key: DERIVED[key](row, compared) for key in wanted}} if wanted else row
