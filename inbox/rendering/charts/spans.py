"""A day on a line: what was done from when to when, one above the other where it overlaps."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import NamedTuple

from markupsafe import Markup, escape

from inbox.rendering.charts.canvas import svg, tip

__all__ = ["Bar", "spans"]

HOUR = dt.timedelta(hours=1)
TALL = 18
TONES = {"worked": "c1", "looked": "c3", "spam": "c6"}
LABEL_WIDTH = 40  # room that an hour's label takes


class Bar(NamedTuple):
    """``start`` and ``end`` in the zone in which the hours are named; ``text`` shows while the pointer is over it."""

    start: dt.datetime
    end: dt.datetime
    kind: str
    text: str


def spans(bars: Sequence[Bar], *, title: str, width: int = 620) -> Markup:
    """Bars from the hour in which the first begins to the one in which the last ends; unknown kinds are calls."""
    if not bars:
        return Markup("")
    first = min(bar.start for bar in bars).replace(minute=0, second=0, microsecond=0)
    last = max(bar.end for bar in bars)
    hours = max(1, -(-(last - first) // HOUR))
    left, right = 4, width - 4
    per_hour = (right - left) / hours

    def across(at: dt.datetime) -> float:
        return left + per_hour * ((at - first) / HOUR)

    lanes: list[dt.datetime] = []
    drawn = []
    for bar in sorted(bars, key=lambda one: (one.start, one.end)):
        lane = next((n for n, free in enumerate(lanes) if free <= bar.start), len(lanes))
        lanes[lane : lane + 1] = [bar.end]
        x, wide = across(bar.start), max(2.0, across(bar.end) - across(bar.start))
        drawn.append(
            f'<rect x="{x:.1f}" y="{4 + lane * (TALL + 3)}" width="{wide:.1f}" height="{TALL}" rx="2"'
            f' fill="var(--{TONES.get(bar.kind, "c2")})"{tip(bar.text)}/>'
        )
    floor = 4 + len(lanes) * (TALL + 3)
    every = max(1, -(-hours * LABEL_WIDTH // (right - left)))
    for n in range(0, hours + 1, every):
        x = left + per_hour * n
        anchor = "start" if n == 0 else "end" if n == hours else "middle"
        drawn.append(
            f'<line class="gridl" x1="{x:.1f}" x2="{x:.1f}" y1="0" y2="{floor}"/>'
            f'<text x="{x:.1f}" y="{floor + 13}" text-anchor="{anchor}">{escape(f"{first + n * HOUR:%H:%M}")}</text>'
        )
    return svg(width, floor + 18, "".join(drawn), title)
