"""A week by the hour, as a map of shades."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from markupsafe import Markup, escape

from inbox.rendering.charts.canvas import Note, note_of, svg, tip

__all__ = ["heat"]

LEVELS = 5  # shades above zero


def heat(
    grid: Sequence[Sequence[int]],
    days: Sequence[str],
    hours: Sequence[int],
    *,
    title: str,
    fmt: Callable[[int], str],
    width: int = 620,
    notes: Sequence[Sequence[Note]] = (),
) -> Markup:
    """A week by the hour: rows are ``days``, columns ``hours``, five shades above zero up to the largest cell.
    ``fmt`` words a cell's count, ``notes`` are those of each row's cells."""
    left, tall = 36, 27
    wide = (width - left) / max(len(hours), 1)
    most = max((count for row in grid for count in row), default=0) or 1
    every = 2 if wide > 18 else 4
    parts = []
    for n, (day, row) in enumerate(zip(days, grid, strict=True)):
        parts.append(f'<text x="0" y="{n * tall + 18}">{escape(day)}</text>')
        own = notes[n] if notes else ()
        for k, (hour, count) in enumerate(zip(hours, row, strict=True)):
            shade = 0 if count == 0 else 1 + min(LEVELS - 1, int(count / most * LEVELS))
            parts.append(
                f'<rect x="{left + k * wide + 1:.1f}" y="{n * tall + 1}" width="{wide - 2:.1f}" height="{tall - 2}"'
                f' rx="4" fill="var(--h{shade})"{tip(f"{day} {hour:02d}:00 · {fmt(count)}", note_of(own, k))}/>'
            )
    foot = len(days) * tall + 16
    parts += [
        f'<text x="{left + (k + 0.5) * wide:.1f}" y="{foot}" text-anchor="middle">{hour:02d}</text>'
        for k, hour in enumerate(hours)
        if k % every == 0
    ]
    return svg(width, foot + 4, "".join(parts), title)
