"""The ledger on its page: down to each arrival, read again in one go, and red where something is missing."""

from __future__ import annotations

import re
from html import unescape

import pytest
from sqlalchemy import delete, select

from connectors.base import Request
from inbox.actions import journal
from inbox.store import Channel, JournalEntry, JournalItem, Message
from inbox.terms import Outcome
from inbox.worker.journal import work_due
from tests.web.conftest import TestDesk, words


@pytest.fixture(scope="module")
def filled(desk: TestDesk) -> TestDesk:
    """A desk with two mails and a forged call."""
    mail = desk.add_channel("email", "posta", address="assistenza@bottega.example")
    desk.mail_in(mail, "Chiara Lombardi <chiara@studio.example>", "Fattura di marzo")
    desk.mail_in(mail, "Fabio Marchetti <fabio@studio.example>", "Sito lento")
    with desk.store.transaction() as work:
        journal.refuse(work, work.get_one(Channel, mail.id), Request("POST", "https://x.example", [], b"\x00forged"))
    return desk


def test_each_number_of_the_ledger_leads_to_its_arrivals(filled: TestDesk) -> None:
    admin = filled.browser()
    page = admin.get("/settings/journal")
    links = [unescape(one) for one in re.findall(r'href="(/settings/journal\?[^"]*day=[^"]*)"', page.text)]
    assert any("outcome=message" in one for one in links)
    assert any("outcome=quarantined" in one for one in links)
    for link in links:
        shown = admin.get(link.partition("#")[0])
        assert shown.status_code == 200
        assert 'id="entry-' in shown.text, link
    assert 'id="entry-' not in admin.get("/settings/journal?day=2020-01-01").text
    assert admin.get("/settings/journal?day=nonsense&outcome=nonsense&channel=nobody").status_code == 200


def test_all_of_a_reason_are_read_again_after_a_fix(filled: TestDesk) -> None:
    admin = filled.browser()
    with filled.store.transaction() as work:
        posta = work.get_one(Channel, filled.channel("posta").id)
        numbers = []
        for n, reason in enumerate(["LookupError: oddity", "LookupError: oddity", "another"]):
            raw = f"From: a@b.example\r\nSubject: Riletta {n}\r\nMessage-ID: <again{n}@b.example>\r\n\r\nCiao\r\n"
            entry = journal.keep(work, posta, Request("PIPE", "pipe:", [], raw.encode()))
            entry.done, entry.things = True, 1
            entry.items.append(JournalItem(n=0, outcome=Outcome.QUARANTINED, reason=reason))
            numbers.append(entry.id)
    shown = admin.get("/settings/journal?outcome=quarantined&reason=LookupError: oddity")
    assert "Read all 2 again" in words(shown)
    assert "LookupError: oddity (2)" in words(shown)
    done = admin.follow(
        admin.post("/settings/journal/replay", outcome="quarantined", reason="LookupError: oddity", channel="", day="")
    )
    assert "2 arrivals are read again." in words(done)
    while work_due(filled.store):
        pass
    with filled.store.reading() as work:
        ended = [work.get_one(JournalEntry, number).items[0].outcome for number in numbers]
    assert ended == [Outcome.MESSAGE, Outcome.MESSAGE, Outcome.QUARANTINED]
    assert filled.browser("supervisor").post("/settings/journal/replay", outcome="quarantined").status_code == 403


@pytest.mark.parametrize("damage", ["an item", "a message"])
def test_a_damaged_row_makes_its_line_red_and_is_shown(filled: TestDesk, damage: str) -> None:
    admin = filled.browser()
    filled.mail_in(filled.channel("posta"), "danno@studio.example", f"Danno a {damage}")
    with filled.store.reading() as work:
        number = work.scalars(select(JournalEntry.id).order_by(JournalEntry.id.desc()).limit(1)).one()
        [item] = work.get_one(JournalEntry, number).items
        message = item.message_id
    assert "Does not balance" not in words(admin.get("/settings/journal"))
    with filled.store.transaction() as work:
        if damage == "an item":
            work.execute(delete(JournalItem).where(JournalItem.entry_id == number))
        else:
            work.execute(delete(Message).where(Message.id == message))
    page = admin.get("/settings/journal")
    assert "Does not balance" in words(page)
    assert '<tr class="off">' in page.text
    assert f"#{number}" in words(page)
    lost = admin.get("/settings/journal?outcome=lost")
    assert re.findall(r'id="entry-(\d+)"', lost.text) == [str(number)]
    with filled.store.transaction() as work:  # as it was, for the tests that follow
        work.execute(delete(JournalItem).where(JournalItem.entry_id == number))
        work.add(JournalItem(entry_id=number, n=0, outcome=Outcome.IGNORED, reason="test"))
    assert "Does not balance" not in words(admin.get("/settings/journal"))
