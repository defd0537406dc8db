"""Contracts and revenue come in by a sheet and with what the business's own system answers; what is wrong is said."""

from __future__ import annotations

import io
from collections.abc import Iterator
from html import unescape

import pytest

from inbox.actions import outside
from inbox.actions.who import SYSTEM
from inbox.store import Event, Ticket
from tests.connectors.loopback import Loopback, Reply, loopback
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


def kept(desk: TestDesk, kind: str = "outside:") -> list[str]:
    with desk.store.reading() as work:
        return [line.id for line in work.query(Event).order_by(Event.seq) if line.id.startswith(kind)]


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
        "Riga 7: 2099-10-06 è nel futuro; comunicalo quando è successo",
        "Riga 8: qui non è iniziato nessun contratto 'NOPE'; scrivi prima il suo contract.started",
    ):
        assert sentence in words(page)


@pytest.fixture
def shop(desk: TestDesk, monkeypatch: pytest.MonkeyPatch) -> Iterator[Loopback]:
    """The business's own system, as the desk is told to ask it: an answer is remembered for no time."""
    with loopback() as server:
        monkeypatch.setenv("FETCH_ALLOW", server.base.removeprefix("http://"))
        said = {"secret": "a secret of the shop", "timeout_s": "2", "cache_min": "0"}
        with desk.store.transaction() as work:
            outside.save(work, SYSTEM, url=f"{server.base}/panel", **said)
        yield server
        with desk.store.transaction() as work:
            outside.save(work, SYSTEM, **{**said, "url": ""})


SALE = {"id": 1183, "ts": "2025-10-05", "amount": "120.00", "margin": 80.5, "currency": "EUR"}
START = {"id": "77-1", "contract": 77, "ts": "2025-01-01", "ends": "2026-01-01"}
RENEWAL = {"id": "77-2", "kind": "contract.renewed", "contract": "77", "ts": "2026-01-01", "ends": "2027-01-01"}


def test_a_look_at_a_ticket_keeps_what_is_new_of_contracts_and_revenue_once(
    desk: TestDesk, written: int, shop: Loopback
) -> None:
    browser = desk.browser("agent")
    shown = {"rows": [["Saldo", 12]]}
    shop.on(
        *("POST", "/panel"),
        Reply.json({**shown, "contracts": [START], "revenue": [SALE]}),
        Reply.json({**shown, "contracts": [START], "revenue": [SALE]}),
        Reply.json({**shown, "contracts": [START, RENEWAL], "revenue": [{**SALE, "amount": "1"}]}),
    )
    first = ["outside:contracts:77-1", "outside:revenue:1183"]
    for wanted in (first, first, [*first, "outside:contracts:77-2"]):
        before = desk.store.last_seq()
        new = [one for one in wanted if one not in kept(desk)]
        assert "Saldo" in words(browser.get(f"/tickets/{written}/outside"))
        assert kept(desk) == wanted
        assert desk.store.last_seq() - before == len(new) + bool(new)  # and one line that so many came in
    with desk.store.reading() as work:
        customer = work.get_one(Ticket, written).customer_id
        lines = {line.id: line for line in work.query(Event) if line.id.startswith("outside:")}
        assert {line.data["customer"] for line in lines.values()} == {customer}
        assert {line.actor_kind for line in lines.values()} == {"system"}
        assert lines["outside:revenue:1183"].kind == "revenue"
        assert lines["outside:revenue:1183"].data["amount"] == "120.00"
        assert lines["outside:contracts:77-1"].data["contract"] == "77"


def test_what_cannot_be_read_of_them_is_a_quiet_line_and_the_panel_stays(
    desk: TestDesk, written: int, shop: Loopback, italian: Browser
) -> None:
    before = desk.store.last_seq()
    wrong = {"contracts": {"id": 1}, "revenue": [{**SALE, "id": "x", "currency": None}, {"ts": "2025-10-05"}, 7]}
    shop.on("POST", "/panel", Reply.json({"rows": [["Saldo", 12]], **wrong}))
    page = italian.get(f"/tickets/{written}/outside").text
    assert "Saldo" in page
    assert "4 dei suoi contratti e ricavi non si possono leggere." in page
    assert "manca il campo currency di revenue" in unescape(page)
    assert "contracts non è una lista" in unescape(page)
    assert desk.store.last_seq() == before
