"""Answers that wait for their hour: nobody is answered before it, and until then it can be changed or called back."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import pytest

from inbox import clock
from inbox.actions import later as plans
from inbox.actions import outbox, reply
from inbox.errors import Conflict, Invalid
from inbox.store import Event, Message, Ticket, Work
from inbox.terms import Delivery, Status
from tests.actions.conftest import SmallDesk

HOUR = dt.timedelta(hours=1)
Move = Callable[[dt.timedelta], None]


def planned(desk: SmallDesk, number: int | None, **more: object) -> int:
    assert number is not None
    given = {"text": "Ecco", "send_at": clock.now() + HOUR, **more}
    with desk.store.transaction() as work:
        message, _new = reply.reply(work, desk.who(), number, **given)  # type: ignore[arg-type]
    return message.id


def release(desk: SmallDesk) -> int:
    with desk.store.transaction() as work:
        return plans.release_due(work)


def kinds(desk: SmallDesk) -> list[str]:
    with desk.store.reading() as work:
        return [event.kind for event in work.query(Event).order_by(Event.seq)]


def row(desk: SmallDesk, message: int) -> Message:
    with desk.store.reading() as work:
        return work.get_one(Message, message)


def test_it_answers_nobody_before_its_hour_and_is_an_answer_then(desk: SmallDesk, later: Move) -> None:
    number = desk.take(desk.text()).ticket
    message = planned(desk, number, then="resolve")
    assert release(desk) == 0
    with desk.store.reading() as work:
        ticket = work.get_one(Ticket, number)
        assert ticket.waiting_since is not None
        assert (ticket.status, ticket.preview_direction) == (Status.NEW, "in")
        assert ticket.assignee_id == desk.admin
    assert "msg.out" not in kinds(desk)
    later(HOUR)
    assert release(desk) == 1
    assert release(desk) == 0
    with desk.store.reading() as work:
        ticket = work.get_one(Ticket, number)
        assert (ticket.status, ticket.waiting_since) == (Status.RESOLVED, None)
        sent = work.query(Event).filter_by(kind="msg.out").one()
    assert abs(sent.ts - clock.now()) < dt.timedelta(minutes=1)
    assert sent.actor_id == desk.admin
    with desk.store.transaction() as work:
        assert outbox.claim(work, "w:1") == [message]


def test_it_is_not_claimed_before_it_is_released(desk: SmallDesk, later: Move) -> None:
    planned(desk, desk.take(desk.text()).ticket)
    later(2 * HOUR)
    with desk.store.transaction() as work:
        assert outbox.claim(work, "w:1") == []


def test_another_hour_can_be_given_and_now(desk: SmallDesk) -> None:
    message = planned(desk, desk.take(desk.text()).ticket)
    with desk.store.transaction() as work:
        moved = later_of(work, desk, message, clock.now() + 3 * HOUR)
        assert moved.next_at is not None
        assert moved.next_at > clock.now() + 2 * HOUR
    assert kinds(desk).count("msg.state") == 2
    with desk.store.transaction() as work:
        assert later_of(work, desk, message, None).state is Delivery.QUEUED
    with pytest.raises(Conflict), desk.store.transaction() as work:
        later_of(work, desk, message, clock.now() + HOUR)


def later_of(work: Work, desk: SmallDesk, message: int, at: dt.datetime | None) -> Message:
    return plans.reschedule(work, desk.who(), message, at)


def test_called_back_it_leaves_no_trace_in_the_figures(desk: SmallDesk, later: Move) -> None:
    message = planned(desk, desk.take(desk.text()).ticket)
    with desk.store.transaction() as work:
        assert reply.cancel(work, desk.who(), message).state is Delivery.CANCELLED
    later(2 * HOUR)
    assert release(desk) == 0
    assert {"msg.out", "void"}.isdisjoint(kinds(desk))


@pytest.mark.parametrize("when", [-HOUR, dt.timedelta(days=400)])
def test_an_hour_lies_ahead_and_within_a_year(desk: SmallDesk, when: dt.timedelta) -> None:
    number = desk.take(desk.text()).ticket
    with pytest.raises(Invalid, match="within the next year"):
        planned(desk, number, send_at=clock.now() + when)


def test_a_mail_answers_what_came_last_when_it_leaves_and_keeps_its_id(desk: SmallDesk, later: Move) -> None:
    number = desk.take(desk.letter(external_id="<a@studio.example>"), desk.mail).ticket
    message = planned(desk, number)
    before = row(desk, message)
    second = desk.letter(external_id="<b@studio.example>", in_reply_to="<a@studio.example>")
    assert desk.take(second, desk.mail).ticket == number
    later(HOUR)
    release(desk)
    after = row(desk, message)
    assert (before.in_reply_to, after.in_reply_to) == ("<a@studio.example>", "<b@studio.example>")
    assert before.header_id == after.header_id


def test_somebody_else_s_plan_does_not_hold_up_an_answer(desk: SmallDesk) -> None:
    first = desk.take(desk.text())
    planned(desk, first.ticket)
    assert first.ticket is not None
    with desk.store.transaction() as work:
        reply.reply(work, desk.who(desk.giulia), first.ticket, text="Subito", seen=first.message)
