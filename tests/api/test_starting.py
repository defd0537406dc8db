"""Writing first through the API: one ticket for one key, by a channel that can, refused field by field."""

from __future__ import annotations

import base64
import io
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from inbox.actions import people
from inbox.actions.who import SYSTEM
from inbox.store import Channel
from tests.api.conftest import Api, Desk, content

ANNA = {"to": "Anna@Shop.example", "name": "Anna", "subject": "Rinnovo", "text": "Ciao **Anna**", "client_key": "k1"}
PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 40


def test_a_ticket_begins_with_our_message_once(call: Api, desk: Desk) -> None:
    made = call.of("luca").post("/tickets", {**ANNA, "then": "pending"}, 201)
    ticket, message = made["ticket"], made["message"]
    assert (ticket["subject"], ticket["status"], ticket["channel"]) == ("Rinnovo", "pending", "email")
    assert (ticket["assignee"], ticket["customer"]["name"]) == (desk.agents["luca"], "Anna")
    assert (message["ticket"], message["direction"], message["subject"]) == (ticket["id"], "out", "Rinnovo")
    assert message["to"] == [{"name": "Anna", "address": "anna@shop.example"}]
    assert message["delivery"]["state"] == "queued"  # nobody is there who could undo it
    assert call.of("luca").post("/tickets", {**ANNA, "text": "Altro"}, 200)["message"] == message
    assert call.get(f"/tickets/{ticket['id']}") == ticket
    assert len(call.get("/tickets")["items"]) == 1
    assert [one["kind"] for one in call.get("/events", ticket=ticket["id"])["items"]][:2] == [
        "ticket.created",
        "ticket.assigned",
    ]


def test_the_same_key_at_the_same_moment_is_one_ticket(call: Api, desk: Desk) -> None:
    del desk

    def send(_: int) -> tuple[int, int]:
        other = Api(call.client.application.test_client(), call.tokens, call.document)
        response = other("POST", "/tickets", json=ANNA)
        return response.status_code, content(response)["ticket"]["id"]

    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(send, range(4)))
    assert sorted(status for status, _ in answers) == [200] * 3 + [201]
    assert len({ticket for _, ticket in answers}) == 1


@pytest.mark.parametrize(
    ("channel", "to"),
    [(None, "+44 7700 900142"), ("sms", "+447700900142"), ("shop-sms", "+447700900142"), ("ID", "+447700900142")],
)
def test_the_channel_is_named_or_found_by_the_address(call: Api, desk: Desk, channel: str | None, to: str) -> None:
    known = desk.text()
    body = {**ANNA, "to": to, "channel": desk.sms.id if channel == "ID" else channel}
    made = call.post("/tickets", body, 201)
    assert (made["message"]["address"], made["message"]["to"][0]["address"]) == (desk.sms.id, "+447700900142")
    assert made["ticket"]["customer"]["id"] == call.get(f"/tickets/{known}")["customer"]["id"]
    assert made["ticket"]["id"] != known


def test_files_come_in_the_body_or_beside_it(call: Api, desk: Desk) -> None:
    del desk
    files = [{"name": "a.png", "content_type": "image/png", "data": base64.b64encode(PNG).decode()}]
    [file] = call.post("/tickets", {**ANNA, "attachments": files}, 201)["message"]["attachments"]
    assert call("GET", f"/attachments/{file['id']}").data == PNG
    form = {**ANNA, "client_key": "k2", "attachments": [(io.BytesIO(PNG), "b.png", "image/png")]}
    response = call("POST", "/tickets", data=form)
    assert response.status_code == 201
    assert [one["name"] for one in content(response)["message"]["attachments"]] == ["b.png"]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"to": ""}, "to"),
        ({"to": "anna"}, "to"),
        ({"to": "anna@shop.example\r\nBcc: eve@evil.example"}, "to"),
        ({"to": "347 555 0142"}, "to"),
        ({"channel": "sms"}, "to"),
        ({"channel": "telegram"}, "channel"),
        ({"text": "  "}, "text"),
        ({"text": "Ciao {customer.name}"}, "text"),
        ({"client_key": ""}, "client_key"),
        ({"then": "dance"}, "then"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_what_cannot_begin_is_refused_by_field(call: Api, desk: Desk, body: dict[str, Any], field: str) -> None:
    del desk
    problem = call.refused("POST", "/tickets", 422, "invalid", json={**ANNA, **body})
    assert field in problem["errors"]
    assert call.get("/tickets")["items"] == []


def test_nobody_writes_first_without_a_token_or_by_a_private_teams_channel(call: Api, desk: Desk) -> None:
    with desk.store.transaction() as work:
        work.get_one(Channel, desk.mail.id).team_id = people.add_team(work, SYSTEM, "Legale", private=True).id
    call.of(None).refused("POST", "/tickets", 401, "unauthorized", json=ANNA)
    assert call.of("luca").refused("POST", "/tickets", 422, "invalid", json=ANNA)["errors"].keys() == {"channel"}
    assert call.of("sara").post("/tickets", ANNA, 201)["ticket"]["team"] is not None
