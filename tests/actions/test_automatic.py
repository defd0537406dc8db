"""Automatic mail: what comes in starts nothing, what comes back marks the address, what goes out has its limits."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest

from connectors.base import Inbound, StatusUpdate
from inbox import clock
from inbox.actions import automatic, channels, identities, reply, tickets
from inbox.actions.intake import Ended
from inbox.actions.who import SYSTEM
from inbox.reading import compose, customers, threads
from inbox.store import Event, Identity, Message, Ticket
from inbox.terms import Delivery, Outcome, Status
from tests.actions.conftest import SmallDesk

CHIARA = "chiara@studio.example"
THANKS = "Grazie, il tuo ticket è {ticket.number}."


@pytest.fixture
def polite(desk: SmallDesk) -> SmallDesk:
    """A desk that answers the first mail of a ticket by itself."""
    with desk.store.transaction() as work:
        channels.change(work, SYSTEM, desk.mail, values={"acknowledge": THANKS})
    return desk


def letter(desk: SmallDesk, text: str = "Buongiorno", **more: Any) -> tuple[int, int]:
    ended = desk.take(desk.letter(text, **more), desk.mail)
    assert ended.ticket is not None
    assert ended.message is not None
    return ended.ticket, ended.message


def acknowledged(desk: SmallDesk) -> list[Message]:
    with desk.store.reading() as work:
        return work.query(Message).filter_by(auto="reply", direction="out").order_by(Message.id).all()


def why_not(desk: SmallDesk, message: int) -> str:
    with desk.store.reading() as work:
        return str(work.get_one(Message, message).extra.get("not_acknowledged", ""))


def identity(desk: SmallDesk, address: str = CHIARA) -> Identity:
    with desk.store.reading() as work:
        found = identities.find(work, "email", address)
        assert found is not None
        return found


def report(desk: SmallDesk, message: int, *, auto: str = "bounce", **facts: Any) -> Ended:
    """What a mail system says of a message of ours."""
    with desk.store.reading() as work:
        row = work.get_one(Message, message)
    notice = desk.letter("Undelivered", sender="mailer-daemon@studio.example", auto=auto)
    values: dict[str, Any] = {
        "state": "failed", "at": clock.now(), "code": "550", "status": "5.1.1", "reason": "No such user",
        "permanent": True, "recipient": CHIARA, "notice": notice,
    }  # fmt: skip
    return desk.take(StatusUpdate(notice.external_id, message=row.header_id, **{**values, **facts}), desk.mail)


def sent(desk: SmallDesk, number: int) -> int:
    """An answer that has left."""
    with desk.store.transaction() as work:
        message, _ = reply.reply(work, desk.who(), number, text="Ecco")
        message.state, message.next_at, message.sent_at = Delivery.SENT, None, clock.now()
        return message.id


def test_the_first_mail_of_a_ticket_is_answered_and_the_customer_still_waits(polite: SmallDesk) -> None:
    number, _ = letter(polite)
    [answer] = acknowledged(polite)
    assert (answer.ticket_id, answer.text) == (number, f"Grazie, il tuo ticket è {number}.")
    assert answer.to[0]["address"] == CHIARA
    with polite.store.reading() as work:
        ticket = work.get_one(Ticket, number)
        assert (ticket.status, ticket.preview) == (Status.NEW, "Buongiorno")
        assert ticket.waiting_since is not None
        line = work.query(Event).filter_by(kind="msg.out").one()
        assert (line.actor_kind, line.data["auto"]) == ("system", True)


def test_without_a_text_nobody_is_answered(desk: SmallDesk) -> None:
    letter(desk)
    assert acknowledged(desk) == []


def test_a_further_mail_and_another_ticket_of_the_same_day_are_not_answered_again(
    polite: SmallDesk, later: Callable[[dt.timedelta], None]
) -> None:
    letter(polite, external_id="<a@studio.example>")
    letter(polite, in_reply_to="<a@studio.example>")
    _, second = letter(polite, subject="Altro")
    assert (len(acknowledged(polite)), why_not(polite, second)) == (1, "once")
    later(dt.timedelta(hours=25))
    letter(polite, subject="Domani")
    assert len(acknowledged(polite)) == 2


REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "an absence": ({"auto": "reply"}, "automatic"),
    "a mailing list": ({"auto": "bulk"}, "automatic"),
    "a bounce of something unknown": ({"auto": "bulk"}, "automatic"),
    "spam": ({"extra": {"no_auto_reply": "spam"}}, "spam"),
    "a blind copy": ({"extra": {"no_auto_reply": "not_addressed"}}, "not_addressed"),
    "our own address": ({"sender": "support@cirro.example"}, "own"),
    "nobody": ({"sender": ""}, "nobody"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_some_are_never_answered(polite: SmallDesk, name: str) -> None:
    facts, word = REFUSED[name]
    _, message = letter(polite, **facts)
    assert (acknowledged(polite), why_not(polite, message)) == ([], word)


def test_a_robot_that_changes_its_address_meets_the_limit_of_its_domain(polite: SmallDesk) -> None:
    for n in range(10):
        letter(polite, sender=f"robot{n}@loop.example", subject=f"Re {n}")
    assert len(acknowledged(polite)) == 1


def test_a_bounce_becomes_the_delivery_status_and_marks_the_address_until_they_write_again(desk: SmallDesk) -> None:
    number, _ = letter(desk)
    message = sent(desk, number)
    before = desk.store.last_seq()
    assert report(desk, message).outcome is Outcome.STATUS
    with desk.store.reading() as work:
        row, ticket = work.get_one(Message, message), work.get_one(Ticket, number)
        assert (row.state, row.code, row.status, row.permanent) == (Delivery.FAILED, "550", "5.1.1", True)
        assert (row.bounce or {})["recipient"] == CHIARA
        assert (ticket.status, ticket.attention, ticket.waiting_since) == (Status.OPEN, "failed", None)
        assert [c.closed for c in compose.choices(work, ticket)] == ["undeliverable"]
        [one] = customers.panel(work, desk.who(), ticket).identities
        assert one.state == "undeliverable"
        kinds = {e.kind for e in work.query(Event).filter(Event.seq > before)}
        assert "msg.in" not in kinds
        assert "ticket.status" not in kinds
    letter(desk, "Di nuovo qui", subject_token=f"[#{number}]")
    assert identity(desk).undeliverable_at is None


@pytest.mark.parametrize(
    ("status", "marked"),
    [
        ("5.1.1", True), ("5.1.10", True), ("5.1.2", True), ("5.2.1", True), ("5.4.4", True), ("5.0.0", True),
        (None, True), ("5.2.2", False), ("5.2.3", False), ("5.3.4", False), ("5.4.7", False), ("5.7.1", False),
        ("4.4.1", False),
    ],
)  # fmt: skip
def test_only_what_blames_the_address_marks_it(desk: SmallDesk, status: str | None, marked: bool) -> None:
    number, _ = letter(desk)
    report(desk, sent(desk, number), status=status)
    assert (identity(desk).undeliverable_at is not None) is marked


def test_a_delay_is_no_failure(desk: SmallDesk) -> None:
    number, _ = letter(desk)
    message = sent(desk, number)
    report(desk, message, auto="report", state="sent", status="4.4.1", permanent=False, reason="delayed")
    with desk.store.reading() as work:
        assert work.get_one(Message, message).state is Delivery.SENT
    assert identity(desk).undeliverable_at is None


def test_a_complaint_stops_automatic_mail_and_shows_and_a_person_may_still_answer(
    polite: SmallDesk, later: Callable[[dt.timedelta], None]
) -> None:
    number, _ = letter(polite)
    message = sent(polite, number)
    ended = report(
        polite, message, auto="complaint", state="delivered", complaint=True, permanent=False, reason="abuse"
    )
    assert ended.outcome is Outcome.STATUS
    assert identity(polite).opted_out_at is not None
    later(dt.timedelta(days=2))
    _, second = letter(polite, subject="Altro")
    assert why_not(polite, second) == "complained"
    assert len(acknowledged(polite)) == 1
    with polite.store.transaction() as work:
        ticket = work.get_one(Ticket, number)
        assert [c.closed for c in compose.choices(work, ticket)] == [""]
        assert customers.panel(work, polite.who(), ticket).identities[0].state == "complained"
        assert reply.reply(work, polite.who(), number, text="Scusi")[1]


def test_a_complaint_about_an_unknown_mail_counts_by_its_address(polite: SmallDesk) -> None:
    letter(polite)
    notice = polite.letter("spam", sender="fbl@provider.example", auto="complaint")
    polite.take(
        StatusUpdate(
            notice.external_id,
            message="<x@y.example>",
            state="delivered",
            at=clock.now(),
            recipient=CHIARA,
            complaint=True,
            notice=notice,
        ),
        polite.mail,
    )
    assert identity(polite).opted_out_at is not None


@pytest.mark.parametrize("auto", ["reply", "bulk", "report", "bounce", "complaint"])
def test_automatic_mail_is_folded_and_starts_nothing(desk: SmallDesk, auto: str) -> None:
    number, first = letter(desk, external_id="<a@studio.example>")
    ours = sent(desk, number)
    with desk.store.transaction() as work:
        tickets.set_status(work, desk.who(), number, "resolved")
    ended, message = letter(desk, "Sono in ferie", in_reply_to="<a@studio.example>", auto=auto)
    assert ended == number
    with desk.store.reading() as work:
        ticket = work.get_one(Ticket, number)
        assert (ticket.status, ticket.waiting_since, ticket.last_in_id) == (Status.RESOLVED, None, first)
        thread = threads.thread(work, desk.who(), ticket)
        shown = [one for item in thread.items if item.part == "leg" for one in item.messages]
        # the last that a person wrote stays open
        assert {one.id: one.folded for one in shown} == {first: True, ours: False, message: True}
        pushed = threads.item_of_message(work, work.get_one(Message, message))
        assert pushed.part == "leg"
        assert pushed.messages[0].folded
        assert automatic.refusal(work, _channel(desk), identity(desk), ticket, work.get_one(Message, message))


def _channel(desk: SmallDesk) -> Any:
    with desk.store.reading() as work:
        return channels.find(work, desk.mail)


def test_an_unanswerable_channel_takes_the_mail_in_all_the_same(polite: SmallDesk) -> None:
    with polite.store.transaction() as work:
        channels.find(work, polite.mail).enabled = False
    item: Inbound = polite.letter()
    assert polite.take(item, polite.mail).outcome is Outcome.MESSAGE
    assert acknowledged(polite) == []
