"""Mail that Mailgun, SendGrid and Postmark post: verified each its own way, and the same mail in each form."""

from __future__ import annotations

import base64
import datetime as dt
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.base import Inbound, Refused, Request, Unreadable
from connectors.email import Email, EmailConfig
from connectors.email.inbound.rebuild import rebuild

FOLDER = Path(__file__).parents[1] / "fixtures" / "email"
HOOK = "https://desk.shop.example/hooks/email/0123456789abcdef0123456789abcdef"
TIME = dt.datetime(2026, 5, 4, 12, 0, tzinfo=dt.UTC)
KEY, PASSWORD = "key-of-the-shop", "word that nobody/guesses:42"
CALLS = [
    ("mailgun", "raw.multipart"),
    ("mailgun", "fields.multipart"),
    ("mailgun", "fields-without-files.form"),
    ("sendgrid", "raw.multipart"),
    ("sendgrid", "fields.multipart"),
    ("postmark", "raw.json"),
    ("postmark", "fields.json"),
]
TYPES = {
    ".multipart": "multipart/form-data; boundary=xYzZY",
    ".form": "application/x-www-form-urlencoded",
    ".json": "application/json; charset=utf-8",
}
connector = Email()


def config(**settings: Any) -> EmailConfig:
    return EmailConfig.model_validate({"address": "support@shop.example", **settings})


def basic(password: str = PASSWORD) -> tuple[str, str]:
    return "Authorization", "Basic " + base64.b64encode(f"anybody:{password}".encode()).decode()


def call(provider: str, name: str, *headers: tuple[str, str], received: dt.datetime = TIME, end: str = "") -> Request:
    """A recorded call as it comes in."""
    path = FOLDER / provider / name
    body = path.read_bytes()
    if path.suffix == ".form":
        body = b"&".join(body.split())
    return Request("POST", f"{HOOK}/{provider}{end}", [("Content-Type", TYPES[path.suffix]), *headers], body, received)


def mailgun(**other: Any) -> EmailConfig:
    return config(inbound="mailgun", inbound_key=KEY, **other)


def read(provider: str, name: str) -> Inbound:
    [item] = connector.parse(config(), call(provider, name))
    assert isinstance(item, Inbound)
    return item


# --- reading ---


@pytest.mark.parametrize(("provider", "name"), CALLS)
def test_each_form_of_each_service_gives_the_same_mail(provider: str, name: str) -> None:
    mail = read(provider, name)
    assert mail.external_id == "<chiave-7@studio.example>"
    assert (mail.sender.value, mail.sender.name) == ("chiara@studio.example", "Chiara Viteà")
    assert mail.subject == "Perché la chiave (n° 7)? [#12]"
    assert mail.text == "La chiave è rotta.\n\nChiara"
    assert mail.reply_tokens == ("t12-abcdefghij",)
    assert mail.subject_token == "12"
    assert (mail.in_reply_to, mail.references) == (
        "<t12.1.x@shop.example>",
        ("<t12.0.x@shop.example>", "<t12.1.x@shop.example>"),
    )
    assert [one.value for one in mail.cc] == ["sales@shop.example"]
    assert mail.date == dt.datetime(2026, 5, 4, 11, 59, 50, tzinfo=dt.UTC)
    assert mail.at == TIME
    if "without-files" not in name:
        assert mail.html is not None
        assert "La chiave è rotta." in mail.html
        files = [(one.name, one.content_type, one.inline, one.content_id) for one in mail.attachments]
        assert files == [
            ("foto.png", "image/png", True, "foto@studio"),
            ("ricevuta.pdf", "application/pdf", False, None),
        ]
        assert mail.attachments[1].data == b"%PDF-1.4\n\x00\xff\r\nnot really\n%%EOF\n"


@pytest.mark.parametrize(("provider", "name"), CALLS)
def test_the_envelope_counts_where_the_headers_do_not_name_us(provider: str, name: str) -> None:
    posted = call(provider, name)
    body = posted.body.replace(b"Bottega <support+t12-abcdefghij@shop.example>", b"list@elsewhere.example")
    body = body.replace(b"Bottega+%3Csupport%2Bt12-abcdefghij%40shop.example%3E", b"list%40elsewhere.example")
    body = body.replace(b'\\"Bottega\\" <support+t12-abcdefghij@shop.example>', b"list@elsewhere.example")
    [mail] = connector.parse(config(), Request("POST", posted.url, posted.headers, body, TIME))
    assert isinstance(mail, Inbound)
    assert mail.reply_tokens == ("t12-abcdefghij",)


@pytest.mark.parametrize(("provider", "name"), CALLS)
def test_a_call_without_a_mail_is_named_unreadable(provider: str, name: str) -> None:
    posted = call(provider, name)
    for body in (b"", b"{}", b"[1]", b"--xYzZY--", b"a=b", posted.body[: len(posted.body) // 9]):
        for item in connector.parse(config(), Request("POST", posted.url, posted.headers, body, TIME)):
            assert isinstance(item, Unreadable | Inbound)
    [item] = connector.parse(config(), Request("POST", posted.url, posted.headers, b"", TIME))
    assert isinstance(item, Unreadable)


@given(body=st.binary(max_size=400), provider=st.sampled_from(["mailgun", "sendgrid", "postmark"]), data=st.data())
@settings(max_examples=60)
def test_hostile_calls_are_refused_or_read_and_nothing_else(body: bytes, provider: str, data: st.DataObject) -> None:
    kind = data.draw(
        st.sampled_from(
            [*TYPES.values(), "multipart/form-data", "", "text/plain", "multipart/form-data; boundary=\xff"]
        )
    )
    posted = Request(
        "POST", f"{HOOK}/{provider}", [("Content-Type", kind), ("Authorization", "Basic \xff")], body, TIME
    )
    for one in (mailgun(), config(inbound_password=PASSWORD), config(inbound_key="no key")):
        with pytest.raises(Refused):
            connector.verify(one, posted)
        connector.nonce(one, posted)
    assert connector.parse(config(), posted)


def test_headers_cannot_break_out_of_a_mail_that_is_put_together() -> None:
    evil = [("Subject", "a\r\nBcc: victim@x.example\r\n\r\nbody"), ("Bad\r\nName", "x"), ("Content-Type", "text/html")]
    raw = rebuild(evil, "text", "", [])
    head = raw.partition(b"\r\n\r\n")[0].split(b"\r\n")
    assert [line.partition(b":")[0] for line in head] == [
        b"Subject",
        b"MIME-Version",
        b"Content-Type",
        b"Content-Transfer-Encoding",
    ]


# --- who called ---


def test_mailgun_is_known_by_its_signature_for_as_long_as_it_tries() -> None:
    connector.verify(mailgun(), call("mailgun", "raw.multipart", end="/mime"))
    connector.verify(mailgun(), call("mailgun", "raw.multipart", received=TIME + dt.timedelta(hours=8)))
    for wrong, posted in (
        (config(inbound_key="another"), call("mailgun", "raw.multipart")),
        (config(), call("mailgun", "raw.multipart")),
        (mailgun(), call("mailgun", "raw.multipart", received=TIME + dt.timedelta(hours=10))),
        (mailgun(), call("mailgun", "raw.multipart", received=TIME - dt.timedelta(hours=1))),
    ):
        with pytest.raises(Refused):
            connector.verify(wrong, posted)


def test_mailguns_token_is_what_a_call_carries_once() -> None:
    first, second = call("mailgun", "raw.multipart"), call("mailgun", "fields.multipart")
    assert connector.nonce(mailgun(), first) == connector.nonce(mailgun(), second) is not None
    assert connector.nonce(config(), call("sendgrid", "raw.multipart")) is None
    assert connector.nonce(config(), call("postmark", "raw.json")) is None


@pytest.mark.parametrize(("provider", "name"), [("postmark", "raw.json"), ("sendgrid", "raw.multipart")])
def test_the_password_in_the_address_lets_a_service_in(provider: str, name: str) -> None:
    ours = config(inbound=provider, inbound_password=PASSWORD)
    connector.verify(ours, call(provider, name, basic()))
    address = connector.hook_url(ours, HOOK)
    assert (
        address == HOOK.replace("https://", "https://sportello:word%20that%20nobody%2Fguesses%3A42@") + f"/{provider}"
    )
    for headers in ([], [basic("word")], [("Authorization", "Bearer x")], [("Authorization", "Basic ???")]):
        with pytest.raises(Refused):
            connector.verify(ours, call(provider, name, *headers))
    with pytest.raises(Refused):
        connector.verify(config(inbound=provider), call(provider, name, basic("")))


def test_sendgrids_signature_covers_time_and_body() -> None:
    private = ec.generate_private_key(ec.SECP256R1())
    public = private.public_key()
    der = public.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    pem = public.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    stamp = str(int(TIME.timestamp()))
    body = call("sendgrid", "raw.multipart").body
    signature = base64.b64encode(private.sign(stamp.encode() + body, ec.ECDSA(hashes.SHA256()))).decode()
    headers = [
        ("X-Twilio-Email-Event-Webhook-Signature", signature),
        ("X-Twilio-Email-Event-Webhook-Timestamp", stamp),
    ]
    for key in (base64.b64encode(der).decode(), pem.decode()):
        ours = config(inbound="sendgrid", inbound_key=key, inbound_password=PASSWORD)
        connector.verify(ours, call("sendgrid", "raw.multipart", *headers))
        assert connector.hook_url(ours, HOOK) == f"{HOOK}/sendgrid"
        for posted in (
            call("sendgrid", "fields.multipart", *headers),
            call("sendgrid", "raw.multipart", headers[0]),
            call("sendgrid", "raw.multipart", basic()),  # with a key the password is not enough
            call("sendgrid", "raw.multipart", headers[0], ("X-Twilio-Email-Event-Webhook-Timestamp", stamp + "1")),
            call("sendgrid", "raw.multipart", *headers, received=TIME + dt.timedelta(minutes=11)),
        ):
            with pytest.raises(Refused):
                connector.verify(ours, posted)


def test_a_call_to_no_service_is_refused() -> None:
    posted = call("postmark", "raw.json", basic())
    for url in (HOOK, f"{HOOK}/", f"{HOOK}/ses", "https://desk.shop.example/postmark"):
        with pytest.raises(Refused):
            connector.verify(config(inbound_password=PASSWORD), Request("POST", url, posted.headers, posted.body, TIME))


def test_what_to_paste_names_the_service() -> None:
    assert connector.hook_url(mailgun(), HOOK) == f"{HOOK}/mailgun/mime"
    assert connector.hook_url(config(inbound="postmark"), HOOK) == f"{HOOK}/postmark"
    assert connector.is_called(mailgun())
    assert not connector.is_called(config())
    assert not connector.must_poll(mailgun())
