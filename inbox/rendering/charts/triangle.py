"""Cohorts along time: a row for each, a cell for each stretch that it has behind it."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup, escape

from inbox.rendering.charts.canvas import Format, Note, Values, note_of, svg, tip

__all__ = ["triangle"]

TALL = 30
FITS, WITH_SIGN = 22, 36  # room that a share takes without and with its sign


def triangle(
    rows: Sequence[tuple[str, str, Values, Sequence[Note]]],
    *,
    title: str,
    fmt: Format,
    width: int = 620,
    names: int = 128,
) -> Markup:
    """Each row is its name, how many it is of, its shares, and what each says and opens: the larger the share, the
    deeper the cell; None is a dash. The columns count the stretches since the row's own, which is 0. Where shares have
    no room the tips say them."""
    most = max((len(values) for _, _, values, _ in rows), default=0) or 1
    wide = (width - names) / most
    drawn = [f'<text x="{names + (n + 0.5) * wide:.1f}" y="12" text-anchor="middle">{n}</text>' for n in range(most)]
    for at, (name, size, values, notes) in enumerate(rows):
        y = 20 + at * TALL
        drawn.append(
            f'<text class="row" x="0" y="{y + 18}">{escape(name)}</text>'
            f'<text x="{names - 8}" y="{y + 18}" text-anchor="end"{_opens(notes)}>{escape(size)}</text>'
        )
        for n, value in enumerate(values):
            x, said = names + n * wide, "–" if value is None else fmt(value)
            deep = 0.06 if value is None else 0.08 + 0.4 * float(value)
            drawn.append(
                f'<rect x="{x + 1:.1f}" y="{y}" width="{wide - 2:.1f}" height="{TALL - 3}" rx="4" fill="var(--c1)"'
                f' opacity="{deep:.2f}"{tip(f"{name} · {n} · {said}", note_of(notes, n))}/>'
            )
            short = said.removesuffix("%").rstrip() if wide < WITH_SIGN else said
            if wide >= FITS:
                drawn.append(
                    f'<text class="lab" x="{x + wide / 2:.1f}" y="{y + 18}" text-anchor="middle"'
                    f' pointer-events="none">{escape(short)}</text>'
                )
    return svg(width, 20 + len(rows) * TALL, "".join(drawn), title)


def _opens(notes: Sequence[Note]) -> str:
    """What the number of a row opens: its first cell counts the same."""
    return f' data-href="{escape(notes[0].href)}"' if notes and notes[0].href else ""
