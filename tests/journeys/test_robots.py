"""Two robots: a desk that answers by itself, and a mailbox that answers everything at once, however it does it."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import pytest

from inbox.store import Message
from inbox.terms import Direction
from tests.journeys.desk import RunningDesk, until

Robot = Callable[[RunningDesk, dict[str, Any], int], Any]


def threaded(desk: RunningDesk, mail: dict[str, Any], n: int) -> None:
    """Answers as a mail program does, without a word that it is a robot."""
    desk.sandbox.email.receive(mail["to"], f"Risposta {n}", f"Re: {mail['subject']}", answers=mail["id"])


def marked(desk: RunningDesk, mail: dict[str, Any], n: int) -> None:
    """Says what it is."""
    headers = {"Auto-Submitted": "auto-replied"}
    desk.sandbox.email.receive(mail["to"], f"Assente {n}", "Assente", answers=mail["id"], headers=headers)


def stripped(desk: RunningDesk, mail: dict[str, Any], n: int) -> None:
    """Keeps no header, writes to the plain address under a new subject each time."""
    desk.sandbox.email.receive(mail["to"], f"Messaggio {n}", f"Nuovo argomento {n}")


def shifting(desk: RunningDesk, _mail: dict[str, Any], n: int) -> None:
    """Keeps no header and changes its own address too."""
    desk.sandbox.email.receive(f"robot{n}@loop.example", f"Messaggio {n}", f"Nuovo argomento {n}")


@pytest.mark.parametrize("robot", [threaded, marked, stripped, shifting])
def test_a_robot_that_answers_everything_hears_one_answer(desk: RunningDesk, robot: Robot) -> None:
    desk.add_channel("email", acknowledge="Grazie, lo leggiamo.")
    desk.start()
    came = 1
    desk.sandbox.email.receive("robot@loop.example", "Messaggio 0", "Argomento")
    for n in itertools.count(1):
        mails = desk.sandbox.email.accepted(count=n, timeout=30) if n == 1 else desk.sandbox.email.accepted()
        if len(mails) < n:
            break
        assert n < 3, "the robots go on"
        robot(desk, mails[n - 1], n)
        came += 1
        until("the robot's answer is read", lambda: _read(desk) == came, 40)  # noqa: B023
        until("nothing waits to leave", lambda: _waiting(desk) == 0, 40)
    assert came > 1, "the first one heard nothing"
    assert came + len(desk.sandbox.email.accepted()) <= 3


def _read(desk: RunningDesk) -> int:
    with desk.store.reading() as work:
        return work.query(Message).filter_by(direction=Direction.IN).count()


def _waiting(desk: RunningDesk) -> int:
    with desk.store.reading() as work:
        states = ["held", "queued", "claimed", "sending"]
        return work.query(Message).filter(Message.state.in_(states)).count()
