"""Erasing a customer leaves their numbers and nothing that tells who they were; what they get before is all of it."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator
from email.message import EmailMessage
from typing import Any
from urllib.parse import urlencode

import pytest
from sqlalchemy import select

from connectors.base import Request
from inbox import search
from inbox.actions import drafts, erasing, fields, joining, journal, profiles, tickets, unneeded
from inbox.actions import reply as replies
from inbox.errors import Conflict, Forbidden, NotFound
from inbox.metrics import Config, State
from inbox.metrics import Request as Asked
from inbox.reading import dossier
from inbox.search.asking import asked
from inbox.store import (
    Base,
    Channel,
    Customer,
    Event,
    Files,
    Identity,
    JournalEntry,
    JournalItem,
    Message,
    Rule,
    RuleCall,
    Survey,
    Ticket,
    Unneeded,
    Upload,
    Visitor,
    Work,
)
from inbox.terms import Delivery, Outcome
from inbox.worker.journal import process
from tests.actions.conftest import SmallDesk

#: By any of these somebody could know who it was. Each stands in a place of its own below.
SIGNS = ("zefirina", "447700900999", "quaranta.example", "gatto", "violino", "pergamena", "visitatrice")
PHONE = "+447700900999"
MAIL = "zefirina@quaranta.example"


def arrives(desk: SmallDesk, channel: str, body: bytes, content_type: str, method: str = "POST") -> int:
    """An arrival, read as the worker reads it; gives the number of its entry."""
    headers = [("Content-Type", content_type), ("X-Twilio-Signature", "c2lnbmVk")]
    with desk.store.transaction() as work:
        row = work.get_one(Channel, channel)
        entry = journal.keep(work, row, Request(method, "https://desk.example/hook", headers, body)).id
    process(desk.store, entry)
    return entry


def texts(desk: SmallDesk, words: str, sid: str, sender: str = PHONE) -> int:
    form = {"MessageSid": sid, "From": sender, "To": "+12025550142", "Body": words, "NumMedia": "0"}
    return arrives(desk, desk.sms, urlencode(form).encode(), "application/x-www-form-urlencoded")


def writes(desk: SmallDesk, words: str, sender: str = MAIL) -> int:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = f"Zefirina Quaranta <{sender}>", "support@cirro.example", words
    mail["Message-ID"], mail["Date"] = f"<{abs(hash(words))}@mail.example>", "Fri, 27 Nov 2026 10:00:00 +0100"
    mail.set_content(f"Zefirina scrive: {words}")
    mail.add_attachment(b"pergamena" * 100, maintype="application", subtype="pdf", filename="pergamena.pdf")
    mail.add_attachment(b"\0" * 400_000, maintype="application", subtype="pdf", filename="zefirina-grande.pdf")
    return arrives(desk, desk.mail, mail.as_bytes(), "message/rfc822", "POLL")


def ended(desk: SmallDesk, entry: int) -> JournalItem:
    with desk.store.reading() as work:
        return work.scalars(select(JournalItem).where(JournalItem.entry_id == entry)).one()


@pytest.fixture
def known(desk: SmallDesk) -> str:
    """A customer of whom the desk has everything that it can have; two resolved tickets. Gives their id."""
    mail, sms = ended(desk, writes(desk, "il gatto")).ticket_id, ended(desk, texts(desk, "un violino", "SM1")).ticket_id
    assert mail is not None
    assert sms is not None
    who = desk.who()
    with desk.store.transaction() as work:
        profiles.change(work, who, sms, name="Zefirina", company="", language="", attributes={})
        joining.join_by_hand(work, who, mail, sms)
        customer = work.get_one(Ticket, mail).customer_id
        assert customer is not None
        attributes = {"Strumento": "violino"}
        profiles.change(work, who, mail, name="Zefirina", company="Gatto Srl", language="it", attributes=attributes)
        profiles.add_note(work, who, mail, "suona il violino")
        profiles.agree(work, who, mail, what="lettere a zefirina", given=True, source="telefono")
        field = fields.add(work, who, name="Tessera", kind="text").id
        fields.set_values(work, who, mail, {field: "pergamena"})
        fields.set_values(work, who, mail, {field: "violino"})
        replies.note(work, who, mail, text="zefirina al telefono", client_key="n1")
        answer, _ = replies.reply(work, who, mail, text="Cara Zefirina", client_key="r1", then="resolve")
        answer.state, answer.problem = Delivery.DELIVERED, f"450 {MAIL} later"
        drafts.keep(work, who, mail, "note", "chiedere del gatto")
        drafts.keep_first(work, who, MAIL, {"text": "il violino"})
        visit(work, customer)
        work.add(Survey(ticket_id=mail, form="f", touchpoint="t", asks=["csat"], mark="m1", comment="zefirina dice"))
        work.add(RuleCall(rule_id=rule(work), ticket_id=mail, run="1", url="https://x.example", body="zefirina"))
        tickets.set_status(work, who, sms, "resolved")
    return customer


def visit(work: Work, customer: str) -> None:
    work.add(Identity(customer_id=customer, kind="chat", value="visitatrice1"))
    work.add(Visitor(digest="d" * 64, id="visitatrice1", channel_id=work.scalars(select(Channel.id)).first() or ""))
    digest = work.store.files.put(b"gatto.png")
    work.add(Upload(visitor="visitatrice1", name="gatto.png", content_type="image/png", size=9, sha256=digest))


def rule(work: Work) -> int:
    row = Rule(name="r", event="created")
    work.add(row)
    work.flush()
    return row.id


def told(desk: SmallDesk) -> Iterator[tuple[str, str]]:
    """(where, what) of every row of every table, and of every file."""
    with desk.store.reading() as work:
        for table in Base.metadata.sorted_tables:
            for row in work.execute(select(table)):
                said = " ".join(bytes(one).decode("latin-1") if isinstance(one, bytes) else str(one) for one in row)
                yield table.name, said.lower()
    for path in desk.store.files.root.rglob("*"):
        if path.is_file():
            yield str(path.name), path.read_bytes().decode("latin-1").lower()


def signs(desk: SmallDesk) -> set[tuple[str, str]]:
    return {(where, sign) for where, said in told(desk) for sign in SIGNS if sign in said}


def found(desk: SmallDesk, words: str) -> list[int]:
    with desk.store.reading() as work:
        return search.find(work, asked(words), limit=10)


def figures(desk: SmallDesk) -> dict[str, Any]:
    with desk.store.reading() as work:
        lines = [one.as_dict() for one in work.scalars(select(Event).order_by(Event.seq))]
    state = State(Config.of())
    state.append(lines)
    return dict(state.report(Asked.of("2020-01-01", "2030-01-01", "2030-01-01T00:00:00Z"))["all"])


def test_nothing_tells_who_an_erased_customer_was_and_no_figure_changes(desk: SmallDesk, known: str) -> None:
    everywhere = {where for where, _ in signs(desk)}
    assert everywhere >= {"customers", "identities", "messages", "attachments", "journal", "tickets", "field_values"}
    assert everywhere >= {"field_changes", "customer_notes", "consents", "customer_merges", "drafts", "first_drafts"}
    assert everywhere >= {"visitors", "uploads", "surveys", "rule_calls"}
    assert found(desk, "violino")
    before = figures(desk)
    with desk.store.transaction() as work:
        gone = erasing.erase_customer(work, desk.who(), known)
    assert (gone.tickets, gone.files) == (2, 2)
    assert signs(desk) == set()
    assert found(desk, "violino") == []
    assert figures(desk) == before
    with desk.store.reading() as work:
        customer = work.get_one(Customer, known)
        assert (customer.name, customer.erased_at is None) == ("Erased customer", False)
        assert work.scalars(select(Event.kind).where(Event.kind == "customer.erased")).all() == ["customer.erased"]
        whys = work.scalars(select(Event.data).where(Event.kind == "ticket.deleted")).all()
        assert [one["why"] for one in whys] == ["gdpr", "gdpr"]
        ledger = work.scalars(select(JournalItem.outcome)).all()
        assert set(ledger) == {Outcome.MESSAGE}  # each arrival is accounted for as before


def test_what_comes_again_or_late_of_an_erased_message_leaves_nothing_either(desk: SmallDesk, known: str) -> None:
    with desk.store.transaction() as work:
        erasing.erase_customer(work, desk.who(), known)
    for entry in (writes(desk, "il gatto"), texts(desk, "un violino", "SM1")):
        assert ended(desk, entry).outcome is Outcome.DUPLICATE
    assert signs(desk) == set()
    again = texts(desk, "sono tornata", "SM2")
    with desk.store.reading() as work:
        ticket = work.get_one(Ticket, ended(desk, again).ticket_id)
        assert ticket.customer_id != known  # a stranger, as anybody who writes for the first time
        emptied = work.scalars(select(JournalEntry.id).where(JournalEntry.erased_at.is_not(None))).all()
    with desk.store.transaction() as work, pytest.raises(Conflict, match="was erased"):
        journal.replay(work, desk.who(), emptied[0])


def test_an_arrival_that_could_not_be_read_goes_too(desk: SmallDesk, known: str) -> None:
    entry = arrives(desk, desk.sms, f"From={PHONE}&Body=gatto".encode(), "application/x-www-form-urlencoded")
    assert ended(desk, entry).outcome in {Outcome.QUARANTINED, Outcome.IGNORED}
    stop = texts(desk, "STOP", "SM3")  # one thing in it leads to no ticket
    with desk.store.transaction() as work:
        about = work.scalars(select(JournalItem.ticket_id).where(JournalItem.entry_id == stop)).all()
        assert None in about
        for number in {one for one in about if one is not None}:
            tickets.set_status(work, desk.who(), number, "resolved")
    with desk.store.transaction() as work:
        erasing.erase_customer(work, desk.who(), known)
    assert signs(desk) == set()
    assert ended(desk, entry).outcome is Outcome.IGNORED


def test_others_keep_every_word(desk: SmallDesk, known: str) -> None:
    other = ended(desk, texts(desk, "il gatto del vicino", "SM9", "+447700900111")).ticket_id
    same_file = ended(desk, writes(desk, "stesso allegato", "vicino@mail.example")).ticket_id
    with desk.store.transaction() as work:
        erasing.erase_customer(work, desk.who(), known)
    with desk.store.reading() as work:
        assert work.scalars(select(Message.text).where(Message.ticket_id == other)).all() == ["il gatto del vicino"]
        [mail] = work.scalars(select(Message).where(Message.ticket_id == same_file)).all()
        assert all(desk.store.files.path(str(one.sha256)).exists() for one in mail.attachments)
        assert len(work.scalars(select(Identity)).all()) == 2
    assert found(desk, "vicino")


def test_bytes_go_even_if_whoever_removes_them_is_killed(
    desk: SmallDesk, known: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as killed:
        killed.setattr(Files, "forget", lambda *_: None)
        with desk.store.transaction() as work:
            erasing.erase_customer(work, desk.who(), known)
    assert {sign for _, sign in signs(desk)} >= {"pergamena", "gatto"}  # on the disk: a file, a large mail
    with desk.store.transaction() as work:
        unneeded.sweep(work)
    assert signs(desk) == set()
    with desk.store.reading() as work:
        assert work.scalars(select(Unneeded)).all() == []


def test_what_is_still_under_way_stands_in_the_way(desk: SmallDesk, known: str) -> None:
    admin = desk.who()
    with desk.store.transaction() as work:
        number = work.scalars(select(Ticket.id).where(Ticket.customer_id == known)).first()
        assert number is not None
        tickets.set_status(work, admin, number, "open")
    with desk.store.transaction() as work, pytest.raises(Conflict, match=f"resolve #{number} first"):
        erasing.erase_customer(work, admin, known)
    with desk.store.transaction() as work:
        replies.reply(work, admin, number, text="Subito", client_key="r2", then="resolve")
    with desk.store.transaction() as work, pytest.raises(Conflict, match="has not left yet"):
        erasing.erase_customer(work, admin, known)
    assert ("customers", "zefirina") in signs(desk)


def test_only_an_admin_erases_and_nobody_twice(desk: SmallDesk, known: str) -> None:
    with desk.store.transaction() as work, pytest.raises(Forbidden):
        erasing.erase_customer(work, desk.who(desk.giulia), known)
    with desk.store.transaction() as work, pytest.raises(NotFound):
        erasing.erase_customer(work, desk.who(), "nobody")
    with desk.store.transaction() as work:
        erasing.erase_customer(work, desk.who(), known)
    with desk.store.transaction() as work, pytest.raises(Conflict, match="already"):
        erasing.erase_customer(work, desk.who(), known)


@pytest.mark.parametrize(("why", "counted"), [("gdpr", 1), ("test", 0), ("spam", 0)])
def test_the_words_of_one_ticket_go_and_a_test_counts_nowhere(desk: SmallDesk, why: str, counted: int) -> None:
    number = ended(desk, texts(desk, "un violino di prova", "SM1")).ticket_id
    assert number is not None
    with desk.store.transaction() as work:
        replies.reply(work, desk.who(), number, text="Prova", client_key="r1", then="resolve")
        for message in work.scalars(select(Message).where(Message.state.is_not(None))):
            message.state = Delivery.SENT
    assert figures(desk)["vol.inbound"] == 1
    with desk.store.transaction() as work:
        erasing.erase_ticket(work, desk.who(), number, why)
    assert figures(desk)["vol.inbound"] == counted
    with desk.store.reading() as work:
        assert set(work.scalars(select(Message.text).where(Message.ticket_id == number))) == {""}
        assert work.scalars(select(Identity.value)).all() == [PHONE]  # the customer stays


def test_the_archive_holds_all_of_it_and_the_teams_notes_where_they_are_wanted(desk: SmallDesk, known: str) -> None:
    with desk.store.reading() as work:
        plain, whole = (dossier.archive(work, desk.who(), known, notes=notes) for notes in (False, True))
        with pytest.raises(Forbidden):
            dossier.archive(work, desk.who(desk.giulia), known)
    with zipfile.ZipFile(io.BytesIO(plain.read() if not plain.seek(0) else b"")) as zipped:
        data = json.loads(zipped.read("customer.json"))
        words = zipped.read("tickets.txt").decode()
        names = zipped.namelist()
        files = {name for name in names if name.startswith("files/")}
        assert all(zipped.read(name) for name in files)
    assert data["customer"]["name"] == "Zefirina"
    assert {one["value"] for one in data["addresses"]} == {MAIL, PHONE, "visitatrice1"}
    assert [one["subject"] for one in data["tickets"]] == ["il gatto", "un violino"]
    assert [one["files"] != [] for one in data["tickets"][0]["messages"]] == [True, False]
    assert data["tickets"][0]["fields"] == {"Tessera": "violino"}
    assert data["consents"][0]["what"] == "lettere a zefirina"
    assert len(files) == 2
    assert all(sign in words for sign in ("Cara Zefirina", "un violino", "Zefirina scrive"))
    assert "al telefono" not in words
    assert "notes" not in data
    whole.seek(0)
    with zipfile.ZipFile(io.BytesIO(whole.read())) as zipped:
        assert "al telefono" in zipped.read("tickets.txt").decode()
        assert json.loads(zipped.read("customer.json"))["notes"][0]["text"] == "suona il violino"
