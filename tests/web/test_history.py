"""A history taken in and given out again is the same history, and its figures are the same, on both databases."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from inbox.actions import history
from inbox.actions.who import SYSTEM
from inbox.metrics import Config, Request, report
from inbox.reading import feeds, figures
from inbox.store import Event
from tests.web.conftest import TestDesk

EXAMPLE = Path(__file__).parents[1] / "metrics" / "example.jsonl"
AS_OF = "2026-06-01T00:00:00.000Z"


def test_a_report_over_the_desk_is_the_report_over_its_export_and_over_what_came_in(desk: TestDesk) -> None:
    lines = EXAMPLE.read_text(encoding="utf-8").splitlines()
    places = history.Places()
    for begin in range(0, len(lines), 500):
        with desk.store.transaction() as work:
            history.add(work, SYSTEM, [history.read(line) for line in lines[begin : begin + 500]], places)
    exported = [row.as_dict() for row in feeds.stream(desk.store, SYSTEM, after=0)]
    request = Request.of("2026-03-09", "2026-04-06", AS_OF, by="channel")
    with desk.store.reading() as work:
        ours = figures.report(work, first="2026-03-09", end="2026-04-06", by="channel", as_of=AS_OF)
        assert ours == report(exported, request, Config.of())
        assert ours == report([json.loads(line) for line in lines], request, Config.of())


def test_lines_about_a_message_find_its_ticket_and_go_out_as_they_came(desk: TestDesk) -> None:
    head: dict[str, Any] = {"ts": "2026-03-09T08:00:00.000Z", "actor": {"kind": "system", "id": None, "team": None}}
    head["rec"] = head["ts"]
    first = {"id": "h1", **head, "kind": "msg.in", "ticket": "77", "channel": "email", "msg": "old-9"}
    call = {
        "id": "h2",
        **head,
        "kind": "call.started",
        "ticket": "78",
        "call": "c1",
        "direction": "in",
        "channel": "voice",
    }
    about: list[dict[str, Any]] = [
        {"id": "h3", **head, "kind": "msg.classify", "msg": "old-9", "ack": True},
        {"id": "h4", **head, "kind": "sentiment", "msg": "old-9", "score": -0.5},
        {"id": "h5", **head, "kind": "call.ended", "call": "c1", "why": "hangup"},
        {"id": "h6", **head, "kind": "sentiment", "msg": "nobodys", "score": 0.5},
    ]
    for part in ([first, call], about):  # two files: the second finds its tickets in the store
        with desk.store.transaction() as work:
            history.add(work, SYSTEM, [history.read(json.dumps(line)) for line in part])
    with desk.store.reading() as work:
        rows = work.query(Event).filter(Event.id.in_(["h3", "h4", "h5", "h6"])).order_by(Event.id).all()
        assert [row.ticket_id for row in rows] == [77, 77, 78, None]
        assert [row.as_dict() for row in rows] == [
            {"seq": row.seq, **line} for row, line in zip(rows, about, strict=True)
        ]
