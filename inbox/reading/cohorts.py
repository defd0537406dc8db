"""How long customers stay: of those whose first contract began in the same months, the share that still has one."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from inbox.metrics.formulas import wilson
from inbox.metrics.times import Days, months_earlier
from inbox.reading.figures import Source
from inbox.reading.pages.asked import Asked
from inbox.reading.pages.sheets import Cell, Cohort, Cohorts
from inbox.reading.saying import FEW

__all__ = ["cohorts"]

KEY: Final = "ret.retention.rate"
#: Months of a cohort, and how many cohorts there are; the first in which most cohorts are large enough is shown.
_GRAINS: Final = ((1, 12), (3, 8))


def cohorts(source: Source, asked: Asked) -> Cohorts | None:
    """The cohorts before the period's end, by month, or by quarter where months are too small; None without any."""
    found = None
    for months, most in _GRAINS:
        marks = _marks(min(asked.period.end, asked.today), months, most)
        starts = Days(asked.zone)
        counted = source.cover.cohorts([starts.start(day.toordinal()) for day in marks])
        rows = tuple(
            Cohort(start, n, tuple(_cells(asked, marks[at:], n, left)))
            for at, (start, (n, left)) in enumerate(zip(marks, counted, strict=False))
            if n
        )
        if rows and sum(row.n >= FEW for row in rows) * 2 >= len(rows):
            return Cohorts(months, rows)
        found = Cohorts(months, rows) if rows else found
    return found


def _marks(end: dt.date, months: int, most: int) -> list[dt.date]:
    """The first days of the last whole stretches of so many months up to a day, and of the one that follows."""
    last = end.replace(month=end.month - (end.month - 1) % months, day=1).toordinal()
    return [dt.date.fromordinal(months_earlier(last, months * n)) for n in range(most, -1, -1)]


def _cells(asked: Asked, marks: Sequence[dt.date], n: int, left: Iterable[int]) -> Iterator[Cell]:
    """The cells of the cohort that began between the first two marks; each opens its list: who of them still had a
    contract where the days that are listed end."""
    for k, mark in zip(left, marks[1:], strict=True):
        opens = asked.part("customers", marks[0], mark, cohort=marks[1].isoformat())
        yield _cell(k, n, opens)


def _cell(k: int, n: int, opens: Mapping[str, str]) -> Cell:
    low, high = wilson(k, n)
    few = n < FEW
    return Cell(KEY, k / n, n, k, "share", few, where=opens, low=None if few else low, high=None if few else high)
