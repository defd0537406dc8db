"""What every chart is made of: the frame, the scale, the grid, the labels that fit, and the tips."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from typing import NamedTuple

from markupsafe import Markup, escape

from inbox.rendering.figures import duration

__all__ = [
    "NOTHING",
    "Format",
    "Note",
    "Value",
    "Values",
    "area",
    "below",
    "grid",
    "hit",
    "note_of",
    "path",
    "runs",
    "scale",
    "sizes_of",
    "svg",
    "target_line",
    "ticks",
    "tip",
]

Value = float | int
Values = Sequence[Value | None]
Format = Callable[[Value], str]
Point = tuple[float, float]
_SECOND, _MINUTE, _HOUR, _DAY = 1_000, 60_000, 3_600_000, 86_400_000
_TIMES = (
    *(n * _SECOND for n in (1, 2, 5, 10, 15, 30)),
    *(n * _MINUTE for n in (1, 2, 5, 10, 15, 30)),
    *(n * _HOUR for n in (1, 2, 3, 6, 12)),
    *(n * _DAY for n in (1, 2, 5, 10, 20, 50)),
)


def ticks(low: float, high: float, about: int = 4, *, whole: bool = False, sizes: Sequence[float] = ()) -> list[float]:
    """Round steps that cover ``low`` to ``high``: 1, 2, 2.5 or 5 times a power of ten, ``about`` of them; or one of
    ``sizes``. ``whole`` is for counts: no step but whole numbers."""
    span = max(high - low, 1e-9)
    magnitude = 10 ** math.floor(math.log10(span / about))
    round_ones = [each * magnitude for each in (1, 2, 2.5, 5, 10) if not whole or (each * magnitude) % 1 == 0]
    step = next((each for each in (*sizes, *round_ones) if each * about >= span), 1.0)
    first = math.floor(low / step + 1e-9)
    last = math.ceil(high / step - 1e-9)
    return [round(step * n, 10) for n in range(first, max(last, first + 1) + 1)]


def svg(width: int, height: int, inside: str, title: str | None = None, *, fixed: bool = False) -> Markup:
    """The frame around ``inside``, which holds escaped text only; without a ``title`` it is hidden from readers."""
    name = f'role="img" aria-label="{escape(title)}"' if title else 'aria-hidden="true"'
    size = f'width="{width}" height="{height}"' if fixed else 'width="100%"'
    drawing = f'<svg class="chart" viewBox="0 0 {width} {height}" {size} {name}>{inside}</svg>'
    return Markup(drawing)  # noqa: S704 - every text in it went through escape() where it was put in


def scale(low: float, high: float, bottom: float, top: float) -> Callable[[float], float]:
    """Where a value stands between ``bottom`` and ``top``."""
    span = (high - low) or 1
    return lambda value: bottom - (bottom - top) * (float(value) - low) / span


def runs(values: Values, across: Callable[[int], float], place: Callable[[float], float]) -> list[list[Point]]:
    """The points in stretches without a gap."""
    runs: list[list[Point]] = [[]]
    for n, value in enumerate(values):
        if value is None:
            runs.append([])
        else:
            runs[-1].append((across(n), place(value)))
    return [run for run in runs if run]


def path(run: Sequence[Point]) -> str:
    """A line through the points."""
    return "M" + " L".join(f"{x:.1f} {y:.1f}" for x, y in run)


def area(run: Sequence[Point], floor: float) -> str:
    """What lies between the line and the floor."""
    return f"{path(run)} L{run[-1][0]:.1f} {floor} L{run[0][0]:.1f} {floor}Z"


def grid(steps: Sequence[float], place: Callable[[float], float], left: float, right: float, fmt: Format) -> str:
    """Lines across with their labels."""
    return "".join(
        f'<line class="gridl" x1="{left}" x2="{right}" y1="{place(each):.1f}" y2="{place(each):.1f}"/>'
        f'<text x="{left - 8}" y="{place(each) + 3.5:.1f}" text-anchor="end">{escape(_short(fmt(each)))}</text>'
        for each in steps
    )


def _short(label: str) -> str:
    """A round time without its zeros: ``5m`` of ``5m 00s``."""
    return re.sub(r" 0+[a-z]$", "", label)


def sizes_of(fmt: Format) -> Sequence[float]:
    """The steps in which people count what ``fmt`` words: of times whole minutes, hours and days; else round ones."""
    return _TIMES if fmt is duration else ()


def beside(steps: Sequence[float], fmt: Format) -> int:
    """How much room the labels of the lines need."""
    return max(34, 10 + 7 * max((len(_short(fmt(step))) for step in steps), default=0))


def below(labels: Sequence[str], across: Callable[[int], float], y: float, fit: float) -> str:
    """Labels under the axis, thinned out until they fit."""
    every = max(1, math.ceil(len(labels) / max(fit, 1)))
    return "".join(
        f'<text x="{across(n):.1f}" y="{y}" text-anchor="middle">{escape(label)}</text>'
        for n, label in enumerate(labels)
        if n % every == 0
    )


def target_line(where: str) -> str:
    """The dashed line of a value to reach."""
    return f'<line class="target" {where} stroke="var(--fg-3)" stroke-width="1.25" stroke-dasharray="2 4"/>'


class Note(NamedTuple):
    """What a mark says beside its value, ``n = 12``, and the address that it opens; by keys the table's cells do."""

    said: str = ""
    href: str = ""


NOTHING = Note()


def tip(text: str, note: Note = NOTHING) -> str:
    """The attributes that show ``text`` while the pointer is over a mark, and open what is behind it."""
    words = f"{text} · {note.said}" if note.said else text
    opens = f' data-href="{escape(note.href)}"' if note.href else ""
    return f' data-tip="{escape(words)}"{opens}'


def hit(where: str, text: str, note: Note = NOTHING) -> str:
    """An unseen circle that is easier to point at than the mark."""
    return f'<circle {where} fill="transparent"{tip(text, note)}/>'


def note_of(notes: Sequence[Note], n: int) -> Note:
    """One of the notes, an empty one where there are fewer."""
    return notes[n] if n < len(notes) else NOTHING
