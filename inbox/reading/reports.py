"""The report page: volume, first response, FCR, handle time and cost by channel, each with its n."""

from __future__ import annotations

import datetime as dt
import zoneinfo
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final, cast

from sqlalchemy import select

from inbox import clock
from inbox.actions import desk as settings
from inbox.actions.who import Who, may
from inbox.errors import Forbidden, Invalid
from inbox.reading import figures, once
from inbox.reading.figures import Source
from inbox.reading.pages import Bucket, Figures, Kpi, Period, ReportsPage, WeekPoint
from inbox.store import Event, Team, Work

__all__ = ["currency", "page", "period_of", "presets", "today"]

MICRO: Final = Decimal(1_000_000)
BUCKETS = 31  # more days than that are shown as weeks
LONGEST = dt.timedelta(days=800)
BY = ("channel", "team", "reason")
Values = Mapping[str, Any]


def money(micro: int | None, n: int | None = 1) -> Decimal | None:
    """Micro-units, divided by ``n``, as an amount; None where either is unknown."""
    return (Decimal(micro) / MICRO / n).quantize(Decimal("0.0001")) if micro is not None and n else None


def presets(today: dt.date) -> dict[str, tuple[dt.date, dt.date]]:
    """The shortcuts of the period picker."""
    tomorrow = today + dt.timedelta(days=1)
    month = today.replace(day=1)
    return {
        "7d": (tomorrow - dt.timedelta(days=7), tomorrow),
        "30d": (tomorrow - dt.timedelta(days=30), tomorrow),
        "12w": (tomorrow - dt.timedelta(days=84), tomorrow),
        "month": (month, tomorrow),
        "last_month": ((month - dt.timedelta(days=1)).replace(day=1), month),
    }


def period_of(today: dt.date, first: str, end: str) -> Period:
    """The period that two dates name, else the last 30 days. Raises :class:`Invalid`."""
    shortcuts = presets(today)
    try:
        start = dt.date.fromisoformat(first) if first else shortcuts["30d"][0]
        stop = dt.date.fromisoformat(end) if end else shortcuts["30d"][1]
    except ValueError:
        msg = "a period has dates like 2026-03-01"
        raise Invalid(msg) from None
    if not dt.timedelta() < stop - start <= LONGEST:
        msg = "a period has 1 to 800 days and ends after it starts"
        raise Invalid(msg)
    named = next((name for name, dates in shortcuts.items() if dates == (start, stop)), "")
    provisional = today < stop + dt.timedelta(days=30)
    return Period(start, stop, start - (stop - start), start, cast("Any", named), provisional)


def today(work: Work) -> tuple[str, dt.date]:
    """The desk's time zone and the date there."""
    zone = settings.get(work, "desk.timezone")
    return zone, clock.now().astimezone(zoneinfo.ZoneInfo(zone)).date()


def currency(work: Work) -> str:
    """The desk's currency."""
    found: str = settings.get(work, "desk.currency")
    return found


def _kpis(now: Values, old: Values, weeks: list[Values], *, has_rate: bool) -> tuple[Kpi, ...]:
    def spark(key: str) -> tuple[float | None, ...]:
        return tuple(float(week[key]) if week.get(key) is not None else None for week in weeks)

    fcr, aht, frt = "fcr7", "aht", "frt"
    cost = _costs(now)
    costs = tuple(float(value) if (value := _costs(week)["total"]) is not None else None for week in weeks)
    return (
        Kpi("inbound", now["vol.inbound"], now["vol.inbound"], previous=old["vol.inbound"], spark=spark("vol.inbound")),
        Kpi(
            "frt",
            now[f"{frt}.p50_ms"],
            now[f"{frt}.n"],
            previous=old[f"{frt}.p50_ms"],
            spark=spark(f"{frt}.p50_ms"),
            missing="" if now[f"{frt}.n"] else "data",
        ),
        Kpi(
            "fcr",
            now[f"{fcr}.rate"],
            now[f"{fcr}.n"],
            now[f"{fcr}.k"],
            now[f"{fcr}.lo"],
            now[f"{fcr}.hi"],
            old[f"{fcr}.rate"],
            now[f"{fcr}.pending"],
            spark(f"{fcr}.rate"),
            "" if now[f"{fcr}.n"] else "data",
        ),
        Kpi(
            "aht",
            now[f"{aht}.mean_ms"],
            now[f"{aht}.n"],
            previous=old[f"{aht}.mean_ms"],
            spark=spark(f"{aht}.mean_ms"),
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


def _rows(work: Work, derived: Source, period: Period, by: str, *, has_rate: bool) -> tuple[Figures, ...]:
    now = derived.ask(period.start, period.end, by=by)
    old = derived.ask(period.previous_start, period.previous_end, by=by)
    named = _named(work, by)
    found = []
    for name, row in now.items():
        value = name.partition("=")[2]
        if name == "all" or value == "unallocated" or not (row["vol.inbound"] or row["vol.handled"]):
            continue
        label = named.get(value, value)
        found.append(_row(label, value if by == "channel" else None, row, old.get(name, {}), has_rate=has_rate))
    return tuple(sorted(found, key=lambda one: -one.inbound))


def _named(work: Work, by: str) -> dict[str, str]:
    """What people read for the words of a slice."""
    if by == "team":
        return {team.id: team.name for team in work.scalars(select(Team))}
    return {node.name: node.called for node in once.reasons(work).values()} if by == "reason" else {}


def _spans(period: Period) -> list[tuple[dt.date, dt.date]]:
    """The period in days, or in weeks from its end where it is long."""
    days = (period.end - period.start).days
    step = 1 if days <= BUCKETS else 7
    ends = [period.end - dt.timedelta(days=n) for n in range(0, days, step)]
    return [(max(period.start, end - dt.timedelta(days=step)), end) for end in reversed(ends)]


def page(work: Work, who: Who, *, first: str = "", end: str = "", by: str = "channel") -> ReportsPage:
    """The whole page. Raises :class:`Invalid` for a bad period, :class:`Forbidden` for slices behind the gate."""
    zone_name, date = today(work)
    zone = zoneinfo.ZoneInfo(zone_name)
    period = period_of(date, first, end)
    chosen = by if by in BY else "channel"
    try:
        figures.guard(work, chosen, {})
    except Forbidden:
        if by == chosen:
            raise
        chosen = "channel"
    derived = figures.source(work)
    now = derived.ask(period.start, period.end)["all"]
    old = derived.ask(period.previous_start, period.previous_end)["all"]
    spans = _spans(period)
    parts = [derived.ask(a, b)["all"] for a, b in spans]
    weeks = _weeks(derived, period)
    rate = work.scalar(select(Event).where(Event.kind == "cost.rate").order_by(Event.seq.desc()).limit(1))
    default = _default_rate(work, date)
    return ReportsPage(
        period=period,
        by=cast("Any", chosen),
        currency=currency(work),
        zone=zone_name,
        kpis=_kpis(now, old, [week for _start, week, _before in weeks], has_rate=rate is not None),
        rows=_rows(work, derived, period, chosen, has_rate=rate is not None),
        volume=tuple(
            Bucket(a, _whole(part["vol.inbound"]), _whole(part["vol.handled"]))
            for (a, _b), part in zip(spans, parts, strict=True)
        ),
        weeks=tuple(
            WeekPoint(start, week["fcr7.n"], week["fcr7.rate"], before["fcr7.rate"]) for start, week, before in weeks
        ),
        heat=derived.heat(period.start, period.end, zone),
        as_of=derived.as_of,
        has_rate=rate is not None,
        presets=tuple((cast("Any", name), *dates) for name, dates in presets(date).items()),
        rate_per_hour=default,
        may_set_costs=may(who, "costs.change"),
        seq=derived.seq,
    )


def _whole(value: Any) -> int:
    return int(value or 0)


def _weeks(derived: Source, period: Period) -> list[tuple[dt.date, Values, Values]]:
    """The last twelve weeks up to the period's end, each with the one a period before."""
    length = period.end - period.start
    found: list[tuple[dt.date, Values, Values]] = []
    for n in range(12, 0, -1):
        a = period.end - dt.timedelta(days=7 * n)
        b = a + dt.timedelta(days=7)
        found.append((a, derived.ask(a, b)["all"], derived.ask(a - length, b - length)["all"]))
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
