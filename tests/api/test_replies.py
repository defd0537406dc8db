"""Answering through the API: once, not over a thread that moved on, by the right channel, with files."""

from __future__ import annotations

import base64
import io
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import select, update

from connectors.base import ConnectorError
from inbox.actions import outbox
from inbox.rendering import markup
from inbox.store import Message
from inbox.terms import Delivery
from tests.api.conftest import CHIARA, Api, Desk, content

PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 40


def test_a_reply_is_queued_at_once_and_told_in_full(call: Api, desk: Desk) -> None:
    ticket = desk.text("Il sito non risponde")
    told = call.of("luca").post(f"/tickets/{ticket}/replies", {"text": " Guardo subito ", "client_key": "k1"}, 201)
    assert (told["direction"], told["text"], told["full_text"]) == ("out", "Guardo subito", "Guardo subito")
    assert (told["channel"], told["address"]) == ("sms", desk.sms.id)
    assert told["to"] == [{"name": None, "address": CHIARA}]
    assert told["from"]["name"] == "Luca"
    assert told["agent"] == desk.agents["luca"]
    assert (told["delivery"]["state"], told["delivery"]["attempts"], told["delivery"]["cost"]) == ("queued", 0, None)
    assert told["joined"] == {"rule": "manual", "ref": None}
    assert call.get(f"/messages/{told['id']}") == told
    assert call.get(f"/tickets/{ticket}")["assignee"] == desk.agents["luca"]
    assert call.get("/status")["outbox_due"] == 1


def test_the_same_key_again_is_the_same_message(call: Api, desk: Desk) -> None:
    path = f"/tickets/{desk.text()}/replies"
    first = call.post(path, {"text": "una volta", "client_key": "k1"}, 201)
    assert call.post(path, {"text": "una volta", "client_key": "k1"}, 200) == first
    assert call.post(path, {"text": "un'altra", "client_key": "k1"}, 200) == first
    assert call.post(path, {"text": "un'altra", "client_key": "k2"}, 201)["id"] != first["id"]


def test_the_same_key_at_the_same_moment_is_one_message(call: Api, desk: Desk, app: object) -> None:
    path = f"/tickets/{desk.text()}/replies"

    def send(_n: int) -> tuple[int, int]:
        other = Api(call.client.application.test_client(), call.tokens, call.document)
        response = other("POST", path, json={"text": "insieme", "client_key": "k1"})
        return response.status_code, content(response)["id"]

    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(send, range(6)))
    assert sorted(status for status, _id in answers) == [200] * 5 + [201]
    assert len({id for _status, id in answers}) == 1


def test_a_thread_that_moved_on_refuses_unless_one_has_seen_it(call: Api, desk: Desk) -> None:
    ticket = desk.text("prima")
    path = f"/tickets/{ticket}/replies"
    seen = call.get(f"/tickets/{ticket}/messages")["items"][-1]["id"]
    assert desk.text("e poi") == ticket
    problem = call.refused("POST", path, 409, "thread-moved", json={"text": "x", "client_key": "k1", "seen": seen})
    assert problem["type"].endswith("/thread-moved")
    assert problem["messages"] == 1
    newest = call.get(f"/tickets/{ticket}/messages")["items"][-1]["id"]
    call.post(path, {"text": "x", "client_key": "k1", "seen": newest}, 201)
    call.post(path, {"text": "anyway", "client_key": "k2"}, 201)


@pytest.mark.parametrize(("then", "status"), [("resolve", "resolved"), ("pending", "pending"), (None, "open")])
def test_what_becomes_of_the_ticket_is_said_with_the_reply(
    call: Api, desk: Desk, then: str | None, status: str
) -> None:
    ticket = desk.text()
    call.post(f"/tickets/{ticket}/replies", {"text": "Fatto", "client_key": "k", "then": then}, 201)
    assert call.get(f"/tickets/{ticket}")["status"] == status


@pytest.mark.parametrize("word", ["sms", "shop-sms", "id"])
def test_the_channel_is_named_by_kind_name_or_id(call: Api, desk: Desk, word: str) -> None:
    body = {
        "text": "x",
        "client_key": "k",
        "channel": desk.sms.id if word == "id" else word,
        "address": "+44 7700 900142",
    }
    assert call.post(f"/tickets/{desk.text()}/replies", body, 201)["address"] == desk.sms.id


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"text": "  "}, "text"),
        ({"text": "x" * 1601}, "text"),
        ({"text": "x", "channel": "nosuch"}, "channel"),
        ({"text": "x", "channel": "telegram"}, "channel"),
        ({"text": "x", "address": "+447700900199"}, "address"),
        ({"text": "x", "attachments": [{"name": "", "data": ""}]}, "attachments.0.name"),
        ({"text": "x", "attachments": [{"name": "a", "data": "AA=="}] * 21}, "attachments"),
        ({"text": "x", "attachments": [{"name": "a", "data": "AA=="}] * 11}, "files"),
        ({"text": "x", "attachments": "a.png"}, "attachments"),
    ],
)
def test_a_reply_that_cannot_leave_is_refused_by_field(call: Api, desk: Desk, body: dict[str, str], field: str) -> None:
    ticket = desk.text()
    problem = call.refused("POST", f"/tickets/{ticket}/replies", 422, "invalid", json={"client_key": "k", **body})
    assert field in problem["errors"]
    assert len(call.get(f"/tickets/{ticket}/messages")["items"]) == 1


def test_files_go_with_a_reply_as_base64(call: Api, desk: Desk) -> None:
    files = [{"name": "guida.png", "content_type": "image/png", "data": base64.b64encode(PNG).decode()}]
    told = call.post(f"/tickets/{desk.text()}/replies", {"text": "", "client_key": "k", "attachments": files}, 201)
    [file] = told["attachments"]
    assert (file["name"], file["content_type"], file["bytes"]) == ("guida.png", "image/png", len(PNG))
    assert call("GET", f"/attachments/{file['id']}").data == PNG


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("../../x", "x"),
        ("C:\\Users\\anna\\foto.png", "foto.png"),
        ("/etc/", "file"),
        ("..", "file"),
        (" a b.txt ", "a b.txt"),
    ],
)
def test_a_file_keeps_its_name_and_loses_its_path(call: Api, desk: Desk, name: str, kept: str) -> None:
    files = [{"name": name, "data": "AA=="}]
    told = call.post(f"/tickets/{desk.text()}/replies", {"text": "x", "client_key": "k", "attachments": files}, 201)
    assert [one["name"] for one in told["attachments"]] == [kept]


def test_files_go_with_a_reply_as_a_form(call: Api, desk: Desk) -> None:
    files = [(io.BytesIO(PNG), "è un'altra.png", "image/png"), (io.BytesIO(b"a"), "b.txt", "text/plain")]
    form = {"text": "ecco", "client_key": "k", "then": "resolve", "seen": "", "attachments": files}
    response = call("POST", f"/tickets/{desk.text()}/replies", data=form)
    assert response.status_code == 201
    assert [(one["name"], one["bytes"]) for one in content(response)["attachments"]] == [
        ("è un'altra.png", 48),
        ("b.txt", 1),
    ]


def test_a_note_is_the_agents_own_and_written_once(call: Api, desk: Desk) -> None:
    ticket = desk.text()
    path = f"/tickets/{ticket}/notes"
    first = call.of("luca").post(path, {"text": "è il dominio scaduto", "client_key": "k1"}, 201)
    assert (first["direction"], first["channel"], first["address"], first["delivery"]) == ("note", None, None, None)
    assert first["agent"] == desk.agents["luca"]
    assert call.of("luca").post(path, {"text": "è il dominio scaduto", "client_key": "k1"}, 200) == first
    kinds = {event["id"]: event["kind"] for event in call.get("/events", ticket=ticket)["items"]}
    assert kinds[first["event"]] == "note.added"
    assert [one["direction"] for one in call.get(f"/tickets/{ticket}/messages")["items"]] == ["in", "note"]


def test_what_has_not_left_can_be_taken_back(call: Api, desk: Desk) -> None:
    ticket = desk.text()
    said = call.post(f"/tickets/{ticket}/replies", {"text": "x", "client_key": "k", "then": "resolve"}, 201)
    assert call.post(f"/messages/{said['id']}/cancel")["delivery"]["state"] == "cancelled"
    assert call.get(f"/tickets/{ticket}")["status"] == "open"
    call.refused("POST", f"/messages/{said['id']}/cancel", 409, "conflict")
    call.refused("POST", f"/messages/{said['id']}/retry", 409, "conflict")


def test_what_failed_can_be_sent_again_and_says_why_it_failed(call: Api, desk: Desk) -> None:
    said = call.post(f"/tickets/{desk.text()}/replies", {"text": "x", "client_key": "k"}, 201)
    with desk.store.transaction() as work:
        assert outbox.claim(work, "me") == [said["id"]]
        outbox.load(work, said["id"], markup.render)
        outbox.fail(work, said["id"], ConnectorError("no such number", code="30006", permanent=True))
    delivery = call.get(f"/messages/{said['id']}")["delivery"]
    assert (delivery["state"], delivery["code"], delivery["reason"], delivery["permanent"]) == (
        "failed", "30006", "no such number", True,
    )  # fmt: skip
    again = call.post(f"/messages/{said['id']}/retry")["delivery"]
    assert (again["state"], again["code"], again["attempts"]) == ("queued", None, 1)
    assert again["next_at"] is not None


def test_a_message_that_arrived_can_be_neither_taken_back_nor_sent(call: Api, desk: Desk) -> None:
    [message] = call.get(f"/tickets/{desk.text()}/messages")["items"]
    for verb in ("cancel", "retry"):
        call.refused("POST", f"/messages/{message['id']}/{verb}", 404, "not-found")


def test_a_price_is_text_with_its_currency(call: Api, desk: Desk) -> None:
    said = call.post(f"/tickets/{desk.text()}/replies", {"text": "x", "client_key": "k"}, 201)
    from decimal import Decimal

    with desk.store.transaction() as work:
        work.execute(
            update(Message)
            .where(Message.id == said["id"])
            .values(cost_amount=Decimal("0.0791"), cost_currency="USD", cost_final=True, state=Delivery.DELIVERED)
        )
        assert work.scalar(select(Message.cost_amount).where(Message.id == said["id"])) == Decimal("0.0791")
    delivery = call.get(f"/messages/{said['id']}")["delivery"]
    assert delivery["cost"] == {"amount": "0.0791", "currency": "USD", "final": True}
    assert delivery["next_at"] is None
