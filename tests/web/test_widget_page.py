"""The page of the site where a visitor is: seen by who has the ticket open, without what opens doors."""

from __future__ import annotations

from sqlalchemy import select

from inbox.store import Event
from tests.web.conftest import TestDesk
from tests.web.test_live import heard, hello, line
from tests.web.test_widget_entry import Visiting

PAGE = {"page_url": "https://u:p@bottega.example/olio?token=1&taglia=l#x", "page_title": "<b>Olio</b>"}


def test_the_agent_with_the_ticket_open_sees_the_page_live_and_later(desk: TestDesk) -> None:
    visiting = Visiting(desk)
    visiting.write()
    number = visiting.message().ticket_id
    browser, other = desk.browser("agent"), desk.browser("supervisor")
    agent, elsewhere = line(desk, browser), line(desk, other)
    hello(agent, browser, "desk", f"ticket:{number}")
    hello(elsewhere, other, "desk")
    visiting.said("page", **PAGE)
    (html,) = heard(agent, "visit")
    assert f'target="visit-{number}"' in html
    assert "https://bottega.example/olio?taglia=l" in html
    assert "&lt;b&gt;Olio&lt;/b&gt;" in html
    assert "token" not in html
    assert heard(elsewhere, "visit") == []
    assert "https://bottega.example/olio?taglia=l" in browser.get(f"/tickets/{number}/customer").text


def test_a_chat_that_does_not_show_pages_keeps_none(desk: TestDesk) -> None:
    visiting = Visiting(desk, show_page=False)
    visiting.write()
    number = visiting.message().ticket_id
    visiting.said("page", **PAGE)
    assert "bottega.example/olio" not in desk.browser("agent").get(f"/tickets/{number}/customer").text


def test_a_page_before_the_first_message_is_nobodys(desk: TestDesk) -> None:
    visiting = Visiting(desk)
    visiting.said("page", **PAGE)
    assert visiting.stored() == 0


def test_the_visitor_sees_that_an_agent_has_read_it_live_and_later(desk: TestDesk) -> None:
    visiting = Visiting(desk)
    visiting.write("Ci siete?")
    number = visiting.message().ticket_id
    visiting.said("hello", site=visiting.site.id, token=visiting.token)
    browser = desk.browser("agent")
    assert browser.post(f"/tickets/{number}/read").status_code < 400
    with desk.store.reading() as work:
        seen = work.scalars(select(Event.data).where(Event.ticket_id == number, Event.kind == "chat.read")).all()
    assert len(seen) == 1
    browser.post(f"/tickets/{number}/read")  # once is enough
    again = visiting.said("hello", site=visiting.site.id, token=visiting.token)["messages"]
    assert [one["state"] for one in again] == ["read"]
    visiting.write("Allora?")
    visiting.message()
    again = visiting.said("hello", site=visiting.site.id, token=visiting.token)["messages"]
    assert [one["state"] for one in again] == ["read", "delivered"]
