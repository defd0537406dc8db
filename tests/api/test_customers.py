"""Customers by the API: all of one as an archive, and their erasure."""

from __future__ import annotations

import datetime as dt
import io
import json
import zipfile

from connectors.base import Address, Inbound
from inbox import clock
from tests.api.conftest import Api, Desk


def letter(desk: Desk, name: str) -> int:
    at = clock.now() - dt.timedelta(seconds=1)
    sender = Address("chiara@studio.example", "Chiara Lombardi")
    return desk.arrive(Inbound(f"<{name}@studio.example>", sender=sender, text=name, subject=name, at=at))[0]


def test_an_archive_of_a_customer_and_then_nothing_of_them(call: Api, desk: Desk) -> None:
    number = letter(desk, "fattura")
    customer = call.get(f"/tickets/{number}")["customer"]["id"]
    archive = call("GET", f"/customers/{customer}/export?notes=true")
    assert (archive.status_code, archive.headers["X-Content-Type-Options"]) == (200, "nosniff")
    with zipfile.ZipFile(io.BytesIO(archive.data)) as zipped:
        told = json.loads(zipped.read("customer.json"))
    assert told["tickets"][0]["messages"][0]["text"] == "fattura"
    refused = call.post(f"/customers/{customer}/erase", {}, status=409)
    assert f"resolve #{number} first" in refused["detail"]
    call.post(f"/tickets/{number}/status", {"status": "resolved"})
    assert call.post(f"/customers/{customer}/erase", {}) == {"tickets": 1, "messages": 1, "files": 0}
    ticket = call.get(f"/tickets/{number}")
    assert (ticket["subject"], ticket["customer"]["name"]) == (None, "Erased customer")
    [message] = call.get(f"/tickets/{number}/messages")["items"]
    assert (message["text"], message["from"], message["html"]) == ("", {"name": None, "address": None}, None)
    call.post(f"/customers/{customer}/erase", {}, status=409)
    call.post("/customers/nobody/erase", {}, status=404)
    call.refused("GET", "/customers/nobody/export", 404, "not-found")
    call.of("luca").refused("GET", f"/customers/{customer}/export", 403, "forbidden")
    call.of("sara").refused("POST", f"/customers/{customer}/erase", 403, "forbidden")


def test_the_words_of_one_ticket(call: Api, desk: Desk) -> None:
    number = letter(desk, "prova")
    call.post(f"/tickets/{number}/status", {"status": "resolved"})
    call.post(f"/tickets/{number}/erase", {"why": "no idea"}, status=422)
    assert call.post(f"/tickets/{number}/erase", {"why": "test"})["messages"] == 1
    [event] = [one for one in call.get("/events", ticket=number)["items"] if one["kind"] == "ticket.deleted"]
    assert event["why"] == "test"
    assert call.get(f"/tickets/{number}")["customer"]["name"] == "Chiara Lombardi"
