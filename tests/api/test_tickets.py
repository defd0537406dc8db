"""Tickets as the API lists and shows them, and what it does with them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from inbox import clock
from inbox.actions import fields, people, promises, routing, tickets
from inbox.actions.who import SYSTEM
from inbox.store import Reason
from inbox.terms import Priority
from tests.api.conftest import CHIARA, MARCO, Api, Desk

FIELDS = (
    "id number subject status channel customer assignee team tags priority reason merged_into created_at updated_at"
)


def numbers(page: dict[str, Any]) -> list[int]:
    return [one["id"] for one in page["items"]]


def test_a_ticket_has_the_fields_of_the_contract(call: Api, desk: Desk) -> None:
    ticket = desk.text("Il sito non risponde", sender=CHIARA)
    told = call.get(f"/tickets/{ticket}")
    assert set(told) >= set(FIELDS.split())
    assert (told["id"], told["number"], told["subject"], told["status"]) == (
        ticket,
        ticket,
        "Il sito non risponde",
        "new",
    )
    assert (told["channel"], told["address"]) == ("sms", desk.sms.id)
    assert set(told["customer"]) == {"id", "name"}
    assert (told["assignee"], told["team"], told["reason"], told["merged_into"]) == (None, None, None, None)
    assert (told["tags"], told["priority"]) == ([], "normal")
    assert told["created_at"].endswith("Z")
    assert len(told["created_at"]) == len("2026-03-09T08:00:00.000Z")


def test_pages_hold_every_ticket_once_while_new_ones_come(call: Api, desk: Desk) -> None:
    made = [desk.text(sender=f"+4477009001{n:02}") for n in range(7)]
    first = call.get("/tickets", limit=3)
    assert numbers(first) == made[:3:-1]
    desk.text(sender=MARCO)
    second = call.get("/tickets", limit=3, after=first["next"])
    third = call.get("/tickets", limit=3, after=second["next"])
    assert numbers(second) + numbers(third) == made[3::-1]
    assert third["next"] is None


def test_a_full_last_page_has_no_next(call: Api, desk: Desk) -> None:
    for n in range(3):
        desk.text(sender=f"+4477009001{n:02}")
    assert call.get("/tickets", limit=3)["next"] is None


def test_the_filters_take_what_they_say(call: Api, desk: Desk) -> None:
    first, second, third = (
        desk.text(body, f"+4477009001{n:02}") for n, body in enumerate(["dominio", "fattura", "domini"])
    )
    call.post(f"/tickets/{second}/assign", {"agent": "luca@bottega.example"})
    call.post(f"/tickets/{third}/status", {"status": "resolved"})
    expected = {
        "status=new": [second, first],
        "status=resolved": [third],
        "status=new,resolved": [third, second, first],
        "status=closed": [],
        "assignee=none": [third, first],
        "assignee=luca@bottega.example": [second],
        f"assignee={desk.agents['luca']}": [second],
        "assignee=me": [],
        "channel=sms": [third, second, first],
        "channel=shop-sms": [third, second, first],
        f"channel={desk.sms.id}": [third, second, first],
        "channel=support-mail": [],
        "channel=telegram": [],
        "q=dominio": [third, first],
        "q=DOMÍNIO": [third, first],
        f"q={second}": [second],
        "q=?": [],
        "status=&assignee=&q=": [third, second, first],
        "q=dominio&status=new&channel=sms&assignee=none": [first],
    }
    for query, found in expected.items():
        assert numbers(call.get(f"/tickets?{query}")) == found, query
    assert numbers(call.of("luca").get("/tickets?assignee=me")) == [second]


def test_a_search_goes_on_over_pages(call: Api, desk: Desk) -> None:
    made = [desk.text("guasto al server", f"+4477009001{n:02}") for n in range(5)]
    desk.text("ancora un guasto", "+447700900100")
    found: list[int] = []
    after: str | None = "1000000"
    while after is not None:
        page = call.get("/tickets", q="guasto", limit=2, after=after)
        found += numbers(page)
        after = page["next"]
    assert found == made[::-1]


def test_a_private_teams_ticket_is_its_members_and_supervisors_only(call: Api, desk: Desk) -> None:
    ticket = desk.text("riservato")
    with desk.store.transaction() as work:
        team = people.add_team(work, SYSTEM, "Amministrazione", private=True)
        people.change_agent(work, SYSTEM, desk.agents["marta"], teams=[team.id])
        tickets.assign(work, SYSTEM, ticket, team=team.id)
    message = call.get(f"/tickets/{ticket}/messages")["items"][0]["id"]
    for name in ("anna", "sara", "marta"):
        assert numbers(call.of(name).get("/tickets", q="riservato")) == [ticket]
        assert call.of(name).get(f"/messages/{message}")["ticket"] == ticket
        assert call.of(name).get("/events", ticket=ticket)["items"]
    luca = call.of("luca")
    assert numbers(luca.get("/tickets")) == []
    assert not [event for event in luca.get("/events")["items"] if event.get("ticket") == str(ticket)]
    for method, path in (
        ("GET", f"/tickets/{ticket}"),
        ("GET", f"/tickets/{ticket}/messages"),
        ("GET", f"/messages/{message}"),
        ("GET", f"/messages/{message}/view"),
        ("GET", f"/events?ticket={ticket}"),
    ):
        luca.refused(method, path, 404, "not-found")
    for verb, body in (
        ("replies", {"text": "x", "client_key": "k"}),
        ("notes", {"text": "x", "client_key": "k"}),
        ("assign", {"agent": "me"}),
        ("status", {"status": "resolved"}),
    ):
        luca.refused("POST", f"/tickets/{ticket}/{verb}", 404, "not-found", json=body)
    assert luca.post("/tickets/bulk", {"ids": [ticket], "action": "assign", "agent": "me"})["done"] == []


def events(call: Api, ticket: int) -> dict[str, dict[str, Any]]:
    return {event["id"]: event for event in call.get("/events", ticket=ticket, limit=500)["items"]}


def test_assigning_gives_the_event_and_the_ticket(call: Api, desk: Desk) -> None:
    ticket = desk.text()
    with desk.store.transaction() as work:
        team = people.add_team(work, SYSTEM, "Assistenza").id
    done = call.post(f"/tickets/{ticket}/assign", {"agent": "luca@bottega.example", "team": "Assistenza"})
    assert (done["ticket"]["assignee"], done["ticket"]["team"]) == (desk.agents["luca"], team)
    event = events(call, ticket)[done["event"]]
    assert (event["kind"], event["agent"], event["team"]) == ("ticket.assigned", desk.agents["luca"], team)
    assert event["actor"] == {"kind": "agent", "id": desk.agents["anna"], "team": None}
    assert call.post(f"/tickets/{ticket}/assign", {"agent": desk.agents["luca"]})["event"] is None
    assert (
        call.of("marta").post(f"/tickets/{ticket}/assign", {"agent": "me"})["ticket"]["assignee"]
        == desk.agents["marta"]
    )
    nobody = call.post(f"/tickets/{ticket}/assign", {"agent": None})["ticket"]
    assert (nobody["assignee"], nobody["team"]) == (None, team)


@pytest.mark.parametrize("body", [{}, {"agent": "nobody@bottega.example"}, {"team": "Nessuna"}])
def test_assigning_to_nobody_known_is_refused(call: Api, desk: Desk, body: dict[str, str]) -> None:
    call.refused("POST", f"/tickets/{desk.text()}/assign", 422, "invalid", json=body)


def test_a_status_moves_by_the_lifecycle(call: Api, desk: Desk) -> None:
    ticket = desk.text()
    with desk.store.transaction() as work:
        work.add(Reason(name="Guasto"))
    path = f"/tickets/{ticket}/status"
    done = call.post(path, {"status": "resolved", "reason": "Guasto"})
    assert (done["ticket"]["status"], done["ticket"]["reason"]) == ("resolved", "Guasto")
    assert events(call, ticket)[done["event"]]["status"] == "resolved"
    assert call.post(path, {"status": "resolved"})["event"] is None
    call.refused("POST", path, 409, "conflict", json={"status": "pending"})
    assert call.post(path, {"status": "open"})["ticket"]["status"] == "open"
    until = clock.iso(clock.now() + timedelta(hours=1))
    assert call.post(path, {"status": "snoozed", "until": until})["ticket"]["status"] == "snoozed"


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"status": "solved"}, "status"),
        ({}, "status"),
        ({"status": "snoozed"}, "until"),
        ({"status": "snoozed", "until": "2020-01-01T00:00:00Z"}, "until"),
        ({"status": "snoozed", "until": "2030-01-01T00:00:00"}, "until"),
        ({"status": "resolved", "reason": "Nessuna"}, "reason"),
    ],
)
def test_a_status_that_cannot_be_is_refused_and_changes_nothing(
    call: Api, desk: Desk, body: dict[str, str], field: str
) -> None:
    ticket = desk.text()
    assert field in call.refused("POST", f"/tickets/{ticket}/status", 422, "invalid", json=body)["errors"]
    assert call.get(f"/tickets/{ticket}")["status"] == "new"


def test_bulk_does_each_by_itself_and_says_why_not(call: Api, desk: Desk) -> None:
    first, second, third = (desk.text(sender=f"+4477009001{n:02}") for n in range(3))
    with desk.store.transaction() as work:
        work.add(Reason(name="Guasto"))
    call.post(f"/tickets/{second}/status", {"status": "resolved"})
    done = call.post(
        "/tickets/bulk",
        {"ids": [first, second, third, 4711], "action": "status", "status": "pending", "reason": "Guasto"},
    )
    assert done["done"] == [first, third]
    assert set(done["failed"]) == {str(second), "4711"}
    assert call.get(f"/tickets/{second}")["reason"] is None  # refused means that nothing of it was done
    assert call.get(f"/tickets/{first}")["reason"] == "Guasto"
    assert (
        call.post("/tickets/bulk", {"ids": [first, third], "action": "assign", "agent": "luca@bottega.example"})[
            "failed"
        ]
        == {}
    )
    assert call.post("/tickets/bulk", {"ids": [first], "action": "tag", "tag": "VIP"})["done"] == [first]
    assert call.post("/tickets/bulk", {"ids": [first], "action": "priority", "priority": "high"})["done"] == [first]
    told = call.get(f"/tickets/{first}")
    assert (told["assignee"], told["tags"], told["priority"]) == (desk.agents["luca"], ["vip"], "high")
    assert call.post("/tickets/bulk", {"ids": [first], "action": "tag", "tag": "VIP", "op": "remove"})["done"] == [
        first
    ]
    assert call.get(f"/tickets/{first}")["tags"] == []
    asleep = {"ids": [first], "action": "status", "status": "snoozed", "until": "2098-01-01T09:00:00+01:00"}
    assert call.post("/tickets/bulk", asleep)["done"] == [first]
    assert call.get(f"/tickets/{first}")["status"] == "snoozed"


@pytest.mark.parametrize(
    "body",
    [
        {"ids": [], "action": "tag"},
        {"ids": [1] * 501, "action": "tag"},
        {"ids": [1], "action": "explode"},
        {"ids": [1], "action": "assign", "agent": "nobody"},
        {"ids": [1], "action": "status", "status": "snoozed"},
    ],
)
def test_bulk_that_makes_no_sense_is_refused(call: Api, body: dict[str, Any]) -> None:
    call.refused("POST", "/tickets/bulk", 422, "invalid", json=body)


def test_a_ticket_says_what_is_due_and_its_customers_band_moves_it(call: Api, desk: Desk) -> None:
    with desk.store.transaction() as work:
        routing.save_bands(work, SYSTEM, ["gold"])
        promises.save_targets(work, SYSTEM, "band:gold", {"first": dict.fromkeys(Priority, 600)})
    ticket = desk.text("Quando aprite?", sender="+447700900177")
    usual = call.get(f"/tickets/{ticket}")
    assert (usual["due"]["clock"], usual["band"]) == ("first", None)
    told = call.post(f"/tickets/{ticket}/band", {"band": "gold"})["ticket"]
    assert told["band"] == "gold"
    assert told["due"]["at"] < usual["due"]["at"]
    assert call.get(f"/tickets/{ticket}")["due"] == told["due"]
    call.refused("POST", f"/tickets/{ticket}/band", 422, "invalid", json={"band": "tin"})


def test_the_desks_own_fields_are_told_by_name_and_filled_in_all_or_none(call: Api, desk: Desk) -> None:
    with desk.store.transaction() as work:
        fields.add(work, SYSTEM, name="Piano", kind="list", choices="Base\nOro")
        fields.add(work, SYSTEM, name="Caselle", kind="number")
    ticket = desk.text(sender=CHIARA)
    assert call.get(f"/tickets/{ticket}")["fields"] == {}
    call.refused(
        "POST", f"/tickets/{ticket}/fields", 422, "invalid", json={"fields": {"Piano": "Oro", "Caselle": "tante"}}
    )
    call.refused("POST", f"/tickets/{ticket}/fields", 422, "invalid", json={"fields": {"Altro": "x"}})
    told = call.post(f"/tickets/{ticket}/fields", {"fields": {"Piano": "Oro", "Caselle": "12,50"}})
    assert told["ticket"]["fields"] == {"Piano": "Oro", "Caselle": "12.5"}
    call.post(f"/events/{told['event']}/undo", {})
    call.post(f"/tickets/{ticket}/fields", {"fields": {"Piano": None, "Caselle": ""}})
    assert call.get("/tickets")["items"][0]["fields"] == {}
