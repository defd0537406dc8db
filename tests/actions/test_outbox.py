"""The outbox: one reply leaves once, what never left answers nobody, what may have left is said to be unknown."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from decimal import Decimal

import pytest

from connectors.base import ConnectorError, Cost, Receipt, StatusUpdate
from inbox import clock
from inbox.actions import channels, outbox, reply, statuses, tickets
from inbox.errors import Conflict, Invalid, ThreadMoved
from inbox.reading import feeds
from inbox.store import Event, Message, Ticket
from inbox.terms import Delivery, Status
from tests.actions.conftest import SmallDesk

ME = "host:1"


def answer(desk: SmallDesk, number: int | None, **more: object) -> int:
    assert number is not None
    with desk.store.transaction() as work:
        message, _new = reply.reply(work, desk.who(), number, **{"text": "Ecco", **more})  # type: ignore[arg-type]
    return message.id


def claimed(desk: SmallDesk) -> list[int]:
    with desk.store.transaction() as work:
        return outbox.claim(work, ME, limit=10)


def state(desk: SmallDesk, message: int) -> Delivery | None:
    with desk.store.reading() as work:
        return work.get_one(Message, message).state


def living(desk: SmallDesk, kind: str) -> int:
    """How many events of a kind were not voided."""
    with desk.store.reading() as work:
        events = work.query(Event).all()
    void = {event.data["target"] for event in events if event.kind == "void"}
    return sum(event.kind == kind and event.id not in void for event in events)


def fail(desk: SmallDesk, message: int, **error: object) -> None:
    facts = {"code": "x", "permanent": False, **error}
    with desk.store.transaction() as work:
        outbox.fail(work, message, ConnectorError("no", **facts))  # type: ignore[arg-type]


def test_the_same_client_key_makes_one_message(desk: SmallDesk) -> None:
    number = desk.take(desk.text()).ticket
    assert answer(desk, number, client_key="k") == answer(desk, number, client_key="k", text="another")
    assert living(desk, "msg.out") == 1


def test_a_reply_is_held_claimed_sent_and_delivered_forward_only(
    desk: SmallDesk, later: Callable[[dt.timedelta], None]
) -> None:
    message = answer(desk, desk.take(desk.text()).ticket, undo_s=5)
    assert claimed(desk) == []
    later(dt.timedelta(seconds=6))
    assert claimed(desk) == [message]
    assert claimed(desk) == []
    with desk.store.transaction() as work:
        outbox.going_out(work, message, ME)
    with desk.store.transaction() as work:
        outbox.settle(work, message, Receipt("SM-out", segments=1))
    assert state(desk, message) is Delivery.SENT
    for what in ("delivered", "sent", "failed"):
        ended = desk.take(StatusUpdate(f"SM-out:{what}", message="SM-out", state=what, at=clock.now()))
        assert ended.outcome.value == "status"
    assert state(desk, message) is Delivery.DELIVERED


def test_undo_takes_back_the_reply_and_the_resolve_that_went_with_it(desk: SmallDesk) -> None:
    number = desk.take(desk.text()).ticket
    message = answer(desk, number, then="resolve", undo_s=5)
    with desk.store.transaction() as work:
        reply.cancel(work, desk.who(), message)
    with desk.store.reading() as work:
        ticket = work.get_one(Ticket, number)
        assert ticket.status is Status.OPEN
        assert ticket.waiting_since is not None
    assert (living(desk, "msg.out"), state(desk, message)) == (0, Delivery.CANCELLED)
    with pytest.raises(Conflict), desk.store.transaction() as work:
        reply.cancel(work, desk.who(), message)


def test_a_cancelled_message_is_not_sent_even_if_it_was_claimed(desk: SmallDesk) -> None:
    message = answer(desk, desk.take(desk.text()).ticket)
    claimed(desk)
    with pytest.raises(Conflict), desk.store.transaction() as work:
        reply.cancel(work, desk.who(), message)
    with pytest.raises(Conflict), desk.store.transaction() as work:
        outbox.going_out(work, message, "somebody else:2")


def test_a_temporary_error_waits_longer_each_time_and_honours_retry_after(
    desk: SmallDesk, later: Callable[[dt.timedelta], None]
) -> None:
    message = answer(desk, desk.take(desk.text()).ticket)
    waits = []
    for _ in range(4):
        assert claimed(desk) == [message]
        fail(desk, message)
        with desk.store.reading() as work:
            due = work.get_one(Message, message).next_at
        assert due is not None
        waits.append((due - clock.now()).total_seconds())
        later(dt.timedelta(seconds=waits[-1] + 1))
    assert waits == sorted(waits)
    assert 3 < waits[0] < 7
    claimed(desk)
    fail(desk, message, retry_after=1234.0)
    with desk.store.reading() as work:
        due = work.get_one(Message, message).next_at
    assert due is not None
    assert 1200 < (due - clock.now()).total_seconds() < 1240


def test_a_permanent_failure_answers_nobody_and_asks_for_attention(desk: SmallDesk) -> None:
    number = desk.take(desk.text()).ticket
    message = answer(desk, number)
    claimed(desk)
    fail(desk, message, permanent=True, code="21610")
    with desk.store.reading() as work:
        ticket = work.get_one(Ticket, number)
        assert (ticket.attention, ticket.waiting_since is not None) == ("failed", True)
    assert (state(desk, message), living(desk, "msg.out")) == (Delivery.FAILED, 0)
    with desk.store.transaction() as work:
        reply.retry(work, desk.who(), message)
    assert (state(desk, message), living(desk, "msg.out")) == (Delivery.QUEUED, 1)


def test_after_three_days_of_trying_a_message_has_failed(
    desk: SmallDesk, later: Callable[[dt.timedelta], None]
) -> None:
    message = answer(desk, desk.take(desk.text()).ticket)
    claimed(desk)
    later(dt.timedelta(days=3, seconds=1))
    fail(desk, message)
    assert state(desk, message) is Delivery.FAILED


def test_what_the_provider_may_have_accepted_is_unknown_and_waits_for_a_person(
    desk: SmallDesk, later: Callable[[dt.timedelta], None]
) -> None:
    number = desk.take(desk.text()).ticket
    message = answer(desk, number)
    claimed(desk)
    with desk.store.transaction() as work:
        outbox.going_out(work, message, ME)
    fail(desk, message, ambiguous=True, code="timeout")
    assert state(desk, message) is Delivery.UNKNOWN
    later(dt.timedelta(days=1))
    assert claimed(desk) == []
    with desk.store.reading() as work:
        assert work.get_one(Ticket, number).attention == "unknown"


def test_a_dead_worker_s_claim_is_queued_again_and_its_sending_is_unknown(desk: SmallDesk) -> None:
    first = answer(desk, desk.take(desk.text()).ticket)
    second = answer(desk, desk.take(desk.text(sender="+447700900124")).ticket)
    claimed(desk)
    with desk.store.transaction() as work:
        outbox.going_out(work, second, ME)
    with desk.store.transaction() as work:
        assert outbox.expire(work) == (0, 0)
        assert outbox.expire(work, dead=lambda owner: owner == ME) == (1, 1)
    assert (state(desk, first), state(desk, second)) == (Delivery.QUEUED, Delivery.UNKNOWN)


def test_a_reply_is_refused_when_the_thread_moved_on(desk: SmallDesk) -> None:
    first = desk.take(desk.text("uno"))
    desk.take(desk.text("due"))
    with pytest.raises(ThreadMoved) as moved:
        answer(desk, first.ticket, seen=first.message)
    assert moved.value.extra["messages"] == 1
    assert living(desk, "msg.out") == 0


@pytest.mark.parametrize(
    ("more", "sentence"),
    [
        ({"text": "  "}, "write a text"),
        ({"text": "x" * 2000}, "takes 1600"),
        ({"channel": "nowhere"}, "no channel"),
        ({"channel": "mail"}, "no address on email"),
        ({"address": "+447700900999"}, "no address of this customer"),
        ({"then": "explode"}, "one of resolve, pending"),
    ],
)
def test_what_cannot_be_sent_is_refused_with_a_sentence(
    desk: SmallDesk, more: dict[str, object], sentence: str
) -> None:
    number = desk.take(desk.text()).ticket
    with pytest.raises(Invalid, match=sentence):
        answer(desk, number, **more)
    assert living(desk, "msg.out") == 0


def test_a_price_is_asked_for_until_it_is_known_and_booked_once(desk: SmallDesk) -> None:
    number = desk.take(desk.text()).ticket
    message = answer(desk, number)
    claimed(desk)
    with desk.store.transaction() as work:
        outbox.going_out(work, message, ME)
    with desk.store.transaction() as work:
        outbox.settle(work, message, Receipt("SM-out"))
    with desk.store.transaction() as work:
        statuses.priced(work, work.get_one(Message, message), None)
        assert work.get_one(Message, message).price_at is not None
    with desk.store.transaction() as work:
        statuses.priced(work, work.get_one(Message, message), Cost(Decimal("0.0079"), "USD"))
    with desk.store.reading() as work:
        row = work.get_one(Message, message)
        assert (row.cost_amount, row.cost_currency, row.price_at) == (Decimal("0.0079"), "USD", None)
    assert living(desk, "cost.provider") == 1


def test_a_mail_answers_with_references_its_token_and_an_id_fixed_before_it_leaves(desk: SmallDesk) -> None:
    first = desk.take(desk.letter(external_id="<q@studio.example>", references=("<p@studio.example>",)), desk.mail)
    message = answer(desk, first.ticket)
    with desk.store.reading() as work:
        row = work.get_one(Message, message)
    assert row.in_reply_to == "<q@studio.example>"
    assert row.references == ["<p@studio.example>", "<q@studio.example>"]
    assert row.subject == "Re: Sito"
    assert row.header_id is not None
    assert row.header_id.endswith("@cirro.example>")
    assert row.reply_address is not None
    assert row.reply_address.startswith(f"support+t{first.ticket}-")


def test_a_later_answer_after_a_closed_ticket_keeps_it_closed(desk: SmallDesk) -> None:
    number = desk.take(desk.text()).ticket
    assert number is not None
    with desk.store.transaction() as work:
        tickets.set_status(work, desk.who(), number, "resolved")
    answer(desk, number)
    with desk.store.reading() as work:
        assert work.get_one(Ticket, number).status is Status.RESOLVED


def test_a_reply_for_a_channel_that_is_off_waits_and_for_one_that_was_disconnected_fails_visibly(
    desk: SmallDesk,
) -> None:
    number = desk.take(desk.text()).ticket
    message = answer(desk, number)
    with desk.store.transaction() as work:
        channels.change(work, desk.who(), desk.sms, enabled=False)
    with desk.store.reading() as work:
        assert (feeds.queues(work).outbox_due, feeds.queues(work).outbox_waiting) == (0, 1)
    assert claimed(desk) == []
    with desk.store.transaction() as work:
        assert outbox.fail_stranded(work) == 0
        channels.remove(work, desk.who(), desk.sms)
    with desk.store.transaction() as work:
        assert outbox.fail_stranded(work) == 1
    assert state(desk, message) is Delivery.FAILED
    with desk.store.reading() as work:
        assert work.get_one(Ticket, number).attention == "failed"
        assert work.get_one(Message, message).problem == "its channel was disconnected before it left"
    assert living(desk, "msg.out") == 0  # what never left answers nobody
