"""The invented company's pages of figures and a list of cases, as the values that they take."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

from inbox.reading import behind, sheets
from inbox.reading.definitions import unit
from tests.ui.samples import NOW
from tests.ui.samples_reports import period

ASKED = sheets.Asked(period, {}, "previous", "Europe/Rome", dt.date(2026, 11, 22))


def cell(key: str, value: float | None, n: int | None, change: float | None = None) -> sheets.Cell:
    few = value is not None and n is not None and n < sheets.FEW and unit(key) != "count"
    where: Mapping[str, str] = {}
    return sheets.Cell(key, value, n, None, unit(key), few, 3, change, sure=True, where=where)


CARD = sheets.CARDS["resolution"]
LINES = (
    sheets.Line("", None, (*(cell(key, 0.764, 812, 0.038) for key in CARD.keys[:-1]), cell("ipc.mean", 1.3, 90))),
    sheets.Line("email", "email", tuple(cell(key, 0.68, 7) for key in CARD.keys)),
    sheets.Line("chat", "chat", tuple(cell(key, None, 0) for key in CARD.keys)),
)
channels = sheets.SheetsPage(
    name="channels",
    asked=ASKED,
    sheets=(sheets.Sheet(CARD, LINES),),
    choices={"channel": (("email", "email"),), "reason": (("Billing", "Billing"),)},
    presets=(),
    currency="EUR",
    as_of=NOW,
    seq=4_021,
    may_set=True,
)
refused = sheets.SheetsPage(
    name="agents",
    asked=ASKED,
    sheets=(sheets.Sheet(sheets.CARDS["agents"], (), "there is no ticket #7 that you may see"),),
    choices={},
    presets=(),
    currency="EUR",
    as_of=NOW,
    seq=4_021,
    may_set=True,
)


def case(number: int, verdict: str, why: str, *, held: bool | None) -> behind.CaseRow:
    matures = NOW + dt.timedelta(days=2) if verdict == "pending" else None
    return behind.CaseRow(str(number), number, "Hosting", "email", None, NOW, 1, held, verdict, why, matures)


cases = behind.CasesPage(
    figure="fcr7.rate",
    family="fcr7",
    known=True,
    unit="share",
    asked=ASKED,
    rows=(
        case(4021, "candidate", "one contact, answered, and no other in the window", held=True),
        case(4018, "candidate", "the customer contacted us again in 4020", held=False),
        case(4017, "repeat", "a repeat of 3990", held=None),
        case(4016, "pending", "", held=None),
    ),
    total=130,
    held=96,
    part=1,
    parts=3,
    currency="EUR",
)
