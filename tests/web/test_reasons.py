"""How a desk asks why customers wrote: the menu at resolve, of one ticket and of many, and what is refused."""

from __future__ import annotations

from inbox.actions import reasons
from inbox.store import Ticket
from inbox.web.gate import STREAM
from tests.web.conftest import TestDesk, told


def test_resolving_asks_wants_or_leaves_it_as_the_desk_says(desk: TestDesk) -> None:
    admin, agent = desk.browser("admin"), desk.browser("agent")
    number = desk.mail_in(desk.add_channel("email", "why", address="why@bottega.example"), "c@s.example", "Perché")
    with desk.store.transaction() as work:
        reasons.grow(work, desk.who(), "Sito / Lento")
    page = agent.get(f"/tickets/{number}").text
    assert 'id="resolve-menu"' in page
    assert "Resolve without choosing" in page
    assert 'id="bulk-resolve"' not in page
    assert told(admin.follow(admin.post("/settings/reasons/ask", ask="require"))) == "Saved."
    page = agent.get(f"/tickets/{number}").text
    assert "Resolve without choosing" not in page
    assert 'id="bulk-resolve"' in page
    refused = agent.post(f"/tickets/{number}/status", accept=STREAM, status="resolved")
    assert refused.status_code == 422
    assert "choose a reason, then resolve" in refused.text
    many = {"action": "status", "status": "resolved", "ids": str(number)}
    assert "choose a reason, then resolve" in agent.post("/tickets/bulk", accept=STREAM, **many).text
    agent.post("/tickets/bulk", accept=STREAM, reason="Sito / Lento", **many)
    with desk.store.reading() as work:
        ticket = work.get_one(Ticket, number)
        assert (ticket.status.value, ticket.reason) == ("resolved", "Sito / Lento")
    admin.post("/settings/reasons/ask", ask="off")
    assert 'id="resolve-menu"' not in agent.get(f"/tickets/{number}").text
    assert agent.post("/settings/reasons/ask", ask="ask").status_code == 403
