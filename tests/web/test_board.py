"""The board's button that evens out the load: shown before anything moves, done and undone as one."""

from __future__ import annotations

import re

from inbox.actions import people, tickets
from inbox.actions.who import SYSTEM
from inbox.store import Ticket
from tests.web.conftest import TestDesk


def test_the_load_is_evened_out_as_it_was_shown_and_back_again(desk: TestDesk) -> None:
    chief = desk.browser("supervisor")
    mailbox = desk.add_channel("email", "board", address="board@bottega.example")
    with desk.store.transaction() as work:
        carla, bruno = (desk.agent(work, role).id for role in ("agent", "supervisor"))
        for one in (carla, bruno):
            people.set_state(work, one, "online")
    numbers = [desk.mail_in(mailbox, f"C{n} <c{n}@studio.example>", f"Richiesta {n}") for n in range(4)]
    with desk.store.transaction() as work:
        for number in numbers:
            tickets.assign(work, SYSTEM, number, agent=carla)

    def owners() -> list[str | None]:
        with desk.store.reading() as work:
            return [work.get_one(Ticket, number).assignee_id for number in numbers]

    page = chief.get("/board/balance").text
    shown = re.findall(r'name="moves" value="([^"]+)"', page)
    assert shown == [f"{number}:{carla}:{bruno}" for number in numbers[:2]]
    assert owners() == [carla] * 4
    done = chief.post("/board/balance", moves=shown)
    assert owners() == [bruno, bruno, carla, carla]
    board = chief.get(done.headers["Location"]).text
    assert "2 tickets moved." in board
    undo = re.search(r'action="(/board/balance/\w+/undo)"', board)
    assert undo is not None
    chief.post(undo[1])
    assert owners() == [carla] * 4
    assert "2 tickets are back where they were." in chief.get("/board").text
    chief.post(undo[1])
    assert "nothing to undo" in chief.get("/board").text
