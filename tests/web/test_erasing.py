"""The page that hands out all of a customer, and erases them."""

from __future__ import annotations

import io
import zipfile

from inbox.store import Ticket
from tests.web.conftest import TestDesk, words


def test_the_page_says_how_much_it_is_what_stands_in_the_way_and_then_that_it_is_done(desk: TestDesk) -> None:
    mailbox = desk.add_channel("email", "erase", address="erase@bottega.example")
    one = desk.mail_in(mailbox, "Zelda Rossi <zelda@rossi.example>", "Il mio pacco")
    admin, page = desk.browser("admin"), f"/tickets/{one}/erase"
    assert "Export and erase" in words(admin.get(f"/tickets/{one}/customer"))
    seen = words(admin.get(page))
    for said in (
        "Hand out all that is known of Zelda Rossi",
        "1 ticket, 1 message, 0 files",
        f"Resolve these first: #{one}",
    ):
        assert said in seen
    refused = admin.post(page, what="customer", sure="yes")
    assert (refused.status_code, f"Resolve #{one} first" in words(refused)) == (409, True)
    archive = admin.get(f"/tickets/{one}/customer/export?notes=yes")
    assert 'filename="Zelda Rossi.zip"' in archive.headers["Content-Disposition"]
    with zipfile.ZipFile(io.BytesIO(archive.data)) as zipped:
        assert "Il mio pacco" in zipped.read("tickets.txt").decode()
    admin.post(f"/tickets/{one}/status", status="resolved")
    assert admin.post(page, what="customer").status_code == 422
    assert "Zelda" in words(admin.get(f"/tickets/{one}"))
    done = words(admin.follow(admin.post(page, what="customer", sure="yes")))
    assert "Erased." in done
    assert "This customer was erased on" in done
    thread = words(admin.get(f"/tickets/{one}"))
    assert "Zelda" not in thread
    assert "pacco" not in thread
    assert "erased what was written here" in thread
    assert "Erased customer" in thread
    assert "(erased)" in words(admin.get("/settings/journal"))


def test_one_ticket_alone(desk: TestDesk) -> None:
    mailbox = desk.add_channel("email", "probe", address="probe@bottega.example")
    one = desk.mail_in(mailbox, "Anna <anna@probe.example>", "Una prova")
    admin, page = desk.browser("admin"), f"/tickets/{one}/erase"
    admin.post(f"/tickets/{one}/status", status="resolved")
    admin.follow(admin.post(page, what="ticket", why="test", sure="yes"))
    thread = words(admin.get(f"/tickets/{one}"))
    assert "a test, which no figure counts" in thread
    assert "Anna" in thread
    with desk.store.reading() as work:
        assert work.get_one(Ticket, one).subject == ""


def test_who_may_hand_out_and_who_may_erase(desk: TestDesk) -> None:
    mailbox = desk.add_channel("email", "rights", address="rights@bottega.example")
    one = desk.mail_in(mailbox, "Anna <anna@rights.example>", "Ciao")
    agent, chief = desk.browser("agent"), desk.browser("supervisor")
    assert agent.get(f"/tickets/{one}/erase").status_code == 403
    assert agent.get(f"/tickets/{one}/customer/export").status_code == 403
    assert "Export and erase" not in words(agent.get(f"/tickets/{one}/customer"))
    seen = words(chief.get(f"/tickets/{one}/erase"))
    assert "Hand out" in seen
    assert "Erase for good" not in seen
    assert chief.post(f"/tickets/{one}/erase", what="customer", sure="yes").status_code == 403
