"""Contracts and revenue come in by a sheet; what is wrong is said."""

from __future__ import annotations

import io
from collections.abc import Iterator

import pytest

from tests.web.conftest import Browser, TestDesk, told, words

SHEET = """kind;ts;customer;contract;ends;amount;margin;currency
revenue;2025-10-05;{mail};;;120,50;80;EUR
revenue;05/10/2025;{mail};;;1;1;EUR
revenue;2025-13-09;{mail};;;1;1;EUR
revenue;2025-10-06;{mail};;;1;1;
revenue;2025-10-06;{mail};;;1.234;1;EUR
revenue;2099-10-06;{mail};;;1;1;EUR
contract.ended;2025-10-06;;NOPE;;;;
"""
TIME = "scrivilo come 2026-03-09 o 2026-03-09T08:00:00Z"


@pytest.fixture(scope="module")
def written(desk: TestDesk) -> int:
    """The ticket of somebody who may have contracts."""
    channel = desk.add_channel("email", "contratti", address="contratti@bottega.example", smtp_host="127.0.0.1")
    return desk.mail_in(channel, "Vera <vera@contratti.example>", "Rinnovo")


@pytest.fixture
def italian(desk: TestDesk) -> Iterator[Browser]:
    """The admin, reading Italian."""
    browser = desk.browser("admin")
    browser.post("/me/language", language="it")
    yield browser
    browser.post("/me/language", language="en")


@pytest.mark.usefixtures("written")
def test_an_italian_reads_in_italian_what_is_wrong_in_a_sheet_and_what_stands_there(italian: Browser) -> None:
    sheet = io.BytesIO(SHEET.format(mail="vera@contratti.example").encode())
    page = italian.follow(italian.post("/settings/costs/sheet", file=(sheet, "ricavi.csv")))
    assert told(page).startswith("1 riga")
    for sentence in (
        f"Riga 3: '05/10/2025' non è un giorno né un’ora con il suo fuso; {TIME}",
        f"Riga 4: '2025-13-09' non è un giorno né un’ora con il suo fuso; {TIME}",
        "Riga 5: manca il campo currency di revenue",
        "Riga 6: '1.234' si può leggere in due modi; scrivi 1234.00 oppure 1.2340",
        "Riga 7: 2099-10-06 è nel futuro; scrivi quando è entrato il ricavo",
        "Riga 8: qui non è iniziato nessun contratto 'NOPE'; scrivi prima il suo contract.started",
    ):
        assert sentence in words(page)
