"""A desk put back from yesterday: the mailbox fills the gap, each mail once, and no answer leaves twice."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from sqlalchemy import select

from inbox.actions import reply
from inbox.actions.who import Who
from inbox.store import Agent, Message, Ticket
from inbox.terms import Delivery, Direction
from tests.journeys.desk import ROOT, RunningDesk

CHIARA = "chiara@studiolombardi.example"


def sportello(desk: RunningDesk, *words: str | Path) -> str:
    """A command, as a terminal runs it."""
    command = [sys.executable, "-m", "inbox.cli", *map(str, words)]
    done = subprocess.run(command, env=desk.env, cwd=ROOT, capture_output=True, text=True, check=False, timeout=90)
    assert done.returncode == 0, done.stderr
    return done.stdout


def subjects(desk: RunningDesk) -> list[str]:
    with desk.store.reading() as work:
        return sorted(map(str, work.scalars(select(Message.subject).where(Message.direction == Direction.IN))))


def test_mail_since_the_backup_is_there_once_and_what_was_sent_since_is_not_sent_again(
    desk: RunningDesk, tmp_path: Path
) -> None:
    desk.add_channel("email")
    desk.drain()
    for subject in ("Uno", "Due"):
        desk.sandbox.email.receive(CHIARA, "Buongiorno", subject, name="Chiara Lombardi")
    desk.drain()
    with desk.store.transaction() as work:
        giulia = Who.of(work.get_one(Agent, desk.giulia))
        ticket = work.scalars(select(Ticket).where(Ticket.subject == "Uno")).one().id
        waiting, _new = reply.reply(work, giulia, ticket, text="Arriviamo", client_key="one")
        number = waiting.id
    file = tmp_path / "desk.zip"
    sportello(desk, "backup", file)

    for subject in ("Tre", "Quattro", "Cinque"):
        desk.sandbox.email.receive(CHIARA, "Buongiorno", subject, name="Chiara Lombardi")
    desk.drain()
    [sent] = desk.sandbox.email.accepted(count=1)
    assert subjects(desk) == ["Cinque", "Due", "Quattro", "Tre", "Uno"]

    desk.store.close()
    said = sportello(desk, "restore", file, "--replace")
    assert "Waiting to be sent then: 1" in said
    assert subjects(desk) == ["Due", "Uno"]
    for _again in range(2):
        desk.drain()
        assert subjects(desk) == ["Cinque", "Due", "Quattro", "Tre", "Uno"]
    assert [one["id"] for one in desk.sandbox.email.accepted()] == [sent["id"]]
    with desk.store.reading() as work:
        assert work.get_one(Message, number).state is Delivery.UNKNOWN

    # the customer answers the mail that left after the backup: it was Uno's, and still is
    desk.sandbox.email.receive(CHIARA, "Grazie", "Re: Uno", answers=sent["id"])
    desk.drain()
    with desk.store.reading() as work:
        answers = select(Message).where(Message.subject == "Re: Uno", Message.direction == Direction.IN)
        assert work.scalars(answers).one().ticket_id == ticket
