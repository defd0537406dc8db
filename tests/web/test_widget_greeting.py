"""What the chat says by itself, and the buttons under an answer."""

from __future__ import annotations

import json
import secrets
from typing import Any

import pytest

from connectors.chat_greeting import greeting
from inbox.actions import people, reply
from inbox.live.chat_view import shown
from inbox.store import Message
from tests.web.conftest import Browser, TestDesk
from tests.web.test_widget_entry import Visiting


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("/checkout 30 Possiamo aiutarti?", {"part": "/checkout", "after": 30, "text": "Possiamo aiutarti?"}),
        ("* 5s Ciao", {"part": "", "after": 5, "text": "Ciao"}),
        ("/x", None),
        ("/x trenta Ciao", None),
        ("/x 30 " + "a" * 201, None),
        ("/x 99999 Ciao", None),
    ],
)
def test_a_greeting_as_it_is_typed(line: str, found: dict[str, Any] | None) -> None:
    if found is None:
        with pytest.raises(ValueError, match="write a part"):
            greeting(line)
    else:
        assert greeting(line).as_dict() == found


def test_nobody_is_greeted_while_nobody_is_there(desk: TestDesk) -> None:
    site = Visiting(desk, greetings=["/checkout 30 Ciao"], consent="Salviamo.").site
    agent = desk.who("agent").id or ""
    seen = []
    for state in ("online", "offline"):
        with desk.store.transaction() as work:
            people.set_state(work, agent, state)
        seen.append(json.loads(Browser(desk.app).get(f"/widget/{site.id}/config").data))
    assert seen[0]["greetings"] == [{"part": "/checkout", "after": 30, "text": "Ciao"}]
    assert seen[0]["consent"] is True
    assert "greetings" not in seen[1]


def test_the_buttons_of_an_answer_reach_the_page_beside_its_text(desk: TestDesk) -> None:
    visiting = Visiting(desk)
    visiting.write()
    number = visiting.message().ticket_id
    with desk.store.transaction() as work:
        answer, _new = reply.reply(
            work, desk.who("agent"), number, text="Va **bene**? [[Sì]] [[No]]", client_key=secrets.token_hex(4)
        )
        drawn = shown(work, work.get_one(Message, answer.id))
    assert (drawn["text"], drawn["quick"]) == ("Va **bene**?", ["Sì", "No"])
    assert "[[" not in drawn["html"]
