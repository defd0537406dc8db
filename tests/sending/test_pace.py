"""One channel's trouble is its own: others go on, its queue waits as long as asked, and leaves when it is back."""

from __future__ import annotations

import datetime as dt
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count

import pytest

from connectors.base import ConnectorError, Receipt
from inbox import clock
from inbox.actions import channels, outbox, pacing, reply
from inbox.actions.who import SYSTEM
from inbox.reading import feeds
from inbox.store import Channel, Message
from inbox.terms import Delivery
from inbox.worker.outbox import Outbox
from tests.actions.conftest import SmallDesk
from tests.connectors.email_servers import PLAIN_PASSWORD, mail_sink
from tests.sending.conftest import Sending
from tests.servers.processes import free_port

Move = Callable[[dt.timedelta], None]
ME = "host:1"
_people = count(1)


def text(desk: SmallDesk, *, channel: str | None = None, sender: str = "") -> int:
    """An answer by SMS, or by another channel, to somebody new."""
    item = desk.text(sender=sender or f"+4477009{next(_people):05}")
    ticket = desk.take(item, channel).ticket
    assert ticket is not None
    with desk.store.transaction() as work:
        message, _new = reply.reply(work, desk.who(), ticket, text="Ecco")
    return message.id


def again(desk: SmallDesk, message: int) -> int:
    """A further answer on the same ticket."""
    with desk.store.transaction() as work:
        ticket = work.get_one(Message, message).ticket_id
        return reply.reply(work, desk.who(), ticket, text="E ancora")[0].id


def claim(desk: SmallDesk, limit: int = 1) -> list[int]:
    with desk.store.transaction() as work:
        return outbox.claim(work, ME, limit=limit)


def fail(desk: SmallDesk, message: int, **facts: object) -> None:
    with desk.store.transaction() as work:
        outbox.fail(work, message, ConnectorError("no", **{"code": "x", "permanent": False, **facts}))  # type: ignore[arg-type]


def settle(desk: SmallDesk, message: int) -> None:
    with desk.store.transaction() as work:
        outbox.settle(work, message, Receipt(f"SM-out-{message}"))


def channel(desk: SmallDesk, number: str = "") -> Channel:
    with desk.store.reading() as work:
        return work.get_one(Channel, number or desk.sms)


def state(desk: SmallDesk, message: int) -> Delivery | None:
    with desk.store.reading() as work:
        return work.get_one(Message, message).state


@contextmanager
def mute() -> Iterator[int]:
    """A port that takes a line and never says a word."""
    listener = socket.create_server(("127.0.0.1", 0))
    stop = threading.Event()
    try:
        yield int(listener.getsockname()[1])
    finally:
        stop.set()
        listener.close()


def test_a_server_that_does_not_answer_slows_no_other_channel(sending: Sending) -> None:
    """The queue of the silent one is long, and older: the other channel's answers leave all the same."""
    desk = sending.desk
    with mute() as port, mail_sink() as other:
        sending.settings(smtp_port=port)
        stuck = [sending.answer(f"stuck{number}@studio.example") for number in range(8)]
        with desk.store.transaction() as work:
            values = {"address": "vendite@cirro.example", "smtp_host": "127.0.0.1", "smtp_security": "plain"}
            given = {**values, "smtp_port": other.port, "smtp_password": PLAIN_PASSWORD}
            second = channels.add(work, SYSTEM, kind="email", name="sales", values=given).id
        quick = []
        for number in range(5):
            ticket = desk.take(desk.letter(sender=f"quick{number}@studio.example"), second).ticket
            assert ticket is not None
            with desk.store.transaction() as work:
                quick.append(reply.reply(work, desk.who(), ticket, text="Ecco")[0].id)
        sender = Outbox(desk.store)
        done = threading.Event()

        def send() -> None:
            while not done.wait(0.05):
                sender.work_due()

        thread = threading.Thread(target=send)
        thread.start()
        arrived = threading.Event()
        while not arrived.wait(0.1):
            if all(state(desk, message) is Delivery.SENT for message in quick):
                arrived.set()
        waiting = {state(desk, message) for message in stuck}
        done.set()
        thread.join()
    sender.close()
    assert waiting <= {Delivery.QUEUED, Delivery.CLAIMED}
    assert len(other.taken) == 5


def test_what_a_provider_asks_of_the_whole_channel_holds_for_all_of_it(desk: SmallDesk, later: Move) -> None:
    first, second = text(desk), text(desk)
    elsewhere = desk.take(desk.letter(), desk.mail).ticket
    assert elsewhere is not None
    with desk.store.transaction() as work:
        mail = reply.reply(work, desk.who(), elsewhere, text="Ecco")[0].id
    assert claim(desk) == [first]
    fail(desk, first, code="20429", retry_after=120.0, whole=True)
    assert claim(desk, 5) == [mail]
    settle(desk, mail)
    with desk.store.reading() as work:
        queues = feeds.queues(work)
    assert (queues.outbox_due, queues.outbox_waiting) == (0, 2)
    later(dt.timedelta(seconds=100))
    assert claim(desk) == []
    later(dt.timedelta(seconds=30))
    assert claim(desk) == [second]


def test_a_wait_that_is_one_messages_own_holds_up_no_other(desk: SmallDesk) -> None:
    first, second = text(desk), text(desk)
    assert claim(desk) == [first]
    fail(desk, first, code="30003", retry_after=14_400.0)
    assert claim(desk) == [second]


def test_an_outage_is_asked_about_ever_less_often_and_its_end_frees_the_queue(desk: SmallDesk, later: Move) -> None:
    messages = [text(desk) for _ in range(3)]
    waits = []
    for _ in range(9):
        [message] = claim(desk)
        fail(desk, message, code="connect", whole=True)
        until = channel(desk).paused_until
        assert until is not None
        waits.append((until - clock.now()).total_seconds())
        later(dt.timedelta(seconds=waits[-1] + 1))
        if not set(claimable(desk)):
            later(dt.timedelta(minutes=20))
    assert waits == sorted(waits)
    assert 4 <= waits[0] <= 5
    assert 800 <= waits[-1] <= 900
    [message] = claim(desk)
    settle(desk, message)
    assert channel(desk).paused_until is None
    assert sorted([*claim(desk, 5), message]) == messages


def claimable(desk: SmallDesk) -> list[int]:
    with desk.store.reading() as work:
        return [1] if outbox.any_due(work) else []


def test_an_admin_who_saves_the_channel_frees_the_queue(desk: SmallDesk) -> None:
    message = text(desk)
    assert claim(desk) == [message]
    fail(desk, message, code="login", permanent=True, reauth=True)
    assert state(desk, message) is Delivery.QUEUED
    assert claim(desk) == []
    with desk.store.transaction() as work:
        channels.change(work, SYSTEM, desk.sms, values={"auth_token": "another"})
    assert claim(desk) == [message]


def test_a_channel_sends_no_faster_than_it_is_set_to(desk: SmallDesk, later: Move) -> None:
    with desk.store.transaction() as work:
        channels.change(work, SYSTEM, desk.sms, values={"per_minute": 2})
    messages = [text(desk) for _ in range(5)]
    left = []
    for _ in range(4):
        left.append(claim(desk, 100))
        later(dt.timedelta(seconds=31))
    assert left == [[one] for one in messages[:4]]
    with desk.store.transaction() as work, pytest.raises(Exception, match="greater than or equal to 1"):
        channels.change(work, SYSTEM, desk.sms, values={"per_minute": 0})


def test_telegram_gets_one_message_a_second_per_chat(desk: SmallDesk, later: Move) -> None:
    with desk.store.transaction() as work:
        bot = channels.add(work, SYSTEM, kind="telegram", name="bot", values={"token": "1:a"}).id
    first = text(desk, channel=bot, sender="777")
    second, elsewhere = again(desk, first), text(desk, channel=bot, sender="888")
    assert claim(desk) == [first]
    settle(desk, first)
    assert claim(desk, 5) == [elsewhere]
    with desk.store.reading() as work:
        wait = pacing.wait_s(work)
    assert wait is not None
    assert wait <= 1.0
    later(dt.timedelta(seconds=1))
    assert claim(desk, 5) == [second]


def test_short_messages_keep_their_order_and_mails_need_not(desk: SmallDesk) -> None:
    first = text(desk)
    second = again(desk, first)
    assert claim(desk, 5) == [first]
    fail(desk, first)
    assert claim(desk, 5) == []
    with desk.store.transaction() as work:
        reply.cancel(work, desk.who(), first)
    assert claim(desk, 5) == [second]
    ticket = desk.take(desk.letter(), desk.mail).ticket
    assert ticket is not None
    with desk.store.transaction() as work:
        mails = [reply.reply(work, desk.who(), ticket, text=each)[0].id for each in ("uno", "due")]
    assert claim(desk) == mails[:1]
    fail(desk, mails[0])
    assert claim(desk, 5) == mails[1:]


def test_a_host_without_a_server_is_a_matter_of_the_channel(sending: Sending) -> None:
    sending.settings(smtp_port=free_port())
    messages = [sending.answer(f"c{number}@studio.example") for number in range(5)]
    sending.work()
    assert sum(sending.row(message).attempts for message in messages) <= 2
    assert channel(sending.desk, sending.desk.mail).paused_tries == 1
