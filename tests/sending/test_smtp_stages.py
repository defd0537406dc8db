"""SMTP conversations that fail at each stage, from the claim to what an agent reads: nothing is sent twice."""

from __future__ import annotations

import datetime as dt
import email
import email.policy
from collections.abc import Callable

import pytest

from inbox.actions import reply
from inbox.store import Channel, Event
from inbox.terms import Delivery
from tests.sending.conftest import Sending

AGES = dt.timedelta(hours=5)
Move = Callable[[dt.timedelta], None]


def ids(sending: Sending) -> list[str]:
    return [
        str(email.message_from_bytes(one.content, policy=email.policy.default)["Message-ID"])
        for one in sending.sink.taken
    ]


def living(sending: Sending, kind: str) -> int:
    """How many events of a kind were not voided."""
    with sending.desk.store.reading() as work:
        events = work.query(Event).all()
    void = {event.data["target"] for event in events if event.kind == "void"}
    return sum(event.kind == kind and event.id not in void for event in events)


FOR_NOW = {
    "dropped at the banner": ("drop", "banner", ""),
    "dropped at EHLO": ("drop", "ehlo", ""),
    "dropped at AUTH": ("drop", "auth", ""),
    "dropped at MAIL": ("drop", "mail", ""),
    "dropped at RCPT": ("drop", "rcpt", ""),
    "dropped before DATA": ("drop", "data", ""),
    "4xx at the banner": ("say", "banner", "421 4.3.2 Going down"),
    "5xx at the banner": ("say", "banner", "554 5.3.2 No service here"),
    "4xx at EHLO": ("say", "ehlo", "421 4.7.0 Too many connections"),
    "4xx at AUTH": ("login", "", "454 4.7.0 Temporary authentication failure"),
    "4xx at MAIL": ("say", "mail", "451 4.3.0 Try later"),
    "4xx at RCPT": ("say", "rcpt", "450 4.2.1 Mailbox busy"),
    "4xx before DATA": ("say", "data", "451 4.3.0 No room"),
    "4xx after the dot": ("say", "dot", "451 4.3.0 No room after all"),
}


@pytest.mark.parametrize("case", FOR_NOW)
def test_what_is_certain_and_for_now_is_tried_again_and_arrives_once(sending: Sending, later: Move, case: str) -> None:
    how, stage, words = FOR_NOW[case]
    script = sending.sink.script
    if how == "drop":
        script.drop = stage
    elif how == "login":
        script.password, script.login_code = "another", words
    else:
        script.say[stage] = words
    message = sending.answer()
    sending.work()
    row = sending.row(message)
    assert (row.state, row.attempts, row.permanent) == (Delivery.QUEUED, 1, False)
    assert row.problem
    assert row.next_at is not None
    assert (sending.ticket(message).attention, ids(sending)) == ("", [])
    script.drop, script.password = "", type(script)().password
    script.say.clear()
    sending.work()
    assert ids(sending) == []
    later(AGES)
    sending.work()
    assert sending.state(message) is Delivery.SENT
    assert ids(sending) == [row.header_id]
    assert (living(sending, "msg.out"), sending.row(message).problem) == (1, None)


FOR_GOOD = {
    "5xx at MAIL": ("mail", "550 5.7.1 Sender refused"),
    "5xx at RCPT": ("rcpt", "550 5.1.1 No such user"),
    "5xx before DATA": ("data", "554 5.5.1 No valid recipients"),
    "5xx after the dot": ("dot", "554 5.7.1 Looks like spam"),
}


@pytest.mark.parametrize("case", FOR_GOOD)
def test_what_is_refused_for_good_answers_nobody_and_needs_a_person(sending: Sending, later: Move, case: str) -> None:
    stage, words = FOR_GOOD[case]
    sending.sink.script.say[stage] = words
    message = sending.answer(then="resolve")
    sending.work()
    row, ticket = sending.row(message), sending.ticket(message)
    assert (row.state, row.permanent, row.code) == (Delivery.FAILED, True, words.split()[1])
    assert words.split(maxsplit=1)[1] in (row.problem or "")
    assert (ticket.attention, ticket.is_open, ticket.waiting_since is not None) == ("failed", True, True)
    assert living(sending, "msg.out") == 0
    later(AGES)
    sending.work()
    assert ids(sending) == []
    sending.sink.script.say.clear()
    with sending.desk.store.transaction() as work:
        reply.retry(work, sending.desk.who(), message)
    sending.work()
    assert (sending.state(message), ids(sending)) == (Delivery.SENT, [row.header_id])
    assert (sending.ticket(message).attention, living(sending, "msg.out")) == ("", 1)


@pytest.mark.parametrize("stage", ["content", "dot"])
def test_a_line_lost_with_the_whole_mail_under_way_is_doubt_that_only_a_person_ends(
    sending: Sending, later: Move, stage: str
) -> None:
    sending.sink.script.drop = stage
    message = sending.answer()
    sending.work()
    row = sending.row(message)
    assert (row.state, row.next_at) == (Delivery.UNKNOWN, None)
    assert sending.ticket(message).attention == "unknown"
    sending.sink.script.drop = ""
    sending.sink.taken.clear()
    later(AGES)
    sending.work()
    assert ids(sending) == []
    with sending.desk.store.transaction() as work:
        reply.retry(work, sending.desk.who(), message)
    sending.work()
    assert (sending.state(message), ids(sending)) == (Delivery.SENT, [row.header_id])


def test_a_line_lost_amid_a_long_mail_is_certain_and_tried_again(sending: Sending, later: Move) -> None:
    sending.sink.script.drop = "content"
    files = [reply.Upload("big.bin", "application/octet-stream", b"x" * 12_000_000)]
    message = sending.answer(files=files)
    sending.work()
    assert sending.state(message) is Delivery.QUEUED
    sending.sink.script.drop = ""
    later(AGES)
    sending.work()
    assert (sending.state(message), len(ids(sending))) == (Delivery.SENT, 1)


def test_a_refused_login_is_tried_sparingly_and_loses_nothing(sending: Sending, later: Move) -> None:
    sending.sink.script.password = "changed"
    messages = [sending.answer(f"c{number}@studio.example") for number in range(4)]
    sending.work()
    asked = len(sending.sink.logins)
    assert sum(sending.row(message).attempts for message in messages) <= 2  # those that had begun; the rest waits
    with sending.desk.store.reading() as work:
        channel = work.get_one(Channel, sending.desk.mail)
        assert (channel.problem_code, channel.paused_until is not None) == ("login", True)
    later(dt.timedelta(seconds=30))
    sending.work()
    assert len(sending.sink.logins) == asked
    sending.settings(smtp_password="changed")  # an admin signs in again: the queue leaves at once
    sending.work()
    assert {sending.state(message) for message in messages} == {Delivery.SENT}
    assert len(set(ids(sending))) == 4


def test_three_days_of_trying_is_enough(sending: Sending, later: Move) -> None:
    sending.sink.script.say["rcpt"] = "450 4.2.1 Mailbox busy"
    message = sending.answer()
    tries = 0
    sending.work()
    while sending.state(message) is Delivery.QUEUED and tries < 60:
        tries += 1
        later(dt.timedelta(hours=4))
        sending.work()
    assert sending.state(message) is Delivery.FAILED
    assert 17 <= tries <= 20
    assert sending.ticket(message).attention == "failed"
