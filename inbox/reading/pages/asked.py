"""What a page of figures is asked for: its period, what it is compared with, and its filters."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

__all__ = ["Asked", "Period", "Preset"]

Preset = Literal["7d", "30d", "12w", "month", "last_month"]


@dataclass(frozen=True)
class Period:
    """Local dates, ``end`` exclusive, and the period it is compared with. ``preset`` is the shortcut that names it;
    ``provisional`` where it is younger than 30 days."""

    start: dt.date
    end: dt.date
    previous_start: dt.date
    previous_end: dt.date
    preset: Preset | Literal[""] = ""
    provisional: bool = False


@dataclass(frozen=True)
class Asked:
    """Period, filter and comparison (``previous`` or ``year``), as the address of a page says them. ``comparable`` is
    False where the log does not reach back to what is compared with; ``labels`` are the filters as people read them.
    ``sort`` is the figure by which tables are sorted, the largest first; with a minus before it the smallest. ``later``
    says of figures that nobody knows yet from which day on one does, by how their keys begin."""

    period: Period
    where: Mapping[str, str]
    compare: str
    zone: str
    today: dt.date
    comparable: bool = True
    labels: Mapping[str, str] = field(default_factory=dict)
    sort: str = ""
    later: Mapping[str, dt.date] = field(default_factory=dict)

    def not_before(self, key: str) -> dt.date | None:
        """The day from which on a figure of the period is known, None where it is known already."""
        return next((day for stem, day in self.later.items() if key.startswith(stem)), None)

    def address(self, **more: str | None) -> dict[str, str]:
        """The parameters that say the same, with some changed."""
        own: dict[str, str | None] = {
            "from": self.period.start.isoformat(),
            "to": self.period.end.isoformat(),
            "compare": self.compare,
            "sort": self.sort,
            **self.where,
            **more,
        }
        return {name: value for name, value in own.items() if value}

    def part(self, page: str, start: dt.date, end: dt.date, **more: str) -> dict[str, str]:
        """What opens the list of a part of the period from a page: the days [start, end) of the same filters."""
        span = f"{self.period.start}~{self.period.end}"
        return {**self.where, "page": page, "span": span, "from": start.isoformat(), "to": end.isoformat(), **more}
