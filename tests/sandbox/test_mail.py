"""The mail stand-in: what the desk submits, what customers write, what comes back."""

from __future__ import annotations

import email
import email.policy
import smtplib
import ssl
import time
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from imapclient import IMAPClient

from inbox.sandbox.client import SandboxError, attachment
from inbox.sandbox.running import Sandbox
from tests.sandbox.conftest import TWIN_PNG
from tests.sandbox.mailing import CHIARA, OURS, PASSWORD, imap, mail, smtp


def newest(sandbox: Sandbox) -> EmailMessage:
    """The last mail in our mailbox, parsed."""
    with imap(sandbox) as line:
        line.select_folder("INBOX", readonly=True)
        uid = line.search("ALL")[-1]
        raw = line.fetch([uid], ["BODY.PEEK[]"])[uid][b"BODY[]"]
    message = email.message_from_bytes(raw.replace(b"\r\n", b"\n"), policy=email.policy.default)
    assert isinstance(message, EmailMessage)
    return message


def test_a_mail_that_was_submitted_stands_byte_exact_in_the_judges_list(sandbox: Sandbox) -> None:
    message = mail(text="È tutto a posto.\n.un punto davanti\n")
    with smtp(sandbox) as line:
        line.send_message(message)
    [entry] = sandbox.email.accepted()
    assert (entry["id"], entry["to"], entry["from"]) == ("<t7.m1.abc@cirro.example>", CHIARA, OURS)
    assert (entry["subject"], entry["text"]) == ("Re: Sito offline", "È tutto a posto.\n.un punto davanti")
    assert ["Reply-To", "support+t7.sig@cirro.example"] in entry["raw"]["headers"]
    assert sandbox.email.raw(entry) == message.as_bytes(policy=message.policy.clone(linesep="\r\n"))


def test_every_recipient_of_the_envelope_is_kept(sandbox: Sandbox) -> None:
    with smtp(sandbox) as line:
        line.sendmail(OURS, [CHIARA, "copia@studio.example"], mail().as_bytes(policy=email.policy.SMTP))
    [entry] = sandbox.email.accepted()
    assert entry["recipients"] == [CHIARA, "copia@studio.example"]


def test_nobody_submits_without_the_password(sandbox: Sandbox) -> None:
    line = smtplib.SMTP("127.0.0.1", sandbox.ports["smtp"], timeout=10)
    with pytest.raises(smtplib.SMTPAuthenticationError) as refused:
        line.login(OURS, "wrong")
    assert refused.value.smtp_code == 535
    line.ehlo()
    assert line.mail(OURS)[0] == 530
    line.close()


def test_an_unknown_name_in_our_own_domain_is_refused_at_rcpt(sandbox: Sandbox) -> None:
    with smtp(sandbox) as line, pytest.raises(smtplib.SMTPRecipientsRefused) as refused:
        line.sendmail(OURS, ["nobody@cirro.example"], mail().as_bytes(policy=email.policy.SMTP))
    assert refused.value.recipients["nobody@cirro.example"][0] == 550
    assert sandbox.email.accepted() == []


def test_a_mail_to_ourselves_comes_in(sandbox: Sandbox) -> None:
    with smtp(sandbox) as line:
        line.send_message(mail(to="support+canary@cirro.example"))
    assert newest(sandbox)["Delivered-To"] == "support+canary@cirro.example"


def test_a_customers_mail_looks_like_one(sandbox: Sandbox) -> None:
    told = sandbox.email.receive(
        CHIARA, "Il sito è giù.\nGrazie", "Sito offline", files=[attachment("errore.png", TWIN_PNG)]
    )
    message = newest(sandbox)
    assert message["Message-ID"] == told["id"]
    assert message["From"] == f"Chiara Ferrari <{CHIARA}>"
    assert (message["To"], message["Subject"]) == (OURS, "Sito offline")
    assert message.get_content_type() == "multipart/mixed"
    plain, rich = message.get_body(("plain",)), message.get_body(("html",))
    assert plain is not None
    assert rich is not None
    assert plain.get_content() == "Il sito è giù.\nGrazie\n"
    assert "<br>Grazie" in rich.get_content()
    [part] = message.iter_attachments()
    assert (part.get_filename(), part.get_content()) == ("errore.png", TWIN_PNG)
    assert message["Received"].startswith("from mail.studioferrari.example")


def test_an_answer_of_a_customer_goes_to_reply_to_and_names_what_it_answers(sandbox: Sandbox) -> None:
    with smtp(sandbox) as line:
        line.send_message(mail())
    sandbox.email.receive(CHIARA, "Grazie, ora va", answers="last")
    message = newest(sandbox)
    assert message["In-Reply-To"] == "<t7.m1.abc@cirro.example>"
    assert message["References"] == "<t7.m1.abc@cirro.example>"
    assert message["To"] == "support+t7.sig@cirro.example"
    assert message["Delivered-To"] == "support+t7.sig@cirro.example"
    assert message["Subject"] == "Re: Sito offline"
    plain = message.get_body(("plain",))
    assert plain is not None
    assert "ha scritto:\n\n> Arriviamo." in plain.get_content()
    assert plain.get_content().startswith("Grazie, ora va\n")


def test_an_answer_to_a_mail_that_was_never_sent_is_a_plain_error(sandbox: Sandbox) -> None:
    with pytest.raises(SandboxError, match="was sent to"):
        sandbox.email.receive(CHIARA, "x", answers="<nothing@cirro.example>")
    with pytest.raises(SandboxError, match="not a mailbox"):
        sandbox.email.receive(CHIARA, "x", to="someone@elsewhere.example")


def test_headers_can_be_added_and_replaced(sandbox: Sandbox) -> None:
    headers = {"Auto-Submitted": "auto-replied", "Date": "Mon, 02 Feb 2026 10:00:00 +0100"}
    sandbox.email.receive(CHIARA, "Sono in ferie", "Assente", headers=headers, message_id="<ooo@x.example>")
    message = newest(sandbox)
    assert (message["Auto-Submitted"], message["Message-ID"]) == ("auto-replied", "<ooo@x.example>")
    assert message.get_all("Date") == ["Mon, 02 Feb 2026 10:00:00 +0100"]


@pytest.mark.parametrize(("status", "action"), [("5.1.1", "failed"), ("4.4.1", "delayed")])
def test_a_mail_comes_back_as_a_delivery_status_notification(sandbox: Sandbox, status: str, action: str) -> None:
    with smtp(sandbox) as line:
        line.send_message(mail())
    sandbox.email.bounce("<t7.m1.abc@cirro.example>", status)
    message = newest(sandbox)
    assert message.get_content_type() == "multipart/report"
    report, returned = list(message.iter_parts())[1:]
    assert report.get_content_type() == "message/delivery-status"
    fields = next(part for part in report.walk() if part["Final-Recipient"])
    assert (fields["Action"], fields["Status"]) == (action, status)
    assert fields["Final-Recipient"] == f"rfc822; {CHIARA}"
    assert "<t7.m1.abc@cirro.example>" in returned.as_string()
    assert message["Return-Path"] == "<>"


def test_a_delivery_that_is_to_fail_bounces_by_itself(sandbox: Sandbox) -> None:
    sandbox.fault("email", "error", op="delivery", code="5.2.2", match=CHIARA)
    with smtp(sandbox) as line:
        line.send_message(mail())
    assert len(sandbox.email.accepted()) == 1
    assert "Status: 5.2.2" in newest(sandbox).as_string()


@pytest.mark.parametrize(
    ("op", "order", "raised", "code"),
    [
        ("smtp.connect", {"kind": "error"}, smtplib.SMTPConnectError, 421),
        ("smtp.connect", {"kind": "break_before_accept"}, smtplib.SMTPServerDisconnected, None),
        ("smtp.auth", {"kind": "error"}, smtplib.SMTPAuthenticationError, 454),
        ("smtp.auth", {"kind": "error", "status": 535}, smtplib.SMTPAuthenticationError, 535),
        ("smtp.mail", {"kind": "error"}, smtplib.SMTPSenderRefused, 451),
        ("smtp.mail", {"kind": "break_before_accept"}, smtplib.SMTPServerDisconnected, None),
        ("smtp.rcpt", {"kind": "error", "status": 550}, smtplib.SMTPRecipientsRefused, None),
        ("smtp.data", {"kind": "error", "status": 554}, smtplib.SMTPDataError, 554),
        ("smtp.data", {"kind": "break_before_accept"}, smtplib.SMTPServerDisconnected, None),
        ("smtp.body", {"kind": "break_before_accept"}, OSError, None),
        ("send", {"kind": "error"}, smtplib.SMTPDataError, 451),
        ("send", {"kind": "error", "status": 552, "code": "5.3.4"}, smtplib.SMTPDataError, 552),
        ("send", {"kind": "break_before_accept"}, smtplib.SMTPServerDisconnected, None),
    ],
)
def test_smtp_fails_at_the_stage_that_was_ordered_and_accepts_nothing(
    sandbox: Sandbox, op: str, order: dict[str, Any], raised: type[Exception], code: int | None
) -> None:
    sandbox.fault("email", op=op, **order)
    with pytest.raises(raised) as failed, smtp(sandbox) as line:
        line.send_message(mail(text="una riga\n" * 500))
    if code:
        assert getattr(failed.value, "smtp_code", None) == code
    assert sandbox.email.accepted() == []
    assert sandbox.faults() == []
    with smtp(sandbox) as line:
        line.send_message(mail())
    assert len(sandbox.email.accepted()) == 1


def test_a_line_that_breaks_after_the_dot_leaves_an_accepted_mail(sandbox: Sandbox) -> None:
    sandbox.fault("email", "break_after_accept")
    with pytest.raises(smtplib.SMTPServerDisconnected), smtp(sandbox) as line:
        line.send_message(mail())
    assert len(sandbox.email.accepted()) == 1


def test_a_slow_answer_after_the_dot_comes_late_and_the_mail_is_accepted_at_once(sandbox: Sandbox) -> None:
    sandbox.fault("email", "slow", seconds=0.5)
    started = time.monotonic()
    with smtp(sandbox) as line:
        line.send_message(mail())
    assert time.monotonic() - started > 0.5
    assert len(sandbox.email.accepted()) == 1


def test_a_fault_concerns_only_the_mail_it_matches(sandbox: Sandbox) -> None:
    sandbox.fault("email", "error", match="fattura")
    with smtp(sandbox) as line:
        line.send_message(mail())
        with pytest.raises(smtplib.SMTPDataError):
            line.send_message(mail(subject="La tua fattura"))
    assert [entry["subject"] for entry in sandbox.email.accepted()] == ["Re: Sito offline"]


def test_more_mailboxes_can_be_opened(sandbox: Sandbox) -> None:
    sandbox.add("email", address="Vendite@cirro.example", password="altra")
    sandbox.email.receive(CHIARA, "Un preventivo?", "Preventivo", to="vendite@cirro.example")
    with imap(sandbox, "vendite@cirro.example", "altra") as line:
        assert line.select_folder("INBOX")[b"EXISTS"] == 1
    with imap(sandbox) as line:
        assert line.select_folder("INBOX")[b"EXISTS"] == 0


def test_with_tls_the_servers_show_a_certificate_of_their_own_authority(tmp_path: Path) -> None:
    with Sandbox(tmp_path, tls=True) as sandbox:
        trusting = ssl.create_default_context(cafile=sandbox.ca_file)
        with smtplib.SMTP_SSL("127.0.0.1", sandbox.ports["smtps"], context=trusting) as line:
            line.login(OURS, PASSWORD)
        with smtplib.SMTP("localhost", sandbox.ports["smtp"]) as line:
            line.starttls(context=trusting)
            line.login(OURS, PASSWORD)
        with IMAPClient("localhost", sandbox.ports["imaps"], ssl_context=trusting) as box:
            box.login(OURS, PASSWORD)
        with IMAPClient("localhost", sandbox.ports["imap"], ssl=False) as box:
            box.starttls(trusting)
            box.login(OURS, PASSWORD)
        with pytest.raises(ssl.SSLCertVerificationError):
            smtplib.SMTP_SSL("127.0.0.1", sandbox.ports["smtps"], context=ssl.create_default_context())
        assert sandbox.accounts()["email"]["ca_file"] == sandbox.ca_file
