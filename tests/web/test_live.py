"""The sockets: who may connect, which rooms a role may listen to, and what never leaves its room."""

from __future__ import annotations

import secrets
from typing import Any

import pytest
from flask_socketio import SocketIO, SocketIOTestClient

from inbox.actions import people, tickets
from inbox.actions.who import SYSTEM
from inbox.store import Channel, JournalEntry
from inbox.worker.journal import work_due
from tests.web.conftest import Browser, TestDesk


def line(desk: TestDesk, browser: Browser, namespace: str = "/") -> SocketIOTestClient:
    """A tab's socket."""
    browser.get("/search")
    live: SocketIO = desk.app.extensions["socketio"]
    return live.test_client(desk.app, namespace=namespace, flask_test_client=browser.client)


def hello(socket: SocketIOTestClient, browser: Browser, *rooms: str, csrf: str | None = None) -> Any:
    said = {"rooms": dict.fromkeys(rooms, 0), "csrf": browser.token if csrf is None else csrf}
    return socket.emit("hello", said, callback=True)


def heard(socket: SocketIOTestClient, event: str) -> list[Any]:
    return [one["args"][0] for one in socket.get_received() if one["name"] == event]


@pytest.fixture
def private(desk: TestDesk) -> tuple[int, str]:
    """A ticket of a private team, and the team."""
    name = secrets.token_hex(4)
    mailbox = desk.add_channel("email", name, address=f"{name}@bottega.example")
    number = desk.mail_in(mailbox, "Nadia Costa <nadia@studio.example>", f"Riservato {name}")
    with desk.store.transaction() as work:
        team = people.add_team(work, SYSTEM, f"Direzione {name}", private=True)
        tickets.assign(work, SYSTEM, number, team=team.id)
    return number, team.id


def test_nobody_connects_without_a_sign_in(desk: TestDesk) -> None:
    assert not line(desk, Browser(desk.app)).is_connected()


def test_a_socket_without_the_pages_token_hears_nothing(desk: TestDesk) -> None:
    browser = desk.browser("agent")
    socket = line(desk, browser)
    for csrf in ("", "forged"):
        assert "error" in hello(socket, browser, "desk", csrf=csrf)
    assert hello(socket, browser, "desk")["rooms"] == ["desk"]


def test_the_room_is_the_permission(desk: TestDesk, private: tuple[int, str]) -> None:
    number, team = private
    me = desk.who("agent").id
    asked = (
        "desk",
        f"ticket:{number}",
        f"team:{team}",
        f"agent:{desk.who('admin').id}",
        f"agent:{me}",
        "ticket:x",
        "all",
    )
    outside, inside = desk.browser("agent"), desk.browser("supervisor")
    assert hello(line(desk, outside), outside, *asked)["rooms"] == sorted(["desk", f"agent:{me}"])
    chief = hello(line(desk, inside), inside, *asked)["rooms"]
    assert {f"ticket:{number}", f"team:{team}"} <= set(chief)
    assert f"agent:{me}" not in chief


def test_what_is_private_is_neither_looked_at_nor_typed_on_from_outside(
    desk: TestDesk, private: tuple[int, str]
) -> None:
    number, _team = private
    outside, inside = desk.browser("agent"), desk.browser("supervisor")
    spy, chief = line(desk, outside), line(desk, inside)
    hello(spy, outside, "desk", f"ticket:{number}")
    hello(chief, inside, "desk", f"ticket:{number}")
    assert "error" in spy.emit("focus", {"ticket": number}, callback=True)
    spy.emit("typing", {"ticket": number, "mode": "reply"})
    assert heard(chief, "typing") == []


def test_who_comes_while_somebody_writes_is_told_so_at_once(desk: TestDesk) -> None:
    mailbox = desk.add_channel("email", "scrive", address=f"{secrets.token_hex(4)}@bottega.example")
    number = desk.mail_in(mailbox, "Nadia Costa <nadia@studio.example>", "Chi scrive?")
    first, second = desk.browser("agent"), desk.browser("supervisor")
    writer, comer = line(desk, first), line(desk, second)
    hello(writer, first, "desk", f"ticket:{number}")
    writer.emit("typing", {"ticket": number, "mode": "reply", "kind": "sms"})
    hello(comer, second, "desk")
    assert heard(comer, "typing") == []
    hello(comer, second, "desk", f"ticket:{number}")
    [said] = heard(comer, "typing")
    assert (said["ticket"], said["agent"]["id"], said["kind"]) == (number, desk.who("agent").id, "sms")
    hello(comer, second, "desk", f"ticket:{number}")
    hello(writer, first, "desk", f"ticket:{number}")
    assert heard(comer, "typing") == heard(writer, "typing") == []  # who is there already has heard it
    writer.emit("typing", {"ticket": number, "mode": "reply", "over": True})
    assert [one["over"] for one in heard(comer, "typing")] == [True]
    latest = line(desk, second)
    hello(latest, second, "desk", f"ticket:{number}")
    assert heard(latest, "typing") == []


def test_that_a_visitor_of_a_private_ticket_writes_is_told_to_its_team_only(desk: TestDesk) -> None:
    site = desk.add_channel("chat", secrets.token_hex(4), title="Bottega", allowed_sites=["https://bottega.example"])
    visitor = line(desk, Browser(desk.app), "/chat")
    visitor.emit("hello", {"site": site.id, "token": ""}, namespace="/chat", callback=True)
    sent = {"client_id": "c1", "text": "È riservato", "token": secrets.token_urlsafe(32)}
    answer = visitor.emit("send", sent, namespace="/chat", callback=True)
    assert "journal" in answer, answer
    entry = answer["journal"]
    while work_due(desk.store):
        pass
    number = desk.ticket_of(entry)
    agent, chief = desk.browser("agent"), desk.browser("supervisor")
    outside, inside = line(desk, agent), line(desk, chief)
    hello(outside, agent, "desk")
    visitor.emit("typing", {}, namespace="/chat")
    assert [one["ticket"] for one in heard(outside, "typing")] == [number]  # as long as the ticket is everybody's
    with desk.store.transaction() as work:
        team = people.add_team(work, SYSTEM, f"Direzione {number}", private=True)
        tickets.assign(work, SYSTEM, number, team=team.id)
        assert work.get_one(JournalEntry, entry).channel_id == work.get_one(Channel, site.id).id
    hello(inside, chief, "desk", f"team:{team.id}")
    visitor.emit("typing", {}, namespace="/chat")
    assert heard(outside, "typing") == []
    assert [one["ticket"] for one in heard(inside, "typing")] == [number]
