"""Rules over the API: written, read, tried, switched; what is wrong is named, and nobody but who may."""

from __future__ import annotations

from inbox.actions import routing
from inbox.actions.who import SYSTEM
from tests.api.conftest import Api, Desk


def test_a_rule_is_written_tried_switched_on_and_changed(call: Api, desk: Desk) -> None:
    desk.text("Urgente: il sito e giu")
    rule = {
        "name": "Urgenti",
        "when": "message",
        "if": [{"field": "text", "words": ["urgente"]}, {"field": "tag", "not": True, "words": ["visto"]}],
        "then": [{"do": "tag", "what": "urgente"}, {"do": "webhook", "what": "https://shop.example/hook"}],
    }
    chief = call.of("sara")
    tried = chief.post("/rules/try", rule)
    assert (tried["met"], tried["tickets"], len(tried["items"])) == (1, 1, 1)
    made = chief.post("/rules", rule, 201)
    assert {name: made[name] for name in ("name", "when", "on", "most", "problem")} == {
        "name": "Urgenti", "when": "message", "on": False, "most": 500, "problem": None,
    }  # fmt: skip
    assert made["if"][1] == {"field": "tag", "not": True, "words": ["visto"]}
    assert made["then"] == rule["then"]
    number = made["id"]
    assert chief.post(f"/rules/{number}/switch", {"on": True})["on"] is True
    changed = chief.post(f"/rules/{number}", {**rule, "name": "Urgentissimi", "if": []})
    assert (changed["name"], changed["if"], changed["on"]) == ("Urgentissimi", [], True)
    assert [one["id"] for one in chief.get("/rules")["items"]] == [number]
    assert chief.get(f"/rules/{number}") == changed
    chief.refused("POST", "/rules", 409, "conflict", json={**rule, "name": "urgentissimi"})
    wrong = chief.refused("POST", "/rules", 422, "invalid", json={"name": "x", "when": "never", "then": []})
    assert set(wrong["errors"]) == {"event", "steps"}
    address = {**rule, "name": "y", "then": [{"do": "webhook", "what": "shop"}]}
    assert "whole address" in chief.refused("POST", "/rules", 422, "invalid", json=address)["detail"]
    chief.refused("GET", f"/rules/{number + 9}", 404, "not-found")
    for path, body in (("/rules", rule), ("/rules/try", rule), (f"/rules/{number}/switch", {"on": False})):
        call.of("luca").refused("POST", path, 403, "forbidden", json=body)
    call.of("luca").refused("GET", "/rules", 403, "forbidden")


def test_a_rule_that_asks_for_what_the_desk_does_not_have_says_so(call: Api, desk: Desk) -> None:
    def bands(*named: str) -> None:
        with desk.store.transaction() as work:
            routing.save_bands(work, SYSTEM, named)

    def rule(name: str, *asked: tuple[str, str]) -> dict[str, object]:
        conditions = [{"field": field, "words": [word, "none"]} for field, word in asked]
        return {"name": name, "when": "message", "if": conditions, "then": [{"do": "tag", "what": "x"}]}

    chief = call.of("sara")
    bands("oro", "argento")
    there = ("band", "oro"), ("agent", desk.agents["anna"]), ("channel", desk.sms.id)
    made = chief.post("/rules", rule("A", *there), 201)
    assert made["problem"] is None
    for field in ("band", "team", "agent", "channel"):
        wrong = chief.post("/rules", rule(f"B {field}", (field, "platino")), 201)
        assert wrong["problem"] == f"there is no {field} 'platino' here, so it finds nothing"
    bands("argento")
    number, why = made["id"], "there is no band 'oro' here, so it finds nothing"
    found = chief.get("/rules")["items"]
    assert [one["problem"] for one in found if one["id"] == number] == [why]
    assert chief.get(f"/rules/{number}")["problem"] == why
    assert chief.post(f"/rules/{number}/switch", {"on": True})["problem"] == why
    bands("oro", "argento")
    assert chief.get(f"/rules/{number}")["problem"] is None
