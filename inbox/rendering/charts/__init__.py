"""Charts drawn on the server as SVG: coloured by the theme's variables, readable without a script, printable.

Every function returns an ``<svg>`` with ``role="img"`` and the sentence ``title`` as its name; the page puts the same
figures beside it as a table. Values of ``None`` leave a gap, never a zero. ``fmt`` turns a value into its label.
``Note`` is what a mark says beside its value, and the address that a press on it opens.
"""

from __future__ import annotations

from inbox.rendering.charts.by_name import dots, meter, stacked
from inbox.rendering.charts.canvas import Note
from inbox.rendering.charts.over_time import columns, line, spark
from inbox.rendering.charts.spans import Bar, spans
from inbox.rendering.charts.triangle import triangle
from inbox.rendering.charts.week import heat

__all__ = ["Bar", "Note", "columns", "dots", "heat", "line", "meter", "spans", "spark", "stacked", "triangle"]
