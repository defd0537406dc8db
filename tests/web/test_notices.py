"""Notices on the screen: the list behind the bell, its figure, what tabs hear, who is not told."""

from __future__ import annotations

import re
import secrets

from inbox.actions import people, reply, tickets
from inbox.actions.who import SYSTEM
from inbox.store import Ticket
from tests.web.conftest import TestDesk, words
from tests.web.test_live import heard, hello, line


def given(desk: TestDesk, subject: str) -> tuple[int, str]:
    """A ticket that the agent was just given, and the channel it came by."""
    name = secrets.token_hex(4)
    mailbox = desk.add_channel("email", name, address=f"{name}@bottega.example")
    number = desk.mail_in(mailbox, "Nadia Costa <nadia@studio.example>", f"{subject} {name}")
    with desk.store.transaction() as work:
        tickets.assign(work, desk.who(), number, agent=desk.who("agent").id)
    return number, name


def bell(desk: TestDesk) -> int:
    found = re.search(r'data-count="notices" [^>]*>(\d+)<', desk.browser("agent").get("/search").text)
    assert found is not None
    return int(found[1])


def test_a_notice_is_on_every_tab_at_once_and_gone_from_each_when_the_ticket_is_read(desk: TestDesk) -> None:
    browser = desk.browser("agent")
    browser.post("/notices/read")
    socket = line(desk, browser)
    me = desk.who("agent").id
    hello(socket, browser, "desk", f"agent:{me}")
    number, name = given(desk, "Preventivo")
    live = desk.app.extensions["live"]
    live.announcer.last = desk.store.last_seq() - 1
    live.announcer.tell()
    [push] = [one for one in heard(socket, "push") if one["room"] == f"agent:{me}"]
    assert "A ticket is yours now: Nadia Costa" in push["html"]
    assert bell(desk) == 1
    pane = browser.get("/notices", **{"Turbo-Frame": "notices"})
    assert "<turbo-frame" in pane.text
    assert "<html" not in pane.text
    assert f"#{number} Preventivo {name}" in words(pane)
    live._counts.clear()
    assert browser.post(f"/tickets/{number}/read", accept="text/vnd.turbo-stream.html").status_code == 204
    assert bell(desk) == 0
    live.announcer.tell()
    assert live._counts.is_set()  # every tab's figures are told again


def test_one_is_marked_read_or_all_of_them(desk: TestDesk) -> None:
    browser = desk.browser("agent")
    browser.post("/notices/read")
    first, _name = given(desk, "Uno")
    given(desk, "Due")
    page = browser.get("/notices")
    number = re.search(rf'name="id" value="(\d+)" aria-label="Mark as read: #{first}"', page.text)
    assert number is not None
    browser.follow(browser.post("/notices/read", id=number[1]))
    assert bell(desk) == 1
    desk.browser("supervisor").post("/notices/read")  # theirs are others
    assert bell(desk) == 1
    browser.post("/notices/read")
    assert bell(desk) == 0


def test_a_notice_opens_the_ticket_at_its_message_and_a_get_reads_nothing(desk: TestDesk) -> None:
    browser = desk.browser("agent")
    browser.post("/notices/read")
    number, _name = given(desk, "Nota")
    browser.post("/notices/read")
    with desk.store.transaction() as work:
        note, _new = reply.note(work, desk.who(), number, text="@Carla Neri guarda")
    link = f'href="/tickets/{number}?message={note.id}#msg-{note.id}"'
    assert link in browser.get("/notices").text
    browser.get(f"/tickets/{number}?message={note.id}")
    assert bell(desk) == 1


def test_a_ticket_that_became_private_is_told_no_more(desk: TestDesk) -> None:
    browser = desk.browser("agent")
    browser.post("/notices/read")
    number, name = given(desk, "Riservato")
    with desk.store.transaction() as work:
        team = people.add_team(work, SYSTEM, f"Direzione {name}", private=True)
        work.get_one(Ticket, number).team_id = team.id
    assert bell(desk) == 0
    assert f"Riservato {name}" not in browser.get("/notices").text


def test_the_title_counts_tickets_that_wait_for_me_each_once(desk: TestDesk) -> None:
    browser = desk.browser("agent")

    def needs() -> int:
        found = re.search(r'data-needs="(\d+)"', browser.get("/search").text)
        assert found is not None
        return int(found[1])

    browser.post("/notices/read")
    before = needs()
    number, _name = given(desk, "Conto")  # waits for an answer, and there is a notice of it
    assert needs() == before + 1
    with desk.store.transaction() as work:
        tickets.set_status(work, desk.who(), number, "pending")
        reply.note(work, desk.who(), number, text="@Carla Neri guarda")
    assert needs() == before + 1


def test_no_page_of_notices_is_asked_for_by_nonsense(desk: TestDesk) -> None:
    assert desk.browser("agent").get("/notices?before=ieri").status_code == 404


def test_the_view_of_mentions_holds_the_tickets_and_counts_what_was_not_read(desk: TestDesk) -> None:
    browser = desk.browser("agent")
    number, name = given(desk, "Menzione")
    other, _name = given(desk, "Altro")

    def figure() -> int:
        found = re.search(r'data-count="mentions"[^>]*>(\d*)<', browser.get("/search").text)
        assert found is not None
        return int(found[1] or 0)

    before = figure()
    with desk.store.transaction() as work:
        reply.note(work, desk.who(), number, text="@Carla Neri guarda")
        tickets.set_status(work, desk.who(), number, "resolved")
    page = browser.get("/tickets?view=mentions").text
    assert f'id="row-{number}"' in page
    assert f'id="row-{other}"' not in page
    assert figure() == before + 1
    browser.post(f"/tickets/{number}/read", accept="text/vnd.turbo-stream.html")
    assert figure() == before
    assert f'id="row-{number}"' in browser.get("/tickets?view=mentions").text
    with desk.store.transaction() as work:
        team = people.add_team(work, SYSTEM, f"Soci {name}", private=True)
        work.get_one(Ticket, number).team_id = team.id
    assert f'id="row-{number}"' not in browser.get("/tickets?view=mentions").text
