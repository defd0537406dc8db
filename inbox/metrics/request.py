"""What is asked of a report: a period of local days, the knowledge of an instant, slices and a comparison."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from inbox.metrics.kinds import possible
from inbox.metrics.sums import DIMENSIONS
from inbox.metrics.times import millis, millis_of, months_earlier, ordinal, span_of_months, year_before
from inbox.metrics.wanted import EVERYTHING, Wanted

__all__ = ["Request"]

_FIRST, _LAST = ordinal("1901-01-01"), ordinal("2199-12-31")  # with room for the year before, and a day around
COMPARISONS = {"previous": "prev", "year": "yoy"}


@dataclass(frozen=True)
class Request:
    """``first`` and ``end`` are day numbers, the end exclusive; ``as_of`` is in ms.

    Make one with ``Request.of``, which raises ``ValueError`` with a sentence.
    """

    first: int
    end: int
    as_of: int
    by: str | None = None
    where: Mapping[str, str] = field(default_factory=dict)
    compare: str | None = None
    wanted: Wanted = EVERYTHING

    @classmethod
    def of(
        cls,
        first: str,
        end: str,
        as_of: str | dt.datetime,
        *,
        by: str | None = None,
        where: Mapping[str, str] | None = None,
        compare: str | None = None,
        keys: Iterable[str] = (),
    ) -> Request:
        """A request from texts: dates ``YYYY-MM-DD``, an RFC 3339 instant, ``compare`` previous or year.

        ``keys`` are the figures that are wanted, one by one (``fcr7.rate``) or by family (``fcr7``); all without any.
        """
        where = dict(where or {})
        for dimension in (*where, *([by] if by is not None else [])):
            if dimension not in DIMENSIONS:
                raise ValueError(f"{dimension!r} is none of {', '.join(DIMENSIONS)}")
        if compare is not None and compare not in COMPARISONS:
            raise ValueError(f"{compare!r} is none of {', '.join(COMPARISONS)}")
        days = ordinal(first), ordinal(end)
        if days[1] <= days[0]:
            raise ValueError(f"a period ends after it starts, not {first} to {end}")
        known = millis(as_of) if isinstance(as_of, str) else millis_of(as_of)
        if days[0] < _FIRST or days[1] > _LAST or not possible(known):
            raise ValueError("a report lies between the years 1900 and 2200")
        return cls(*days, known, by, where, compare, Wanted(keys))

    def before(self) -> tuple[int, int]:
        """The period to compare with (6.3)."""
        if self.compare == "year":
            return year_before(self.first), year_before(self.end)
        months = span_of_months(self.first, self.end)
        if months is not None:
            return months_earlier(self.first, months), self.first
        return 2 * self.first - self.end, self.first
