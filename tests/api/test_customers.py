"""Customers by the API: all of one as an archive, and their erasure."""

from __future__ import annotations

import datetime as dt
import io
import json
import zipfile
from typing import Any

from connectors.base import Address, Inbound
from inbox import clock
from inbox.actions import desk as settings
from inbox.actions import joining
from inbox.actions.who import SYSTEM
from inbox.figures.asking import kept
from inbox.figures.worth import Worths
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


def test_a_customer_who_became_another_is_that_one_and_is_erased_by_their_own_name_alone(call: Api, desk: Desk) -> None:
    one, two = (
        letter(desk, "uno"),
        desk.arrive(Inbound("<due@casa.example>", sender=Address("due@casa.example"), text="due", at=clock.now()))[0],
    )
    stays, gone = (call.get(f"/tickets/{number}")["customer"]["id"] for number in (one, two))
    with desk.store.transaction() as work:
        work.append("revenue", customer=stays, margin="7", currency="EUR")
        joining.join(work, gone, stays)
    assert call.get(f"/customers/{gone}/worth") == call.get(f"/customers/{stays}/worth")
    archive = call("GET", f"/customers/{gone}/export")
    assert (archive.status_code, f"customer-{stays}.zip" in archive.headers["Content-Disposition"]) == (200, True)
    refused = call.post(f"/customers/{gone}/erase", {}, status=404)
    assert refused["detail"] == f"there is no customer {gone}; they became {stays}"


def test_the_words_of_one_ticket(call: Api, desk: Desk) -> None:
    number = letter(desk, "prova")
    call.post(f"/tickets/{number}/status", {"status": "resolved"})
    call.post(f"/tickets/{number}/erase", {"why": "no idea"}, status=422)
    assert call.post(f"/tickets/{number}/erase", {"why": "test"})["messages"] == 1
    [event] = [one for one in call.get("/events", ticket=number)["items"] if one["kind"] == "ticket.deleted"]
    assert event["why"] == "test"
    assert call.get(f"/tickets/{number}")["customer"]["name"] == "Chiara Lombardi"


def test_a_sale_and_a_contract_that_name_a_ticket_are_taken_back_as_any(call: Api, desk: Desk) -> None:
    number = letter(desk, "preventivo")
    customer = call.get(f"/tickets/{number}")["customer"]["id"]
    before = call.get(f"/customers/{customer}/worth")
    about = {"customer": customer, "ticket": number, "ts": "2026-03-09T08:00:00Z"}
    sale = {**about, "id": "r", "kind": "revenue", "amount": "120", "margin": "80", "currency": "EUR"}
    contract = {**about, "id": "k", "kind": "contract.started", "contract": "K1", "ends": "2027-03-09T08:00:00Z"}
    assert call.post("/events", {"events": [sale, contract]})["added"] == 2
    period = {"from": "2026-06-01", "to": "2026-07-01", "keys": "ret.start"}
    assert call.get(f"/customers/{customer}/worth")["clv.margin12"] == 80_000_000
    assert call.get("/reports", **period)["all"]["ret.start"] == 1
    assert call.post("/events/void", {"ids": ["r", "k"]})["voided"] == 2
    desk.text()  # a batch later
    assert call.get(f"/customers/{customer}/worth") == before
    assert call.get("/reports", **period)["all"]["ret.start"] == 0
    with desk.store.reading() as work:
        known = kept(work)
        assert known is not None
        assert Worths(known, known.state.last_rec, known.state.last_rec).earning() == set()


def test_what_a_customer_is_worth_and_a_ticket_has_cost_is_told_to_those_who_see_reports(call: Api, desk: Desk) -> None:
    number = letter(desk, "preventivo")
    customer = call.get(f"/tickets/{number}")["customer"]["id"]
    began = clock.now() - dt.timedelta(minutes=10)
    with desk.store.transaction() as work:
        rate: dict[str, Any] = {"from": "2020-01-01", "per_hour": "30", "currency": "EUR"}
        work.append("cost.rate", **rate)
        work.append("revenue", id="paid", customer=customer, margin="100", currency="EUR")
        work.append("revenue", customer=customer, margin="7", currency="EUR")
        work.append("void", target="paid")
        work.append("cost.fixed", month=f"{began:%Y-%m}", amount="50", currency="EUR")
        work.append("cost.provider", ticket=number, **provider(began, "p1", "0.25"))
        spans = [[clock.iso(began), clock.iso(began + dt.timedelta(seconds=120))]]
        who: dict[str, Any] = {"agent": desk.agents["luca"], "team": None}
        work.append("handle.span", ticket=number, session="s1", channel="email", spans=spans, **who)
    told = call.get(f"/customers/{customer}/worth")
    direct = 1_000_000 + 250_000
    assert (told["clv.historic"], told["clv.margin12"], told["clv.service12"]) == (
        7_000_000 - direct,
        7_000_000,
        direct,
    )
    assert (told["clv.retention"], told["clv.future"], told["clv.clv"]) == (None, None, None)
    cost = call.get(f"/tickets/{number}/cost")
    assert (cost["handling_ms"], cost["cost.labour_direct"], cost["cost.provider"]) == (None, 1_000_000, 250_000)
    with desk.store.transaction() as work:
        settings.put(work, SYSTEM, "report.agent_time", "Accordo 3/2026")
    assert call.get(f"/tickets/{number}/cost")["handling_ms"] == 120_000, "one person's time, once that is allowed"
    assert told["cost.direct"] == cost["cost.direct"] == direct
    assert told["cost.full"] == cost["cost.full"] > direct
    early = call.get(f"/customers/{customer}/worth", at=clock.iso(began - dt.timedelta(days=2)))
    assert (early["clv.historic"], early["cost.direct"], early["cost.full"]) == (0, 0, 0)
    unknown = call.get(f"/customers/{customer}/worth", as_of=clock.iso(began - dt.timedelta(days=2)))
    assert (unknown["clv.historic"], unknown["cost.direct"]) == (0, 0)
    for wrong in ("at=2026-01-01T00:00:00", "at=0001-01-01T00:00:00Z", "at=soon", "colour=red"):
        call.refused("GET", f"/customers/{customer}/worth?{wrong}", 422, "invalid")
    call.refused("GET", "/customers/nobody/worth", 404, "not-found")
    for path in (f"/customers/{customer}/worth", f"/tickets/{number}/cost"):
        call.of("luca").refused("GET", path, 403, "forbidden")


def provider(at: dt.datetime, cost: str, amount: str) -> dict[str, Any]:
    """What a program tells of a price."""
    return {"ts": at, "cost": cost, "type": "actual", "channel": "email", "amount": amount, "currency": "EUR"}
