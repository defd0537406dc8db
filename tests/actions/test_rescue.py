"""An answer that failed or may not have left: it asks for a person until somebody has seen to it, in whatever way."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import pytest

from connectors.base import Address, ConnectorError, Receipt, StatusUpdate
from inbox import clock
from inbox.actions import channels, identities, outbox, reply, rescue, tickets
from inbox.actions.who import SYSTEM
from inbox.errors import Conflict, Invalid
from inbox.reading.compose import other_ways
from inbox.store import Channel, Identity, Message, Ticket
from inbox.terms import Delivery
from tests.actions.conftest import SmallDesk

ME = "host:1"


def answer(desk: SmallDesk, number: int | None, **more: object) -> int:
    assert number is not None
    with desk.store.transaction() as work:
        message, _new = reply.reply(work, desk.who(), number, **{"text": "Ecco", **more})  # type: ignore[arg-type]
    return message.id


def end(desk: SmallDesk, message: int, *, ambiguous: bool = False) -> None:
    """The worker claims it, begins, and the provider refuses it, or says nothing."""
    with desk.store.transaction() as work:
        assert outbox.claim(work, ME) == [message]
    with desk.store.transaction() as work:
        outbox.going_out(work, message, ME)
    with desk.store.transaction() as work:
        error = ConnectorError("no", code="x", permanent=not ambiguous, ambiguous=ambiguous)
        outbox.fail(work, message, error)


def attention(desk: SmallDesk, number: int | None) -> str:
    with desk.store.reading() as work:
        return work.get_one(Ticket, number).attention


def row(desk: SmallDesk, message: int) -> Message:
    with desk.store.reading() as work:
        return work.get_one(Message, message)


def test_a_later_success_does_not_hide_an_earlier_failure(desk: SmallDesk) -> None:
    number = desk.take(desk.text()).ticket
    first = answer(desk, number)
    end(desk, first)
    second = answer(desk, number)
    with desk.store.transaction() as work:
        assert outbox.claim(work, ME) == [second]
    with desk.store.transaction() as work:
        outbox.settle(work, second, Receipt("SM-second"))
    assert attention(desk, number) == "failed"
    with desk.store.transaction() as work:
        rescue.leave(work, desk.who(), first)
    assert (attention(desk, number), row(desk, first).state) == ("", Delivery.FAILED)


def test_a_failure_weighs_more_than_doubt_and_the_newest_trouble_is_on_top(
    desk: SmallDesk, later: Callable[[dt.timedelta], None]
) -> None:
    number = desk.take(desk.text()).ticket
    end(desk, answer(desk, number), ambiguous=True)
    assert attention(desk, number) == "unknown"
    with desk.store.reading() as work:
        since = work.get_one(Ticket, number).attention_at
    later(dt.timedelta(hours=1))
    end(desk, answer(desk, number))
    with desk.store.reading() as work:
        ticket = work.get_one(Ticket, number)
    assert ticket.attention == "failed"
    assert since is not None
    assert ticket.attention_at is not None
    assert ticket.attention_at > since


def test_sending_again_keeps_the_message_and_its_id(desk: SmallDesk) -> None:
    number = desk.take(desk.letter(), desk.mail).ticket
    message = answer(desk, number)
    end(desk, message, ambiguous=True)
    before = row(desk, message).header_id
    with desk.store.transaction() as work:
        reply.retry(work, desk.who(), message)
    assert (row(desk, message).header_id, attention(desk, number)) == (before, "")
    with desk.store.transaction() as work:
        assert outbox.claim(work, ME) == [message]


def test_after_sending_again_it_is_tried_as_long_as_a_new_one(
    desk: SmallDesk, later: Callable[[dt.timedelta], None]
) -> None:
    message = answer(desk, desk.take(desk.text()).ticket)
    end(desk, message)
    later(dt.timedelta(days=4))
    with desk.store.transaction() as work:
        reply.retry(work, desk.who(), message)
        assert outbox.claim(work, ME) == [message]
    with desk.store.transaction() as work:
        outbox.fail(work, message, ConnectorError("busy", code="503", permanent=False))
    assert row(desk, message).state is Delivery.QUEUED


def test_a_person_s_word_that_it_arrived_ends_the_doubt(desk: SmallDesk) -> None:
    number = desk.take(desk.letter(), desk.mail).ticket
    message = answer(desk, number)
    end(desk, message, ambiguous=True)
    with desk.store.transaction() as work:
        rescue.arrived(work, desk.who(), message)
    assert (row(desk, message).state, attention(desk, number)) == (Delivery.SENT, "")
    with pytest.raises(Conflict), desk.store.transaction() as work:
        rescue.arrived(work, desk.who(), message)


def test_a_bounce_that_comes_later_asks_again(desk: SmallDesk) -> None:
    number = desk.take(desk.letter(), desk.mail).ticket
    message = answer(desk, number)
    end(desk, message, ambiguous=True)
    with desk.store.transaction() as work:
        rescue.arrived(work, desk.who(), message)
    header = row(desk, message).header_id
    bounce = StatusUpdate("b1", message=header, state="failed", at=clock.now(), status="5.1.1", permanent=True)
    desk.take(bounce, desk.mail)
    assert (row(desk, message).state, attention(desk, number)) == (Delivery.FAILED, "failed")


def two_ways(desk: SmallDesk) -> int:
    """A ticket by SMS of a customer who also has a mail address."""
    number = desk.take(desk.text()).ticket
    assert number is not None
    with desk.store.transaction() as work:
        identity = identities.resolve(
            work, work.get_one(Channel, desk.mail), Address("chiara@studio.example", "Chiara")
        )
        assert identity is not None
        identity.customer_id = work.get_one(Ticket, number).customer_id or ""
    return number


def test_the_same_answer_goes_by_another_way_once(desk: SmallDesk) -> None:
    number = two_ways(desk)
    message = answer(desk, number, files=[reply.Upload("a.png", "image/png", b"\x89PNG")])
    end(desk, message)
    with desk.store.reading() as work:
        ways = other_ways(work, work.get_one(Ticket, number), work.get_one(Message, message))
    assert [(way.kind, way.address) for way in ways] == [("email", "chiara@studio.example")]
    with desk.store.transaction() as work:
        twin, new = rescue.send_as(work, desk.who(), message, channel="email")
        assert new
    with desk.store.transaction() as work:
        assert rescue.send_as(work, desk.who(), message, channel="email") == (work.get(Message, twin.id), False)
    assert (twin.kind, twin.text, twin.state) == ("email", "Ecco", Delivery.QUEUED)
    assert [one.name for one in row(desk, twin.id).attachments] == ["a.png"]
    assert attention(desk, number) == ""
    assert row(desk, message).dealt_at is not None


def test_a_way_that_does_not_reach_the_customer_is_refused(desk: SmallDesk) -> None:
    number = desk.take(desk.text()).ticket
    message = answer(desk, number)
    with pytest.raises(Conflict), desk.store.transaction() as work:
        rescue.send_as(work, desk.who(), message, channel="email")
    end(desk, message)
    with pytest.raises(Invalid), desk.store.transaction() as work:
        rescue.send_as(work, desk.who(), message, channel="email")
    assert attention(desk, number) == "failed"


def test_whoever_resolves_has_seen_to_what_failed(desk: SmallDesk) -> None:
    number = desk.take(desk.text()).ticket
    message = answer(desk, number)
    end(desk, message)
    assert number is not None
    with desk.store.transaction() as work:
        tickets.set_status(work, desk.who(), number, "resolved")
    assert (attention(desk, number), row(desk, message).dealt_at is not None) == ("", True)


def test_who_opted_out_while_it_waited_is_not_written_to(desk: SmallDesk) -> None:
    message = answer(desk, desk.take(desk.text()).ticket)
    with desk.store.transaction() as work:
        number = work.get_one(Message, message).identity_id
        identity = next(one for one in work.query(Identity) if one.id == number)
        identity.opted_out_at = clock.now()
        assert outbox.claim(work, ME) == [message]
    with desk.store.reading() as work, pytest.raises(ConnectorError) as refused:
        outbox.load(work, message, lambda text, _markup: (text, None))
    assert (refused.value.code, refused.value.permanent) == ("opted_out", True)


def test_a_reply_window_that_closed_while_it_waited_stays_closed(
    desk: SmallDesk, later: Callable[[dt.timedelta], None]
) -> None:
    with desk.store.transaction() as work:
        page = {"page_id": "1", "page_token": "t", "app_secret": "s", "verify_token": "v"}
        messenger = channels.add(work, SYSTEM, kind="messenger", name="page", values=page).id
    message = answer(desk, desk.take(desk.text(sender="5551"), messenger).ticket)
    later(dt.timedelta(hours=25))
    with desk.store.reading() as work, pytest.raises(ConnectorError) as refused:
        outbox.load(work, message, lambda text, _markup: (text, None))
    assert (refused.value.code, refused.value.permanent) == ("window", True)
