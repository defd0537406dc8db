"""Charts along time: a spark beside a figure, lines, standing bars."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup, escape

from inbox.rendering.charts import canvas
from inbox.rendering.charts.canvas import Format, Note, Values, note_of

__all__ = ["columns", "line", "spark"]

#: A name, its values, and where they have some a note for each.
Series = tuple[str, Values] | tuple[str, Values, Sequence[Note]]
LINES = ("c1", "c3", "c4", "c5")
BARS = ("c3", "c1", "c2")
LABEL_WIDTH = 46  # room that a day's label takes


def spark(values: Values, *, tone: str = "c1", width: int = 88, height: int = 26) -> Markup:
    """A line without axes, for beside a figure; hidden from screen readers. Empty with fewer than two values."""
    known = [value for value in values if value is not None]
    if len(known) < 2:
        return Markup("")
    place = canvas.scale(min(known), max(known), height - 3, 3)
    runs = canvas.runs(values, lambda n: 2 + (width - 6) * n / (len(values) - 1), place)
    x, y = runs[-1][-1]
    under = "".join(canvas.area(run, height) for run in runs if len(run) > 1)
    along = "".join(canvas.path(run) for run in runs)
    return canvas.svg(
        width,
        height,
        f'<path d="{under}" fill="var(--{tone})" opacity=".12"/>'
        f'<path d="{along}" fill="none" stroke="var(--{tone})" stroke-width="1.75" stroke-linejoin="round"'
        f' stroke-linecap="round"/><circle cx="{x:.1f}" cy="{y:.1f}" r="2.5" fill="var(--{tone})"/>',
        fixed=True,
    )


def line(  # noqa: PLR0913  (that is what a line stands beside)
    labels: Sequence[str],
    series: Sequence[Series],
    *,
    title: str,
    fmt: Format,
    low: float | None = None,
    high: float | None = None,
    width: int = 620,
    before: Values | None = None,
    whole: Sequence[bool] = (),
    target: tuple[float, str] | None = None,
) -> Markup:
    """Lines over equal steps of time. ``before`` draws a dashed line underneath: what is compared with. What is not
    ``whole`` has a hollow dot; ``target`` is a value to reach, and its words."""
    known = [value for _, values, *_ in series for value in values if value is not None]
    known += [value for value in before or () if value is not None] + ([target[0]] if target else [])
    lowest = low if low is not None else min(known, default=0)
    highest = high if high is not None else max(known, default=1)
    if lowest == highest:  # a single value has no span of its own: it stands as far as it is from nothing
        lowest, highest = min(lowest, 0), max(highest, 0 if lowest else 1)
    steps = canvas.ticks(lowest, highest, sizes=canvas.sizes_of(fmt))
    left, right, top, bottom, height = canvas.beside(steps, fmt), 14, 10, 24, 210
    place = canvas.scale(steps[0], steps[-1], height - bottom, top)

    def across(n: int) -> float:
        return left + (width - left - right) * (n + 0.5) / max(len(labels), 1)

    parts = [
        canvas.grid(steps, place, left, width - right, fmt),
        canvas.below(labels, across, height - 6, (width - left) / LABEL_WIDTH),
    ]
    if target:
        y = place(target[0])
        where = f'x1="{left}" x2="{width - right}" y1="{y:.1f}" y2="{y:.1f}"'
        words = f'<text x="{left + 4}" y="{y - 5:.1f}">{escape(target[1])}</text>'
        parts.append(canvas.target_line(where) + words)
    if before is not None:
        along = "".join(canvas.path(run) for run in canvas.runs(before, across, place))
        parts.append(f'<path d="{along}" fill="none" stroke="var(--c6)" stroke-width="1.5" stroke-dasharray="4 4"/>')
    for which, (name, values, *more) in enumerate(series):
        tone, own = LINES[which % len(LINES)], more[0] if more else ()
        runs = canvas.runs(values, across, place)
        if len(series) == 1:
            under = "".join(canvas.area(run, height - bottom) for run in runs if len(run) > 1)
            parts.append(f'<path d="{under}" fill="var(--{tone})" opacity=".1"/>')
        parts.append(_stroke(runs, tone))
        parts += [
            f'<circle class="part" cx="{across(n):.1f}" cy="{place(value):.1f}" r="4" fill="var(--surface)"'
            f' stroke="var(--{tone})" stroke-width="2"/>'
            for n, value in enumerate(values)
            if value is not None and not all(whole[n : n + 1])
        ]
        parts += [
            canvas.hit(
                f'cx="{across(n):.1f}" cy="{place(value):.1f}" r="10"',
                f"{labels[n]} · {name} {fmt(value)}",
                note_of(own, n),
            )
            for n, value in enumerate(values)
            if value is not None
        ]
    return canvas.svg(width, height, "".join(parts), title)


def columns(
    labels: Sequence[str],
    series: Sequence[Series],
    *,
    title: str,
    fmt: Format,
    width: int = 620,
    whole: Sequence[bool] = (),
) -> Markup:
    """Standing bars from zero, one group for each label; those of a step that is not ``whole`` are hollow."""
    most = max((value for _, values, *_ in series for value in values if value is not None), default=1)
    steps = canvas.ticks(0, most or 1, whole=True)
    left, right, top, bottom, height = canvas.beside(steps, fmt), 10, 8, 24, 200
    place = canvas.scale(steps[0], steps[-1], height - bottom, top)
    group = (width - left - right) / max(len(labels), 1)
    bar = max(2.0, min(12.0, group * 0.72 / len(series)))

    def across(n: int) -> float:
        return left + group * (n + 0.5)

    parts = [
        canvas.grid(steps, place, left, width - right, fmt),
        canvas.below(labels, across, height - 6, (width - left) / LABEL_WIDTH),
    ]
    for which, (name, values, *more) in enumerate(series):
        start, own = (which - len(series) / 2) * (bar + 1) + 0.5, more[0] if more else ()
        parts += [
            f'<rect x="{across(n) + start:.1f}" y="{place(value):.1f}" width="{bar:.1f}"'
            f' height="{max(place(0) - place(value), 0):.1f}" rx="{min(2.5, bar / 2):.1f}"'
            f' fill="var(--{BARS[which % len(BARS)]})"{_hollow(BARS[which % len(BARS)], whole[n : n + 1])}'
            f"{canvas.tip(f'{labels[n]} · {name} {fmt(value)}', note_of(own, n))}/>"
            for n, value in enumerate(values)
            if value is not None
        ]
    return canvas.svg(width, height, "".join(parts), title)


def _hollow(tone: str, whole: Sequence[bool]) -> str:
    return "" if all(whole) else f' class="part" fill-opacity=".15" stroke="var(--{tone})"'


def _stroke(runs: Sequence[Sequence[tuple[float, float]]], tone: str) -> str:
    """The line itself, with a dot where it ends; a value between two gaps is a dot of its own."""
    along = "".join(canvas.path(run) for run in runs)
    ends = {run[-1] for run in runs if len(run) == 1} | {run[-1] for run in runs[-1:]}
    return (
        f'<path d="{along}" fill="none" stroke="var(--{tone})" stroke-width="2.25" stroke-linejoin="round"'
        ' stroke-linecap="round"/>'
    ) + "".join(
        f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4" fill="var(--{tone})" stroke="var(--surface)" stroke-width="2"/>'
        for x, y in sorted(ends)
    )
