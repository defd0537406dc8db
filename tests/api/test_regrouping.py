"""Merge, split, move and undo by the API, and the answer to a suggestion."""

from __future__ import annotations

import datetime as dt
import json

from connectors.base import Address, Inbound
from inbox import clock
from tests.api.conftest import Api, Desk


def letter(desk: Desk, name: str, sender: str = "chiara@studio.example", **more: str) -> tuple[int, int]:
    at = clock.now() - dt.timedelta(seconds=1)
    mail = Inbound(f"<{name}@studio.example>", sender=Address(sender), text=name, subject=name, at=at, **more)  # type: ignore[arg-type]
    return desk.arrive(mail)


def test_a_merge_and_its_undo(call: Api, desk: Desk) -> None:
    winner, _ = letter(desk, "one")
    loser, message = letter(desk, "two")
    done = call.post(f"/tickets/{loser}/merge", {"into": winner})
    assert done["ticket"]["id"] == winner
    assert call.get(f"/tickets/{loser}")["merged_into"] == winner
    assert call.get(f"/messages/{message}")["ticket"] == winner
    assert [one["id"] for one in call.get("/tickets", status="new")["items"]] == [winner]
    [event] = [e for e in call.get("/events", ticket=loser)["items"] if e["id"] == done["event"]]
    assert (event["kind"], event["into"]) == ("ticket.merged", str(winner))
    back = call.post(f"/events/{done['event']}/undo", {})
    assert back["ticket"]["id"] == loser
    assert call.get(f"/messages/{message}")["ticket"] == loser
    [void] = [e for e in call.get("/events", ticket=loser)["items"] if e["id"] == back["event"]]
    assert (void["kind"], void["target"]) == ("void", done["event"])
    call.post(f"/events/{done['event']}/undo", {}, status=409)


def test_a_split_a_move_and_their_undo(call: Api, desk: Desk) -> None:
    number, first = letter(desk, "one")
    _, second = letter(desk, "two", in_reply_to="<one@studio.example>")
    done = call.post(f"/tickets/{number}/split", {"messages": [second]})
    fresh = done["ticket"]["id"]
    assert done["ticket"]["linked_to"] == number
    assert call.get(f"/messages/{second}")["joined"] == {"rule": "manual", "ref": f"#{number}"}
    call.post(f"/events/{done['event']}/undo", {})
    assert call.get(f"/messages/{second}")["joined"]["rule"] == "in_reply_to"
    call.post(f"/tickets/{fresh}/notes", {"text": "x", "client_key": "x"}, status=409)
    other, _ = letter(desk, "three")
    done = call.post(f"/tickets/{number}/move", {"messages": [first], "to": other})
    assert done["ticket"]["id"] == other
    assert [one["id"] for one in call.get(f"/tickets/{number}/messages")["items"]] == [second]
    call.post(f"/events/{done['event']}/undo", {})
    assert call.get(f"/messages/{first}")["ticket"] == number


def test_what_makes_no_sense_is_refused_with_the_field(call: Api, desk: Desk) -> None:
    number, message = letter(desk, "one")
    for path, body, status in (
        ("merge", {"into": number}, 422),
        ("merge", {"into": 999}, 404),
        ("merge", {}, 422),
        ("split", {"messages": [message]}, 422),
        ("split", {"messages": []}, 422),
        ("move", {"messages": [message], "to": number}, 422),
    ):
        problem = call.post(f"/tickets/{number}/{path}", body, status=status)
        assert problem["detail"]
    call.post("/events/nothing/undo", {}, status=404)


def test_a_suggestion_is_followed_or_refused_and_both_come_back(call: Api, desk: Desk) -> None:
    number, _ = letter(desk, "one")
    stranger, message = letter(desk, "two", "bruno@bici.example", in_reply_to="<one@studio.example>")
    asked = {"ticket": number, "rule": "in_reply_to"}
    assert call.get(f"/messages/{message}")["suggestion"] == asked
    refused = call.post(f"/messages/{message}/suggestion", {"join": False})
    assert refused["message"]["suggestion"] is None
    call.post(f"/messages/{message}/suggestion", {"join": True}, status=409)
    call.post(f"/events/{refused['event']}/undo", {})
    joined = call.post(f"/messages/{message}/suggestion", {"join": True})
    assert (joined["message"]["ticket"], joined["message"]["suggestion"]) == (number, None)
    assert call.get(f"/tickets/{stranger}")["merged_into"] == number
    call.post(f"/events/{joined['event']}/undo", {})
    assert call.get(f"/messages/{message}")["suggestion"] == asked
    assert json.dumps(call.get("/events"))  # and the log is still JSON
