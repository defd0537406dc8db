"""One thing for many tickets: in portions, over a restart, stopped, and taken back to the last column."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from sqlalchemy import select

from inbox import clock
from inbox.actions import bulk, clocks, lines, people, tickets
from inbox.actions.who import SYSTEM
from inbox.reading.views import lists
from inbox.reading.views.shown import Asked
from inbox.store import BulkItem, BulkRun, Event, Message, Reason, Ticket, Work
from inbox.terms import Direction, Priority, Status
from inbox.worker.bulk import work_due
from tests.web.conftest import TestDesk, words

#: What changes by the mere fact that something was written.
STAMPS = {"updated_at", "version", "due_rules"}
COUNT = 60  # more than one portion; every state, priority, holder and failure that the rows below draw, together


@pytest.fixture(scope="module")
def many(desk: TestDesk) -> TestDesk:
    """A desk with so many tickets that a worker has to do them, in every state, some with an answer that failed."""
    channel = desk.add_channel("chat", "chat", title="Chat", allowed_sites=["https://x.example"])
    with desk.store.transaction() as work:
        team = people.add_team(work, SYSTEM, "Vendite")
        desk.ids["team"] = team.id
        work.add(Reason(name="Resi"))
        now = clock.now()
        for n in range(COUNT):
            at = now - dt.timedelta(minutes=n)
            status = list(Status)[n % 6]
            open_now = status not in {Status.RESOLVED, Status.CLOSED}
            ticket = Ticket(
                subject=f"n{n}", status=status, channel_id=channel.id, kind="chat", priority=list(Priority)[n % 4],
                assignee_id=desk.who("agent").id if n % 3 else None, active_at=at,
                waiting_since=at if open_now else None, resolved_at=None if open_now else at,
                snoozed_until=now + dt.timedelta(days=2) if status is Status.SNOOZED else None,
                attention="failed" if n % 5 == 0 and open_now else "",
            )  # fmt: skip
            ticket.attention_at = at if ticket.attention else None
            work.add(ticket)
            work.flush()
            said = Message(ticket_id=ticket.id, channel_id=channel.id, kind="chat", direction=Direction.IN, text="?")
            said.at = at
            work.add(said)
            work.flush()
            ticket.last_in_id = said.id
            lines.show(ticket, said)
            if ticket.attention:
                row = {"state": "failed", "direction": "out", "at": at - dt.timedelta(minutes=1), "text": "!"}
                lost = Message(ticket_id=ticket.id, channel_id=channel.id, kind="chat", direction=Direction.OUT)
                work.add(lost)
                work.flush()
                for name, value in row.items():
                    setattr(lost, name, value)
    while desk.store.write(clocks.refresh_stale):
        pass
    return desk


def stand(work: Work) -> dict[int, tuple[Any, ...]]:
    """Every column of every ticket but its stamps, its tags, and which of its failures nobody has seen to."""
    columns = [column.key for column in Ticket.__table__.columns if column.key not in STAMPS]
    open_failures = select(Message.ticket_id, Message.id).where(Message.dealt_at.is_(None), Message.state == "failed")
    undealt = {(ticket, number) for ticket, number in work.execute(open_failures)}
    return {
        one.id: (
            *(getattr(one, name) for name in columns),
            sorted(tag.tag for tag in one.tags),
            sorted(number for ticket, number in undealt if ticket == one.id),
        )
        for one in work.scalars(select(Ticket)).unique()
    }


TOMORROW = (dt.datetime.now(dt.UTC) + dt.timedelta(days=1)).isoformat()
ACTIONS: dict[str, tuple[str, dict[str, str]]] = {
    "to a person": ("assign", {"agent": "ADMIN"}),
    "to nobody": ("assign", {"agent": ""}),
    "to a team that the agent is not in": ("assign", {"team": "TEAM"}),
    "pending": ("status", {"status": "pending"}),
    "open": ("status", {"status": "open"}),
    "snoozed, or for longer": ("status", {"status": "snoozed", "until": TOMORROW}),
    "resolved for a reason": ("status", {"status": "resolved", "reason": "Resi"}),
    "tagged": ("tag", {"tag": "VIP"}),
    "urgent": ("priority", {"priority": "urgent"}),
    "spam": ("spam", {}),
}


@pytest.mark.parametrize("what", ACTIONS)
def test_what_was_done_to_all_of_a_view_is_taken_back_exactly(many: TestDesk, what: str) -> None:
    action, fields = ACTIONS[what]
    swap = {"ADMIN": many.who("admin").id or "", "TEAM": many.ids["team"]}
    fields = {name: swap.get(value, value) for name, value in fields.items()}
    browser = many.browser("supervisor")
    with many.store.reading() as work:
        before = stand(work)
    answer = browser.post("/tickets/bulk?view=custom&status=any", whole="yes", action=action, **fields)
    assert answer.status_code == 303
    with many.store.reading() as work:
        run = bulk.latest(work, many.who("supervisor"), within=lists.MOMENT)
        assert run is not None
        assert (run.state, run.total) == ("running", COUNT)
    while work_due(many.store):
        pass
    with many.store.reading() as work:
        run = work.get_one(BulkRun, run.id)
        assert run.state == "done"
        assert run.done + run.failed == COUNT
        assert run.done > COUNT / 2
        assert stand(work) != before
        of_one = select(BulkItem.events).where(BulkItem.run_id == run.id, BulkItem.outcome == "done")
        ids = [one for each in work.scalars(of_one) for one in each]
        told = work.scalars(select(Event).where(Event.id.in_(ids[:30]))).all()
        assert {line.actor_id for line in told} == {many.who("supervisor").id}
    assert browser.post(f"/tickets/bulk/{run.id}/undo").status_code == 303
    while work_due(many.store):
        pass
    with many.store.reading() as work:
        run = work.get_one(BulkRun, run.id)
        assert (run.state, run.failed) == ("undone", 0)
        assert stand(work) == before
    assert browser.post(f"/tickets/bulk/{run.id}/undo").status_code == 409


def test_a_run_goes_on_where_a_dead_worker_left_it_and_stops_when_told(many: TestDesk) -> None:
    browser = many.browser("supervisor")
    browser.post("/tickets/bulk?view=custom&status=any", whole="yes", action="tag", tag="halt")
    with many.store.reading() as work:
        run = bulk.latest(work, many.who("supervisor"), within=lists.MOMENT)
    assert run is not None

    class Killed(BaseException):
        pass

    def dies(work: Work) -> None:
        bulk.step(work, run.id)
        raise Killed

    work_due(many.store)
    with pytest.raises(Killed):
        many.store.write(dies)  # what it had begun was never there
    with many.store.reading() as work:
        assert work.get_one(BulkRun, run.id).done == bulk.PORTION
    shown = browser.get(f"/tickets/bulk/{run.id}")
    assert f"{bulk.PORTION} of {COUNT}" in words(shown)
    browser.post(f"/tickets/bulk/{run.id}/stop")
    while work_due(many.store):
        pass
    with many.store.reading() as work:
        assert lists.count(
            work, many.who("supervisor"), Asked(view="custom", filter={"status": ("any",), "tag": ("halt",)})
        )
        done = work.get_one(BulkRun, run.id).done
        assert done == bulk.PORTION
    browser.post(f"/tickets/bulk/{run.id}/undo")
    while work_due(many.store):
        pass
    with many.store.reading() as work:
        assert work.get_one(BulkRun, run.id).back == done


def test_undo_leaves_what_somebody_changed_since_and_says_so(many: TestDesk) -> None:
    browser = many.browser("agent")
    answer = browser.post(
        "/tickets/bulk?view=all", accept="text/vnd.turbo-stream.html", ids=["1", "2", "3"], action="priority",
        priority="urgent",
    )  # fmt: skip
    assert answer.text.count('action="row"') >= 2
    with many.store.reading() as work:
        run = bulk.latest(work, many.who("agent"), within=lists.MOMENT)
        assert run is not None
    with many.store.transaction() as work:
        tickets.prioritise(work, many.who("admin"), 2, "low")
    told = browser.post(f"/tickets/bulk/{run.id}/undo", accept="text/vnd.turbo-stream.html")
    assert "1 ×" in told.text
    with many.store.reading() as work:
        assert work.get_one(Ticket, 2).priority is Priority.LOW
    assert "1 ×" in words(browser.get("/tickets"))
    browser.post(f"/tickets/bulk/{run.id}/dismiss")
    assert "1 ×" not in words(browser.get("/tickets"))


def test_a_run_is_its_beginners_alone(many: TestDesk) -> None:
    many.browser("agent").post("/tickets/bulk?view=all", ids=["1"], action="tag", tag="mine")
    with many.store.reading() as work:
        run = bulk.latest(work, many.who("agent"), within=lists.MOMENT)
        assert run is not None
    for path in ("undo", "stop", "dismiss"):
        assert many.browser("admin").post(f"/tickets/bulk/{run.id}/{path}").status_code == 404
    assert many.browser("admin").get(f"/tickets/bulk/{run.id}").status_code == 404
    assert many.browser("admin").get("/tickets/count?view=custom&tag=mine&status=any").text == "1"


@pytest.mark.parametrize(
    ("path", "form"),
    [
        ("/tickets/bulk", {"action": "tag", "tag": "x"}),
        ("/tickets/bulk", {"action": "explode", "ids": "1"}),
        ("/tickets/bulk", {"action": "status", "status": "snoozed", "until": "2020-01-01T00:00:00Z", "ids": "1"}),
        ("/tickets/bulk?view=custom&tag=nobody-has-it", {"action": "tag", "tag": "x", "whole": "yes"}),
    ],
)
def test_nothing_to_do_is_said(many: TestDesk, path: str, form: dict[str, str]) -> None:
    assert many.browser("agent").post(path, **form).status_code == 422
