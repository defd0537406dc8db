"""The invented company's pages of figures and a list of cases, as the values that they take."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import replace

from inbox.reading import behind, sheets
from inbox.reading.cards import CARDS, PAGES, PARTS, TILES, TITLES, UP_GOOD, WORDS
from inbox.reading.definitions import family, unit
from inbox.reading.pages import asked
from inbox.reading.pages.sheets import (
    Card,
    Cell,
    Cohort,
    Cohorts,
    Finding,
    Graph,
    Line,
    Mark,
    Plot,
    Sheet,
    SheetsPage,
    Tile,
)
from inbox.reading.parts import AgentChip
from tests.ui.samples import NOW
from tests.ui.samples_surveys import maturity

PERIOD = asked.Period(
    dt.date(2026, 8, 31), dt.date(2026, 11, 23), dt.date(2026, 6, 8), dt.date(2026, 8, 31), "12w", provisional=True
)
ASKED = asked.Asked(PERIOD, {}, "previous", "Europe/Rome", dt.date(2026, 11, 22))
FILTERED = asked.Asked(
    PERIOD, {"channel": "email", "tag": "trasloco"}, "year", "Europe/Rome", ASKED.today, labels={"tag": "trasloco"}
)
WEEKS = tuple(dt.date(2026, 8, 31) + dt.timedelta(weeks=n) for n in range(12))
#: What a figure of each unit is about, and by how much it changed.
SIZES: Mapping[str, tuple[float, float]] = {
    "share": (0.764, 0.038),
    "ms": (370_000, -65_000),
    "money": (4.38, -0.41),
    "ratio": (1.3, 0.1),
    "score": (38, 4),
    "count": (984, 63),
}
LABELS: Mapping[str | None, tuple[tuple[str, str | None], ...]] = {
    None: (),
    "channel": (("email", "email"), ("chat", "chat"), ("sms", "sms"), ("telegram", "telegram")),
    "agent": (("Giulia Ferri", None), ("Luca Moretti", None), ("Sara Conti", None)),
    "team": (("Assistenza", None), ("Amministrazione", None)),
    "reason": (("Fatturazione", None), ("Dominio e DNS, trasferimenti compresi", None), ("", None)),
    "tag": (("trasloco", None), ("urgente", None)),
}


def cell(key: str, value: float | None, n: int | None, change: float | None = None) -> Cell:
    few = value is not None and n is not None and n < sheets.FEW and (unit(key) != "count" or key in PARTS)
    where: Mapping[str, str] = {}
    return Cell(key, value, n, None, unit(key), few, 3, change, sure=True, where=where)


def usual(key: str, part: float = 1, n: int | None = 812) -> Cell:
    value, change = SIZES[unit(key)]
    return cell(key, round(value * part) if unit(key) == "count" else value * part, n, change)


def graph(card: Card, plot: Plot) -> Graph:
    if plot.kind in ("over", "columns"):
        series = tuple(
            tuple(
                usual(key, 1 - which * 0.2 + (n * 5 % 7) / 40, 4 if n == 3 else 80) if n != 7 else cell(key, None, 0)
                for n in range(12)
            )
            for which, key in enumerate(plot.keys)
        )
        return Graph(plot, unit(plot.keys[0]), steps=WEEKS, series=series, whole=(False, *[True] * 11))
    if plot.kind == "parts":
        marks = tuple(
            Mark(label, kind, tuple(cell(key, n, 100) for key, n in zip(plot.keys, (30, 58, 12), strict=True)))
            for label, kind in LABELS[card.by]
        )
        return Graph(plot, "count", marks=marks)
    marks = tuple(
        Mark(label, kind, tuple(usual(key, 1 - n / 7, 7 if n == 2 else 200) for key in plot.keys), 0.6, 0.85, 0.7)
        for n, (label, kind) in enumerate(LABELS[card.by])
    )
    return Graph(plot, unit(plot.keys[0]), marks=marks)


def sheet(card: Card, *, priced: bool = True) -> Sheet:
    lines = [Line("", None, tuple(usual(key) for key in card.keys))]
    names = (("oro", None), ("argento", None)) if card.name in ("touchpoints", "value") else LABELS[card.by]
    for n, (label, kind) in enumerate(names):
        cells = (cell(key, None, 0) if n == 1 else usual(key, 1, 7 if n == 2 else 90) for key in card.keys)
        person = AgentChip(f"agent-{n}", label) if card.by == "agent" else None
        lines.append(Line(label, kind, tuple(cells), person))
    if card.spark:
        lines = [line._replace(spark=(9, 12, 11, 14, 13, 17)) for line in lines]
    if card.name == "silence":
        day = PERIOD.end + dt.timedelta(days=90)
        unknown = (Cell(key, None, 63, None, "share", not_before=day) for key in card.keys)
        lines = [lines[0]._replace(cells=tuple(unknown))]
    if card.name == "loyalty":
        lines = [lines[0]._replace(cells=tuple(one._replace(provisional=True) for one in lines[0].cells))]
    if not priced:
        known = [[cell(one.key, None, one.n) if one.unit == "money" else one for one in line.cells] for line in lines]
        lines = [line._replace(cells=tuple(cells)) for line, cells in zip(lines, known, strict=True)]
    return Sheet(card, tuple(lines), graphs=tuple(graph(card, plot) for plot in card.plots), title=TITLES[card.name])


def kept(k: int, n: int) -> Cell:
    return Cell("ret.retention.rate", k / n, n, k, "share", n < sheets.FEW)


COHORTS = Cohorts(
    1,
    tuple(
        Cohort(
            dt.date(2025, 12, 1) + dt.timedelta(days=31 * at), n, tuple(kept(n - passed, n) for passed in range(6 - at))
        )
        for at, n in enumerate((40, 31, 7, 52, 18, 26))
    ),
)


def page(name: str, asking: asked.Asked = ASKED) -> SheetsPage:
    tiles = tuple(
        Tile(usual(key, 1, 6 if n == 3 else 400), (3, 4, 3.5, None, 5, 6, 5.5), UP_GOOD.get(family(key)))
        for n, key in enumerate(TILES[name])
    )
    return SheetsPage(
        name=name,
        asked=asking,
        sheets=tuple(sheet(CARDS[card]) for card in PAGES[name]),
        choices={"channel": (("email", "email"),), "tag": (("trasloco", "trasloco"),)},
        presets=(),
        currency="EUR",
        as_of=NOW,
        seq=4_021,
        may_set=True,
        tiles=tiles,
        findings=FINDINGS if name == "channels" else (),
        said_by="channel",
        word=WORDS[name],
        standing=maturity if name == "social" else None,
        cohorts=COHORTS if name == "customers" else None,
    )


#: What a page may say.
FINDINGS = (
    Finding("cost_ratio", 412, {"name": "voice", "cost": 4.1, "other": "chat", "other_cost": 1.0, "times": 4.1}, 0.9),
    Finding("share_up", 855, {"key": "fcr7.rate", "change": 0.038, "value": 0.764}, 0.8),
    Finding("longer", 951, {"key": "frt.p50_ms", "part": 0.12, "value": 370_000}, 0.7),
    Finding("more", 984, {"part": 0.07}, 0.6),
)
EVERY_FINDING = (
    *FINDINGS,
    Finding("share_down", 855, {"key": "fcr7.rate", "change": -0.038, "value": 0.764}, 0.8),
    Finding("shorter", 951, {"key": "aht.mean_ms", "part": 0.12, "value": 370_000}, 0.7),
    Finding("fewer", 984, {"part": 0.07}, 0.6),
    Finding("unanswered", 50, {"value": 0.12}, 0.5),
    Finding("fcr_spread", 20, {"name": "chat", "value": 0.9, "other": "email", "other_value": 0.6}, 0.5),
    Finding("largest", 40, {"name": "email", "value": 0.6}, 0.5),
    Finding("unhappy", 41, {"value": 0.3}, 0.5),
    Finding("nps", 42, {"value": 38.2}, 0.5),
    Finding("csat", 43, {"value": 0.8}, 0.5),
    Finding("kept", 44, {"key": "sla_frt.rate", "value": 0.94}, 0.5),
    Finding("churn", 45, {"value": 0.1}, 0.5),
    Finding("churn", 48, {"value": 0.1, "provisional": True}, 0.5),
    Finding("silence", 46, {"value": 0.3, "other_value": 0.1}, 0.5),
    Finding("positive", 47, {"value": 0.7}, 0.5),
)
refused = SheetsPage(
    name="agents",
    asked=ASKED,
    sheets=(Sheet(CARDS["agents"], (), "there is no ticket #7 that you may see", title=TITLES["agents"]),),
    choices={},
    presets=(),
    currency="EUR",
    as_of=NOW,
    seq=4_021,
    may_set=True,
    word=WORDS["agents"],
)


def case(number: int, verdict: str, why: str, *, held: bool | None) -> behind.CaseRow:
    matures = NOW + dt.timedelta(days=2) if verdict == "pending" else None
    return behind.CaseRow(str(number), number, "Hosting", "email", None, NOW, 1, held, verdict, why, matures)


cases = behind.CasesPage(
    figure="fcr7.rate",
    family="fcr7",
    known=True,
    unit="share",
    asked=FILTERED,
    rows=(
        case(4021, "candidate", "one contact, answered, and no other in the window", held=True),
        case(4018, "candidate", "the customer contacted us again in 4020", held=False),
        case(4017, "repeat", "a repeat of 3990", held=None),
        case(4016, "pending", "", held=None),
    ),
    total=130,
    held=96,
    first=51,
    newer={"before": "1785930600000~4021"},
    older={"after": "1785930600000~4016"},
    currency="EUR",
    back="channels",
    row="channel",
)
#: What counts customers lists those, and what divides two others names them.
left = replace(
    cases,
    figure="ret.churn.rate",
    family="ret.churn",
    asked=ASKED,
    rows=tuple(
        behind.CaseRow(f"c{n}", number, name, None, None, NOW, 1, n == 0, "", "", None)
        for n, (number, name) in enumerate(((4021, "Chiara Ferrari"), (None, "Omar Benetti"), (4016, "")))
    ),
    total=130,
    held=1,
    newer={"after": "0"},
    older={"after": "100"},
    back="customers",
    row="",
    kind="customer",
)
divided = replace(
    left,
    figure="occ.rate",
    family="occ",
    rows=(),
    total=0,
    held=None,
    newer=None,
    older=None,
    kind="case",
    parts=("aht.mean_ms",),
)
