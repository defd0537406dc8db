"""Killed at every named place: every arrival is processed once, every reply leaves once or stands as unknown."""

from __future__ import annotations

import signal
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import func, select

from inbox import killpoints
from inbox.actions import reply
from inbox.actions.who import Who
from inbox.sandbox.running import SandboxProcess
from inbox.store import Agent, Event, JournalItem, Message, Ticket
from inbox.terms import Delivery, Direction
from tests.chaos.forked import worker
from tests.journeys.desk import RunningDesk, until

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(900)]

WORKER_POINTS = ("after_journal", "after_claim", "after_going_out", "after_accepted", "before_receipt")
CUSTOMER = "+447700900123"


@pytest.fixture
def desk(sqlite_url: str, data_dir: Path, full: bool, request: pytest.FixtureRequest) -> Iterator[RunningDesk]:
    url = str(request.getfixturevalue("postgresql_url")) if full else sqlite_url
    with RunningDesk(url, data_dir, sandbox=SandboxProcess) as running:
        yield running


def test_every_named_place_is_survived_time_after_time(
    desk: RunningDesk, full: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    rounds, starts = (15, 15) if full else (3, 2)  # each death of the web role costs a start of the program
    order = desk.settings.data_dir / "kill"
    desk.environment["SPORTELLO_KILL_FILE"] = str(order)
    desk.add_channel("sms")
    web = desk.role("web")
    hits: Counter[str] = Counter()
    try:
        until("the web role answers", desk._answers, 90)
        for n in range(rounds):
            for point in WORKER_POINTS:
                _one_arrival_one_reply(desk, f"{point} {n}", point, hits)
        for n in range(starts):
            _web_dies(desk, order, "after_journal", str(n), hits)
            _web_dies(desk, order, "before_announcement", str(n), hits)
        until("every arrival is here", lambda: _all_here(desk), 60)
    finally:
        web.terminate()
        web.wait(20)
    assert worker(desk) == 0
    _judge(desk)
    with capsys.disabled():
        sys.stdout.write("\nkilled at: " + ", ".join(f"{name} {count}x" for name, count in sorted(hits.items())))
    assert set(killpoints.NAMES) <= {name.partition(" ")[0] for name in hits}
    assert all(count >= (starts if name.endswith("in web") else rounds) for name, count in hits.items())


def _one_arrival_one_reply(desk: RunningDesk, text: str, point: str, hits: Counter[str]) -> None:
    """A customer writes, an agent answers; the worker that carries it dies at ``point``, another one goes on."""
    assert desk.sandbox.sms.receive(CUSTOMER, f"question {text}")["delivery"]["status"] == 200
    if point != "after_journal":
        assert worker(desk) == 0
        _answer(desk, f"answer {text}")
    assert worker(desk, point) == -signal.SIGKILL, f"the worker did not reach {point}"
    hits[point] += 1
    assert worker(desk) == 0
    if point == "after_journal":
        _answer(desk, f"answer {text}")
        assert worker(desk) == 0


def _answer(desk: RunningDesk, text: str) -> None:
    with desk.store.transaction() as work:
        number = work.scalar(select(func.max(Ticket.id)))
        assert number is not None
        reply.reply(work, Who.of(work.get_one(Agent, desk.admin)), number, text=text, client_key=text)


def _web_dies(desk: RunningDesk, order: Path, point: str, text: str, hits: Counter[str]) -> None:
    """The web role dies at ``point`` and is started again; the provider, unanswered, calls again."""
    order.write_text(point)
    desk.sandbox.sms.receive(CUSTOMER, f"question {point} {text}", wait=False)
    until("the arrival is worked", lambda: worker(desk) == 0 and not order.exists(), 90)
    hits[f"{point} in web"] += 1
    until("the web role answers again", desk._answers, 90)


def _all_here(desk: RunningDesk) -> bool:
    """True once the provider's repeated calls have brought what was not answered before."""
    assert worker(desk) == 0
    with desk.store.reading() as work:
        came = work.scalar(select(func.count()).select_from(Message).where(Message.direction == Direction.IN))
    return came == len(desk.sandbox.received("sms"))


def _judge(desk: RunningDesk) -> None:
    """The stand-in's own list decides what left; the ledger decides what came."""
    accepted = Counter(one["text"] for one in desk.sandbox.sms.accepted())
    asked = Counter(one["text"] for one in desk.sandbox.received("sms"))
    with desk.store.reading() as work:
        replies = work.scalars(select(Message).where(Message.direction == Direction.OUT)).all()
        came = Counter(
            message.text for message in work.scalars(select(Message).where(Message.direction == Direction.IN))
        )
        outcomes = Counter(item.outcome.value for item in work.scalars(select(JournalItem)))
        out_events = work.scalar(select(func.count()).select_from(Event).where(Event.kind == "msg.out"))
    for message in replies:
        times = accepted[message.text]
        if message.state is Delivery.UNKNOWN:
            assert times <= 1, f"{message.text!r} left {times} times"
        else:
            assert message.state in {Delivery.SENT, Delivery.DELIVERED}, f"{message.text!r} is {message.state}"
            assert times == 1, f"{message.text!r} left {times} times"
    assert sum(accepted.values()) == len(set(accepted)), "something left twice"
    assert came == asked, "an arrival was lost or doubled"
    assert out_events == len(replies)
    assert outcomes["pending"] == outcomes["quarantined"] == 0
