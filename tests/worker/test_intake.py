"""Two workers on one database: what comes in at the same moment is neither lost, nor doubled, nor set aside."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from sqlalchemy import text

from connectors import registry
from connectors.base import Request
from inbox.actions import channels, intake, journal, tickets
from inbox.actions.who import SYSTEM
from inbox.settings import Settings
from inbox.store import Channel, JournalEntry, JournalItem, Store, Ticket, Work
from inbox.worker.journal import process
from tests.sandbox.conftest import until

SMS = {"account_sid": "AC" + "0" * 32, "auth_token": "f" * 32, "number": "+12025550142"}
WAITING = text("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'")


@pytest.fixture
def store(postgresql_url: str, data_dir: Path) -> Iterator[Store]:
    settings = Settings(database_url=postgresql_url, data_dir=data_dir)
    settings.prepare()
    opened = Store(settings, registry())
    yield opened
    opened.close()


def arrive(store: Store, channel: str, sid: str, words: str) -> int:
    form = {"MessageSid": sid, "From": "+447700900142", "To": SMS["number"], "Body": words, "NumMedia": "0"}
    headers = [("Content-Type", "application/x-www-form-urlencoded")]
    with store.transaction() as work:
        request = Request("POST", "https://desk.example/", headers, urlencode(form).encode())
        return journal.keep(work, work.get_one(Channel, channel), request).id


def ended(store: Store, entry: int) -> tuple[str, int | None]:
    with store.reading() as work:
        item = work.query(JournalItem).filter_by(entry_id=entry).one()
        return item.outcome.value, item.ticket_id


@pytest.mark.parametrize("known", [False, True], ids=["a new sender", "a known sender"])
@pytest.mark.parametrize(("second", "outcome"), [("SM1", "duplicate"), ("SM2", "message")])
def test_two_arrivals_of_one_sender_in_two_workers_end_in_one_ticket(
    store: Store, known: bool, second: str, outcome: str
) -> None:
    with store.transaction() as work:
        channel = channels.add(work, SYSTEM, kind="sms", name="sms", values=SMS).id
    if known:
        before = arrive(store, channel, "SM0", "ieri")
        process(store, before)
        with store.transaction() as work:
            work.execute(text("UPDATE tickets SET status = 'closed'"))
    first, other = arrive(store, channel, "SM1", "prima"), arrive(store, channel, second, "seconda")
    with store.transaction() as work:  # one worker is in the middle of the first
        row, entry = work.get_one(Channel, channel), work.get_one(JournalEntry, first)
        [item] = store.connectors["sms"].parse(channels.config_of(work, row), journal.request_of(work, entry))
        taken = intake.take(work, row, entry, item)
        line = threading.Thread(target=process, args=(store, other), daemon=True)
        line.start()
        until(lambda: _waiting(store), 30)
    line.join(30)
    assert ended(store, other) == (outcome, taken.ticket)


def test_a_ticket_that_somebody_changed_in_between_is_read_again(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    with store.transaction() as work:
        channel = channels.add(work, SYSTEM, kind="sms", name="sms", values=SMS).id
    process(store, first := arrive(store, channel, "SM1", "prima"))
    _, number = ended(store, first)
    later, take = arrive(store, channel, "SM2", "seconda"), intake.take
    tries: list[int] = []

    def meanwhile(work: Work, *given: Any) -> intake.Ended:
        known = work.get_one(Ticket, number)
        tries.append(known.version)
        if len(tries) == 1:
            with store.transaction() as other:
                tickets.prioritise(other, SYSTEM, known.id, "high")
        return take(work, *given)

    monkeypatch.setattr(intake, "take", meanwhile)
    assert process(store, later)
    assert ended(store, later) == ("message", number)
    assert tries == [tries[0], tries[0] + 1]
    with store.reading() as work:
        ticket = work.get_one(Ticket, number)
        assert (ticket.priority, ticket.preview) == ("high", "seconda")


def _waiting(store: Store) -> bool:
    with store.reading() as work:
        return bool(work.scalar(WAITING))
