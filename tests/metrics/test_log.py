"""The envelope rules of section 2, and what is said about a line that cannot be believed."""

from __future__ import annotations

import json
from typing import Any

import pytest

from inbox.metrics import Request, read_events, read_lines, report

Body = dict[str, Any]


def event(n: int, kind: str, ts: str = "2026-03-03T08:00:00Z", **body: Any) -> Body:
    return {"id": f"e{n}", "seq": n, "ts": ts, "kind": kind, **body}


def agent() -> Body:
    return {"kind": "agent", "id": "A1", "team": "T"}


TICKET = [
    event(1, "ticket.created", ticket="T1", customer="C1"),
    event(2, "msg.in", ticket="T1", channel="email", msg="m1"),
    event(3, "msg.out", "2026-03-03T09:00:00Z", ticket="T1", channel="email", msg="m2", actor=agent()),
    event(4, "ticket.status", "2026-03-03T09:00:00Z", ticket="T1", status="resolved", actor=agent()),
]


def figures(events: list[Body], as_of: str = "2026-05-01T00:00:00Z") -> dict[str, Any]:
    return report(events, Request.of("2026-03-01", "2026-04-01", as_of))["all"]


def test_of_two_events_with_one_id_the_lower_seq_counts_whichever_came_first() -> None:
    early = event(5, "msg.in", "2026-03-03T10:00:00Z", ticket="T1", channel="email", msg="m3")
    copy = {**early, "seq": 900, "ts": "2026-03-04T10:00:00Z"}
    day = Request.of("2026-03-03", "2026-03-04", "2026-05-01T00:00:00Z")
    for events in ([early, copy], [copy, early]):
        assert figures([*TICKET, *events])["vol.inbound"] == 2
        assert report([*TICKET, *events], day)["all"]["vol.inbound"] == 2


def test_a_copy_that_was_recorded_first_counts_until_the_lower_seq_is_known() -> None:
    first = event(
        5, "msg.in", "2026-03-03T10:00:00Z", ticket="T1", channel="chat", msg="m3", rec="2026-03-09T00:00:00Z"
    )
    copy = {**first, "seq": 900, "channel": "sms", "rec": "2026-03-04T00:00:00Z"}
    asked = Request.of("2026-03-01", "2026-04-01", "2026-03-05T00:00:00Z", by="channel")
    assert report([*TICKET, first, copy], asked)["channel=sms"]["vol.inbound"] == 1
    later = Request.of("2026-03-01", "2026-04-01", "2026-03-10T00:00:00Z", by="channel")
    assert report([*TICKET, first, copy], later)["channel=chat"]["vol.inbound"] == 1


def test_the_effective_time_is_never_after_the_recording() -> None:
    early = {**TICKET[1], "ts": "2026-03-03T08:50:00Z", "rec": "2026-03-03T08:30:00Z"}
    assert figures([TICKET[0], early, *TICKET[2:]])["frt.sum_ms"] == 30 * 60_000


def test_in_one_millisecond_the_resolution_comes_after_the_reply() -> None:
    status, reply = {**TICKET[3], "seq": 3}, {**TICKET[2], "seq": 4}
    assert figures([*TICKET[:2], status, reply])["fcr7.k"] == 1


def test_a_report_sees_only_what_had_been_recorded() -> None:
    late = event(9, "msg.in", "2026-03-03T08:30:00Z", ticket="T1", channel="chat", msg="m9", rec="2026-03-20T00:00:00Z")
    assert figures([*TICKET, late], "2026-03-19T00:00:00Z")["vol.inbound"] == 1
    assert figures([*TICKET, late], "2026-03-20T00:00:00Z")["vol.inbound"] == 2


def test_a_void_can_be_voided_and_that_again() -> None:
    undo = [event(10 + n, "void", target=target) for n, target in enumerate(["e4", "e10", "e11"])]
    assert [figures([*TICKET, *undo[:n]])["case.resolved"] for n in range(4)] == [1, 0, 1, 0]


def test_voids_in_a_circle_end() -> None:
    undo = [event(10, "void", target="e11"), event(11, "void", target="e10")]
    assert figures([*TICKET, *undo])["case.resolved"] == 1


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        (
            {"kind": "msg.in", "id": "x", "seq": 1, "ts": "2026-03-03T08:00:00Z", "ticket": "T1", "channel": "email"},
            "msg",
        ),
        ({"id": "x", "seq": 1, "ts": "2026-03-03T08:00:00Z"}, "kind"),
        (event(1, "note.added", "2026-03-03T08:00:00", ticket="T1"), "no time with a zone"),
        (event(1, "note.added", "yesterday", ticket="T1"), "ts"),
        ({**event(1, "note.added", ticket="T1"), "ts": 5}, "the field ts of note.added: 5 is no time with a zone"),
        ({**event(1, "note.added", ticket="T1"), "seq": "1"}, "seq"),
        ({**event(1, "note.added", ticket="T1"), "rec": "2026-03-03"}, "rec"),
        (event(1, "note.added", ticket=None), "ticket"),
        (
            event(1, "cost.provider", cost="c", channel="sms", amount="a lot", currency="EUR", type="actual"),
            "no number",
        ),
        (event(1, "cost.provider", cost="c", channel="sms", amount="NaN", currency="EUR", type="actual"), "no number"),
        (event(1, "cost.rate", agent=None, per_hour="20", **{"from": "2026-13-01"}), "from"),
        ({**event(1, "cost.rate", agent=None, per_hour="20"), "from": {}}, "{} is no day; write it like 2026-03-09"),
        (event(1, "cost.fixed", month="2026-3", channel=None, amount="1", currency="EUR"), "'2026-3' is no month"),
        (event(1, "cost.fixed", month="9999-12", channel=None, amount="1", currency="EUR"), "'9999-12' is no month"),
        (
            event(
                1, "handle.span", session="S", ticket="T1", agent="A", channel="email", spans=[["2026-03-03T09:00:00Z"]]
            ),
            "spans",
        ),
        (
            event(
                1,
                "handle.span",
                session="S",
                ticket="T1",
                agent="A",
                channel="email",
                spans=[["2026-03-03T09:00:00Z", "2026-03-03T08:00:00Z"]],
            ),
            "an end before its start",
        ),
        (
            event(1, "contract.started", contract="K", customer="C1", ends="2026-01-01T00:00:00Z"),
            "an end before its start",
        ),
        (event(1, "call.started", call="K", ticket="T1", channel="voice", direction="sideways"), "direction"),
        (event(1, "ticket.split", ticket="T2", msgs="m1", **{"from": "T1"}), "msgs"),
        (
            event(1, "ticket.status", ticket="T1", status="asleep"),
            "the field status of ticket.status: 'asleep' is none of",
        ),
        (
            event(1, "revenue", customer="C1", amount="plenty", margin="1", currency="EUR"),
            "the field amount of revenue: 'plenty' is no number",
        ),
        (["not", "an", "object"], "object"),
        (event(1, "note.added", ticket=["T1"]), "no text"),
        (event(1, "note.added", ticket=7), "no text"),
        (event(1, "msg.out", ticket="T1", channel="sms", msg="m", actor="A1"), "actor"),
        (event(1, "msg.out", ticket="T1", channel="sms", msg="m", actor={"kind": ["agent"]}), "actor"),
        (event(1, "note.added", "9999-12-31T00:00:00Z", ticket="T1"), "plausible"),
        (event(1, "cost.rate", agent=None, per_hour="1e400", **{"from": "2026-01-01"}), "plausible"),
        (event(1, "survey.sent", survey="V", type="csat", min=9), "scale"),
        (event(1, "social.mention", channel="social_public", sentiment="good"), "no number"),
        (event(1, "social.mention", channel="social_public", sentiment=2), "2 does not lie between -1 and 1"),
        (event(1, "sentiment", msg="m1", score="-1.01"), "'-1.01' does not lie between -1 and 1"),
        (event(1, "cost.rate", agent=None, per_hour="-5", **{"from": "2026-01-01"}), "'-5' is less than 0"),
        (event(1, "cost.rate", agent=None, per_hour="20", **{"from": "2026-03-01 and then some"}), "is no day"),
        (event(1, "fx.rate", date="2026-03-16garbage", ccy="USD", rate="0.9"), "'2026-03-16garbage' is no day"),
        (event(1, "fx.rate", date="2026-03-16", ccy="USD", rate="0"), "'0' is no rate; it is more than 0"),
        (event(1, "fx.rate", date="2026-03-16", ccy="USD", rate="-1"), "no rate"),
        (event(1, "cost.fixed", month="2026-03", channel=None, amount="-1", currency="EUR"), "less than 0"),
        (event(1, "call.leg", call="K", agent="A1", state="coffee"), "'coffee' is none of dial, ring, talk"),
        (event(1, "ticket.deleted", ticket="T1", why="whim"), "'whim' is none of gdpr, test, spam"),
        (event(1, "smi.answer", item="staff", axis="mood", weight=1, score=1), "none of investment, innovation"),
        (event(1, "smi.answer", item="staff", axis="innovation", weight=-1, score=1), "less than 0"),
        (event(1, "smi.answer", item="staff", axis="innovation", weight=1, score=75), "between 0 and 1"),
        (
            event(1, "social.snapshot", post="P", channel="x", likes=-1, comments=0, shares=0, impressions=9),
            "the field likes of social.snapshot: -1 is less than 0",
        ),
    ],
)
def test_a_wrong_event_is_left_out_with_its_reason(wrong: Any, reason: str) -> None:
    log = read_lines([json.dumps(TICKET[0]), "", json.dumps(wrong), json.dumps(TICKET[1])])
    assert len(log.events) == 2
    (problem,) = log.problems
    assert problem.line == 3
    assert reason in problem.reason


def test_a_score_that_its_survey_does_not_know_says_nothing_and_is_named() -> None:
    day = "2026-03-04T08:00:00Z"
    lines = [
        event(11, "survey.sent", day, survey="V", type="csat", ticket="T1"),
        event(12, "survey.answered", day, survey="V", score=4),
        event(13, "survey.answered", day, survey="V", score=9),
        event(14, "survey.sent", day, survey="W", type="csat", ticket="T1", max=10),
        event(15, "survey.answered", day, survey="W", score=9),
    ]
    log = read_lines(map(json.dumps, [*TICKET, *lines[::-1]]))
    assert [(one.line, one.reason) for one in log.problems] == [
        (7, "the field score of survey.answered: 9 does not lie between 1 and 5")
    ]
    for source in (log, [*TICKET, *lines]):
        own = report(source, Request.of("2026-03-01", "2026-04-01", "2026-05-01T00:00:00Z"))["all"]
        assert (own["csat.n"], own["csat.mean"]) == (2, 6.5)


def test_a_refund_takes_money_back_and_an_hour_may_cost_nothing() -> None:
    price = {"channel": "sms", "currency": "EUR"}
    lines = [
        event(1, "cost.provider", cost="c", amount="0.05", type="actual", **price),
        event(2, "cost.provider", cost="r", amount="-0.05", type="refund", of="c", **price),
        event(3, "cost.rate", agent=None, per_hour=0, **{"from": "2026-01-01"}),
    ]
    assert read_events(lines).problems == []
    assert figures(lines)["cost.provider"] == 0


def test_a_line_that_is_not_json_is_named_and_the_rest_goes_on() -> None:
    log = read_lines(["{", json.dumps(TICKET[0]).encode(), b"\xff"])
    assert [problem.line for problem in log.problems] == [1, 3]
    assert len(log.events) == 1


def test_unknown_kinds_and_fields_are_ignored_and_counted() -> None:
    log = read_events([event(1, "msg.state", msg="m1"), event(2, "note.added", ticket="T1", colour="red", mood=1)])
    assert (log.unknown_kinds, log.unknown_fields, log.problems) == (1, 2, [])
    assert [e.kind for e in log.events] == ["note.added"]


@pytest.mark.parametrize(
    ("start", "end"),
    [
        (
            {"kind": "handle.start", "session": "S", "agent": "A", "channel": "chat"},
            {"kind": "handle.end", "session": "S"},
        ),
        (
            {"kind": "call.started", "call": "S", "direction": "in", "channel": "voice"},
            {"kind": "call.ended", "call": "S"},
        ),
    ],
)
def test_an_end_before_its_start_is_named_wherever_the_start_is(start: dict[str, str], end: dict[str, str]) -> None:
    first = {"id": "a", "seq": 1, "ts": "2026-03-02T09:00:00Z", "ticket": "T1", **start}
    early = {"id": "b", "seq": 2, "ts": "2026-03-02T08:59:59Z", **end}
    late = {"id": "c", "seq": 3, "ts": "2026-03-02T09:00:00Z", **end}
    log = read_lines(json.dumps(body) for body in (early, first, late))
    assert [(problem.line, "an end before its start" in problem.reason) for problem in log.problems] == [(1, True)]
    assert {event.id for event in log.events} == {"a", "b", "c"}


def test_a_call_that_ends_before_it_began_goes_on_like_one_that_nobody_ended() -> None:
    call = {"call": "K", "ticket": "T1", "channel": "voice"}
    lines = [
        event(1, "call.ended", "2026-03-03T08:00:05Z", call="K"),
        event(2, "call.started", "2026-03-03T08:00:10Z", direction="in", **call),
        event(3, "call.leg", "2026-03-03T08:00:20Z", call="K", agent="A1", state="talk"),
    ]
    endless, ended = figures(lines[1:]), figures([*lines, event(4, "call.ended", "2026-03-03T08:01:20Z", call="K")])
    for some in (lines, [*lines[1:], lines[0]]):
        assert figures(some) == endless
    assert (endless["aht.sum_ms"], ended["aht.sum_ms"]) == (4 * 3_600_000, 60_000)
    sooner = event(5, "call.started", "2026-03-03T08:00:00Z", direction="in", **call)
    assert figures([*lines, event(6, "void", target="e2"), sooner])["aht.sum_ms"] == 0
