"""Mail that leaves: real SMTP conversations that fail at each stage, and what they mean for the outbox."""

from __future__ import annotations

import datetime as dt
import email
import email.policy
import socket
import ssl
from collections.abc import Iterator
from email.message import EmailMessage, MIMEPart
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.base import Address, ConnectorError, File, Outgoing, Receipt
from connectors.email import Email, EmailConfig, compose
from tests.connectors.email_servers import PLAIN_PASSWORD, Authority, MailSink, authority, mail_sink

NOW = dt.datetime(2026, 5, 4, 10, 0, tzinfo=dt.UTC)
connector = Email()


@pytest.fixture(scope="module")
def tls(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return authority(tmp_path_factory.mktemp("tls"))


@pytest.fixture
def sink(tls: Authority) -> Iterator[MailSink]:
    with mail_sink(tls.server()) as running:
        yield running


def config_for(sink: MailSink, **changed: Any) -> EmailConfig:
    given: dict[str, Any] = {
        "address": "support@shop.example",
        "name": "La Bottega",
        "smtp_host": "127.0.0.1",
        "smtp_port": sink.port,
        "smtp_security": "plain",
        "smtp_password": PLAIN_PASSWORD,
    }
    return EmailConfig.model_validate({**given, **changed})


@pytest.fixture
def config(sink: MailSink) -> EmailConfig:
    return config_for(sink)


def outgoing(**changed: Any) -> Outgoing:
    given: dict[str, Any] = {
        "key": "k1",
        "to": Address("chiara@studio.example", "Chiara Neri"),
        "text": "Buongiorno,\n.\n..è tutto\n",
        "subject": "Re: perché?",
        "message_id": "<t1.m2.abc@shop.example>",
    }
    return Outgoing(**{**given, **changed})


def send(config: EmailConfig, **changed: Any) -> Receipt:
    return connector.send(config, outgoing(**changed), lambda: None)


def failure(config: EmailConfig, **changed: Any) -> tuple[ConnectorError, int]:
    """The error, and how often it was said that the mail goes out."""
    said: list[int] = []
    with pytest.raises(ConnectorError) as caught:
        connector.send(config, outgoing(**changed), lambda: said.append(1))
    assert PLAIN_PASSWORD not in repr(vars(caught.value))
    return caught.value, len(said)


def read(content: bytes) -> EmailMessage:
    message = email.message_from_bytes(content, policy=email.policy.default)
    assert isinstance(message, EmailMessage)
    return message


def written(part: MIMEPart) -> str:
    text = part.get_content()
    assert isinstance(text, str)
    return text.replace("\r\n", "\n")


# --- what arrives at the other end ---


def test_the_sink_gets_exactly_what_was_written(sink: MailSink, config: EmailConfig) -> None:
    receipt = send(config)
    assert (receipt.external_id, receipt.state) == ("<t1.m2.abc@shop.example>", "sent")
    (taken,) = sink.taken
    assert (taken.sender, taken.recipients) == ("support@shop.example", ["chiara@studio.example"])
    mail = read(taken.content)
    assert written(mail) == "Buongiorno,\n.\n..è tutto\n"
    assert mail["From"] == "La Bottega <support@shop.example>"
    assert mail["To"] == "Chiara Neri <chiara@studio.example>"
    assert mail["Subject"] == "Re: perché?"
    assert mail["Message-ID"] == "<t1.m2.abc@shop.example>"
    assert abs(mail["Date"].datetime - dt.datetime.now(dt.UTC)) < dt.timedelta(minutes=1)
    assert "Auto-Submitted" not in mail


def test_the_person_who_answers_stands_in_from(sink: MailSink, config: EmailConfig) -> None:
    send(config, from_name="Luca, La Bottega", reply_to="support+t1-abc@shop.example")
    mail = read(sink.taken[0].content)
    assert mail["From"] == '"Luca, La Bottega" <support@shop.example>'
    assert mail["Reply-To"].addresses[0].addr_spec == "support+t1-abc@shop.example"


def test_html_pictures_and_files_stand_where_mail_programs_look_for_them(sink: MailSink, config: EmailConfig) -> None:
    files = (
        File("logo.png", "image/png", b"\x89PNG", content_id="logo@shop.example"),
        File("fattura è.pdf", "application/pdf", b"%PDF-1.7"),
        File("inoltrata.eml", "message/rfc822", b"Subject: x\r\n\r\ny\r\n"),
        File("note.txt", "text/plain", b"uno\r\ndue\n"),
    )
    send(config, html='<p>Ciao <img src="cid:logo@shop.example"></p>', files=files)
    mail = read(sink.taken[0].content)
    assert mail.get_content_type() == "multipart/mixed"
    plain, html = mail.get_body(("plain",)), mail.get_body(("html",))
    assert plain is not None
    assert html is not None
    assert written(plain) == "Buongiorno,\n.\n..è tutto\n"
    assert "cid:logo@shop.example" in html.get_content()
    picture = next(part for part in mail.walk() if part.get_content_type() == "image/png")
    assert picture["Content-ID"] == "<logo@shop.example>"
    assert picture.get_content_disposition() == "inline"
    attached = {part.get_filename(): part.get_payload(decode=True) for part in mail.iter_attachments()}
    assert attached["fattura è.pdf"] == b"%PDF-1.7"
    assert attached["note.txt"] == b"uno\r\ndue\n"
    assert attached["inoltrata.eml"] == b"Subject: x\r\n\r\ny\r\n"


def test_copies_go_to_the_envelope_and_to_no_hidden_header(sink: MailSink, config: EmailConfig) -> None:
    send(config, cc=(Address("a@studio.example", "Anna"), Address("A@Studio.example"), Address("support@shop.example")))
    (taken,) = sink.taken
    assert taken.recipients == ["chiara@studio.example", "a@studio.example"]
    assert read(taken.content)["Cc"] == "Anna <a@studio.example>"
    assert b"bcc" not in taken.content.lower()


def test_an_answer_names_what_it_answers(sink: MailSink, config: EmailConfig) -> None:
    send(config, in_reply_to="<in3@studio.example>", references=("<in1@studio.example>", "<out2@shop.example>"))
    mail = read(sink.taken[0].content)
    assert mail["In-Reply-To"] == "<in3@studio.example>"
    assert mail["References"].split() == ["<in1@studio.example>", "<out2@shop.example>", "<in3@studio.example>"]


def test_of_many_references_the_first_and_the_last_stay() -> None:
    ids = tuple(f"<{n}@x.example>" for n in range(50))
    kept = compose.trimmed(ids, "<last@x.example>")
    assert kept[0] == "<0@x.example>"
    assert kept[-1] == "<last@x.example>"
    assert len(kept) == 11


def test_long_ids_are_never_folded_into_encoded_words(sink: MailSink, config: EmailConfig) -> None:
    long = f"<{'a' * 200}@outlook.example>"
    send(config, in_reply_to=long, references=(f"<{'b' * 180}@x.example>",), message_id=f"<{'c' * 120}@shop.example>")
    head = sink.taken[0].content.partition(b"\r\n\r\n")[0].decode()
    assert f"In-Reply-To: {long}" in head
    assert f"Message-ID: <{'c' * 120}@shop.example>" in head
    assert "=?" not in head.split("References:")[1].split("\r\nDate")[0].split("\r\nMIME")[0]


def test_an_automatic_mail_says_so(sink: MailSink, config: EmailConfig) -> None:
    send(config, auto=True, in_reply_to="<in3@studio.example>")
    send(config, auto=True)
    first, second = (read(taken.content) for taken in sink.taken)
    assert first["Auto-Submitted"] == "auto-replied"
    assert second["Auto-Submitted"] == "auto-generated"
    assert first["X-Auto-Response-Suppress"] == "All"
    assert first["X-Loop"] == "support@shop.example"


def test_a_mail_that_can_be_stopped_says_where_in_one_piece_and_no_other_does(
    sink: MailSink, config: EmailConfig
) -> None:
    link = f"https://desk.example/stop/{'a' * 200}"
    send(config, auto=True, stop_url=link)
    send(config, auto=True)
    first, second = (read(taken.content) for taken in sink.taken)
    assert first["List-Unsubscribe"] == f"<{link}>"
    assert first["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert f"<{link}>".encode() in sink.taken[0].content
    assert second["List-Unsubscribe"] is None


def test_domains_beyond_ascii_leave_in_ascii(sink: MailSink, config: EmailConfig) -> None:
    send(config, to=Address("info@bücher.example"))
    assert sink.taken[0].recipients == ["info@xn--bcher-kva.example"]


def test_local_parts_beyond_ascii_ask_for_smtputf8(sink: MailSink, config: EmailConfig) -> None:
    send(config, to=Address("josé@studio.example"))
    assert sink.taken[0].recipients == ["josé@studio.example"]
    assert "josé@studio.example" in sink.taken[0].content.decode()


def test_a_server_without_smtputf8_is_not_asked_to_mangle_an_address() -> None:
    with mail_sink(utf8=False) as old:
        error, said = failure(config_for(old, smtp_password=""), to=Address("josé@studio.example"))
    assert (error.code, error.permanent, said) == ("5.6.7", True, 0)
    assert old.taken == []


@pytest.mark.parametrize(
    "value", ["", "chiara", "a b@x.example", "a@x.example\r\nRCPT TO:<b@x.example>", "<>", "a,b@x.example"]
)
def test_what_is_no_address_is_refused_before_the_line_is_opened(config: EmailConfig, value: str) -> None:
    error, said = failure(config, to=Address(value))
    assert (error.code, error.permanent, said) == ("address", True, 0)


@given(
    name=st.text(max_size=60),
    subject=st.text(max_size=200),
    cc_name=st.text(max_size=60),
    file_name=st.text(max_size=60),
    in_reply_to=st.text(max_size=60),
    text=st.text(max_size=200),
)
def test_no_text_adds_a_header(
    name: str, subject: str, cc_name: str, file_name: str, in_reply_to: str, text: str
) -> None:
    config = EmailConfig(address="support@shop.example", name=name)
    evil = "\r\nBcc: thief@evil.example\r\n\r\n"
    made, recipients = compose.mail(
        config,
        outgoing(
            subject=subject + evil,
            from_name=name + evil,
            cc=(Address("anna@studio.example", cc_name + evil),),
            files=(File(file_name + evil, "text/csv" + evil, b"1"),),
            in_reply_to=in_reply_to + evil,
            references=(in_reply_to + evil,),
            message_id="<x@y.example>" + evil,
            text=text,
            to=Address("chiara@studio.example", name + evil),
        ),
        NOW,
    )
    head = made.as_bytes().partition(b"\r\n\r\n")[0]
    names = [line.partition(b":")[0].lower() for line in head.split(b"\r\n") if line[:1] not in (b" ", b"\t")]
    assert set(names) <= {
        *(b"from", b"to", b"cc", b"subject", b"date", b"message-id", b"in-reply-to", b"references"),
        *(b"mime-version", b"content-type", b"content-transfer-encoding"),
    }
    assert len(names) == len(set(names))
    assert recipients == ["chiara@studio.example", "anna@studio.example"]
    assert b"\n" not in head.replace(b"\r\n", b"")


# --- how the line is made ---


def test_starttls_and_login_with_a_certificate_that_is_trusted(sink: MailSink, tls: Authority) -> None:
    config = config_for(sink, smtp_host="localhost", smtp_security="starttls", ca_file=str(tls.ca_file))
    send(config)
    assert len(sink.taken) == 1
    assert sink.logins == [("support@shop.example", True)]


def test_implicit_tls(tls: Authority) -> None:
    with mail_sink(tls.server(), implicit=True) as sink:
        send(config_for(sink, smtp_host="localhost", smtp_security="tls", ca_file=str(tls.ca_file)))
        assert len(sink.taken) == 1


@pytest.mark.parametrize("security", ["tls", "starttls"])
def test_an_unknown_certificate_is_not_accepted_and_nothing_is_said_to_it(tls: Authority, security: str) -> None:
    with mail_sink(tls.server(), implicit=security == "tls") as sink:
        error, said = failure(config_for(sink, smtp_host="localhost", smtp_security=security))
    assert (error.code, error.permanent, error.ambiguous, said) == ("tls", False, False, 0)
    assert sink.logins == []


def test_a_certificate_for_another_name_is_not_accepted(tmp_path: Path) -> None:
    other = authority(tmp_path, "mail.elsewhere.example")
    with mail_sink(other.server()) as sink:
        error, _ = failure(
            config_for(sink, smtp_host="localhost", smtp_security="starttls", ca_file=str(other.ca_file))
        )
    assert error.code == "tls"
    assert sink.logins == []


def test_a_server_without_starttls_gets_no_password() -> None:
    with mail_sink() as sink:
        error, _ = failure(config_for(sink, smtp_host="localhost", smtp_security="starttls"))
    assert error.code == "tls"
    assert sink.logins == []


def test_plain_is_for_this_machine_only() -> None:
    with pytest.raises(ValueError, match="this machine only"):
        EmailConfig(address="support@shop.example", smtp_host="mail.shop.example", smtp_security="plain")


def test_a_name_that_looks_local_and_is_not_gets_nothing(monkeypatch: pytest.MonkeyPatch, sink: MailSink) -> None:
    monkeypatch.setattr("connectors.email.tls.is_loopback", lambda _peer: False)
    error, _ = failure(config_for(sink))
    assert (error.code, error.permanent) == ("config", True)
    assert sink.logins == []


def test_a_missing_ca_file_is_a_matter_of_the_settings(sink: MailSink) -> None:
    error, _ = failure(config_for(sink, smtp_host="localhost", smtp_security="starttls", ca_file="/nowhere/ca.pem"))
    assert (error.code, error.permanent) == ("config", True)


def test_the_login_is_that_of_imap_unless_there_is_another(sink: MailSink) -> None:
    send(config_for(sink, smtp_password="", imap_user="bottega", imap_password=PLAIN_PASSWORD))
    send(config_for(sink, smtp_user="posta", imap_user="bottega", imap_password="another"))
    assert [user for user, _ in sink.logins] == ["bottega", "posta"]


def test_passwords_beyond_ascii_are_sent_as_utf8(sink: MailSink) -> None:
    sink.script.password = "città-più-è"
    send(config_for(sink, smtp_password="città-più-è"))
    assert sink.logins == [("support@shop.example", True)]


def test_a_wrong_password_asks_for_a_new_login(sink: MailSink) -> None:
    error, said = failure(config_for(sink, smtp_password="wrong-one"))
    assert (error.code, error.reauth, error.ambiguous, said) == ("login", True, False, 0)
    assert "wrong-one" not in error.message


def test_a_login_service_that_is_down_is_not_a_wrong_password(sink: MailSink) -> None:
    sink.script.login_code = "454 4.7.0 Temporary authentication failure"
    error, _ = failure(config_for(sink, smtp_password="wrong-one"))
    assert (error.reauth, error.permanent) == (False, False)


def test_a_channel_without_smtp_says_so() -> None:
    with pytest.raises(ConnectorError) as caught:
        connector.send(EmailConfig(address="support@shop.example"), outgoing(), lambda: None)
    assert (caught.value.code, caught.value.permanent) == ("config", True)


# --- where it breaks ---

CERTAIN = ["banner", "ehlo", "mail", "rcpt", "data"]


@pytest.mark.parametrize("stage", CERTAIN)
def test_a_line_lost_before_the_content_is_certain_and_temporary(
    sink: MailSink, config: EmailConfig, stage: str
) -> None:
    sink.script.drop = stage
    error, said = failure(config)
    assert (error.permanent, error.ambiguous, said) == (False, False, 0)
    assert sink.taken == []


@pytest.mark.parametrize("stage", ["content", "dot"])
def test_a_line_lost_after_the_whole_mail_went_is_ambiguous(sink: MailSink, config: EmailConfig, stage: str) -> None:
    sink.script.drop = stage
    error, said = failure(config)
    assert (error.permanent, error.ambiguous, said) == (False, True, 1)


def test_a_line_lost_amid_a_long_mail_is_certain(sink: MailSink, config: EmailConfig) -> None:
    sink.script.drop = "content"
    error, said = failure(config, files=(File("big.bin", "application/octet-stream", b"x" * 20_000_000),))
    assert (error.permanent, error.ambiguous, said) == (False, False, 1)
    assert sink.taken == []


@pytest.mark.parametrize("stage", ["banner", "mail", "rcpt", "data", "dot"])
def test_4xx_at_any_stage_is_for_now(sink: MailSink, config: EmailConfig, stage: str) -> None:
    sink.script.say[stage] = "451 4.3.0 Try again later"
    error, said = failure(config)
    assert (error.permanent, error.ambiguous, error.code) == (False, False, "4.3.0")
    assert said == (1 if stage == "dot" else 0)
    assert sink.taken == []


@pytest.mark.parametrize("stage", ["mail", "rcpt", "data", "dot"])
def test_5xx_at_any_stage_is_for_good_with_the_servers_own_code(
    sink: MailSink, config: EmailConfig, stage: str
) -> None:
    sink.script.say[stage] = "550 5.7.1 Message content rejected"
    error, _ = failure(config)
    assert (error.permanent, error.ambiguous, error.code) == (True, False, "5.7.1")
    assert "Message content rejected" in error.message
    assert sink.taken == []


def test_a_server_that_talks_to_nobody_says_nothing_about_the_mail(sink: MailSink, config: EmailConfig) -> None:
    sink.script.say["banner"] = "554 5.3.2 No SMTP service here"
    error, _ = failure(config)
    assert not error.permanent


def test_a_code_without_an_enhanced_one_is_given_as_it_is(sink: MailSink, config: EmailConfig) -> None:
    sink.script.say["rcpt"] = "553 sorry, that domain isn't in my list"
    error, _ = failure(config)
    assert (error.code, error.permanent) == ("553", True)


def test_a_refused_recipient_is_named_and_nobody_else_gets_the_mail(sink: MailSink, config: EmailConfig) -> None:
    sink.script.say["anna@studio.example"] = "550 5.1.1 No such user"
    error, said = failure(config, cc=(Address("anna@studio.example"), Address("bea@studio.example")))
    assert "anna@studio.example" in error.message
    assert (error.code, error.permanent, said) == ("5.1.1", True, 0)
    assert sink.taken == []


def test_a_greylisted_recipient_is_tried_again(sink: MailSink, config: EmailConfig) -> None:
    sink.script.say["rcpt"] = "450 4.7.1 Greylisted, try again in 300 seconds"
    error, _ = failure(config)
    assert (error.permanent, error.code) == (False, "4.7.1")
    assert error.retry_after


def test_a_mail_that_is_too_large_is_refused_before_it_is_sent(sink: MailSink, config: EmailConfig) -> None:
    sink.script.size = 10_000
    error, said = failure(config, files=(File("big.bin", "application/octet-stream", b"x" * 20_000),))
    assert (error.code, error.permanent, said) == ("5.3.4", True, 0)
    assert "data" not in sink.commands


def test_a_server_that_is_away_is_temporary(sink: MailSink, config: EmailConfig) -> None:
    sink.close()
    error, said = failure(config)
    assert (error.code, error.permanent, error.ambiguous, said) == ("connect", False, False, 0)


def test_a_host_that_does_not_exist_is_named(sink: MailSink) -> None:
    error, _ = failure(config_for(sink, smtp_host="nowhere.invalid", smtp_security="tls"))
    assert "nowhere.invalid" in error.message
    assert not error.permanent


def test_going_out_is_said_when_the_server_waits_for_the_content(sink: MailSink, config: EmailConfig) -> None:
    seen: list[tuple[list[str], int]] = []
    connector.send(config, outgoing(), lambda: seen.append((list(sink.commands), len(sink.taken))))
    assert seen == [(["ehlo", "auth", "mail", "rcpt", "data"], 0)]


def test_where_going_out_fails_no_mail_leaves(sink: MailSink, config: EmailConfig) -> None:
    class Boom(Exception):
        pass

    def going_out() -> None:
        raise Boom

    with pytest.raises(Boom):
        connector.send(config, outgoing(), going_out)
    assert sink.taken == []


def test_amazons_new_id_is_kept_beside_ours(monkeypatch: pytest.MonkeyPatch, sink: MailSink) -> None:
    sink.script.say["dot"] = "250 Ok 0102018f4e7a1b2c-3d4e5f60-aaaa-bbbb-cccc-0123456789ab-000000"
    dial = socket.create_connection
    monkeypatch.setattr(socket, "create_connection", lambda _to, *rest: dial(("127.0.0.1", sink.port), *rest))
    # The far name is Amazon's, the certificate is ours: what is tested here is the id, not the line.
    trusting = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    trusting.check_hostname, trusting.verify_mode = False, ssl.CERT_NONE
    monkeypatch.setattr("connectors.email.tls.context", lambda _ca_file: trusting)
    receipt = send(config_for(sink, smtp_host="email-smtp.eu-west-1.amazonaws.com", smtp_security="starttls"))
    assert receipt.external_id == "<t1.m2.abc@shop.example>"
    assert receipt.also == ("<0102018f4e7a1b2c-3d4e5f60-aaaa-bbbb-cccc-0123456789ab-000000@eu-west-1.amazonses.com>",)


def test_a_check_signs_in_and_sends_nothing(sink: MailSink, config: EmailConfig) -> None:
    assert "127.0.0.1 takes our mail" in connector.check(config)
    assert sink.logins == [("support@shop.example", True)]
    assert sink.taken == []
    assert "mail" not in sink.commands


@pytest.mark.parametrize(
    "subject",
    [
        "Re: " + "perché così tanto? " * 40,
        "Re: " + "x" * 600,
        "Re: " + "日本語の件名" * 100,
        "Re: " + "🎉" * 200,
    ],
)
def test_a_long_subject_comes_back_as_it_was_and_breaks_no_line_rule(subject: str) -> None:
    made, _ = compose.mail(EmailConfig(address="support@shop.example"), outgoing(subject=subject), NOW)
    raw = made.as_bytes()
    assert max(map(len, raw.split(b"\r\n"))) <= 998
    again = read(raw)
    assert str(again["Subject"]).strip() == " ".join(subject.split())[:900].strip()
    assert again["To"] == "Chiara Neri <chiara@studio.example>"


@given(name=st.text(alphabet=st.characters(codec="utf-8", exclude_categories=["C"]), max_size=80))
def test_a_name_comes_back_as_it_was(name: str) -> None:
    made, _ = compose.mail(
        EmailConfig(address="support@shop.example"), outgoing(from_name="L", to=Address("c@bücher.example", name)), NOW
    )
    [to] = read(made.as_bytes())["To"].addresses
    assert to.addr_spec == "c@xn--bcher-kva.example"
    assert "".join(to.display_name.split()) == "".join(name.split())


def test_headers_of_the_desk_leave_on_one_line_and_no_others_do(sink: MailSink, config: EmailConfig) -> None:
    send(config, headers=(("X-Sportello-Probe", "17-abc\r\nBcc: eve@studio.example"), ("Bcc", "eve@studio.example")))
    (mail,) = sink.taken
    message = read(mail.content)
    assert message["X-Sportello-Probe"] == "17-abc Bcc: eve@studio.example"
    assert message["Bcc"] is None
