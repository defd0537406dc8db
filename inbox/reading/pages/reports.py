"""Views of the overview (``reports/index.html``): figures as metrics.md defines them, each with its n."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal, NamedTuple

from inbox.reading.pages.asked import Asked, Preset
from inbox.reading.pages.sheets import Cell, Finding, Mark, Sheet, Tile

__all__ = ["Bucket", "Figures", "Peak", "ReportsPage", "WeekPoint"]


@dataclass(frozen=True)
class Figures:
    """One line of the table and of the bars: a channel kind, a team or a reason (``label`` is data; ``kind`` draws the
    channel's mark). Keys follow metrics.md 12: ``frt.p50_ms``, ``fcr7.rate``, ``aht.mean_ms``, ``cost.*``, and
    ``sent.*`` as ``mood_*``."""

    label: str
    kind: str | None
    inbound: int
    handled: int
    unanswered: int
    frt_n: int
    frt_p50_ms: int | None
    frt_p90_ms: int | None
    fcr_n: int
    fcr_k: int
    fcr_rate: float | None
    fcr_lo: float | None
    fcr_hi: float | None
    fcr_pending: int
    aht_n: int
    aht_mean_ms: float | None
    cost_labour: Decimal | None  # per handled interaction
    cost_provider: Decimal | None  # per handled interaction
    cost_fixed: Decimal | None  # per handled interaction; None where no fee is set
    cost_direct: Decimal | None  # work and provider per handled interaction; None without an hourly rate
    cost_full: Decimal | None  # with all paid time and the fees; None as well where a filter has no fees
    per_resolution: Decimal | None
    fcr_previous: float | None = None
    aht_untracked: int = 0
    mood_n: int = 0  # cases whose customer wrote something that could be scored
    mood_pos: int = 0
    mood_neu: int = 0
    mood_neg: int = 0
    value: str = ""  # the name of the slice


@dataclass(frozen=True)
class Bucket:
    """A step of the charts of what came and went, named by its first day: contacts, and cases. ``end`` is the day after
    its last; ``whole`` is False where a part of it lies outside of the period. None is unknown: the log began later."""

    start: dt.date
    inbound: int | None
    handled: int | None
    created: int | None = 0
    resolved: int | None = 0
    end: dt.date | None = None
    whole: bool = True


class Peak(NamedTuple):
    """When most came in: a weekday (Monday is 0), and its hour unless no hour has enough; ``n`` of all ``of``."""

    day: int
    hour: int | None
    n: int
    of: int


@dataclass(frozen=True)
class WeekPoint:
    """A step of the FCR line; ``rate`` None where nothing has matured, ``previous`` that of what is compared with.
    ``whole`` is False where a part of it lies outside of the period."""

    start: dt.date
    n: int
    rate: float | None
    previous: float | None = None
    end: dt.date | None = None
    whole: bool = True


@dataclass(frozen=True)
class ReportsPage:
    """``page`` of ``reports/index.html``. GET ``from``, ``to`` (dates, ``to`` exclusive), ``compare``, ``by`` and one
    for each filter. ``choices`` are what the filters offer (value, name), ``presets`` the shortcuts of the period with
    their dates. ``has_rate`` is False until an hourly rate is set: labour and totals are then None and the page says
    so. ``heat`` is 7 rows (Monday first) of 24 counts of inbound interactions, ``peak`` what it says where ten or more
    came in at one time and fewer at every other. ``table`` holds all figures of the rows, ``weeks`` and ``paces``,
    the largest rows' handle times, go by ``step``, ``volume`` by ``volume_step``, ``agents`` the card of the people
    where the gate lets it through; ``ways`` are those of grouping that it lets through; ``may_set_costs`` shows the
    link to the costs page; ``mood_model`` names what scores how customers sound; ``rebuilt`` is how many percent of new
    figures are worked out where these are old ones."""

    asked: Asked
    table: Sheet
    by: Literal["channel", "team", "reason"]
    currency: str
    tiles: tuple[Tile, ...]
    rows: tuple[Figures, ...]
    volume: tuple[Bucket, ...]
    weeks: tuple[WeekPoint, ...]
    heat: tuple[tuple[int, ...], ...]
    as_of: dt.datetime
    has_rate: bool
    presets: tuple[tuple[Preset, dt.date, dt.date], ...] = ()
    choices: Mapping[str, tuple[tuple[str, str], ...]] = field(default_factory=dict)
    ways: tuple[str, ...] = ("channel", "team", "reason")
    rate_per_hour: Decimal | None = None
    may_set_costs: bool = False
    seq: int | None = None
    may_set: bool = False
    findings: tuple[Finding, ...] = ()
    said_by: str = "channel"
    paces: tuple[Mark, ...] = ()
    backlog: Cell | None = None
    mood_model: str = ""
    agents: Sheet | None = None
    rebuilt: int | None = None
    peak: Peak | None = None
    step: str = "week"
    volume_step: str = "week"
    fcr_target: float | None = None  # a share
    name: Literal["overview"] = "overview"

    @property
    def keys(self) -> tuple[str, ...]:
        """Every figure on the page."""
        sheets = (self.table, *([self.agents] if self.agents else []))
        shown = tuple(key for one in sheets for key in one.card.keys) + tuple(one.cell.key for one in self.tiles)
        return (*shown, "cost.per_interaction_direct", "cost.per_interaction_full")

    @property
    def begun(self) -> bool:
        """Whether anything of the period can be known: not where the log began later."""
        return any(one.inbound is not None for one in self.volume)

    def address(self, **more: str | None) -> dict[str, str]:
        """The parameters that show the same page, with some changed."""
        return self.asked.address(**{"by": self.by, **more})

    def behind_row(self, row: Figures) -> dict[str, str]:
        """The parameters of the list behind a figure of a row; none where its slice has no name."""
        if not row.value:
            return {}
        own = {"page": self.name, "row": "" if self.by in self.asked.where else self.by, self.by: row.value}
        return self.address(**own)

    def behind_step(self, step: Bucket | WeekPoint) -> dict[str, str]:
        """The same of a day or a week."""
        return {} if step.end is None else self.address(**self.asked.part(self.name, step.start, step.end))
