"""The digest: one mail of what somebody missed, by a real SMTP server; who gets none, and what is not sent twice."""

from __future__ import annotations

import datetime as dt
import email
import email.policy
from collections.abc import Callable

import pytest

from inbox import clock
from inbox.actions import channels, people, reply, tickets
from inbox.actions.who import SYSTEM
from inbox.store import Agent
from inbox.worker.notices import Teller
from tests.connectors.email_servers import Script
from tests.sending.conftest import Sending

HOUR = dt.timedelta(hours=1, minutes=1)
Later = Callable[[dt.timedelta], None]


def given(sending: Sending, sender: str = "chiara@studio.example", subject: str = "Sito") -> int:
    desk = sending.desk
    number = desk.take(desk.letter(sender=sender, subject=subject), desk.mail).ticket
    assert number is not None
    with desk.store.transaction() as work:
        tickets.assign(work, desk.who(), number, agent=desk.giulia)
    return number


def look(sending: Sending) -> int:
    return Teller(sending.desk.store, "test:1").look()


def test_who_was_away_gets_one_mail_of_all_in_their_language_and_no_second(sending: Sending, later: Later) -> None:
    desk = sending.desk
    with desk.store.transaction() as work:
        people.change_agent(work, SYSTEM, desk.giulia, language="it")
    number = given(sending)
    with desk.store.transaction() as work:
        note, _new = reply.note(work, desk.who(), number, text="@Giulia Ferri guarda qui")
    assert look(sending) == 0  # not away for long enough
    later(HOUR)
    assert look(sending) == 1
    assert look(sending) == 0
    [taken] = sending.sink.taken
    mail = email.message_from_bytes(taken.content, policy=email.policy.default)
    assert taken.recipients == ["giulia@cirro.example"]
    assert mail["Subject"] == "[Cirro] Ti aspettano 2 avvisi"
    assert (mail["Auto-Submitted"], mail["X-Loop"]) == ("auto-generated", "support@cirro.example")
    text = mail.get_content()
    base = desk.store.settings.base_url
    assert "Luca Moretti ti ha menzionato" in text
    assert f"{base}/tickets/{number}?message={note.id}#msg-{note.id}" in text.splitlines()
    assert f"{base}/me/notices" in text
    assert "guarda qui" not in text
    given(sending, "fabio@studio.example")
    assert look(sending) == 0  # never more often than chosen
    later(HOUR)
    assert look(sending) == 1


@pytest.mark.parametrize("why", ["here", "read", "absent", "quiet", "own", "left", "unwanted"])
def test_no_mail_goes_to_whom_none_should(sending: Sending, later: Later, why: str) -> None:
    desk = sending.desk
    with desk.store.transaction() as work:
        giulia = work.get_one(Agent, desk.giulia)
        if why == "unwanted":
            giulia.notices = {"assigned": ["page", "push"]}
        if why == "own":  # the desk's own mailbox: it would answer itself
            giulia.email = "support@cirro.example"
    number = given(sending)
    later(HOUR)
    with desk.store.transaction() as work:
        giulia = work.get_one(Agent, desk.giulia)
        if why == "here":
            people.set_state(work, desk.giulia, "online")
        elif why == "read":
            tickets.read(work, desk.who(desk.giulia), number, 99)
        elif why == "absent":
            giulia.away_until = clock.now() + dt.timedelta(days=2)
        elif why == "quiet":
            day = (clock.now() + dt.timedelta(days=3)).weekday()
            giulia.quiet = {"days": [day], "from": "10:00", "to": "11:00", "zone": "UTC"}
        elif why == "left":
            giulia.active = False
    assert look(sending) == 0
    assert sending.sink.taken == []


def test_what_no_server_took_is_tried_again_and_nothing_is_lost(sending: Sending, later: Later) -> None:
    given(sending)
    later(HOUR)
    sending.sink.script = Script(say={"rcpt": "450 4.2.1 later"})
    teller = Teller(sending.desk.store, "test:1")
    assert teller.look() == 0
    sending.sink.script = Script()
    assert teller.look() == 0  # a pause after a refusal
    assert look(sending) == 1
    assert len(sending.sink.taken) == 1


def test_a_desk_without_a_mailbox_keeps_what_it_has_to_say(sending: Sending, later: Later) -> None:
    given(sending)
    later(HOUR)
    with sending.desk.store.transaction() as work:
        channels.change(work, SYSTEM, sending.desk.mail, enabled=False)
    assert look(sending) == 0
