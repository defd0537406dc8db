"""Cards as files for spreadsheets: numbers are numbers, what is unknown or of too few is none, texts stay texts."""

from __future__ import annotations

import datetime as dt
import io
import zipfile

from flask_babel import force_locale
from lxml import etree

from inbox.reading.cards import CARDS
from inbox.reading.pages.sheets import Line
from inbox.rendering import workbooks
from tests.ui import samples_sheets as sample
from tests.ui import stage

SPACE = {"x": "http://schemas.openxmlformats.org/spreadsheetml/2006/main"}


def rows(data: bytes, number: int) -> list[list[tuple[str, str]]]:
    """The cells of a worksheet as (type, text); ``n`` is a number."""
    with zipfile.ZipFile(io.BytesIO(data)) as book:
        words = ["".join(map(str, one.itertext())) for one in etree.fromstring(book.read("xl/sharedStrings.xml"))]
        page = etree.fromstring(book.read(f"xl/worksheets/sheet{number}.xml"))
    assert page.find(".//x:f", SPACE) is None
    found = []
    for row in page.iterfind(".//x:row", SPACE):
        cells = []
        for cell in row.iterfind("x:c", SPACE):
            value = cell.findtext("x:v", "", SPACE)
            cells.append(("s", words[int(value)]) if cell.get("t") == "s" else ("n", value))
        found.append(cells)
    return found


def test_a_card_is_a_worksheet_of_numbers_with_its_definitions() -> None:
    card = sample.sheet(CARDS["cost"])
    strange = Line("=1+1", None, card.lines[0].cells)
    card = card._replace(lines=(*card.lines, strange))
    with stage.application().test_request_context("/?lang=it"), force_locale("it"):
        said = workbooks.about(sample.FILTERED, "Canali")
        data = workbooks.workbook([card, sample.refused.sheets[0]], said, "EUR")
    table = rows(data, 1)
    assert table[0][1] == ("s", "Tempo di gestione")
    assert table[1][:3] == [("s", "Tutto"), ("n", f"{370_000 / 86_400_000:.16G}"), ("n", "812")]
    assert table[2][0] == ("s", "Email")
    assert ("s", "nessun dato") not in table[3]  # the one without data has only its n
    assert table[4][1] == ("s", "troppo pochi: n = 7")
    assert table[-1][0] == ("s", "=1+1")
    words = {text for row in rows(data, 2) for _kind, text in row}
    assert {"Europe/Rome", "trasloco", "cost.per_resolution"} <= words
    assert zipfile.ZipFile(io.BytesIO(data)).namelist().count("xl/worksheets/sheet3.xml") == 0


def test_a_line_of_a_step_says_where_that_is_incomplete() -> None:
    card = sample.sheet(CARDS["handle_time"])
    week = dt.date(2026, 11, 23)
    with stage.application().test_request_context("/?lang=it"), force_locale("it"):
        names = [
            workbooks.line_name(card, Line("Email", "email", (), step=week, whole=whole), "email", first=False)
            for whole in (True, False)
        ]
    assert names == ["Email · 2026-11-23", "Email · 2026-11-23 (incompleto)"]
