"""What was taken back is not there, and what took it back may be void itself: everywhere as the figures have it."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

import pytest

from inbox.actions import corrections, costs, events, exporting, tickets
from inbox.actions.who import SYSTEM
from inbox.live.pushes import plan
from inbox.reading import threads
from inbox.store import Event, Store, Ticket
from tests.actions.conftest import SmallDesk


def void(store: Store, id: str, target: str, ticket: int | None = None) -> None:
    with store.transaction() as work:
        work.append("void", id=id, target=target, ticket=ticket)


def tagged(desk: SmallDesk, number: int) -> tuple[int, int]:
    """How many tags the log of a ticket has, and its page says."""
    with desk.store.reading() as work:
        told = events.live(work, number, "ticket.tag")
        shown = threads.history(work, work.get_one(Ticket, number))
        return len(told), sum(one.what.startswith("tag") for one in shown)


def test_a_line_of_a_ticket_stands_again_where_what_took_it_back_is_void(desk: SmallDesk) -> None:
    number = desk.take(desk.text()).ticket
    assert number is not None
    with desk.store.transaction() as work:
        line = tickets.tag(work, SYSTEM, number, "vip")
        assert line is not None
        id = line.id
    assert tagged(desk, number) == (1, 1)
    for name, target, stands in (("v1", id, (0, 0)), ("v2", "v1", (1, 1)), ("v3", "v2", (0, 0))):
        void(desk.store, name, target, number)
        assert tagged(desk, number) == stands
        with desk.store.reading() as work:
            push = plan(work, work.query(Event).filter_by(id=name))[f"ticket:{number}"]
            assert push.again is (target != id)  # only then a line comes into the middle of the thread
    with desk.store.transaction() as work:
        work.append("void", id="v4", target="v3", ticket=number)
        assert [one.id for one in events.live(work, number, "ticket.tag")] == [id]  # also before it is written


def test_a_stay_stands_again_where_its_correction_is_void(desk: SmallDesk) -> None:
    number = desk.take(desk.text()).ticket
    assert number is not None
    with desk.store.transaction() as work:
        more: dict[str, Any] = {"agent": desk.giulia, "session": "s", "channel": "sms", "spans": []}
        work.append("handle.span", id="span", ticket=number, **more)
    for name, target, stands in (("v1", "span", []), ("v2", "v1", ["span"])):
        void(desk.store, name, target, number)
        with desk.store.reading() as work:
            assert [one.id for one in corrections.standing(work, desk.giulia, [number])] == stands


@pytest.mark.parametrize("at_once", [500, 2])
def test_rates_that_are_void_are_not_exported_nor_in_force(
    desk: SmallDesk, at_once: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(events, "AT_ONCE", at_once)
    with desk.store.transaction() as work:
        first = costs.rate(work, SYSTEM, per_hour="20", start=dt.date(2026, 1, 1)).id
        second = costs.rate(work, SYSTEM, per_hour="30", start=dt.date(2026, 2, 1)).id
        third = costs.exchange(work, SYSTEM, currency="usd", rate="0.92", day=dt.date(2026, 6, 30)).id
        costs.exchange(work, SYSTEM, currency="usd", rate="0.93", day=dt.date(2026, 7, 1))
        costs.rate(work, SYSTEM, per_hour="25", start=dt.date(2026, 3, 1), agent=desk.giulia)
    void(desk.store, "v1", first)
    void(desk.store, "v2", second)
    void(desk.store, "v3", "v2")
    void(desk.store, "v4", third)
    with desk.store.reading() as work:
        told = json.dumps(exporting.exported(work)["costs"], default=str)
        assert sorted(costs.rates(work)[None]) == [dt.date(2026, 2, 1)]
    assert ("2026-02-01" in told, "2026-07-01" in told, "2026-03-01" in told) == (True, True, True)
    assert "2026-01-01" not in told
    assert "2026-06-30" not in told
