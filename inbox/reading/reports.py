"""The report page: volume, first response, FCR, handle time and cost by channel, each with its n."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from typing import Any, Final, cast

from inbox.actions import costs
from inbox.actions import desk as settings
from inbox.actions.who import Who, may
from inbox.reading import asking, figures, saying, sheets
from inbox.reading.cards import TILES
from inbox.reading.figures import Source
from inbox.reading.pages import Asked, Bucket, Figures, Peak, Period, ReportsPage, WeekPoint
from inbox.reading.pages.sheets import Mark
from inbox.sentiment import MODEL
from inbox.store import Work

__all__ = ["page", "peak"]

MICRO: Final = Decimal(1_000_000)
BY = ("channel", "team", "reason")
#: What the page shows: nothing else is asked of the roll-ups.
SHOWN: Final = ("vol", "frt", "fcr7", "aht", "cost", "sent")
VOLUME: Final = ("vol", "case")
_COUNTED: Final = ("vol.inbound", "vol.handled", "case.created", "case.resolved")
WEEKLY: Final = sheets.families((*TILES["overview"], "csat.mean"))
Values = Mapping[str, Any]
Rows = Mapping[asking.Span, Mapping[str, Values]]


def money(micro: int | None, n: int | None = 1) -> Decimal | None:
    """Micro-units, divided by ``n``, as an amount; None where either is unknown."""
    return (Decimal(micro) / MICRO / n).quantize(Decimal("0.0001")) if micro is not None and n else None


def _costs(row: Values) -> dict[str, Decimal | None]:
    """Per handled interaction: work, provider and fee, and the two figures that they are parts of."""
    n = row.get("vol.handled")
    found = {part: money(row.get(f"cost.{part}"), n) for part in ("labour_direct", "provider", "fixed")}
    return found | {kind: money(row.get(f"cost.per_interaction_{kind}")) for kind in ("direct", "full")}


def _row(label: str, value: str, by: str, row: Values, old: Values, *, has_rate: bool) -> Figures:
    cost = _costs(row)
    return Figures(
        label=label,
        kind=value if by == "channel" else None,
        value=value,
        inbound=row["vol.inbound"],
        handled=row["vol.handled"],
        unanswered=row["vol.unanswered.k"],
        frt_n=row["frt.n"],
        frt_p50_ms=row["frt.p50_ms"],
        frt_p90_ms=row["frt.p90_ms"],
        fcr_n=row["fcr7.n"],
        fcr_k=row["fcr7.k"],
        fcr_rate=row["fcr7.rate"],
        fcr_lo=row["fcr7.lo"],
        fcr_hi=row["fcr7.hi"],
        fcr_pending=row["fcr7.pending"],
        aht_n=row["aht.n"],
        aht_mean_ms=row["aht.mean_ms"],
        cost_labour=cost["labour_direct"] if has_rate else None,
        cost_provider=cost["provider"],
        cost_fixed=cost["fixed"] if row.get("cost.fixed") else None,
        cost_direct=cost["direct"] if has_rate else None,
        cost_full=cost["full"] if has_rate else None,
        per_resolution=money(row.get("cost.per_resolution")) if has_rate else None,
        fcr_previous=old.get("fcr7.rate"),
        aht_untracked=row["aht.untracked"],
        mood_n=row["sent.n"],
        mood_pos=row["sent.pos"],
        mood_neu=row["sent.neu"],
        mood_neg=row["sent.neg"],
    )


def _rows(work: Work, derived: Source, asked: Asked, by: str, *, has_rate: bool) -> tuple[Figures, ...]:
    period, where = asked.period, asked.where
    now = derived.told(period.start, period.end, by=by, where=where, keys=SHOWN)
    old = derived.before(period.previous_start, period.previous_end, by=by, where=where, keys=SHOWN)
    named = asking.named(work, by)
    found = []
    for name, row in now.items():
        value = name.partition("=")[2]
        if name == "all" or value == "unallocated" or not (row["vol.inbound"] or row["vol.handled"]):
            continue
        found.append(_row(named.get(value, value), value, by, row, old.get(name, {}), has_rate=has_rate))
    return tuple(sorted(found, key=lambda one: -one.inbound))


def page(work: Work, who: Who, args: Mapping[str, str]) -> ReportsPage:
    """The whole page. Raises :class:`Invalid` for a bad period, :class:`Forbidden` for slices behind the gate."""
    asked = asking.asked(work, args)
    by = args.get("by", "channel")
    chosen = by if by in BY else "channel"
    figures.guard(work, chosen, asked.where)
    derived = figures.source(work)
    period, where = asked.period, asked.where
    keys = [*WEEKLY, "backlog"]
    now = derived.told(period.start, period.end, where=where, compare=asked.compare, keys=keys)["all"]
    spans = asking.steps(period)
    parts = _parts(derived, asked, chosen, (*asking.weeks(period), *spans))
    heat = derived.heat(period.start, period.end, where)
    has_rate = asking.priced(work)
    rows = _rows(work, derived, asked, chosen, has_rate=has_rate)
    return ReportsPage(
        asked=asked,
        by=cast("Any", chosen),
        currency=asking.currency(work),
        tiles=sheets.tiles(work, "overview", now, _course(derived, period, parts), asked),
        rows=rows,
        volume=tuple(_volume(derived, asked)),
        weeks=tuple(_points(derived, asked, parts)),
        step=asking.unit(period),
        fcr_target=_target(work),
        volume_step=asking.unit(period, asking.BUCKETS),
        heat=heat,
        peak=peak(heat),
        as_of=derived.as_of,
        has_rate=has_rate,
        presets=tuple((cast("Any", name), *dates) for name, dates in asking.presets(asked.today).items()),
        choices=asking.choices(work),
        findings=saying.findings(work, derived, "overview", asked),
        may_set=may(who, "settings.change"),
        mood_model=MODEL,
        table=sheets.sheet(work, derived, "figures", asked, chosen),
        ways=tuple(way for way in BY if asking.shown(work, way)),
        rate_per_hour=_default_rate(work, asked.today),
        may_set_costs=may(who, "costs.change"),
        seq=derived.seq,
        rebuilt=derived.basis.rebuilt,
        paces=tuple(_paces(work, asked, chosen, rows, {span: parts[span] for span in spans})),
        backlog=sheets.cell(work, "backlog.open", now, asked, {**where, "page": "overview"}),
        agents=sheets.sheet(work, derived, "agents", asked, plots=False) if asking.shown(work, "agent") else None,
    )


def peak(heat: Iterable[Iterable[int]]) -> Peak | None:
    """The hour at which most came in, else the weekday; None where neither has ten or stands alone with the most."""
    grid = [list(row) for row in heat]
    hours = [(n, day, hour) for day, row in enumerate(grid) for hour, n in enumerate(row)]
    days = [(sum(row), day, None) for day, row in enumerate(grid)]
    of = sum(n for n, *_ in days)
    for all_of_them in (hours, days):
        first, second = (sorted(all_of_them, key=lambda one: -one[0]) + [(0, 0, None)] * 2)[:2]
        if first[0] >= sheets.FEW and first[0] > second[0]:
            return Peak(first[1], first[2], first[0], of)
    return None


def _volume(derived: Source, asked: Asked) -> Iterator[Bucket]:
    steps = asking.steps(asked.period, asking.BUCKETS)
    for span, whole in zip(steps, asking.whole(asked, asking.BUCKETS), strict=True):
        part: Values = derived.told(*span, where=asked.where, keys=VOLUME)["all"]
        came, handled, created, resolved = (part[key] for key in _COUNTED)
        yield Bucket(span[0], came, handled, created, resolved, span[1], whole)


def _parts(derived: Source, asked: Asked, by: str, spans: Iterable[asking.Span]) -> Rows:
    """The figures of some stretches of time, each cut by ``by``."""
    return {span: derived.told(*span, by=by, where=asked.where, keys=WEEKLY) for span in dict.fromkeys(spans)}


def _course(derived: Source, period: Period, parts: Rows) -> list[Values]:
    """The twelve weeks up to the period's end: one in which the log began is not whole, and says nothing."""
    begins = derived.begins
    return [parts[span]["all"] if begins and begins <= span[0] else {} for span in asking.weeks(period)]


def _points(derived: Source, asked: Asked, parts: Rows) -> Iterator[WeekPoint]:
    """First contact resolution along the period, beside that of what it is compared with."""
    length = asked.period.start - asked.period.previous_start
    for (start, end), whole in zip(asking.steps(asked.period), asking.whole(asked), strict=True):
        row = parts[start, end]["all"]
        old: Values = derived.before(start - length, end - length, where=asked.where, keys=("fcr7",))["all"]
        before = old["fcr7.rate"] if (old["fcr7.n"] or 0) >= sheets.FEW else None
        yield WeekPoint(start, row["fcr7.n"] or 0, row["fcr7.rate"], before, end, whole)


def _paces(
    work: Work,
    asked: Asked,
    by: str,
    rows: tuple[Figures, ...],
    parts: Rows,
) -> Iterator[Mark]:
    """The handle time along the period of the rows of which most was measured."""
    for row in sorted(rows, key=lambda row: -row.aht_n)[: sheets.COURSES]:
        cells = []
        for (start, end), part in parts.items():
            added = "" if by in asked.where else by
            own = {**asked.part("overview", start, end), "by": by, "row": added, by: row.value} if row.value else None
            cells.append(sheets.cell(work, "aht.mean_ms", part.get(f"{by}={row.value}", {}), asked, own))
        yield Mark(row.label, row.kind, tuple(cells))


def _target(work: Work) -> float | None:
    """The share of cases that are to be settled at the first contact, where the desk has set one."""
    per_cent = settings.get(work, "report.fcr_target")
    return None if per_cent is None else per_cent / 100


def _default_rate(work: Work, today: dt.date) -> Decimal | None:
    """The default hourly rate in force today."""
    best: tuple[str, int] | None = None
    value = None
    for event in costs.lines(work, "cost.rate"):
        data = event.data or {}
        since = str(data.get("from", ""))
        if data.get("agent") is None and since <= today.isoformat() and (best is None or (since, event.seq) >= best):
            best, value = (since, event.seq), Decimal(str(data["per_hour"]))
    return value
