"""Charts with a name on the left and a figure on the right: bars in parts, and shares as dots with their interval."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup, escape

from inbox.rendering.charts.canvas import NOTHING, Format, Note, Values, note_of, svg, target_line, ticks, tip

__all__ = ["dots", "meter", "stacked"]


@dataclass(frozen=True)
class _Rows:
    """The measures that lying charts share: room for names on the left and for the figure on the right."""

    width: int
    names: int
    figures: int
    tall: int

    @property
    def room(self) -> int:
        return self.width - self.names - self.figures


def stacked(
    rows: Sequence[tuple[str, Values, str] | tuple[str, Values, str, Sequence[Note]]],
    keys: Sequence[tuple[str, str]],
    *,
    title: str,
    fmt: Format,
    width: int = 460,
    names: int = 92,
    figures: int = 66,
) -> Markup:
    """Lying bars in parts. Each row is its name, one value per key and the figure to its right, and may have a note for
    each value; ``keys`` are (name, tone). Where every value is None no bar is in the way of what the figure says."""
    shape = _Rows(width, names, figures, 27)
    most = max((sum(value or 0 for value in row[1]) for row in rows), default=0) or 1
    parts = []
    for n, (name, values, figure, *more) in enumerate(rows):
        y = n * shape.tall + 6
        parts.append(_label(name, y + 12, figure, shape))
        if any(value is not None for value in values):
            parts.append(
                f'<rect x="{names}" y="{y}" width="{shape.room}" height="14" rx="4" fill="var(--surface-3)"'
                ' opacity=".7"/>'
            )
        x, notes = float(names), more[0] if more else ()
        for at, (value, (key, tone)) in enumerate(zip(values, keys, strict=True)):
            if not value:
                continue
            wide = shape.room * float(value) / float(most)
            parts.append(
                f'<rect x="{x:.1f}" y="{y}" width="{max(1.5, wide - 1.5):.1f}" height="14" rx="3" fill="var(--{tone})"'
                f"{tip(f'{name} · {key} {fmt(value)}', note_of(notes, at))}/>"
            )
            x += wide
    return svg(width, len(rows) * shape.tall + 8, "".join(parts), title)


def meter(value: float, *, width: int = 64, full: float = 0.9) -> Markup:
    """A share as a small bar beside its figure, in another colour from ``full`` on; hidden from screen readers."""
    tone = "c2" if value >= full else "c1"
    wide = width * min(max(value, 0.0), 1.0)
    bars = (
        f'<rect width="{width}" height="4" rx="2" fill="var(--surface-3)"/>'
        f'<rect width="{wide:.1f}" height="4" rx="2" fill="var(--{tone})"/>'
    )
    return svg(width, 4, bars, fixed=True)


@dataclass(frozen=True)
class Dot:
    """A row of the dot plot: the value, its interval, the value before, and the figure to its right."""

    name: str
    value: float | None
    low: float | None
    high: float | None
    before: float | None
    figure: str
    note: Note = NOTHING


def dots(
    rows: Sequence[
        tuple[str, float | None, float | None, float | None, float | None, str]
        | tuple[str, float | None, float | None, float | None, float | None, str, Note]
    ],
    *,
    title: str,
    fmt: Format,
    width: int = 460,
    names: int = 92,
    figures: int = 64,
    target: float | None = None,
) -> Markup:
    """Shares on one scale: a dot for now, a hollow one for before, and the 95 % interval as a pale bar. Each row is
    (name, value, low, high, before, figure) and may have a note; without a value only name and figure are drawn.
    ``target`` is a dashed line down all rows."""
    shape = _Rows(width, names, figures, 29)
    all_rows = [Dot(*row) for row in rows]
    known = [each for row in all_rows for each in (row.value, row.low, row.before, target) if each is not None]
    first = max(0.0, math.floor(min(known, default=0.0) * 5) / 5)
    foot = len(all_rows) * shape.tall

    def across(value: float) -> float:
        return names + shape.room * (value - first) / (1 - first or 1)

    parts = []
    for step in (each for each in ticks(first, 1, 4 if width > 400 else 2) if first <= each <= 1):
        x = across(step)
        parts.append(
            f'<line class="gridl" x1="{x:.1f}" x2="{x:.1f}" y1="2" y2="{foot}"/>'
            f'<text x="{x:.1f}" y="{foot + 15}" text-anchor="middle">{escape(fmt(step))}</text>'
        )
    if target is not None:
        x = across(target)
        parts.append(target_line(f'x1="{x:.1f}" x2="{x:.1f}" y1="2" y2="{foot}"'))
    for n, row in enumerate(all_rows):
        y = n * shape.tall + 15
        parts.append(_label(row.name, y + 4, row.figure, shape))
        if row.value is None:
            continue
        if row.low is not None and row.high is not None:
            start, end = across(row.low), across(row.high)
            parts.append(
                f'<rect x="{start:.1f}" y="{y - 4}" width="{end - start:.1f}" height="8" rx="4" fill="var(--c1)"'
                ' opacity=".16"/>'
            )
        if row.before is not None:
            parts.append(
                f'<circle cx="{across(row.before):.1f}" cy="{y}" r="3.5" fill="var(--surface)" stroke="var(--c6)"'
                ' stroke-width="1.5"/>'
            )
        said = tip(f"{row.name} · {row.figure}", row.note)
        parts.append(f'<circle cx="{across(row.value):.1f}" cy="{y}" r="5.5" fill="var(--c1)"{said}/>')
    return svg(width, foot + 20, "".join(parts), title)


def _label(name: str, y: float, figure: str, shape: _Rows) -> str:
    fits = max(6, int(shape.names / 6.6))
    short = name if len(name) <= fits else name[: fits - 1].rstrip() + "…"
    return (
        f'<text class="row" x="0" y="{y}">{escape(short)}</text>'
        f'<text class="lab end" x="{shape.width}" y="{y}" text-anchor="end">{escape(figure)}</text>'
    )
