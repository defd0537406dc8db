"""Killed at every named place, again and again: every arrival is processed once, every reply leaves once or stands as unknown."""

from __future__ import annotations

import signal
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import func, select

from inbox import killpoints
from inbox.actions import reply
from inbox.actions.who import Who
from inbox.store import Agent, Event, JournalItem, Message, Ticket
from inbox.terms import Delivery, Direction
from tests.journeys.desk import RunningDesk, until

pytestmark = pytest.mark.chaos

WORKER_POINTS = ("after_journal", "after_claim", "after_going_out", "after_accepted", "before_receipt")
CUSTOMER = "+447700900123"


@pytest.fixture
def desk(sqlite_url: str, data_dir: Path, full: bool, request: pytest.FixtureRequest) -> Iterator[RunningDesk]:
    url = str(request.getfixturevalue("postgresql_url")) if full else sqlite_url
    with RunningDesk(url, data_dir) as running:
        yield running


def test_every_named_place_is_survived_five_times(
    desk: RunningDesk, full: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    rounds = 15 if full else 5
    desk.add_channel("sms")
    web = desk.role("web")
    hits: Counter[str] = Counter()
    try:
        until("the web role answers", desk._answers, 30)
        for n in range(rounds):
            for point in WORKER_POINTS:
                _one_arrival_one_reply(desk, f"{point} {n}", point, hits)
        for n in range(rounds):
            web = _web_dies_after_journal(desk, web, f"after_journal in web {n}", hits)
            web = _web_dies_before_announcing(desk, web, hits)
    finally:
        web.terminate()
        web.wait(20)
    desk.drain()
    _judge(desk)
    with capsys.disabled():
        print("\nkilled at: " + ", ".join(f"{name} {count}x" for name, count in sorted(hits.items())))
    assert set(killpoints.NAMES) <= {name.partition(" ")[0] for name in hits}
    assert all(count >= rounds for count in hits.values())


def _one_arrival_one_reply(desk: RunningDesk, text: str, point: str, hits: Counter[str]) -> None:
    """A customer writes and an agent answers; the worker that should carry it dies at ``point``, another one goes on."""
    assert desk.sandbox.sms.receive(CUSTOMER, f"question {text}")["delivery"]["status"] == 200
    if point != "after_journal":
        desk.drain()
        _answer(desk, f"answer {text}")
    dying = desk.role("worker", kill=point)
    assert dying.wait(60) == -signal.SIGKILL, f"the worker did not reach {point}"
    hits[point] += 1
    desk.drain()
    if point == "after_journal":
        _answer(desk, f"answer {text}")
        desk.drain()


def _answer(desk: RunningDesk, text: str) -> None:
    with desk.store.transaction() as work:
        number = work.scalar(select(func.max(Ticket.id)))
        assert number is not None
        reply.reply(work, Who.of(work.get_one(Agent, desk.admin)), number, text=text, client_key=text)


def _web_dies_after_journal(desk: RunningDesk, web: object, text: str, hits: Counter[str]) -> object:
    """The web role dies between commit and answer: the provider calls again, and that makes no second message."""
    _end(web)
    dying = desk.role("web", kill="after_journal")
    until("the web role answers", desk._answers, 30)
    desk.sandbox.sms.receive(CUSTOMER, f"question {text}")
    _await_death(desk, dying)
    hits["after_journal in web"] += 1
    fresh = desk.role("web")
    until("the web role answers", desk._answers, 30)
    desk.drain()
    return fresh


def _web_dies_before_announcing(desk: RunningDesk, web: object, hits: Counter[str]) -> object:
    """The announcer dies between commit and telling: nothing of the log is lost."""
    _end(web)
    dying = desk.role("web", kill="before_announcement")
    until("the web role answers", desk._answers, 30)
    desk.sandbox.sms.receive(CUSTOMER, "question before announcing")
    desk.drain()
    _await_death(desk, dying)
    hits["before_announcement"] += 1
    fresh = desk.role("web")
    until("the web role answers", desk._answers, 30)
    return fresh


def _end(process: object) -> None:
    process.terminate()  # type: ignore[attr-defined]
    process.wait(20)  # type: ignore[attr-defined]


def _await_death(desk: RunningDesk, process: object) -> None:
    """Gunicorn's master outlives its worker and starts another one, which dies as well: both are ended here."""
    until("the web role died", lambda: "SIGKILL" in desk.log.read_text() or process.poll() is not None, 30)  # type: ignore[attr-defined]
    process.kill()  # type: ignore[attr-defined]
    process.wait(20)  # type: ignore[attr-defined]


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
