"""The invented company's figures, as the values that the report page takes."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from decimal import Decimal as D  # noqa: N817 - money fills this file

from inbox.reading import pages
from inbox.reading.cards import CARDS
from inbox.reading.pages.sheets import Mark, Tile
from tests.ui import samples_sheets as sheet
from tests.ui.samples import DAY, NOW


def figures(
    label: str, kind: str | None, inbound: int, fcr: tuple[int, int], aht: int, cost: tuple[str, str, str]
) -> pages.Figures:
    """A row whose other numbers follow from these."""
    k, n = fcr
    rate = k / n if n else None
    parts_of = [D(each) for each in cost]
    return pages.Figures(
        label,
        kind,
        inbound,
        inbound - 3,
        2 if inbound > 100 else 0,
        inbound - 5,
        aht * 600,
        aht * 4_100,
        n,
        k,
        rate,
        rate - 0.06 if rate else None,
        min(rate + 0.05, 1) if rate else None,
        6,
        inbound - 9,
        aht * 1000.0,
        parts_of[0],
        parts_of[1],
        parts_of[2],
        parts_of[0] + parts_of[1],
        sum(parts_of, D(0)),
        sum(parts_of, D(0)) * D("1.24"),
        rate - 0.04 if rate else None,
        4,
        inbound - 20,
        inbound // 3,
        inbound - 20 - inbound // 3 - inbound // 8,
        inbound // 8,
        kind or label,
    )


WEEK = dt.timedelta(weeks=1)
WEEKS = [dt.date(2026, 8, 31) + dt.timedelta(weeks=n) for n in range(12)]
RATES = [0.73, 0.72, 0.74, 0.75, 0.75, 0.77, 0.76, 0.78, 0.79, 0.77, 0.80, None]
rows = (
    figures("", "email", 512, (318, 455), 842, ("5.61", "0", "0.08")),
    figures("", "chat", 261, (210, 240), 401, ("2.67", "0", "0.01")),
    figures("", "sms", 96, (66, 84), 330, ("2.20", "0.92", "0.04")),
    figures("", "telegram", 74, (55, 69), 432, ("2.88", "0", "0")),
    figures("", "messenger", 41, (5, 7), 492, ("3.28", "0", "0")),
)


def busy(day: int, hour: int) -> int:
    """What came in at that hour of that weekday: two peaks, quiet nights and weekends."""
    if not 7 <= hour <= 21:
        return 0
    peak = 24 - abs(hour - 10.5) * 2.6 if hour < 14 else 20 - abs(hour - 16) * 3
    return max(0, round(peak * (1 if day < 5 else 0.3)))


#: FCR, handle time, cost, first response, promises kept and CSAT: one of them of too few, one unknown.
TILES = (
    Tile(sheet.cell("fcr7.rate", 0.764, 855, 0.038)._replace(low=0.735, high=0.791), tuple(RATES), up_good=True),
    Tile(sheet.cell("aht.mean_ms", 616_000, 930, -65_000), tuple(range(700, 580, -10)), up_good=False),
    Tile(sheet.cell("cost.per_interaction_direct", 4.38, 968, -0.41), (4.9, 4.8, 4.6, 4.4, 4.3), up_good=False),
    Tile(sheet.cell("frt.p50_ms", 370_000, 951, 25_000), (340, 352, 338, 366, None, 390), up_good=False),
    Tile(sheet.cell("sla_frt.rate", None, 0), up_good=True),
    Tile(sheet.cell("csat.rate", 0.857, 7), up_good=True, beside=sheet.cell("csat.mean", 4.6, 7)),
)
HEAT = tuple(tuple(busy(day, hour) for hour in range(24)) for day in range(7))
period = sheet.PERIOD
reports = pages.ReportsPage(
    sheet.ASKED,
    sheet.sheet(CARDS["figures"]),
    "channel",
    "EUR",
    TILES,
    rows,
    tuple(
        pages.Bucket(week, 70 + n * 13 % 29, 66 + n * 17 % 31, 60 + n * 13 % 29, 58 + n * 17 % 31, week + WEEK)
        for n, week in enumerate(WEEKS)
    ),
    tuple(
        pages.WeekPoint(week, 70 if rate else 0, rate, (rate or 0.79) - 0.035, week + WEEK, whole=week != WEEKS[0])
        for week, rate in zip(WEEKS, RATES, strict=True)
    ),
    HEAT,
    NOW,
    has_rate=True,
    presets=(
        ("7d", DAY - dt.timedelta(days=7), DAY),
        ("30d", DAY - dt.timedelta(days=30), DAY),
        ("12w", period.start, period.end),
        ("month", dt.date(2026, 11, 1), dt.date(2026, 12, 1)),
        ("last_month", dt.date(2026, 10, 1), dt.date(2026, 11, 1)),
    ),
    rate_per_hour=D("24.00"),
    may_set_costs=True,
    seq=48_211,
    findings=sheet.FINDINGS,
    paces=tuple(
        Mark(
            row.label,
            row.kind,
            tuple(sheet.cell("aht.mean_ms", 700_000 - 9_000 * n - 80_000 * at, 40) for n in range(12)),
        )
        for at, row in enumerate(rows[:4])
    ),
    backlog=sheet.cell("backlog.open", 38, None, -12),
    agents=sheet.sheet(CARDS["agents"])._replace(graphs=()),
    mood_model="words-2",
    fcr_target=0.75,
    peak=pages.Peak(0, 10, 24, 1_031),
)
reports_no_rate = replace(
    reports,
    has_rate=False,
    rate_per_hour=None,
    tiles=(*TILES[:2], Tile(sheet.cell("cost.per_interaction_direct", None, 968)), *TILES[3:]),
    table=sheet.sheet(CARDS["figures"], priced=False),
    rows=tuple(replace(row, cost_labour=None, cost_direct=None, cost_full=None, per_resolution=None) for row in rows),
)
reports_empty = replace(
    reports,
    tiles=tuple(Tile(sheet.cell(each.cell.key, None, 0)) for each in TILES),
    table=reports.table._replace(lines=()),
    rows=(),
    volume=(),
    weeks=(),
    heat=(),
    peak=None,
    paces=(),
    backlog=None,
    agents=None,
)
reports_by_reason = replace(
    reports,
    by="reason",
    rows=(
        figures("Fatturazione", None, 402, (300, 360), 512, ("3.41", "0.04", "0")),
        figures("Dominio e DNS, trasferimenti compresi", None, 311, (180, 270), 905, ("6.03", "0.02", "0")),
        figures("", None, 60, (0, 0), 300, ("2.00", "0", "0")),
    ),
)
