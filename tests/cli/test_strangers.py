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
from inbox.metrics.kinds import KINDS, refers
from inbox.store import Channel, Event, Message, Store, Ticket, numbers
from tests.cli.conftest import Ran, Run
from tests.cli.test_backup import arrive
from tests.cli.test_log import EXAMPLE, PERIOD

HELP = "import the history with --prefix NAME"


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
    again = run("log", "import", tmp_path / "out.jsonl")
    assert (again.err, again.out.split(", ")[0]) == ("", "0 events are imported")
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


@pytest.mark.usefixtures("mailbox")
def test_a_history_does_not_become_a_part_of_the_desk_s_own_tickets(run: Run, store: Store, tmp_path: Path) -> None:
    assert arrive(store, "Sito offline") == 1  # with message 1
    before = run("log", "export").lines
    lines = [*conversation(1), *conversation(2, message=1), *conversation(3)]
    path = written(tmp_path, lines)
    strict = run("log", "import", "--strict", path)
    assert (strict.code, strict.out) == (65, "")
    assert strict.err.splitlines()[-1].startswith("nothing was imported: ")
    assert run("log", "export").lines == before
    ran = run("log", "import", path)
    faults = dict(line.split(": ", 1) for line in ran.err.splitlines())
    ticket, message = (f"{what} 1 is one of this desk's own; {HELP}" for what in ("ticket", "message"))
    assert faults == {
        **{f"line {n}": ticket for n in (1, 2, 4, 5)},
        "line 3": message,
        **{f"line {n}": message for n in (8, 9)},
    }
    with store.reading() as work:
        assert [row.id for row in work.scalars(select(Event).where(Event.ticket_id == 1))] == [
            line["id"] for line in before if line.get("ticket") == "1"
        ]
    assert arrive(store, "Fattura", sender="bruno@bici.example") == 4
    over_desk, over_export = reports(run, tmp_path)
    assert over_desk == over_export


@pytest.mark.usefixtures("mailbox")
def test_another_event_under_an_id_that_the_desk_gave_is_no_repetition(run: Run, store: Store, tmp_path: Path) -> None:
    arrive(store, "Sito offline")
    [other, *_] = [line for line in conversation(1) if line["kind"] == "msg.in"]
    ran = run("log", "import", written(tmp_path, [{**other, "ticket": "old-1", "msg": "old-1"}]))
    assert ran.err == f"line 1: msg.in:1 is another event here; {HELP}\n"


@pytest.mark.usefixtures("mailbox")
def test_a_history_under_a_name_of_its_own_stands_beside_the_desk_s(run: Run, store: Store, tmp_path: Path) -> None:
    arrive(store, "Sito offline")
    path = written(tmp_path, [*conversation(1), *conversation(2)])
    ran = run("log", "import", "--strict", "--prefix", "old", path)
    assert (ran.code, ran.err) == (0, "")
    assert run("log", "import", "--prefix", "old", path).out.startswith("0 events are imported, 12 were there already")
    found = {line["id"]: line for line in run("log", "export").lines}
    assert found["old:msg.in:1"]["ticket"] == found["old:f1a"]["ticket"] == "old:1"
    assert (found["old:msg.in:1"]["msg"], found["old:f1b"]["msg"]) == ("old:1", "old:1")
    assert found["old:f1a"]["actor"] == {"kind": "customer", "id": "old:zoe", "team": None}
    assert (found["old:f1a"]["customer"], found["old:f1a"]["channel"]) == ("old:zoe", "email")
    assert found["old:f1d"]["target"] == "old:f1z"
    assert arrive(store, "Fattura", sender="bruno@bici.example") == 2
    over_desk, over_export = reports(run, tmp_path)
    assert over_desk == over_export


def test_a_report_over_a_prefixed_history_is_the_same_report(run: Run, store: Store, tmp_path: Path) -> None:
    """Every kind there is; no slice of the whole is called by an id."""
    plain = run("report", "--log", EXAMPLE, *PERIOD)
    assert run("log", "import", "--strict", "--prefix", "old-desk", EXAMPLE).code == 0
    over_desk = run("report", *PERIOD)
    assert plain.code == over_desk.code == 0
    for name, value in plain.json.items():
        assert over_desk.json[name] == value, name


@pytest.mark.parametrize("name", ["", "two words", "a:b", "x" * 17, "è"])
def test_what_is_no_prefix_is_refused(run: Run, store: Store, tmp_path: Path, name: str) -> None:
    ran = run("log", "import", "--prefix", name, written(tmp_path, conversation(1)))
    assert ran.code == 2
    assert f"{name!r} is no prefix; write 1 to 16 letters, digits or -, like old-desk" in " ".join(ran.err.split())


def test_an_id_that_gets_too_long_is_named_by_its_line(run: Run, store: Store, tmp_path: Path) -> None:
    long = {**conversation(1)[0], "id": "i" * 78}
    ran = run("log", "import", "--prefix", "old", written(tmp_path, [long]))
    assert ran.err == "line 1: id is longer than 80 characters with its prefix\n"


def test_what_a_kind_refers_to_is_what_the_engine_reads_as_a_name() -> None:
    """A field that is new among the kinds has to be one or the other."""
    words = {
        *("id", "seq", "ts", "rec", "kind", "actor", "channel", "origin", "reason", "tag", "op", "status", "cause"),
        *("why", "direction", "state", "currency", "ccy", "type", "touchpoint", "model", "item", "axis", "comment"),
        *("auto", "ack", "cont", "idle", "spam"),
    }
    for name, kind in KINDS.items():
        values = {field for field, _read in kind.read} - {"msgs"}
        assert kind.known - values - words == kind.known & refers(name), name
    assert "from" not in refers("cost.rate")
