"""Rules that call another system: signed, tried again, told in the rule's log, never into the house."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from inbox import clock
from inbox.actions import calls
from inbox.actions.rules import keeping
from inbox.actions.who import SYSTEM
from inbox.reading import rules as reading
from inbox.store import Event, RuleCall
from inbox.worker.calls import work_due
from inbox.worker.rules import Rules
from tests.actions.conftest import SmallDesk
from tests.connectors.loopback import Loopback, Reply, loopback


@pytest.fixture
def shop(monkeypatch: pytest.MonkeyPatch) -> Iterator[Loopback]:
    with loopback() as server:
        monkeypatch.setenv("FETCH_ALLOW", server.base.removeprefix("http://"))
        yield server


def called(desk: SmallDesk, *urls: str) -> int:
    """A rule that calls these when somebody writes, after somebody has written."""
    steps = [{"do": "tag", "what": "detto"}, *({"do": "webhook", "what": url} for url in urls)]
    with desk.store.transaction() as work:
        rule = keeping.add(work, SYSTEM, {"name": "Magazzino", "event": "message", "steps": steps}).id
        keeping.switch(work, SYSTEM, rule, on=True)
    desk.take(desk.letter("Dove sono i tulipani?"), desk.mail)
    Rules(desk.store).work_due()
    return rule


def later(desk: SmallDesk) -> None:
    with desk.store.transaction() as work:
        work.execute(update(RuleCall).values(next_at=clock.now() - timedelta(seconds=1)))


def states(desk: SmallDesk) -> list[tuple[str, str, int]]:
    with desk.store.reading() as work:
        return [(one.state, one.code, one.attempts) for one in work.scalars(select(RuleCall).order_by(RuleCall.id))]


def test_a_call_is_signed_tried_until_it_gets_through_and_told_in_the_log(desk: SmallDesk, shop: Loopback) -> None:
    shop.on("POST", "/hook", Reply(503), Reply(204))
    rule = called(desk, f"{shop.base}/hook")
    assert work_due(desk.store) == 1
    assert states(desk) == [("queued", "503", 1)]
    assert work_due(desk.store) == 0, "not before its time"
    later(desk)
    assert work_due(desk.store) == 1
    assert states(desk) == [("done", "204", 2)]
    first, second = shop.calls
    assert first.body == second.body
    assert first.headers["x-sportello-delivery"] == second.headers["x-sportello-delivery"]
    told = json.loads(second.body)
    assert (told["rule"]["name"], told["message"]["text"]) == ("Magazzino", "Dove sono i tulipani?")
    assert (told["ticket"]["tags"], told["ticket"]["status"]) == (["detto"], "new")
    with desk.store.reading() as work:
        secret = calls.secret(work)
        (run,) = reading.page(work, SYSTEM, rule).runs
        kinds = list(work.scalars(select(Event.kind).where(Event.kind.like("rule.call%")).order_by(Event.seq)))
    stamp = second.headers["x-sportello-timestamp"].encode()
    signed = hmac.new(secret.encode(), stamp + b"." + second.body, hashlib.sha256).hexdigest()
    assert second.headers["x-sportello-signature"] == f"sha256={signed}"
    assert [step.do for step in run.did] == ["tag", "webhook"]
    assert [(one.host, one.state, one.code) for one in run.calls] == [("127.0.0.1", "done", "204")]
    assert kinds == ["rule.calls", "rule.called"]


@pytest.mark.parametrize(
    ("reply", "state"),
    [
        (Reply(400), ("failed", "400", 1)),
        (Reply(302, headers={"Location": "http://127.0.0.1:1/"}), ("failed", "302", 1)),
        (Reply(429), ("queued", "429", 1)),
        (Reply(hang_up=True), ("queued", "connect", 1)),
    ],
)
def test_what_can_never_get_through_is_not_tried_again(
    desk: SmallDesk, shop: Loopback, reply: Reply, state: tuple[str, str, int]
) -> None:
    shop.on("POST", "/hook", reply)
    called(desk, f"{shop.base}/hook")
    work_due(desk.store)
    assert states(desk) == [state]


def test_it_ends_after_some_tries_and_one_that_is_away_is_asked_once_a_round(desk: SmallDesk, shop: Loopback) -> None:
    shop.on("POST", "/hook", Reply(500))
    called(desk, f"{shop.base}/hook", f"{shop.base}/hook")
    for _round in range(calls.MOST):
        later(desk)
        assert work_due(desk.store) == 2
    assert states(desk) == [("failed", "500", calls.MOST)] * 2
    assert len(shop.calls) == calls.MOST


def test_no_rule_calls_into_the_house(desk: SmallDesk, shop: Loopback, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("FETCH_ALLOW")
    called(desk, f"{shop.base}/hook")
    work_due(desk.store)
    assert [(state, code) for state, code, _tries in states(desk)] == [("failed", "blocked")]
    assert shop.calls == []


def test_what_a_dead_worker_held_is_made_by_another(desk: SmallDesk, shop: Loopback) -> None:
    shop.on("POST", "/hook", Reply(200))
    called(desk, f"{shop.base}/hook")
    with desk.store.transaction() as work:
        assert calls.claim(work) is not None  # and it dies here
    assert work_due(desk.store) == 0
    later(desk)
    assert work_due(desk.store) == 1
    assert states(desk) == [("done", "200", 2)]
