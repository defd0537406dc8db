"""The report page: volume, first response, FCR, handle time and cost by channel, each with its n."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final, cast

from sqlalchemy import select

from inbox.actions.who import Who, may
from inbox.reading import asking, figures, saying, sheets
from inbox.reading.figures import Source
from inbox.reading.pages import Asked, Bucket, Figures, Kpi, Period, ReportsPage, WeekPoint
from inbox.store import Event, Work

__all__ = ["page"]

MICRO: Final = Decimal(1_000_000)
BUCKETS = 31  # more days than that are shown as weeks
BY = ("channel", "team", "reason")
#: What the page shows: nothing else is asked of the roll-ups.
SHOWN: Final = ("vol", "frt", "fcr7", "aht", "cost", "sent")
VOLUME: Final = ("vol",)
WEEKLY: Final = ("vol", "frt", "fcr7", "aht", "cost")
Values = Mapping[str, Any]


def money(micro: int | None, n: int | None = 1) -> Decimal | None:
    """Micro-units, divided by ``n``, as an amount; None where either is unknown."""
    return (Decimal(micro) / MICRO / n).quantize(Decimal("0.0001")) if micro is not None and n else None


def _kpis(now: Values, old: Values, weeks: list[Values], *, has_rate: bool) -> tuple[Kpi, ...]:
    def spark(key: str, counted: str = "") -> tuple[float | None, ...]:
        enough = (not counted or (week.get(counted) or 0) >= sheets.FEW for week in weeks)
        return tuple(
            float(week[key]) if known and week.get(key) is not None else None
            for week, known in zip(weeks, enough, strict=True)
        )

    fcr, aht, frt = "fcr7", "aht", "frt"
    cost = _costs(now)
    costs = tuple(
        float(value) if week["vol.handled"] >= sheets.FEW and (value := _costs(week)["total"]) is not None else None
        for week in weeks
    )
    return (
        Kpi(
            "inbound",
            now["vol.inbound"],
            now["vol.inbound"],
            previous=old.get("vol.inbound"),
            spark=spark("vol.inbound"),
        ),
        Kpi(
            "frt",
            now[f"{frt}.p50_ms"],
            now[f"{frt}.n"],
            previous=old.get(f"{frt}.p50_ms"),
            spark=spark(f"{frt}.p50_ms", f"{frt}.n"),
            missing="" if now[f"{frt}.n"] else "data",
        ),
        Kpi(
            "fcr",
            now[f"{fcr}.rate"],
            now[f"{fcr}.n"],
            now[f"{fcr}.k"],
            now[f"{fcr}.lo"],
            now[f"{fcr}.hi"],
            old.get(f"{fcr}.rate"),
            now[f"{fcr}.pending"],
            spark(f"{fcr}.rate", f"{fcr}.n"),
            "" if now[f"{fcr}.n"] else "data",
        ),
        Kpi(
            "aht",
            now[f"{aht}.mean_ms"],
            now[f"{aht}.n"],
            previous=old.get(f"{aht}.mean_ms"),
            spark=spark(f"{aht}.mean_ms", f"{aht}.n"),
            missing="" if now[f"{aht}.n"] else "data",
        ),
        Kpi(
            "cost",
            cost["total"] if has_rate else None,
            now["vol.handled"],
            previous=_costs(old)["total"] if has_rate else None,
            spark=costs if has_rate else (),
            missing="rate" if not has_rate else "" if now["vol.handled"] else "data",
        ),
    )


def _costs(row: Values) -> dict[str, Decimal | None]:
    """Per handled interaction: work, provider, fee, and together."""
    n = row.get("vol.handled")
    work, provider, fixed = (money(row.get(f"cost.{part}"), n) for part in ("labour_direct", "provider", "fixed"))
    total = None if work is None else work + (provider or 0) + (fixed or 0)
    return {"labour": work, "provider": provider, "fixed": fixed, "total": total}


def _row(label: str, kind: str | None, row: Values, old: Values, *, has_rate: bool) -> Figures:
    cost = _costs(row)
    return Figures(
        label=label,
        kind=kind,
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
        cost_labour=cost["labour"] if has_rate else None,
        cost_provider=cost["provider"],
        cost_fixed=cost["fixed"] if row.get("cost.fixed") else None,
        cost_total=cost["total"] if has_rate else None,
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
    now = derived.ask(period.start, period.end, by=by, where=where, keys=SHOWN)
    old = derived.before(period.previous_start, period.previous_end, by=by, where=where, keys=SHOWN)
    named = asking.named(work, by)
    found = []
    for name, row in now.items():
        value = name.partition("=")[2]
        if name == "all" or value == "unallocated" or not (row["vol.inbound"] or row["vol.handled"]):
            continue
        label = named.get(value, value)
        found.append(_row(label, value if by == "channel" else None, row, old.get(name, {}), has_rate=has_rate))
    return tuple(sorted(found, key=lambda one: -one.inbound))


def _before(derived: Source, asked: Asked) -> Values:
    """The figures compared with; without any where the log does not reach back to them."""
    period = asked.period
    return derived.before(period.previous_start, period.previous_end, where=asked.where, keys=WEEKLY)["all"]


def _spans(period: Period) -> list[tuple[dt.date, dt.date]]:
    """The period in days, or in weeks from its end where it is long."""
    days = (period.end - period.start).days
    step = 1 if days <= BUCKETS else 7
    ends = [period.end - dt.timedelta(days=n) for n in range(0, days, step)]
    return [(max(period.start, end - dt.timedelta(days=step)), end) for end in reversed(ends)]


def page(work: Work, who: Who, args: Mapping[str, str]) -> ReportsPage:
    """The whole page. Raises :class:`Invalid` for a bad period, :class:`Forbidden` for slices behind the gate."""
    asked = asking.asked(work, args)
    by = args.get("by", "channel")
    chosen = by if by in BY else "channel"
    figures.guard(work, chosen, asked.where)
    derived = figures.source(work)
    period, where = asked.period, asked.where
    now = derived.ask(period.start, period.end, where=where, keys=WEEKLY)["all"]
    old = _before(derived, asked)
    spans = _spans(period)
    parts = [derived.ask(a, b, where=where, keys=VOLUME)["all"] for a, b in spans]
    weeks = _weeks(derived, asked)
    rate = work.scalar(select(Event).where(Event.kind == "cost.rate").order_by(Event.seq.desc()).limit(1))
    return ReportsPage(
        asked=asked,
        by=cast("Any", chosen),
        currency=asking.currency(work),
        kpis=_kpis(now, old, [week for _start, week, _before in weeks], has_rate=rate is not None),
        rows=_rows(work, derived, asked, chosen, has_rate=rate is not None),
        volume=tuple(
            Bucket(a, _whole(part["vol.inbound"]), _whole(part["vol.handled"]))
            for (a, _b), part in zip(spans, parts, strict=True)
        ),
        weeks=tuple(
            WeekPoint(
                start,
                week["fcr7.n"],
                week["fcr7.rate"],
                before["fcr7.rate"] if (before["fcr7.n"] or 0) >= sheets.FEW else None,
            )
            for start, week, before in weeks
        ),
        heat=derived.heat(period.start, period.end, where),
        as_of=derived.as_of,
        has_rate=rate is not None,
        presets=tuple((cast("Any", name), *dates) for name, dates in asking.presets(asked.today).items()),
        choices=asking.choices(work),
        findings=saying.findings(work, derived, "overview", asked),
        may_set=may(who, "settings.change"),
        table=sheets.sheet(work, derived, "figures", asked, chosen),
        ways=tuple(way for way in BY if asking.shown(work, way)),
        rate_per_hour=_default_rate(work, asked.today),
        may_set_costs=may(who, "costs.change"),
        seq=derived.seq,
    )


def _whole(value: Any) -> int:
    return int(value or 0)


def _weeks(derived: Source, asked: Asked) -> list[tuple[dt.date, Values, Values]]:
    """The last twelve weeks up to the period's end, each with the one that it is compared with."""
    period, where = asked.period, asked.where
    length = period.start - period.previous_start
    found: list[tuple[dt.date, Values, Values]] = []
    for n in range(12, 0, -1):
        a = period.end - dt.timedelta(days=7 * n)
        b = a + dt.timedelta(days=7)
        before = derived.before(a - length, b - length, where=where, keys=("fcr7",))["all"]
        found.append((a, derived.ask(a, b, where=where, keys=WEEKLY)["all"], before))
    return found


def _default_rate(work: Work, today: dt.date) -> Decimal | None:
    """The default hourly rate in force today."""
    best: tuple[str, int] | None = None
    value = None
    for event in work.scalars(select(Event).where(Event.kind == "cost.rate").order_by(Event.seq)):
        data = event.data or {}
        since = str(data.get("from", ""))
        if data.get("agent") is None and since <= today.isoformat() and (best is None or (since, event.seq) >= best):
            best, value = (since, event.seq), Decimal(str(data["per_hour"]))
    return value
