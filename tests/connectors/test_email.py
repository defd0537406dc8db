"""The email connector keeps the seam's promises, and reads any bytes in bounded time."""

from __future__ import annotations

import dataclasses
import datetime as dt
import time
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.base import Address, File, Inbound, Outgoing, Request, StatusUpdate
from connectors.email import Email, EmailConfig, charsets, mime, parse, visible
from connectors.email.parse import TRUNCATED
from tests.connectors.contract import FarContract
from tests.connectors.email_servers import PLAIN_PASSWORD, MailSink
from tests.connectors.test_email_corpus import CORPUS, NAMES, RECEIVED

connector = Email()
CONFIG = EmailConfig(address="support@shop.example")


def request(raw: bytes, *headers: tuple[str, str], method: str = "PIPE") -> Request:
    return Request(method, f"{method.lower()}:", list(headers), raw, RECEIVED)


class SinkLine:
    """An SMTP server as the contract's far end."""

    def __init__(self, sink: MailSink) -> None:
        self.sink = sink

    def accept(self) -> None:
        self.sink.script.say.clear()

    def refuse(self) -> None:
        self.sink.script.say["rcpt"] = "550 5.1.1 No such user"

    def delay(self) -> None:
        self.sink.script.say["rcpt"] = "451 4.3.0 Later"

    def die(self) -> None:
        self.sink.close()

    def taken(self) -> int:
        return len(self.sink.taken)


class TestContract(FarContract):
    connector = connector
    secrets = (PLAIN_PASSWORD, "another-secret")

    @pytest.fixture
    def line(self) -> Iterator[SinkLine]:
        sink = MailSink()
        yield SinkLine(sink)
        sink.close()

    @pytest.fixture
    def config(self, line: SinkLine) -> EmailConfig:
        return EmailConfig.model_validate(
            {
                "address": "support@shop.example",
                "smtp_host": "127.0.0.1",
                "smtp_port": line.sink.port,
                "smtp_security": "plain",
                "smtp_password": PLAIN_PASSWORD,
                "imap_password": "another-secret",
            }
        )

    @pytest.fixture
    def arrivals(self) -> list[Request]:
        chosen = (
            "reply-gmail-it",
            "bounce-postfix",
            "complaint",
            "winmail-with-files",
            "id-missing",
            "picture-in-the-text",
        )
        return [request((CORPUS / f"{name}.eml").read_bytes(), method="POLL") for name in chosen]

    @pytest.fixture
    def outgoing(self) -> Outgoing:
        return Outgoing(
            key="k1",
            to=Address("chiara@studio.example", "Chiara"),
            text="Buongiorno",
            html="<p>Buongiorno</p>",
            subject="Re: Domanda",
            message_id="<t1@shop.example>",
            files=(File("a.pdf", "application/pdf", b"%PDF"),),
        )

    def test_a_servers_answer_that_repeats_our_password_is_not_quoted(
        self, config: EmailConfig, outgoing: Outgoing, line: SinkLine
    ) -> None:
        line.sink.script.say["mail"] = f"550 5.7.1 what is {PLAIN_PASSWORD} and another-secret"
        self.assert_no_secret(self.error(config, outgoing))


# --- settings ---


@pytest.mark.parametrize("value", ["", "support", "support@shop", "a b@shop.example", "support+x@shop.example"])
def test_what_is_no_address_of_a_mailbox_is_refused(value: str) -> None:
    with pytest.raises(ValueError, match="address"):
        EmailConfig(address=value)


def test_addresses_have_one_spelling() -> None:
    assert EmailConfig(address=" Support@SHOP.example ").address == "support@shop.example"
    assert connector.address(EmailConfig(address="Support@SHOP.example")) == "support@shop.example"
    assert connector.normalise(" Chiara@Studio.Example ") == "chiara@studio.example"
    assert connector.normalise("info@Bücher.example") == connector.normalise("INFO@xn--bcher-kva.example")


def test_folders_may_come_as_one_line() -> None:
    config = EmailConfig.model_validate({"address": "support@shop.example", "folders": "INBOX, Posta indesiderata ,"})
    assert config.folders == ("INBOX", "Posta indesiderata")
    assert EmailConfig.model_validate({"address": "a@b.example", "folders": ""}).folders == ("INBOX",)


# --- any bytes, any way in ---


@pytest.mark.parametrize("method", ["POLL", "PIPE", "LMTP"])
def test_the_way_in_does_not_matter(method: str) -> None:
    raw = (CORPUS / "reply-gmail-it.eml").read_bytes()
    (item,) = connector.parse(CONFIG, request(raw, method=method))
    assert isinstance(item, Inbound)
    assert item.text == "Perfetto, grazie mille!"


@settings(max_examples=300)
@given(raw=st.binary(max_size=2_000))
def test_no_bytes_are_too_strange(raw: bytes) -> None:
    _readable(raw)


_PIECES = st.sampled_from(
    [
        *(b"From: ", b"To: ", b"Subject: ", b"Message-ID: <", b"Date: ", b"Content-Type: ", b"MIME-Version: 1.0\r\n"),
        *(b"multipart/mixed; boundary=x\r\n", b'multipart/alternative; boundary="x"\r\n', b"text/html; charset="),
        *(
            b"message/rfc822\r\n",
            b"message/delivery-status\r\n",
            b"text/calendar; method=REQUEST\r\n",
            b"multipart/report",
        ),
        *(b"Content-Transfer-Encoding: base64\r\n", b"Content-Transfer-Encoding: quoted-printable\r\n", b"text/plain"),
        *(
            b"Content-Disposition: attachment; filename*=utf-8''%00%ff\r\n",
            b'; name="=?utf-8?Q?=00?="',
            b"; format=flowed",
        ),
        *(
            b"\r\n--x\r\n",
            b"\n--x--\n",
            b"\r\n\r\n",
            b"\n",
            b"\r",
            b"=?utf-8?B?//8=?=",
            b"=?x?Q?=FF?=",
            b"<a@b.example>",
        ),
        *(
            b"\x00",
            b"\xff\xfe",
            b"\xc3",
            b"> ",
            b"ha scritto:\n",
            b"-- \n",
            b"<blockquote>",
            b"<div style='",
            b"&#xD800;",
        ),
        *(b"BEGIN:VEVENT\n", b"begin 644 a\n", b"\x78\x9f\x3e\x22", b"Final-Recipient: rfc822;\n", b"Action: failed\n"),
    ]
)


@settings(max_examples=400)
@given(pieces=st.lists(st.one_of(_PIECES, st.binary(max_size=12)), max_size=60))
def test_no_mixture_of_mail_is_too_strange(pieces: list[bytes]) -> None:
    _readable(b"".join(pieces))


@settings(max_examples=200)
@given(name=st.sampled_from(NAMES), at=st.floats(0, 1), cut=st.integers(0, 40), put=st.binary(max_size=8))
def test_no_damage_to_a_mail_is_too_great(name: str, at: float, cut: int, put: bytes) -> None:
    raw = (CORPUS / f"{name}.eml").read_bytes()
    begin = int(at * len(raw))
    _readable(raw[:begin] + put + raw[begin + cut :])


def _readable(raw: bytes) -> None:
    items = parse._items("support@shop.example", request(raw))  # not the one that catches
    assert items
    for item in items:
        assert item.external_id
        message = item.notice if isinstance(item, StatusUpdate) else item
        if isinstance(message, Inbound):
            assert message.at == RECEIVED
            shown = (message.text, message.full_text, message.html, message.subject, message.sender.name)
            for text in (*shown, *(one.name for one in message.attachments)):
                assert "\x00" not in (text or "")
                (text or "").encode()


def test_a_mistake_of_ours_costs_no_mail(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    def broken(_raw: bytes) -> mime.Mail:
        raise ZeroDivisionError

    monkeypatch.setattr(mime, "read", broken)
    (item,) = connector.parse(CONFIG, request(b"Subject: x\r\n\r\nCiao\r\n"))
    assert isinstance(item, Inbound)
    assert "Ciao" in item.text
    assert item.attachments[0].data == b"Subject: x\r\n\r\nCiao\r\n"
    assert item.extra["limits"] == ["error"]
    assert "could not be read" in caplog.text


def test_the_same_mail_without_an_id_is_the_same_over_two_ways() -> None:
    raw = (CORPUS / "id-missing.eml").read_bytes()
    fetched = b"Received: from a by b; Mon, 4 May 2026 10:00:01 +0200\r\n" + raw
    other = raw.replace(b"Ciao", b"Addio")
    ids = [
        connector.parse(CONFIG, request(one))[0].external_id
        for one in (raw, fetched, raw.replace(b"\r\n", b"\n"), other)
    ]
    assert ids[0] == ids[1] == ids[2] != ids[3]


def test_the_time_is_the_mail_servers_where_it_gave_one() -> None:
    told = request(b"Date: Thu, 1 Jan 2099 00:00:00 +0000\r\n\r\nx", ("Internal-Date", "2026-05-04T09:59:00+02:00"))
    (item,) = connector.parse(CONFIG, told)
    assert isinstance(item, Inbound)
    assert item.at == dt.datetime(2026, 5, 4, 7, 59, tzinfo=dt.UTC)
    (later,) = connector.parse(CONFIG, dataclasses.replace(told, headers=[]))
    assert isinstance(later, Inbound)
    assert later.at == RECEIVED


def test_a_mail_that_was_cut_keeps_its_whole_files_and_says_so() -> None:
    raw = (CORPUS / "files-of-one-name.eml").read_bytes()
    cut = raw[: raw.rindex(b"ZHVl")]
    (item,) = connector.parse(CONFIG, request(cut, (TRUNCATED, "99000000")))
    assert isinstance(item, Inbound)
    assert [one.data for one in item.attachments] == [b"uno"]
    assert item.extra["truncated"] == 99_000_000


# --- bounded time ---

MEGABYTE = 1_000_000
HOSTILE: dict[str, bytes] = {
    "folds": b"Subject: a" + b"\r\n b" * 300_000 + b"\r\n\r\nx",
    "encoded words without end": b"Subject: " + b"=?utf-8?Q?" * 100_000 + b"\r\n\r\nx",
    "addresses": b"To: " + b"a@b.example, " * 100_000 + b"\r\n\r\nx",
    "one long address": b"From: " + b"a" * MEGABYTE + b"\r\n\r\nx",
    "brackets": b"From: " + b"<" * MEGABYTE + b"\r\n\r\nx",
    "quotes": b"Content-Type: text/plain; name=" + b'"' * MEGABYTE + b"\r\n\r\nx",
    "parameters": b"Content-Type: text/plain" + b"; a=b" * 200_000 + b"\r\n\r\nx",
    "ids": b"References: " + b"<a@b>" * 200_000 + b"\r\n\r\nx",
    "fields": b"A: b\r\n" * 200_000 + b"\r\nx",
    "boundaries": b"Content-Type: multipart/mixed; boundary=b\r\n\r\n" + b"--b\r\n" * 200_000,
    "false boundaries": b"Content-Type: multipart/mixed; boundary=b\r\n\r\n" + b"--bc\r\n" * 200_000,
    "quotations": b"\r\n" + b"> " * 500_000,
    "quoted lines": b"\r\n" + b">\r\n" * 300_000,
    "announcements": b"\r\n" + b"Il 1:\r\n" * 150_000,
    "half announcements": b"\r\n" + b"On a " * 200_000,
    "header blocks": b"\r\n" + b"Da: a\r\n\r\n" * 100_000,
    "underscores": b"\r\n" + b"_" * MEGABYTE,
    "signatures": b"\r\n" + b"-- \r\n" * 200_000,
    "bounces": b"Return-Path: <>\r\nSubject: undeliverable\r\n\r\n"
    + b"550 5.1.1 a@b.example user unknown\r\n" * 30_000,
    "html depth": b"Content-Type: text/html\r\n\r\n" + b"<div>" * 200_000,
    "html quotations": b"Content-Type: text/html\r\n\r\n" + b"<blockquote>x" * 60_000,
    "html scripts": b"Content-Type: text/html\r\n\r\n" + b"<script>" * 100_000,
    "html pieces": b"Content-Type: text/html\r\n\r\n" + b"<" * MEGABYTE,
    "html conditions": b"Content-Type: text/html\r\n\r\n" + b"<!--[if " * 100_000,
    "html paragraphs": b"Content-Type: text/html\r\n\r\n" + b"<p>x" * 200_000,
    "calendar": b"Content-Type: text/calendar\r\n\r\nBEGIN:VEVENT\r\n" + b'SUMMARY;a="' * 90_000,
    "base64": b"Content-Transfer-Encoding: base64\r\n\r\n" + b"YQ==" * 250_000,
    "quoted-printable": b"Content-Transfer-Encoding: quoted-printable\r\n\r\n" + b"= \t" * 300_000,
    "uuencode": b"\r\n" + b"begin 644 a\r\n" * 80_000 + b"end\r\n",
    "status blocks": b"Content-Type: message/delivery-status\r\n\r\n" + b"Action: failed\r\n\r\n" * 50_000,
    "one line": b"\r\n" + b"x" * MEGABYTE,
    "guessing": b"\r\n" + bytes(range(128, 256)) * 8_000,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_megabyte_of_malice_takes_no_longer_than_a_megabyte(name: str) -> None:
    begin = time.process_time()
    _readable(HOSTILE[name])
    assert time.process_time() - begin < 12  # what is not linear takes minutes


def test_thirty_megabytes_are_read() -> None:
    head = b"From: a@b.example\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nCiao\r\n--b\r\n"
    file = b"Content-Type: application/zip; name=a.zip\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    (item,) = connector.parse(CONFIG, request(head + file + (b"QUJD" * 19 + b"\r\n") * 390_000 + b"--b--\r\n"))
    assert isinstance(item, Inbound)
    assert item.text == "Ciao"
    assert len(item.attachments[0].data or b"") == 57 * 390_000


# --- small rules that no mail of the corpus shows alone ---


@pytest.mark.parametrize(
    ("declared", "meant"),
    [("ISO_8859-1", "cp1252"), ("UTF8", "utf-8"), ("x-sjis", "cp932"), ("hex", None), ("utf-7", None), ("idna", None)],
)
def test_charsets_are_what_senders_mean(declared: str, meant: str | None) -> None:
    assert charsets.codec(declared) == meant


@given(text=st.text(max_size=400))
def test_a_reply_is_never_empty_where_there_is_text(text: str) -> None:
    assert bool(visible.reply(text).strip()) == bool(text.strip())


@given(data=st.binary(max_size=400), declared=st.text(max_size=30))
def test_any_bytes_are_some_text(data: bytes, declared: str) -> None:
    charsets.clean(charsets.decode(data, declared)).encode()


@pytest.mark.parametrize(
    ("method", "line", "said"),
    [
        ("REQUEST", "ATTENDEE;CN=Anna;RSVP=TRUE:mailto:anna@bo.example", {"rsvp": True}),
        ("REQUEST", "ATTENDEE;CN=Anna;PARTSTAT=NEEDS-ACTION:mailto:anna@bo.example", {}),
        (
            "REPLY",
            'ATTENDEE;PARTSTAT=DECLINED;CN="Bo, Anna":MAILTO:Anna@bo.example',
            {"attendee": "Bo, Anna <anna@bo.example>", "answer": "declined"},
        ),
        ("REPLY", "ATTENDEE:mailto:anna@bo.example", {"attendee": "anna@bo.example", "answer": ""}),
    ],
)
def test_a_calendar_file_says_who_is_asked_and_what_they_answered(method: str, line: str, said: dict[str, Any]) -> None:
    from connectors.email import invitations

    text = f"BEGIN:VCALENDAR\r\nMETHOD:{method}\r\nBEGIN:VEVENT\r\n{line}\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
    assert invitations.read(text.encode()) == {"method": method.lower(), **said}
