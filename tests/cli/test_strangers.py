"""Another desk's log beside the desk's own: no number stands for two things, whatever either has given out."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from inbox import clock
from inbox.actions import channels, telling
from inbox.actions.who import SYSTEM
from inbox.store import Channel, Event, Message, Store, Ticket, numbers
from tests.cli.conftest import Ran, Run
from tests.cli.test_backup import arrive


@pytest.fixture
def mailbox(store: Store) -> Channel:
    """A mail channel that takes mails in."""
    with store.transaction() as work:
        return channels.add(work, SYSTEM, kind="email", name="support-mail", values={"address": "help@bottega.example"})


def moment(minute: int) -> str:
    return clock.iso(dt.datetime(2026, 3, 9, 8, tzinfo=dt.UTC) + dt.timedelta(minutes=minute))


def conversation(n: int, *, id: str = "f", message: int | None = None) -> list[dict[str, Any]]:
    """A ticket of a desk that counts as this one does: asked, answered, resolved."""
    first = 2 * n - 1 if message is None else message
    system, customer, agent = ({"kind": kind, "id": who, "team": None} for kind, who in WHO)
    at = [moment(4 * n + step) for step in range(4)]
    place = {"ticket": str(n), "channel": "email"}
    lines: list[dict[str, Any]] = [
        {"id": f"{id}{n}a", "ts": at[0], "kind": "ticket.created", "actor": customer, **place, "customer": "zoe"},
        {"id": f"msg.in:{first}", "ts": at[0], "kind": "msg.in", "actor": customer, **place, "msg": str(first)},
        {"id": f"{id}{n}b", "ts": at[0], "kind": "sentiment", "actor": system, "msg": str(first), "score": 0.5},
        {
            "id": f"msg.out:{first + 1}",
            "ts": at[1],
            "kind": "msg.out",
            "actor": agent,
            **place,
            "msg": str(first + 1),
        },
        {"id": f"{id}{n}c", "ts": at[2], "kind": "ticket.status", "actor": agent, **place, "status": "resolved"},
        {"id": f"{id}{n}d", "ts": at[3], "kind": "void", "actor": system, "target": f"{id}{n}z"},
    ]
    return [{**line, "rec": line["ts"]} for line in lines]


WHO = (("system", None), ("customer", "zoe"), ("agent", "marta"))


def written(folder: Path, lines: list[dict[str, Any]]) -> Path:
    path = folder / "foreign.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return path


def reports(run: Run, folder: Path) -> tuple[Any, Any]:
    """Over the desk and over its export."""
    today = clock.now()
    ends = (today + dt.timedelta(days=1)).date().isoformat()
    period = ("--from", "2026-03-01", "--to", ends, "--as-of", clock.iso(today + dt.timedelta(seconds=1)), "--json")
    run("log", "export", folder / "out.jsonl")
    found: list[Ran] = [run("report", *period), run("report", "--log", folder / "out.jsonl", *period)]
    assert [one.code for one in found] == [0, 0], [one.err for one in found]
    return found[0].json, found[1].json


@pytest.mark.usefixtures("mailbox")
def test_numbers_of_a_history_are_not_given_to_what_arrives_next(run: Run, store: Store, tmp_path: Path) -> None:
    lines = [*conversation(1), *conversation(2), *conversation(31)]
    assert run("log", "import", written(tmp_path, lines)).err == ""
    number, second = arrive(store, "Sito offline"), arrive(store, "Fattura", sender="bruno@bici.example")
    assert (number, second) == (32, 33)
    with store.reading() as work:
        assert [*work.scalars(select(Message.id).order_by(Message.id))] == [63, 64]
        mine = work.scalars(select(Event).where(Event.ticket_id == number)).all()
        assert {"ticket.created", "msg.in"} <= {one.kind for one in mine}
        assert not {one.id for one in mine} & {line["id"] for line in lines}
        assert len(work.scalars(select(Event.id).where(Event.ticket_id == 1)).all()) == 5
    over_desk, over_export = reports(run, tmp_path)
    assert over_desk == over_export
    assert run("log", "import", tmp_path / "out.jsonl").out.startswith("0 events are imported")
    assert arrive(store, "Terza", sender="carla@fiori.example") == 34


@pytest.mark.usefixtures("mailbox")
def test_numbers_that_nobody_counts_to_are_no_reason_to_leap(run: Run, store: Store, tmp_path: Path) -> None:
    lines = [{**line, "ticket": "1700000000123"} for line in conversation(1, message=3_000_000_000)]
    assert run("log", "import", written(tmp_path, lines)).err == ""
    assert arrive(store, "Sito offline") == 1


def test_numbers_in_what_programs_tell_are_passed_over_too(run: Run, store: Store, mailbox: Channel) -> None:
    with store.transaction() as work:
        price = {"cost": "c1", "msg": "700", "channel": "email", "amount": "1", "currency": "EUR", "type": "actual"}
        told = {"kind": "cost.provider", "id": "c1", "ts": moment(0), **price}
        assert telling.tell(work, SYSTEM, [(1, told)]).added == 1
    arrive(store, "Sito offline")
    with store.transaction() as work:
        assert [*work.scalars(select(Message.id))] == [701]
        tickets = [Ticket(subject=word, channel_id=mailbox.id, kind="email") for word in ("a", "b", "c")]
        numbers.leap(work, Ticket, 40)
        work.add_all(tickets)
        work.flush()
        assert [one.id for one in tickets] == [40, 41, 42]  # several in one go
        numbers.leap(work, Ticket, 20)
        work.add(last := Ticket(subject="d", channel_id=mailbox.id, kind="email"))
        work.flush()
        assert last.id == 43
