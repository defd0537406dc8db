"""The event log through the API, for whoever reads on, and what the desk has still to do."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

import pytest
from sqlalchemy import delete, select

from inbox import clock
from inbox.actions import agreements, costs, people
from inbox.actions.who import SYSTEM
from inbox.figures import keeper
from inbox.metrics import Config
from inbox.store import Agent, Audit, Message
from inbox.terms import Delivery
from tests.api.conftest import CHIARA, Api, Desk
from tests.figures.conftest import add, lines, wrong


def ndjson(call: Api, path: str) -> list[dict[str, object]]:
    response = call("GET", path, headers={"Accept": "application/x-ndjson"})
    assert response.content_type == "application/x-ndjson"
    return [json.loads(line) for line in response.text.splitlines()]


def test_the_log_is_read_on_from_where_one_was(call: Api, desk: Desk) -> None:
    for _ in range(3):
        desk.text()
    first = call.get("/events", limit=2)
    assert [one["seq"] for one in first["items"]] == [1, 2]
    rest = call.get("/events", after=first["next"], limit=500)
    assert rest["next"] is None
    assert [one["seq"] for one in rest["items"]] == list(range(3, rest["items"][-1]["seq"] + 1))
    assert call.get("/events", after=rest["items"][-1]["seq"])["items"] == []
    assert rest["items"][-1]["seq"] == call.get("/status")["last_seq"]


def test_an_event_is_as_the_store_writes_it(call: Api, desk: Desk) -> None:
    ticket = desk.text()
    arrived = next(one for one in call.get("/events")["items"] if one["kind"] == "msg.in")
    assert set(arrived) >= {"seq", "id", "ts", "rec", "kind", "actor", "ticket", "channel", "msg", "address"}
    assert (arrived["ticket"], arrived["channel"], arrived["address"]) == (str(ticket), "sms", desk.sms.id)
    assert arrived["actor"]["kind"] == "customer"


def test_a_warehouse_asks_for_the_stream_in_the_address(call: Api, desk: Desk) -> None:
    desk.text()
    response = call("GET", "/events?after=1&format=ndjson")
    assert response.content_type == "application/x-ndjson"
    seqs = [json.loads(line)["seq"] for line in response.text.splitlines()]
    assert seqs == list(range(2, call.get("/status")["last_seq"] + 1))
    call.refused("GET", "/events?format=csv", 422, "invalid")


def test_by_accept_it_is_one_event_a_line_to_the_end(call: Api, desk: Desk) -> None:
    with desk.store.transaction() as work:
        for n in range(1203):
            work.append("test.line", n=n)
    lines = ndjson(call, "/events")
    assert [one["seq"] for one in lines] == list(range(1, len(lines) + 1))
    assert len(lines) == call.get("/status")["last_seq"] > 1203
    assert [one["seq"] for one in ndjson(call, "/events?after=5&limit=3")] == [6, 7, 8]
    page = call.get("/events", limit=10)["items"]
    assert lines[:10] == page


def test_pay_and_handle_times_are_not_for_everybody(call: Api, desk: Desk) -> None:
    ticket = desk.text()
    with desk.store.transaction() as work:
        costs.rate(work, SYSTEM, per_hour="24", start=__import__("datetime").date(2026, 1, 1))
        work.append("handle.span", ticket=ticket, session="s", agent="a", channel="sms", spans=[])
        work.append("agent.state", agent="a", state="online")
        for kind in ("cost.team_rate", "cost.of_tomorrow", "cost.provider", "smi.answer"):
            work.append(kind)

    def kinds(name: str) -> set[str]:
        found = {str(one["kind"]) for one in call.of(name).get("/events", limit=500)["items"]}
        assert found == {str(one["kind"]) for one in ndjson(call.of(name), "/events")}
        return found & {*everybody, *supervisors, *admins, "handle.span", "agent.state"}

    everybody, supervisors = {"msg.in", "cost.provider"}, {"smi.answer"}
    admins = {"cost.rate", "cost.team_rate", "cost.of_tomorrow"}
    assert kinds("anna") == {*everybody, *supervisors, *admins, "handle.span", "agent.state"}
    assert kinds("sara") == {*everybody, *supervisors}
    assert kinds("luca") == everybody
    with desk.store.transaction() as work:
        agreements.allow(work, SYSTEM, kind="unions", day="2026-01-01", reference="3/2026")
    assert kinds("sara") == {*everybody, *supervisors, "handle.span", "agent.state"}
    assert kinds("luca") == everybody


def readings(desk: Desk) -> list[tuple[str | None, str]]:
    with desk.store.reading() as work:
        rows = work.scalars(select(Audit).where(Audit.what == agreements.READ).order_by(Audit.id))
        names = dict(work.execute(select(Agent.id, Agent.email)).all())
        return [(names[row.agent_id or ""].partition("@")[0], row.detail["name"]) for row in rows]


def test_who_reads_when_people_worked_stands_in_the_audit_log_once_a_day_and_token(
    call: Api, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The log stays whole, as a report over it has to be the desk's; only silent it is not, until that is allowed."""
    ticket = desk.text()
    with desk.store.transaction() as work:
        anna = work.scalars(select(Agent).where(Agent.email.like("anna@%"))).one()
        second = people.add_token(work, SYSTEM, anna, "warehouse")
        work.append("handle.span", ticket=ticket, session="s", agent="a", channel="sms", spans=[])
    last = call.get("/status")["last_seq"]
    for name in ("sara", "luca"):
        call.of(name).get("/events", limit=500)
        ndjson(call.of(name), "/events")
    call.get("/events", after=last)
    ndjson(call, f"/events?limit={last - 1}")
    assert readings(desk) == [], "nothing of the kind was in these"
    assert [one["seq"] for one in ndjson(call, "/events")] == list(range(1, last + 1))
    assert len(readings(desk)) == 1
    call.get("/events", after=last - 1)
    ndjson(call, "/events")
    call.get("/events", ticket=ticket)
    assert len(readings(desk)) == 1, "today it says so of this token"
    other = Api(call.client, {"anna": second}, call.document)
    other.get("/events", after=last - 1)
    assert readings(desk) == [("anna", readings(desk)[0][1]), ("anna", "warehouse")]
    tomorrow = clock.now() + dt.timedelta(days=1)
    with monkeypatch.context() as later:
        later.setattr(clock, "now", lambda: tomorrow)
        call.get("/events", ticket=ticket)
        assert len(readings(desk)) == 3
    with desk.store.transaction() as work:
        agreements.allow(work, SYSTEM, kind="unions", day="2026-01-01", reference="3/2026")
        work.execute(delete(Audit).where(Audit.what == agreements.READ))
    call.get("/events", limit=500)
    ndjson(call.of("sara"), "/events")
    assert readings(desk) == [], "figures per person are allowed"


def test_the_status_counts_what_is_still_to_do(call: Api, desk: Desk) -> None:
    assert call.get("/status") == {
        "journal_pending": 0,
        "outbox_due": 0,
        "outbox_waiting": 0,
        "last_seq": call.get("/status")["last_seq"],
    }
    ticket = desk.text()
    said = [call.post(f"/tickets/{ticket}/replies", {"text": "x", "client_key": f"k{n}"}, 201)["id"] for n in range(4)]
    from datetime import timedelta

    from inbox import clock

    with desk.store.transaction() as work:
        work.get_one(Message, said[0]).state = Delivery.SENDING
        work.get_one(Message, said[1]).next_at = clock.now() + timedelta(hours=1)
        work.get_one(Message, said[2]).state = Delivery.SENT
    status = call.get("/status")
    assert (status["journal_pending"], status["outbox_due"], status["outbox_waiting"]) == (0, 2, 1)


CALL: dict[str, object] = {
    "id": "pbx-1",
    "kind": "call.started",
    "ts": "2026-03-09T08:00:00Z",
    "call": "c1",
    "ticket": "12",
    "direction": "in",
    "channel": "voice",
}
TOLD: list[dict[str, object]] = [
    CALL,
    {"id": "c-1", "kind": "call.ended", "ts": "2026-03-09T08:09:00Z", "call": "c1", "why": "completed"},
    {"id": "s-1", "kind": "survey.sent", "ts": "2026-03-09T08:00:00Z", "survey": "s", "type": "nps"},
    {"id": "p-1", "kind": "social.snapshot", "ts": "2026-03-09T08:00:00Z", "post": "p", "channel": "facebook",
     "likes": 1, "comments": 0, "shares": 0, "impressions": 9},
]  # fmt: skip


def test_what_happened_outside_is_told_once_and_recorded_now(call: Api, desk: Desk) -> None:
    told = [{**one, "ticket": desk.text()} if "ticket" in one else one for one in TOLD]
    assert call.post("/events", {"events": told}) == {"added": 4, "known": 0, "faults": []}
    assert call.post("/events", {"events": [*told, told[0]]}) == {"added": 0, "known": 5, "faults": []}
    rows = {one["id"]: one for one in call.get("/events", limit=500)["items"]}
    assert rows["pbx-1"]["ticket"] == str(told[0]["ticket"])
    assert rows["pbx-1"]["ts"] == "2026-03-09T08:00:00.000Z"
    assert rows["pbx-1"]["rec"] > rows["pbx-1"]["ts"]


def test_a_wrong_event_is_named_by_its_place(call: Api, desk: Desk) -> None:
    right = {**CALL, "ticket": str(desk.text())}
    wrong = [
        {**right, "id": "a", "direction": "sideways"},
        {**right, "id": "b", "kind": "ticket.status", "status": "closed"},
        {**right, "id": "c", "ts": "yesterday"},
        {"kind": "call.ended", "ts": "2026-03-09T08:00:00Z", "call": "c"},
    ]
    strict = call.post("/events", {"events": [{**right, "id": "z"}, *wrong], "strict": True})
    assert [one["place"] for one in strict["faults"]] == [2, 3, 4, 5]
    assert strict["added"] == 0
    assert "none of in, out" in strict["faults"][0]["reason"]
    assert call.post("/events", {"events": [{**right, "id": "z"}, *wrong]})["added"] == 1
    for name in ("luca", "sara"):
        call.of(name).refused("POST", "/events", 403, "forbidden", json={"events": [right]})


@pytest.mark.parametrize("kind", sorted({"call.started", "bot.handoff", "ticket.fcr_exempt", "cost.provider"}))
def test_an_event_names_a_ticket_of_this_desk_by_its_number_or_none(call: Api, desk: Desk, kind: str) -> None:
    number = desk.text()
    price = {"cost": "p1", "amount": "0.08", "currency": "EUR", "type": "actual"}
    event = {**CALL, **price, "kind": kind, "channel": "sms"}
    named = (number, str(number), 999_999, "999999", 10**30, "T-12", "", True, [number])
    told = call.post("/events", {"events": [{**event, "id": f"t{n}", "ticket": one} for n, one in enumerate(named)]})
    assert (told["added"], [one["place"] for one in told["faults"]]) == (2, [3, 4, 5, 6, 7, 8, 9])
    assert told["faults"][0]["reason"] == "there is no ticket #999999 that you may see"
    assert told["faults"][3]["reason"] == "'T-12' is no ticket's number"
    lines = call.get("/events", ticket=number, limit=500)["items"]
    assert [one["id"] for one in lines if one["kind"] == kind] == ["t0", "t1"]


def test_what_a_program_told_it_takes_back_and_nothing_else(call: Api, desk: Desk) -> None:
    add(desk.store, lines(3))
    keeper.catch_up(desk.store, Config.of())
    ticket = desk.text()
    cost = {
        "kind": "cost.provider",
        "ts": "2026-03-09T08:00:00Z",
        "type": "actual",
        "currency": "EUR",
        "channel": "sms",
    }
    contract = {"kind": "contract.started", "ts": "2026-01-09T08:00:00Z", "ends": "2027-01-01T00:00:00Z"}
    told: list[dict[str, Any]] = [
        *({**one, "ticket": ticket} if "ticket" in one else one for one in TOLD),
        {**cost, "id": "order/7", "cost": "p1", "amount": "9.50", "ticket": ticket, "told_by": "somebody"},
        {**contract, "id": "k-1", "contract": "K1", "customer": f"sms:{CHIARA}"},
        {"id": "r-1", "kind": "revenue", "ts": "2026-03-09T08:00:00Z", "customer": f"sms:{CHIARA}", "amount": "120",
         "margin": "80", "currency": "EUR"},
        {"id": "s-2", "kind": "survey.answered", "ts": "2026-03-09T09:00:00Z", "survey": "s", "score": 10},
    ]  # fmt: skip
    period = {"from": "2026-01-01", "to": "2026-06-01"}
    before = call.get("/reports", **period)
    ids = [str(one["id"]) for one in told]
    found = call.post("/events", {"events": told})
    assert (found["faults"], found["added"]) == ([], len(told))
    assert call.get("/reports", **period) != before

    theirs = next(one["id"] for one in call.get("/events", ticket=ticket)["items"] if one["kind"] == "msg.in")
    refused = call.post("/events/void", {"ids": ["pbx-1", "nobodys", theirs], "strict": True})
    assert (refused["voided"], refused["known"]) == (0, 0)
    assert [one["place"] for one in refused["faults"]] == [2, 3]
    assert refused["faults"][0]["reason"] == "there is no event 'nobodys'"
    assert refused["faults"][1]["reason"] == f"{theirs!r} was told by no program, sheet or system of yours, and stays"
    for name in ("luca", "sara"):
        call.of(name).refused("POST", "/events/void", 403, "forbidden", json={"ids": ids})

    nothing: list[object] = []
    assert call.post("/events/void", {"ids": [*ids, ids[0]]}) == {"voided": len(ids), "known": 1, "faults": nothing}
    assert call.post("/events/void", {"ids": ids}) == {"voided": 0, "known": len(ids), "faults": nothing}
    assert call.get("/reports", **period) == before
    assert wrong(desk.store) == []
    voids = call.get("/events", after=call.get("/status")["last_seq"] - len(ids))["items"]
    assert [(one["kind"], one["target"], one["actor"]["id"]) for one in voids] == [
        ("void", id, desk.agents["anna"]) for id in ids
    ]
    assert call.post("/events", {"events": told[:1]}) == {"added": 0, "known": 1, "faults": nothing}
    with desk.store.reading() as work:
        audited = work.query(Audit).filter_by(what="event.voided").order_by(Audit.id).all()
        assert [one.detail["name"] for one in audited] == [f"{one['kind']} {one['id']}" for one in told]
        assert {one.agent_id for one in audited} == {desk.agents["anna"]}
