"""The pages of figures beside the overview: which cards each has, and what stands in them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from sqlalchemy import select

from inbox.actions.who import Who, may
from inbox.errors import Forbidden, NotFound
from inbox.metrics.behind import BEHIND
from inbox.reading import figures, once, reports
from inbox.reading.definitions import Unit, family, unit
from inbox.reading.pages import Period
from inbox.store import Agent, Channel, Reason, Team, TicketTag, Work

__all__ = [
    "CARDS",
    "FILTERS",
    "PAGES",
    "Asked",
    "Card",
    "Cell",
    "Line",
    "Sheet",
    "SheetsPage",
    "choices",
    "page",
    "sheet",
]

FILTERS: Final = ("channel", "team", "reason", "tag", "agent")
FEW: Final = 10
COMPARISONS: Final = {"previous": "prev", "year": "yoy"}


class Card(NamedTuple):
    """A table of figures, one line for all and one for each value of ``by``."""

    name: str
    by: str | None
    keys: tuple[str, ...]


CARDS: Final = {
    card.name: card
    for card in (
        Card(
            "volume",
            "channel",
            ("vol.inbound", "vol.handled", "vol.flow_ratio", "vol.answered.rate", "vol.unanswered.rate"),
        ),
        Card("speed", "channel", ("frt.p50_ms", "frt.p90_ms", "frt_bh.p50_ms", "rt.p50_ms", "ttr_full.p50_ms")),
        Card(
            "resolution",
            "channel",
            ("fcr1.rate", "fcr7.rate", "fcr30.rate", "fcr7_strict.rate", "reopen.rate", "one_reply.rate", "ipc.mean"),
        ),
        Card(
            "cost",
            "channel",
            ("aht.mean_ms", "cost.per_interaction_direct", "cost.per_interaction_full", "cost.per_resolution"),
        ),
        Card(
            "agents",
            "agent",
            (
                "vol.handled",
                "aht.mean_ms",
                "fcr7.rate",
                "reopen.rate",
                "frt.p50_ms",
                "csat.rate",
                "occ.rate",
                "cost.per_interaction_direct",
            ),
        ),
        Card("teams", "team", ("vol.handled", "aht.mean_ms", "fcr7.rate", "reopen.rate", "frt.p50_ms", "csat.rate")),
        Card(
            "reasons",
            "reason",
            ("vol.inbound", "fcr7.rate", "reopen.rate", "aht.mean_ms", "cost.per_resolution", "csat.rate"),
        ),
        Card(
            "tags",
            "tag",
            ("vol.inbound", "fcr7.rate", "reopen.rate", "aht.mean_ms", "cost.per_resolution", "csat.rate"),
        ),
        Card("sla", "channel", ("sla_frt.rate", "sla_ttr.rate", "frt_bh.p50_ms", "backlog.open")),
        Card(
            "satisfaction",
            "channel",
            ("csat.rate", "csat.mean", "nps.score", "nps_loop.rate", "ces.rate", "fcr_survey.rate"),
        ),
        Card("feeling", "channel", ("sent.pos", "sent.neu", "sent.neg")),
        Card("loyalty", None, ("ret.retention.rate", "ret.churn.rate", "ret.renewal.rate")),
        Card("silence", None, ("silence.exposed.rate", "silence.unexposed.rate")),
        Card(
            "social",
            None,
            (
                "social.likes",
                "social.comments",
                "social.shares",
                "social.mentions",
                "social.positive.rate",
                "smi.investment",
                "smi.innovation",
            ),
        ),
    )
}

PAGES: Final = {
    "channels": ("volume", "speed", "resolution", "cost"),
    "agents": ("agents", "teams"),
    "reasons": ("reasons", "tags"),
    "sla": ("sla",),
    "satisfaction": ("satisfaction", "feeling"),
    "customers": ("loyalty", "silence"),
    "social": ("social",),
}

#: Where the number of a figure stands that has none of its own.
_COUNTS: Final = {
    "cost.per_interaction_direct": "vol.handled",
    "cost.per_interaction_full": "vol.handled",
    "cost.per_resolution": "case.resolved",
    "occ.rate": "",
    "vol.flow_ratio": "vol.inbound",
}
#: Counts that are no news where there was nothing: without posts there are no likes.
_SILENT: Final = ("social.", "sent.")


class Cell(NamedTuple):
    """A figure in a line. ``value`` None is unknown; ``few`` hides it behind its ``n``. ``change`` is against the
    period compared with, ``sure`` where that is more than chance; ``where`` opens the cases behind it."""

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


class Line(NamedTuple):
    """``label`` is data; empty for the line of everything."""

    label: str
    kind: str | None
    cells: tuple[Cell, ...]


class Sheet(NamedTuple):
    """A card with its lines, or the sentence of its refusal."""

    card: Card
    lines: tuple[Line, ...]
    refused: str = ""


@dataclass(frozen=True)
class Asked:
    """Period, filter and comparison, as the address says them."""

    period: Period
    where: Mapping[str, str]
    compare: str
    zone: str
    today: dt.date

    @classmethod
    def of(cls, work: Work, args: Mapping[str, str]) -> Asked:
        """Raises :class:`Invalid` for a period that is none."""
        zone, today = reports.today(work)
        period = reports.period_of(today, args.get("from", ""), args.get("to", ""))
        compare = args.get("compare", "previous")
        where = {name: args[name] for name in FILTERS if args.get(name)}
        return cls(period, where, compare if compare in COMPARISONS else "previous", zone, today)

    def address(self, **more: str | None) -> dict[str, str]:
        """The parameters that say the same, with some changed."""
        own: dict[str, str | None] = {
            "from": self.period.start.isoformat(),
            "to": self.period.end.isoformat(),
            "compare": self.compare,
            **self.where,
            **more,
        }
        return {name: value for name, value in own.items() if value}


@dataclass(frozen=True)
class SheetsPage:
    """``page`` of ``reports/sheets.html``."""

    name: str
    asked: Asked
    sheets: tuple[Sheet, ...]
    choices: Mapping[str, tuple[tuple[str, str], ...]]
    presets: tuple[tuple[str, dt.date, dt.date], ...]
    currency: str
    as_of: dt.datetime
    seq: int
    may_set: bool


def page(work: Work, who: Who, name: str, args: Mapping[str, str]) -> SheetsPage:
    """A whole page. Raises :class:`NotFound` for an unknown one, :class:`Invalid` for a bad period."""
    if name not in PAGES:
        msg = f"there is no report {name}"
        raise NotFound(msg)
    asked = Asked.of(work, args)
    source = figures.source(work)
    return SheetsPage(
        name=name,
        asked=asked,
        sheets=tuple(sheet(work, source, card, asked) for card in PAGES[name]),
        choices=choices(work),
        presets=tuple((key, *dates) for key, dates in reports.presets(asked.today).items()),
        currency=reports.currency(work),
        as_of=source.as_of,
        seq=source.seq,
        may_set=may(who, "settings.change"),
    )


def sheet(work: Work, source: figures.Source, name: str, asked: Asked) -> Sheet:
    """One card. Raises :class:`NotFound` for an unknown one."""
    if name not in CARDS:
        msg = f"there is no report {name}"
        raise NotFound(msg)
    card = CARDS[name]
    where = asked.where if card.by else {}
    try:
        figures.guard(work, card.by, where)
    except Forbidden as problem:
        return Sheet(card, (), str(problem))
    period = asked.period
    counted = [_COUNTS[key] for key in card.keys if _COUNTS.get(key)]
    # The whole family, for n, k and pending stand beside the figure.
    keys = {key.rpartition(".")[0] if key.count(".") == 1 else key for key in (*card.keys, *counted)}
    keys |= {key.rpartition(".")[0] for key in card.keys}
    found = source.ask(period.start, period.end, by=card.by, where=where, compare=asked.compare, keys=sorted(keys))
    named = _named(work, card.by)
    lines = []
    for slice_name, row in found.items():
        value = slice_name.partition("=")[2] if slice_name != "all" else ""
        if value == "unallocated":
            continue
        own = {**where, card.by: value} if value and card.by else dict(where)
        cells = tuple(_cell(key, row, COMPARISONS[asked.compare], own) for key in card.keys)
        if value and all(not cell.n and not cell.value for cell in cells):
            continue
        lines.append(Line(named.get(value, value), value if value and card.by == "channel" else None, cells))
    return Sheet(card, tuple(lines))


def _cell(key: str, row: Mapping[str, Any], prefix: str, where: Mapping[str, str]) -> Cell:
    stem = key.rpartition(".")[0]
    counted = _COUNTS.get(key, f"{stem}.n")
    n = row.get(counted) if counted else None
    value, measured = row.get(key), unit(key)
    if n == 0 or (key.startswith(_SILENT) and not value and not n):
        value = None
    if measured == "money" and value is not None:
        value = value / 1_000_000
    few = n is not None and n < FEW and value is not None and measured != "count"
    change = row.get(f"{prefix}:{key}:abs")
    if change is not None and measured == "money":
        change = change / 1_000_000
    before_n = row.get(f"{prefix}:{counted}:old")
    if few or value is None or (n is not None and (before_n or 0) < FEW):
        change = None
    opens = where if key in BEHIND or family(key) in BEHIND or stem in BEHIND else None
    sure = bool(row.get(f"{prefix}:{key}:distinguishable"))
    return Cell(
        key, value, n, row.get(f"{stem}.k"), measured, few, row.get(f"{stem}.pending") or 0, change, sure, opens
    )


def _named(work: Work, by: str | None) -> dict[str, str]:
    if by == "team":
        return {team.id: team.name for team in work.scalars(select(Team))}
    if by == "agent":
        return {agent.id: agent.name for agent in work.scalars(select(Agent))}
    return {node.name: node.called for node in once.reasons(work).values()} if by == "reason" else {}


def choices(work: Work) -> dict[str, tuple[tuple[str, str], ...]]:
    """What the filters offer: value and name. Agents only where their figures may be seen."""
    found = {
        "channel": tuple((kind, kind) for kind in sorted(set(work.scalars(select(Channel.kind))))),
        "team": tuple((team.id, team.name) for team in work.scalars(select(Team).order_by(Team.name))),
        "reason": tuple((each.name, each.name) for each in work.scalars(select(Reason).order_by(Reason.name))),
        "tag": tuple((name, name) for name in work.scalars(select(TicketTag.tag).distinct().order_by(TicketTag.tag))),
    }
    try:
        figures.guard(work, "agent", {})
    except Forbidden:
        return found
    agents = work.scalars(select(Agent).order_by(Agent.name))
    return {**found, "agent": tuple((agent.id, agent.name) for agent in agents)}
