"""Views of the pages of figures (``reports/sheets.html``): tiles, graphs, and cards of lines of cells."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

from inbox.reading.definitions import PROVISIONAL, Unit
from inbox.reading.pages.asked import Asked
from inbox.reading.parts import AgentChip

__all__ = [
    "Card",
    "Cell",
    "Cohort",
    "Cohorts",
    "Finding",
    "Graph",
    "Line",
    "Mark",
    "Plot",
    "Sheet",
    "SheetsPage",
    "Tile",
]


class Plot(NamedTuple):
    """A drawing of some figures: lying ``bars`` or ``parts`` of them, ``dots`` with their interval, ``over`` time."""

    kind: Literal["bars", "parts", "dots", "over", "columns"]
    keys: tuple[str, ...]


class Card(NamedTuple):
    """A table of figures, one line for all and one for each value of ``by``, and the drawings above it. ``meter`` is a
    share that has a bar in each line, ``spark`` a figure whose last twelve weeks are drawn there; ``along`` is a figure
    by which the largest lines have one for each step of the period as well."""

    name: str
    by: str | None
    keys: tuple[str, ...]
    plots: tuple[Plot, ...] = ()
    meter: str = ""
    spark: str = ""
    along: str = ""


class Cell(NamedTuple):
    """A figure in a line. ``value`` None is unknown; ``few`` hides it behind its ``n``. ``change`` is against the
    period compared with, ``sure`` where that is more than chance; ``where`` opens the cases behind it. Of a share
    ``low`` to ``high`` is where the true one lies with 95 % certainty; ``of`` is the time that it is a share of, in
    ms. ``not_before`` is the day from which on the value is known where it is not yet; ``provisional`` says that it may
    still change."""

    key: str
    value: float | None
    n: int | None
    k: int | None
    unit: Unit
    few: bool = False
    pending: int = 0
    change: float | None = None
    sure: bool = False
    where: Mapping[str, str] | None = None
    low: float | None = None
    high: float | None = None
    of: int | None = None
    not_before: dt.date | None = None
    provisional: bool = False

    @property
    def known(self) -> float | None:
        """The value where it may be shown."""
        return None if self.few else self.value


class Line(NamedTuple):
    """``label`` is data; empty for the line of everything. ``person`` is whose line it is, ``spark`` the course of the
    card's own figure; ``step`` is the first day of the part of the period that it is about where it is not about all of
    it, and ``whole`` False where it is about an incomplete one."""

    label: str
    kind: str | None
    cells: tuple[Cell, ...]
    person: AgentChip | None = None
    spark: tuple[float | None, ...] = ()
    step: dt.date | None = None
    whole: bool = True


class Mark(NamedTuple):
    """A row of a drawing by name: the figures of its keys, and for a share its interval and what it was before."""

    label: str
    kind: str | None
    cells: tuple[Cell, ...]
    low: float | None = None
    high: float | None = None
    before: float | None = None


class Graph(NamedTuple):
    """A drawing with its figures: ``marks`` by name, or a line of cells for each of the days ``steps`` over time,
    of which each begins a ``step`` (day, week or month) that may not be ``whole``."""

    plot: Plot
    unit: Unit
    marks: tuple[Mark, ...] = ()
    steps: tuple[dt.date, ...] = ()
    series: tuple[tuple[Cell, ...], ...] = ()
    step: str = "week"
    whole: tuple[bool, ...] = ()

    @property
    def known(self) -> bool:
        """Whether there is anything to draw."""
        return any(cell.known is not None for cell in self._cells)

    @property
    def few(self) -> bool:
        """Whether there is something, but nowhere enough."""
        return any(cell.few for cell in self._cells)

    @property
    def _cells(self) -> tuple[Cell, ...]:
        return tuple(cell for row in (*(mark.cells for mark in self.marks), *self.series) for cell in row)


class Sheet(NamedTuple):
    """A card with its drawings and lines, or the sentence of its refusal. ``title`` is a message of the catalogue."""

    card: Card
    lines: tuple[Line, ...]
    refused: str = ""
    graphs: tuple[Graph, ...] = ()
    title: str = ""

    @property
    def provisional(self) -> bool:
        """Whether some of its figures may still change."""
        return any(cell.provisional for line in self.lines for cell in line.cells)


class Tile(NamedTuple):
    """A headline figure with its course; ``up_good`` says which way is good, None where neither is. ``beside`` is
    another figure of the same answers."""

    cell: Cell
    spark: tuple[float | None, ...] = ()
    up_good: bool | None = None
    beside: Cell | None = None


class Cohort(NamedTuple):
    """The customers whose first contract began in the months from ``start`` on: how many, and the share of them that
    still had one at the end of those months and of each stretch after."""

    start: dt.date
    n: int
    cells: tuple[Cell, ...]


class Cohorts(NamedTuple):
    """Retention by cohort, each of so many ``months``, the oldest first."""

    months: int
    rows: tuple[Cohort, ...]


class Finding(NamedTuple):
    """Something worth a sentence: which sentence, of how many, with which values; the heaviest is said first."""

    rule: str
    n: int
    values: Mapping[str, Any]
    weight: float


@dataclass(frozen=True)
class SheetsPage:
    """``page`` of ``reports/sheets.html``; ``said_by`` is how the names in its findings are cut,
    ``word`` what it is called, as a message of the catalogue; ``standing`` (maturity.MaturityPage) where the desk
    stands by its own assessment; ``cohorts`` how long customers stay; ``rebuilt`` how many percent of new figures are
    worked out where these are old ones."""

    name: str
    asked: Asked
    sheets: tuple[Sheet, ...]
    choices: Mapping[str, tuple[tuple[str, str], ...]]
    presets: tuple[tuple[str, dt.date, dt.date], ...]
    currency: str
    as_of: dt.datetime
    seq: int
    may_set: bool
    by: str = ""
    tiles: tuple[Tile, ...] = ()
    findings: tuple[Finding, ...] = ()
    said_by: str | None = None
    word: str = ""
    standing: Any = None
    cohorts: Cohorts | None = None
    rebuilt: int | None = None

    @property
    def keys(self) -> tuple[str, ...]:
        """Every figure on the page."""
        return tuple(key for one in self.sheets for key in one.card.keys) + tuple(one.cell.key for one in self.tiles)

    @property
    def provisional(self) -> str:
        """Why figures on the page may still change, as a message of the catalogue; empty where none may."""
        some = any(one.provisional for one in self.sheets) or any(one.cell.provisional for one in self.tiles)
        return PROVISIONAL if some else ""

    def address(self, **more: str | None) -> dict[str, str]:
        """The parameters that show the same page, with some changed."""
        return self.asked.address(**more)
