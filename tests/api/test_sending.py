"""Answers that leave later or did not get through, over the API; and the same key at the same moment."""

from __future__ import annotations

import datetime as dt
import threading

from connectors.base import ConnectorError
from inbox import clock
from inbox.actions import outbox
from tests.api.conftest import Api, Desk

HOUR = dt.timedelta(hours=1)


def test_an_answer_waits_for_its_hour_is_given_another_one_and_leaves(call: Api, desk: Desk) -> None:
    at = clock.iso(clock.now() + HOUR)
    body = {"text": "Domani", "client_key": "k", "send_at": at}
    told = call.post(f"/tickets/{desk.text()}/replies", body, 201)
    assert (told["delivery"]["state"], told["delivery"]["send_at"]) == ("scheduled", told["delivery"]["next_at"])
    assert call.get("/status")["outbox_waiting"] == 1
    path = f"/messages/{told['id']}/schedule"
    moved = call.post(path, {"send_at": clock.iso(clock.now() + 5 * HOUR)})["delivery"]
    assert moved["next_at"] > told["delivery"]["next_at"]
    call.refused("POST", path, 422, "invalid", json={"send_at": clock.iso(clock.now() - HOUR)})
    assert call.post(path, {"send_at": None})["delivery"]["state"] == "queued"
    call.refused("POST", path, 409, "conflict", json={"send_at": at})


def failed(call: Api, desk: Desk, *, ambiguous: bool = False) -> int:
    number: int = call.post(f"/tickets/{desk.text()}/replies", {"text": "x", "client_key": "k"}, 201)["id"]
    with desk.store.transaction() as work:
        assert outbox.claim(work, "w:1") == [number]
    with desk.store.transaction() as work:
        outbox.going_out(work, number, "w:1")
    with desk.store.transaction() as work:
        outbox.fail(work, number, ConnectorError("no", code="x", permanent=not ambiguous, ambiguous=ambiguous))
    return number


def test_doubt_ends_by_a_persons_word(call: Api, desk: Desk) -> None:
    number = failed(call, desk, ambiguous=True)
    assert call.get(f"/messages/{number}")["delivery"]["state"] == "unknown"
    assert call.post(f"/messages/{number}/arrived")["delivery"]["state"] == "sent"
    call.refused("POST", f"/messages/{number}/arrived", 409, "conflict")


def test_a_failure_can_be_left_as_it_is(call: Api, desk: Desk) -> None:
    number = failed(call, desk)
    told = call.post(f"/messages/{number}/leave")["delivery"]
    assert (told["state"], told["dealt"]) == ("failed", True)


def test_another_way_needs_one_that_reaches_the_customer(call: Api, desk: Desk) -> None:
    number = failed(call, desk)
    problem = call.refused("POST", f"/messages/{number}/send-as", 422, "invalid", json={"channel": "email"})
    assert "channel" in problem["errors"]
    assert call.post(f"/messages/{number}/send-as", {}, 201)["id"] != number


def test_the_same_key_in_the_same_moment_makes_one_message(call: Api, desk: Desk) -> None:
    """Two tabs, or a line that repeats: the database decides, and nobody is told of an error."""
    path = f"/api/v1/tickets/{desk.text()}"
    start, answers = threading.Barrier(8), list[tuple[int, str]]()
    headers = {"Authorization": f"Bearer {call.tokens['luca']}"}

    def post() -> None:
        client = call.client.application.test_client()
        start.wait()
        answer = client.post(f"{path}/replies", json={"text": "Una volta", "client_key": "twice"}, headers=headers)
        answers.append((answer.status_code, answer.text))

    threads = [threading.Thread(target=post) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sorted(status for status, _text in answers) == [200] * 7 + [201]
    assert len({text for _status, text in answers}) == 1
    items = call.get(f"{path.removeprefix('/api/v1')}/messages")["items"]
    assert [one["direction"] for one in items] == ["in", "out"]
    assert call.get("/status")["outbox_due"] == 1
