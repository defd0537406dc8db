"""LMTP: one answer per recipient, 250 only for what is in the journal, and any bytes as they came."""

from __future__ import annotations

import smtplib
import socket
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import select, text

from inbox.actions import journal
from inbox.settings import Settings
from inbox.store import Channel, JournalEntry, Store
from inbox.worker import Worker
from inbox.worker.lmtp import Lmtp
from tests.worker.conftest import mail_channel

MAIL = b"From: Chiara <chiara@studio.example>\r\nTo: help@bottega.example\r\nSubject: Keys\r\n\r\nWhere are they?\r\n"
OURS, OTHERS = "help@bottega.example", "sales@bottega.example"


@pytest.fixture
def listener(store: Store) -> Iterator[Lmtp]:
    lmtp = Lmtp(store, "127.0.0.1", 0)
    lmtp.start()
    assert lmtp.wait(20)
    yield lmtp
    lmtp.stop()


@pytest.fixture
def line(listener: Lmtp) -> Iterator[smtplib.LMTP]:
    with smtplib.LMTP("127.0.0.1", listener.port, timeout=60) as client:
        client.ehlo("mx.bottega.example")
        yield client


def entries(store: Store) -> list[JournalEntry]:
    with store.reading() as work:
        return list(work.scalars(select(JournalEntry).order_by(JournalEntry.id)))


def bodies(store: Store) -> list[bytes]:
    with store.reading() as work:
        return [journal.body_of(work, one) for one in work.scalars(select(JournalEntry).order_by(JournalEntry.id))]


def deliver(line: smtplib.LMTP, recipients: list[str], mail: bytes = MAIL, sender: str = "") -> list[tuple[int, str]]:
    """The answers to one mail, one per recipient that was taken, as the mail server hears them."""
    assert line.mail(sender)[0] == 250
    taken = [to for to in recipients if line.rcpt(to)[0] == 250]
    code, said = line.docmd("DATA")
    assert code == 354, said
    line.send(smtplib._quote_periods(mail) + (b"" if mail.endswith(b"\r\n") else b"\r\n") + b".\r\n")  # type: ignore[attr-defined]
    answers = [line.getreply() for _ in taken]
    return [(code, said.decode()) for code, said in answers]


def test_a_mail_to_a_channel_is_in_the_journal_before_its_250(
    store: Store, mailbox: Channel, line: smtplib.LMTP
) -> None:
    assert deliver(line, [OURS], sender="chiara@studio.example") == [(250, f"2.0.0 {OURS} stored")]
    [entry] = entries(store)
    assert (entry.channel_id, entry.method, entry.url, entry.body) == (mailbox.id, "LMTP", "lmtp:", MAIL)
    assert entry.headers == [
        ["X-Envelope-From", "chiara@studio.example"],
        ["X-Envelope-To", OURS],
        ["X-Envelope-Client", "127.0.0.1 (mx.bottega.example)"],
    ]


@pytest.mark.parametrize(
    "to",
    [
        "Help@Bottega.Example",
        "help+t12-abcdef@bottega.example",
        "HELP+T12-ABCDEF@bottega.example",
        '"help"@bottega.example',
    ],
)
def test_an_address_counts_with_or_without_a_plus_part_in_any_case(
    store: Store, mailbox: Channel, line: smtplib.LMTP, to: str
) -> None:
    assert [code for code, _ in deliver(line, [to])] == [250]
    assert [entry.channel_id for entry in entries(store)] == [mailbox.id]
    assert ["X-Envelope-To", to.replace('"', "")] in entries(store)[0].headers


def test_each_channel_gets_one_arrival_and_each_recipient_an_answer(
    store: Store, mailbox: Channel, line: smtplib.LMTP
) -> None:
    sales = mail_channel(store, OTHERS)
    answers = deliver(line, [OURS, OTHERS, "nobody@bottega.example", "help+t1-x@bottega.example"])
    assert [said.split()[1] for _, said in answers] == [OURS, OTHERS, "help+t1-x@bottega.example"]
    kept = entries(store)
    assert [entry.channel_id for entry in kept] == [mailbox.id, sales.id]
    assert [value for name, value in kept[0].headers if name == "X-Envelope-To"] == [OURS, "help+t1-x@bottega.example"]


def test_an_unknown_recipient_is_refused_for_good_with_a_sentence(
    store: Store, mailbox: Channel, line: smtplib.LMTP
) -> None:
    line.mail("")
    code, said = line.rcpt("nobody@bottega.example")
    assert (code, said) == (550, b"5.1.1 no channel of this desk has the address nobody@bottega.example")
    assert line.docmd("DATA")[0] == 503
    assert entries(store) == []


def test_a_channel_that_is_removed_is_unknown_and_one_that_is_off_waits(
    store: Store, mailbox: Channel, line: smtplib.LMTP
) -> None:
    mail_channel(store, OTHERS, enabled=False)
    with store.transaction() as work:
        work.get_one(Channel, mailbox.id).removed_at = mailbox.created_at
    line.mail("")
    assert line.rcpt(OURS)[0] == 550
    assert line.rcpt(OTHERS)[0] == 450


@pytest.mark.parametrize(
    "mail",
    [
        b"",
        b".",
        b"Subject: dots\r\n\r\n.\r\n..\r\n.hidden\r\n",
        b"Subject: unix\n\n.\n..\n...three\nend\n",
        b"Subject: mac\r\rone\rtwo\r",
        b"Subject: long\r\n\r\n" + b"x" * 300_000 + b"\r\n" + b"y" * 70_000,
        b"Subject: odd\r\n\r\n\x00\xff\xfe\x80 \r\r\n\n\r\n",
        bytes(range(256)) * 300,
    ],
    ids=["empty", "dot", "dots", "bare-lf", "bare-cr", "long-lines", "8-bit", "any-bytes"],
)
def test_any_bytes_arrive_as_they_were(store: Store, mailbox: Channel, line: smtplib.LMTP, mail: bytes) -> None:
    assert [code for code, _ in deliver(line, [OURS], mail)] == [250]
    ended = mail if mail.endswith(b"\r\n") else mail + b"\r\n"  # the client's own, for the dot needs a line
    assert bodies(store) == [ended]


def test_the_line_goes_on_after_a_mail_and_after_a_refusal(store: Store, mailbox: Channel, line: smtplib.LMTP) -> None:
    for _ in range(2):
        assert [code for code, _ in deliver(line, ["nobody@bottega.example", OURS])] == [250]
    assert len(entries(store)) == 2


def test_utf8_addresses_and_eight_bit_content_are_offered_and_taken(store: Store, line: smtplib.LMTP) -> None:
    channel = mail_channel(store, "grüße@bücher.example")
    assert line.has_extn("smtputf8")
    assert line.has_extn("8bitmime")
    assert line.has_extn("size")
    line.command_encoding = "utf-8"
    assert line.docmd("MAIL FROM:<jürgen@studio.example> SMTPUTF8 BODY=8BITMIME")[0] == 250
    assert line.docmd("RCPT TO:<grüße@xn--bcher-kva.example>")[0] == 250
    assert line.docmd("DATA")[0] == 354
    line.send("Subject: Grüße\r\n\r\nü\r\n.\r\n".encode())
    assert line.getreply()[0] == 250
    [entry] = entries(store)
    assert entry.channel_id == channel.id
    assert ["X-Envelope-From", "jürgen@studio.example"] in entry.headers


def test_a_mail_over_its_channels_limit_is_refused_for_that_recipient_alone(
    store: Store, mailbox: Channel, line: smtplib.LMTP
) -> None:
    mail_channel(store, OTHERS)
    with store.transaction() as work:
        work.get_one(Channel, mailbox.id).config = {"address": OURS, "size_limit_mb": 1}
    answers = deliver(line, [OURS, OTHERS], MAIL + b"x" * 2_000_000 + b"\r\n")
    assert [code for code, _ in answers] == [552, 250]
    assert answers[0][1].startswith("5.3.4 ")
    assert len(entries(store)) == 1


def test_a_mail_over_all_limits_is_refused_when_it_is_announced(
    store: Store, mailbox: Channel, line: smtplib.LMTP
) -> None:
    assert line.docmd("MAIL FROM:<> SIZE=999999999")[0] == 552
    assert line.mail("")[0] == 250


def test_a_locked_database_says_try_again_and_nothing_is_lost(sqlite_url: str, data_dir: Path) -> None:
    from connectors import registry

    settings = Settings(database_url=sqlite_url, data_dir=data_dir)
    settings.prepare()
    store = Store(settings, registry())
    channel = mail_channel(store, OURS)
    lmtp = Lmtp(store, "127.0.0.1", 0)
    lmtp.start()
    assert lmtp.wait(20)
    with (
        closing(sqlite3.connect(data_dir / "sportello.db", isolation_level=None)) as other,
        smtplib.LMTP("127.0.0.1", lmtp.port, timeout=60) as line,
    ):
        line.ehlo("mx.bottega.example")
        other.execute("BEGIN IMMEDIATE")
        assert deliver(line, [OURS])[0][0] == 451
        other.execute("ROLLBACK")
        assert deliver(line, [OURS])[0][0] == 250
    assert [entry.channel_id for entry in entries(store)] == [channel.id]
    lmtp.stop()
    store.close()


def test_a_database_without_its_tables_says_try_again(store: Store, mailbox: Channel, line: smtplib.LMTP) -> None:
    line.mail("")
    assert line.rcpt(OURS)[0] == 250
    with store.transaction() as work:
        work.execute(text("ALTER TABLE journal RENAME TO journal_away"))
    assert line.docmd("DATA")[0] == 354
    line.send(MAIL + b".\r\n")
    assert line.getreply()[0] == 451
    with store.transaction() as work:
        work.execute(text("ALTER TABLE journal_away RENAME TO journal"))
    assert deliver(line, [OURS])[0][0] == 250


def test_a_recipient_that_cannot_be_looked_up_is_put_off_and_not_refused(
    store: Store, mailbox: Channel, line: smtplib.LMTP
) -> None:
    line.mail("")
    with store.transaction() as work:
        work.execute(text("ALTER TABLE channels RENAME TO channels_away"))
    assert line.rcpt(OURS)[0] == 451
    with store.transaction() as work:
        work.execute(text("ALTER TABLE channels_away RENAME TO channels"))
    assert line.rcpt(OURS)[0] == 250


def test_lines_that_break_off_leave_nothing_behind(store: Store, mailbox: Channel, listener: Lmtp) -> None:
    with socket.create_connection(("127.0.0.1", listener.port), 20) as raw:
        raw.recv(200)
        raw.sendall(b"LHLO x\r\nMAIL FROM:<>\r\nRCPT TO:<help@bottega.example>\r\nDATA\r\nSubject: half\r\n\r\nof a")
    with smtplib.LMTP("127.0.0.1", listener.port, timeout=60) as line:
        line.ehlo("x")
        assert [code for code, _ in deliver(line, [OURS])] == [250]
    assert bodies(store) == [MAIL]


def test_many_lines_at_once_each_get_their_answers(store: Store, mailbox: Channel, listener: Lmtp) -> None:
    answers: list[int] = []

    def one(number: int) -> None:
        with smtplib.LMTP("127.0.0.1", listener.port, timeout=100) as line:
            line.ehlo("x")
            for n in range(5):
                mail = MAIL.replace(b"Keys", b"Keys %d.%d" % (number, n))
                answers.extend(code for code, _ in deliver(line, [OURS], mail))

    threads = [threading.Thread(target=one, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [250] * 40
    assert len(set(bodies(store))) == 40


def test_a_second_worker_takes_the_port_over_when_the_first_ends(
    store: Store, mailbox: Channel, listener: Lmtp, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("inbox.worker.lmtp.AGAIN_S", 0.1)
    second = Lmtp(store, "127.0.0.1", listener.port)
    second.start()
    assert not second.wait(0.5)
    listener.stop()
    assert second.wait(20)
    second.stop()


def test_what_came_by_lmtp_becomes_a_ticket_and_a_plus_part_brings_the_answer_home(
    store: Store, mailbox: Channel, line: smtplib.LMTP
) -> None:
    deliver(line, [OURS], sender="chiara@studio.example")
    Worker(store).drain()
    [entry] = entries(store)
    assert [item.outcome.value for item in entry.items] == ["message"]
    assert entry.items[0].ticket_id is not None


def test_a_wrong_place_to_listen_is_named_at_the_start() -> None:
    for wrong in ("2424", "127.0.0.1", "127.0.0.1:x", ":2424", "127.0.0.1:99999"):
        with pytest.raises(ValueError, match=r"127\.0\.0\.1:2424"):
            Settings(lmtp_listen=wrong)
    assert Settings(lmtp_listen="[::1]:2424").lmtp_place == ("::1", 2424)
    assert Settings().lmtp_place is None
