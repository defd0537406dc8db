"""The sample desk is what the product would have written, reads like a real one, and reaches nobody."""

from __future__ import annotations

import datetime as dt
import itertools
import re
import zoneinfo
from collections import Counter
from typing import Any

import pytest
from sqlalchemy import func, select

from connectors.base import Request
from inbox import clock
from inbox.actions import channels, journal, promises, sample
from inbox.actions import desk as settings
from inbox.actions.sample.script import desk as cast
from inbox.actions.sample.script import scripts
from inbox.actions.sample.times import Times
from inbox.actions.who import SYSTEM
from inbox.errors import Conflict
from inbox.metrics import book_of
from inbox.reading import finding, ledger, reports
from inbox.store import (
    Agent,
    Attachment,
    Beat,
    Canned,
    Channel,
    Customer,
    Event,
    Focus,
    Identity,
    JournalEntry,
    JournalItem,
    Message,
    Reason,
    Team,
    Ticket,
    TicketTag,
    Work,
)
from inbox.terms import Delivery, Direction, Outcome, Priority, Role, Status
from inbox.worker import timers
from inbox.worker.journal import work_due
from tests.demo.conftest import NOW, SampleDesk

KINDS = {"email", "sms", "chat", "telegram", "messenger"}


def count(work: Work, table: type[Any], *conditions: Any) -> int:
    return work.scalar(select(func.count()).select_from(table).where(*conditions)) or 0


# --- what is in it ------------------------------------------------------------------------------------------------


def test_it_is_a_believable_small_desk(desk: SampleDesk) -> None:
    with desk.store.reading() as work:
        assert 380 <= count(work, Ticket) <= 420
        assert Counter(work.scalars(select(Agent.role))) == {Role.ADMIN: 1, Role.SUPERVISOR: 1, Role.AGENT: 2}
        assert set(work.scalars(select(Team.name))) == {"Assistenza", "Assistenza tecnica", "Amministrazione"}
        assert Counter(work.scalars(select(Channel.kind))) == dict.fromkeys(KINDS, 1)
        assert set(work.scalars(select(Ticket.status).distinct())) == {*Status}
        assert {Priority.NORMAL, Priority.HIGH, Priority.URGENT} <= set(
            work.scalars(select(Ticket.priority).distinct())
        )
        assert count(work, Message, Message.direction == Direction.NOTE) >= 5
        assert count(work, TicketTag) >= 15
        assert count(work, Canned) == len(cast().canned)
        assert set(cast().reasons) <= set(work.scalars(select(Reason.name)))
        oldest = work.scalar(select(func.min(Ticket.created_at)))
        assert oldest is not None
        assert dt.timedelta(days=58) < NOW - oldest < dt.timedelta(days=64)
        late = Ticket.status.in_([Status.NEW, Status.OPEN]) & (Ticket.waiting_since < NOW - dt.timedelta(hours=4))
        assert count(work, Ticket, late) >= 2
        assert count(work, Ticket, Ticket.assignee_id.is_(None), Ticket.status == Status.NEW) >= 3


def test_some_customers_go_on_by_another_channel_in_the_same_ticket(desk: SampleDesk) -> None:
    with desk.store.reading() as work:
        spoken: dict[int, set[str]] = {}
        for ticket, kind in work.execute(select(Message.ticket_id, Message.kind).where(Message.kind != "")):
            spoken.setdefault(ticket, set()).add(kind)
        mixed = [kinds for kinds in spoken.values() if len(kinds) > 1]
        assert {"email", "sms"} in mixed
        assert {"email", "telegram"} in mixed
        many = Counter(work.scalars(select(Identity.customer_id)))
        assert sum(number >= 4 for number in many.values()) >= 5


def test_answers_stand_where_answers_can_stand(desk: SampleDesk) -> None:
    with desk.store.reading() as work:
        states = Counter(
            (kind, state)
            for kind, state in work.execute(
                select(Message.kind, Message.state).where(Message.direction == Direction.OUT)
            )
        )
        found = {state for _kind, state in states}
        assert found == {Delivery.SENT, Delivery.DELIVERED, Delivery.READ, Delivery.FAILED, Delivery.UNKNOWN}
        assert states["messenger", Delivery.READ]
        assert states["chat", Delivery.READ]
        assert states["sms", Delivery.DELIVERED]
        assert set(work.scalars(select(Ticket.attention).distinct())) == {"", "failed", "unknown"}
        priced = work.scalars(select(Message).where(Message.kind == "sms", Message.state != Delivery.UNKNOWN)).all()
        assert all(one.cost_currency == "USD" and one.cost_final for one in priced)
        assert count(work, Event, Event.kind == "cost.provider") >= 15


def test_files_are_whole_and_can_be_opened(desk: SampleDesk) -> None:
    with desk.store.reading() as work:
        rows = work.scalars(select(Attachment)).all()
    kinds = {"image/png": b"\x89PNG\r\n\x1a\n", "application/pdf": b"%PDF-1.4"}
    assert {row.content_type for row in rows} == set(kinds)
    for row in rows:
        assert row.sha256 is not None
        data = desk.store.files.get(row.sha256)
        assert data.startswith(kinds[row.content_type])
        assert len(data) == row.size


def test_every_name_number_and_address_is_invented(desk: SampleDesk) -> None:
    with desk.store.reading() as work:
        columns = (Message.text, Identity.value, Channel.address, Agent.email)
        words = "\n".join(word for column in columns for word in work.scalars(select(column)))
    for address in re.findall(r"[\w.+-]+@([\w.-]*\w)", words):
        assert address.endswith(".example"), address
    for number in re.findall(r"\+\d[\d ]{7,}\d", words):
        plain = number.replace(" ", "")
        assert re.fullmatch(r"\+447700900\d{3}|\+120255501\d\d", plain), number


def test_all_of_it_is_marked_as_sample(desk: SampleDesk) -> None:
    with desk.store.reading() as work:
        for table in (Agent, Channel, Customer):
            assert count(work, table, table.sample.is_(False)) == 0
        assert settings.get(work, "desk.sample") is True


def test_the_same_moment_gives_the_same_desk(sqlite_desk: SampleDesk, postgresql_desk: SampleDesk) -> None:
    def told(desk: SampleDesk) -> list[tuple[Any, ...]]:
        with desk.store.reading() as work:
            rows = work.execute(
                select(
                    Message.ticket_id, Message.at, Message.kind, Message.direction, Message.text, Message.state
                ).order_by(Message.id)
            )
            return [tuple(row) for row in rows]

    assert told(sqlite_desk) == told(postgresql_desk)


# --- as the product writes it -------------------------------------------------------------------------------------


def test_the_log_is_written_in_the_order_of_time(desk: SampleDesk) -> None:
    with desk.store.reading() as work:
        lines = work.scalars(select(Event).order_by(Event.seq)).all()
        # what was long over is told first, then the script, then when people were there
        assert sum(a.rec > b.rec for a, b in itertools.pairwise(lines)) <= 3
        assert all(line.ts <= line.rec <= NOW for line in lines)
        book = book_of((line.as_dict() for line in lines), int(NOW.timestamp() * 1000), promises.config(work))
        here = [fact for fact in book.facts() if fact.case.root.isdecimal()]  # the others are of another system
        assert len(here) == count(work, Ticket) - count(work, TicketTag, TicketTag.tag == "spam")


def test_log_and_messages_agree(desk: SampleDesk) -> None:
    with desk.store.reading() as work:
        lines = {line.id: line for line in work.scalars(select(Event).order_by(Event.seq))}
        voided = {line.data["target"] for line in lines.values() if line.kind == "void"}
        for message in work.scalars(select(Message)):
            if message.direction is Direction.IN:
                line = lines[f"msg.in:{message.id}"]
                assert (line.ts, line.ticket_id, line.data["channel"]) == (message.at, message.ticket_id, message.kind)
            elif message.direction is Direction.OUT:
                line = lines[f"msg.out:{message.id}"]
                assert (line.ts, line.actor_id) == (message.at, message.agent_id)
                assert (message.out_event is None) == (line.id in voided)
        states = {line.data["msg"]: line.data["state"] for line in lines.values() if line.kind == "msg.state"}
        sent = work.scalars(select(Message).where(Message.direction == Direction.OUT)).all()
        assert {str(one.id): one.state for one in sent} == states


def test_no_text_name_or_address_stands_in_the_log(desk: SampleDesk) -> None:
    with desk.store.reading() as work:
        log = " ".join(str(line.data) for line in work.scalars(select(Event)))
        values = [
            *work.scalars(select(Identity.value)),
            *work.scalars(select(Customer.name).where(Customer.name != "")),
        ]
    assert not [value for value in values if len(value) > 3 and value in log]


def test_nothing_is_left_to_do(desk: SampleDesk) -> None:
    """No answer, price, file, arrival or beat waits: a worker that starts has nothing to ask of anybody."""
    with desk.store.reading() as work:
        before = count(work, Event)
        assert count(work, Message, Message.price_at.is_not(None)) == 0
        assert (
            count(
                work, Message, Message.state.in_([Delivery.HELD, Delivery.QUEUED, Delivery.CLAIMED, Delivery.SENDING])
            )
            == 0
        )
        assert count(work, Attachment, Attachment.fetch_at.is_not(None)) == 0
        assert count(work, JournalEntry, JournalEntry.done.is_(False)) == 0
        assert count(work, Focus) == count(work, Beat) == 0
    with clock.at(NOW):
        timers.housekeeping(desk.store)
    with desk.store.reading() as work:
        assert count(work, Event) == before


def test_every_arrival_carries_its_providers_signature_and_parses_to_what_it_became(desk: SampleDesk) -> None:
    with desk.store.reading() as work:
        entries = work.scalars(select(JournalEntry).order_by(JournalEntry.id)).all()
        assert {work.get_one(Channel, entry.channel_id).kind for entry in entries} == KINDS
        for entry in entries:
            channel = work.get_one(Channel, entry.channel_id)
            connector, config = desk.store.connectors[channel.kind], channels.config_of(work, channel)
            request: Request = journal.request_of(work, entry)
            if connector.capabilities.hooks and request.method == "POST":
                connector.verify(config, request)
            ids = [item.external_id for item in connector.parse(config, request)]
            assert ids == [row.external_id for row in entry.items]


def test_the_ledger_balances(desk: SampleDesk) -> None:
    with clock.at(NOW), desk.store.reading() as work:
        lines = ledger.lines(work, NOW.date() - dt.timedelta(days=35), NOW.date() + dt.timedelta(days=2))
        assert lines
        assert all(line.balanced and not line.pending and not line.quarantined for line in lines)
        assert sum(line.message for line in lines) == count(
            work, Message, Message.direction == Direction.IN, Message.journal_id.is_not(None)
        )
        assert sum(sum(line.ignored.values()) for line in lines) > 0


def test_reading_everything_again_changes_nothing(desk: SampleDesk) -> None:
    def state() -> tuple[Any, ...]:
        with desk.store.reading() as work:
            items = work.execute(
                select(JournalItem.entry_id, JournalItem.n, JournalItem.outcome, JournalItem.message_id).order_by(
                    JournalItem.entry_id, JournalItem.n
                )
            ).all()
            log = select(Event.id).where(Event.kind != "journal.replayed").order_by(Event.seq)
            return tuple(items), tuple(work.scalars(log)), count(work, Message), count(work, Ticket)

    before = state()
    with desk.store.transaction() as work:
        for number in work.scalars(select(JournalEntry.id)).all():
            journal.replay(work, SYSTEM, number)
    assert work_due(desk.store, limit=10_000) == len({entry for entry, *_rest in before[0]})
    assert state() == before
    assert {outcome for _entry, _n, outcome, _message in before[0]} == {
        Outcome.MESSAGE,
        Outcome.STATUS,
        Outcome.IGNORED,
    }


def test_what_was_written_is_found(desk: SampleDesk) -> None:
    with desk.store.reading() as work:
        found = finding.tickets(work, desk.luca, "certificato")
        subjects = set(work.scalars(select(Ticket.subject).where(Ticket.id.in_(found))))
    assert "Sito offline dopo il trasloco" in subjects


# --- figures ------------------------------------------------------------------------------------------------------


def test_the_report_has_figures_on_every_channel(desk: SampleDesk) -> None:
    with clock.at(NOW), desk.store.reading() as work:
        page = reports.page(work, desk.luca, {})
    tiles = {tile.cell.key: tile.cell for tile in page.tiles}
    assert not [key for key, one in tiles.items() if one.known is None]
    assert (tiles["fcr7.rate"].n or 0) >= 20
    assert 0.5 < (tiles["fcr7.rate"].known or 0) < 0.95
    assert 120_000 < (tiles["aht.mean_ms"].known or 0) < 900_000
    assert 1 < (tiles["cost.per_interaction_direct"].known or 0) < 10
    assert (tiles["csat.rate"].n or 0) >= 10
    assert ((page.backlog and page.backlog.value) or 0) >= 5
    assert {row.kind for row in page.rows} == KINDS
    for row in page.rows:
        assert row.handled >= 3, row.label
        assert row.fcr_n >= 2, row.label
        assert row.aht_mean_ms, row.label
        assert row.cost_labour, row.label
        assert row.cost_fixed, row.label
    by_kind = {row.kind: row for row in page.rows}
    assert by_kind["sms"].cost_provider
    assert page.has_rate
    assert sum(1 for bucket in page.volume if bucket.inbound) >= 15


# --- moments ------------------------------------------------------------------------------------------------------

ROME = zoneinfo.ZoneInfo("Europe/Rome")


@pytest.mark.parametrize(
    "now",
    [
        dt.datetime(2026, 11, 16, 0, 5, tzinfo=ROME),  # a Monday, five minutes old
        dt.datetime(2026, 11, 22, 23, 50, tzinfo=ROME),  # a Sunday night
        dt.datetime(2026, 3, 30, 3, 30, tzinfo=ROME),  # the day after the clocks went on
        dt.datetime(2026, 11, 20, 17, 59, tzinfo=ROME),
    ],
)
def test_every_step_has_its_moment_whenever_the_sample_is_made(now: dt.datetime) -> None:
    times = Times(now, ROME)
    for script in scripts():
        moment: dt.datetime | None = None
        for step in script.step:
            before, moment = moment, times.at(step.at, moment)
            assert moment <= now, (script.customer, step.at)
            assert before is None or before < moment
        assert now - times.at(script.step[0].at) < dt.timedelta(days=30)


def test_what_is_no_time_is_refused() -> None:
    times = Times(NOW, ROME)
    for wrong in ("yesterday", "+5", "25:00", ""):
        with pytest.raises(ValueError, match=r"time|before"):
            times.at(wrong)


def test_a_second_sample_is_refused(desk: SampleDesk) -> None:
    with pytest.raises(Conflict, match="already"), desk.store.transaction() as work:
        sample.fill(work, SYSTEM)
