"""Messages and their files as the API shows them."""

from __future__ import annotations

import datetime as dt
import hashlib
from typing import Any

import pytest

from connectors.base import Address, Attachment, Inbound, MediaRef
from inbox.actions.threading import ticket_of_token
from inbox.store import Message
from tests.api.conftest import Api, Desk

FIELDS = """id ticket direction channel address from to cc reply_to subject text full_text html external_id in_reply_to
references reply_address subject_token auto joined suggestion attachments date received_at journal delivery bounce"""
SVG = b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>"


def mail(**other: Any) -> Inbound:
    values: dict[str, Any] = {
        "external_id": "<a1@studio.example>",
        "sender": Address("chiara@studio.example", "Chiara Riva"),
        "text": "Non riesco ad accedere.",
        "full_text": "Non riesco ad accedere.\n\n> Il 3 marzo …",
        "at": dt.datetime(2026, 3, 9, 8, 0, 0, 123_456, tzinfo=dt.UTC),
        "subject": "Accesso",
        "to": (Address("help@bottega.example"),),
        "cc": (Address("marco@studio.example", "Marco"),),
        "reply_to": (Address("ufficio@studio.example"),),
        "html": "<p onclick='x()'>Non riesco<script>alert(1)</script> ad accedere.</p>",
        "date": dt.datetime(2026, 3, 9, 9, 0, tzinfo=dt.timezone(dt.timedelta(hours=1))),
        "references": ("<z@studio.example>",),
        "in_reply_to": "<z@studio.example>",
    }
    return Inbound(**{**values, **other})


def test_a_mail_has_the_fields_of_the_contract(call: Api, desk: Desk) -> None:
    ticket, message = desk.arrive(mail())
    told = call.get(f"/messages/{message}")
    assert set(told) >= set(FIELDS.split())
    assert (told["id"], told["ticket"], told["direction"]) == (message, ticket, "in")
    assert (told["channel"], told["address"]) == ("email", desk.mail.id)
    assert told["from"] == {"name": "Chiara Riva", "address": "chiara@studio.example"}
    assert told["to"] == [{"name": None, "address": "help@bottega.example"}]
    assert told["cc"] == [{"name": "Marco", "address": "marco@studio.example"}]
    assert told["reply_to"] == [{"name": None, "address": "ufficio@studio.example"}]
    assert (told["subject"], told["text"]) == ("Accesso", "Non riesco ad accedere.")
    assert told["full_text"] == "Non riesco ad accedere.\n\n> Il 3 marzo …"
    assert (told["external_id"], told["in_reply_to"]) == ("<a1@studio.example>", "<z@studio.example>")
    assert told["references"] == ["<z@studio.example>"]
    assert told["joined"] == {"rule": "new", "ref": None}
    assert (told["auto"], told["suggestion"], told["delivery"], told["bounce"]) == (None, None, None, None)
    assert told["date"] == "2026-03-09T08:00:00.000Z"
    assert told["journal"] == 1
    assert told["subject_token"] == f"[#{ticket}]"
    assert call.get(f"/tickets/{ticket}/messages")["items"] == [told]


def test_the_markup_is_sanitised(call: Api, desk: Desk) -> None:
    _ticket, message = desk.arrive(mail())
    html = call.get(f"/messages/{message}")["html"]
    assert "Non riesco" in html
    assert "script" not in html
    assert "onclick" not in html


def test_the_reply_address_leads_home(call: Api, desk: Desk) -> None:
    ticket, message = desk.arrive(mail())
    local, _, domain = call.get(f"/messages/{message}")["reply_address"].partition("@")
    assert domain == "bottega.example"
    with desk.store.reading() as work:
        assert ticket_of_token(work, local.removeprefix("help+")) == ticket


def test_a_mail_without_anything_is_still_a_message(call: Api, desk: Desk) -> None:
    bare = Inbound("synthetic:1", Address(""), "", dt.datetime(2026, 3, 9, tzinfo=dt.UTC), auto="bulk")
    ticket, message = desk.arrive(bare)
    told = call.get(f"/messages/{message}")
    assert told["from"] == {"name": None, "address": None}
    assert (told["subject"], told["text"], told["full_text"], told["html"], told["date"]) == (None, "", "", None, None)
    assert told["auto"] == "bulk"
    assert call.get(f"/tickets/{ticket}")["customer"] is None


def test_a_weak_match_is_only_suggested(call: Api, desk: Desk) -> None:
    first, _message = desk.arrive(mail())
    stranger = mail(
        external_id="<b@other.example>",
        sender=Address("eve@other.example"),
        subject_token=f"[#{first}]",
        in_reply_to=None,
        references=(),
    )
    second, message = desk.arrive(stranger)
    assert second != first
    assert call.get(f"/messages/{message}")["suggestion"] == {"ticket": first, "rule": "subject_number"}


def test_messages_come_in_their_order_in_pages(call: Api, desk: Desk) -> None:
    ticket = desk.text("0")
    for n in range(1, 5):
        desk.text(str(n))
    first = call.get(f"/tickets/{ticket}/messages", limit=2)
    second = call.get(f"/tickets/{ticket}/messages", limit=2, after=first["next"])
    third = call.get(f"/tickets/{ticket}/messages", limit=2, after=second["next"])
    assert [one["text"] for page in (first, second, third) for one in page["items"]] == ["0", "1", "2", "3", "4"]
    assert third["next"] is None


def test_the_view_is_the_document_of_the_frame(call: Api, desk: Desk) -> None:
    _ticket, message = desk.arrive(mail())
    response = call("GET", f"/messages/{message}/view")
    assert response.content_type.startswith("text/html")
    assert "default-src 'none'" in response.headers["Content-Security-Policy"]
    assert "Non riesco" in response.text
    assert "<script" not in response.text
    assert "onclick" not in response.text


@pytest.mark.parametrize(
    ("name", "kind", "shown", "plain", "encoded"),
    [
        ("foto.png", "image/png", True, "foto.png", "foto.png"),
        ("FOTO.PNG", "Image/PNG; x=y", True, "FOTO.PNG", "FOTO.PNG"),
        ("x.svg", "image/svg+xml", False, "x.svg", "x.svg"),
        ("p.html", "text/html", False, "p.html", "p.html"),
        ("../../x", "text/plain", False, "x", "x"),
        ("..\\..\\x.exe", "", False, "x.exe", "x.exe"),
        ('a"b\r\nX: y', "image/png\r\nX: y", False, "a_b__X_ y", "a_b__X_%20y"),
        ("ricevuta è 5€.pdf", "application/pdf", False, "ricevuta _ 5_.pdf", "ricevuta%20%C3%A8%205%E2%82%AC.pdf"),
        ("..", "text/plain", False, "file", "file"),
    ],
)
def test_a_file_is_handed_out_so_that_it_cannot_run(
    call: Api, desk: Desk, name: str, kind: str, shown: bool, plain: str, encoded: str
) -> None:
    _ticket, message = desk.arrive(mail(attachments=(Attachment(name, kind, SVG, content_id="c1", inline=True),)))
    [file] = call.get(f"/messages/{message}")["attachments"]
    assert (file["name"], file["bytes"], file["sha256"]) == (name, len(SVG), hashlib.sha256(SVG).hexdigest())
    assert (file["content_id"], file["inline"]) == ("c1", True)
    response = call("GET", f"/attachments/{file['id']}")
    assert (response.status_code, response.data) == (200, SVG)
    assert response.content_type == ("image/png" if shown else "application/octet-stream")
    way = "inline" if shown else "attachment"
    assert response.headers["Content-Disposition"] == f"{way}; filename=\"{plain}\"; filename*=UTF-8''{encoded}"
    assert response.headers["Content-Security-Policy"].startswith("sandbox")


def test_a_file_that_is_known_is_not_sent_again(call: Api, desk: Desk) -> None:
    _ticket, message = desk.arrive(mail(attachments=(Attachment("a.bin", "x/y", b"abc"),)))
    [file] = call.get(f"/messages/{message}")["attachments"]
    tag = call("GET", f"/attachments/{file['id']}").headers["ETag"]
    assert call("GET", f"/attachments/{file['id']}", headers={"If-None-Match": tag}).status_code == 304


def test_a_file_that_still_lies_with_the_provider_is_said(call: Api, desk: Desk) -> None:
    media = MediaRef("https://api.example/media/1", "foto.jpg", "image/jpeg")
    _ticket, message = desk.arrive(mail(attachments=(Attachment("foto.jpg", "image/jpeg", media=media),)))
    [file] = call.get(f"/messages/{message}")["attachments"]
    assert (file["bytes"], file["sha256"]) == (None, None)
    assert "still with the provider" in call.refused("GET", f"/attachments/{file['id']}", 404, "not-found")["detail"]


def test_a_bounce_tells_what_the_mail_system_said(call: Api, desk: Desk) -> None:
    _ticket, message = desk.arrive(mail())
    bounce = {"message": 5, "status": "5.1.1", "reason": "no such user", "permanent": True, "recipient": "a@b.example"}
    with desk.store.transaction() as work:
        work.get_one(Message, message).bounce = bounce
    assert call.get(f"/messages/{message}")["bounce"] == bounce
