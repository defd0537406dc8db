"""Of the time before the log began nobody knows anything: it is no data, and not nothing, wherever it is told."""

from __future__ import annotations

import csv
import io
import zipfile
from typing import Any

import pytest

from inbox.actions import promises
from inbox.figures import keeper
from inbox.metrics import Request
from inbox.reading import figures, sheets
from inbox.rendering import letters
from tests.figures.conftest import add
from tests.web.conftest import TestDesk, words

#: The log begins on 10 June; on the two days after it nothing comes, and then the second letter.
DAYS = ("2024-06-10", "2024-06-13")
ACROSS, BEFORE, AFTER = ("2024-06-07", "2024-06-14"), ("2024-05-01", "2024-06-10"), ("2024-06-11", "2024-06-13")


def address(days: tuple[str, str]) -> str:
    return "from={}&to={}".format(*days)


@pytest.fixture(scope="module")
def told(desk: TestDesk) -> TestDesk:
    """The desk with two letters."""
    letters: list[dict[str, Any]] = []
    for day in DAYS:
        told = {"ts": f"{day}T09:00:00Z", "ticket": f"t-{day}", "channel": "email"}
        letters.append({"id": f"c-{day}", "kind": "ticket.created", "customer": "c", **told})
        letters.append({"id": f"m-{day}", "kind": "msg.in", "msg": f"m-{day}", **told})
    add(desk.store, letters)
    with desk.store.reading() as work:
        config = promises.config(work)
    keeper.catch_up(desk.store, config)
    return desk


def card(desk: TestDesk, name: str, days: tuple[str, str]) -> list[dict[str, str]]:
    text = desk.browser("supervisor").get(f"/reports/cards/{name}.csv?{address(days)}").data.decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text)))


def test_days_before_the_log_are_gaps_and_days_without_anything_are_0(told: TestDesk) -> None:
    lines = card(told, "inflow", ACROSS)
    assert [line["vol.inbound"] for line in lines] == ["", "", "", "1", "0", "0", "1"]
    assert [line["case.created"] for line in card(told, "backlog", ACROSS)] == ["", "", "", "1", "0", "0", "1"]
    answer = told.browser("supervisor").get(f"/reports?{address(ACROSS)}")
    page = words(answer)
    assert "From Came in Handled 7 Jun no data no data 8 Jun no data no data 9 Jun no data no data 10 Jun 1 0" in page
    assert "Volume: 2 came in" in answer.text


@pytest.mark.parametrize(("days", "shown", "in_words"), [(BEFORE, "", "no data"), (AFTER, "0", "0")])
def test_a_period_before_the_log_has_no_data_in_pages_files_and_mails(
    told: TestDesk, days: tuple[str, str], shown: str, in_words: str
) -> None:
    assert card(told, "volume", days)[0]["vol.inbound"] == shown
    assert {line["vol.inbound"] for line in card(told, "hours", days)} == {shown}
    assert card(told, "speed", days)[0]["frt.p50_ms n"] == shown
    browser = told.browser("supervisor")
    overview = words(browser.get(f"/reports?{address(days)}"))
    assert ("Nobody wrote in this period." in overview) == bool(shown)
    assert ("No case is old enough yet" in overview) == bool(shown)
    assert ("No data in this period." in overview) != bool(shown)
    assert f"Came in {in_words}" in words(browser.get(f"/reports/channels?{address(days)}"))
    assert browser.get(f"/reports/sla?{address(days)}").status_code == 200
    book = io.BytesIO(browser.get(f"/reports/cards/volume.xlsx?{address(days)}").data)
    with zipfile.ZipFile(book) as opened:
        assert ('r="B2"' in opened.read("xl/worksheets/sheet1.xml").decode()) == bool(shown)
    with figures.looking(told.store) as work:
        found = sheets.compiled(work, "channels", {"from": days[0], "to": days[1]})
    assert found.tiles[0].cell.value == (0 if shown else None)
    letter = letters.report(found, name="Kunden", desk="x", link="l", manage="m", language="en")
    assert in_words in letter.text


def test_the_keys_of_engine_and_api_stay_those_of_the_definitions(told: TestDesk) -> None:
    with figures.looking(told.store) as work:
        source = figures.source(work)
        row = source.answer(Request.of(*BEFORE, source.as_of))["all"]
    assert (row["vol.inbound"], row["case.created"]) == (0, 0)
