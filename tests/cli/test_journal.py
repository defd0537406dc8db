"""Arrivals read again, and a ledger that says so when it does not balance."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from twilio.request_validator import RequestValidator

from connectors.base import Request
from inbox import clock
from inbox.actions import channels, journal
from inbox.actions.who import SYSTEM
from inbox.store import Channel, JournalEntry, JournalItem, Store
from inbox.terms import Outcome
from tests.cli.conftest import Run

TOKEN = "f" * 32
URL = "https://desk.bottega.example/hooks/sms/x"


@pytest.fixture
def sms(store: Store) -> Channel:
    values = {"account_sid": "AC" + "0" * 32, "auth_token": TOKEN, "number": "+12025550142"}
    with store.transaction() as work:
        return channels.add(work, SYSTEM, kind="sms", name="shop-sms", values=values)


def arrived(store: Store, channel: Channel, *outcomes: Outcome, reason: str | None = None) -> int:
    """An entry that the worker has been through."""
    with store.transaction() as work:
        entry = journal.keep(work, channel, Request("PIPE", "pipe:", [], b"x"))
        entry.items.extend(JournalItem(n=n, outcome=one, reason=reason) for n, one in enumerate(outcomes))
        entry.done = True
        entry.due_at = None
        return entry.id


def due(store: Store) -> list[int]:
    with store.reading() as work:
        return [row.id for row in work.query(JournalEntry).filter_by(done=False).order_by(JournalEntry.id)]


def test_named_arrivals_are_read_again(run: Run, store: Store, mailbox: Channel) -> None:
    first, second, third = (arrived(store, mailbox, Outcome.MESSAGE) for _ in range(3))
    assert run("replay", first, third, "--json").json == {"replayed": 2, "left": []}
    assert due(store) == [first, third]
    assert second not in due(store)


def test_all_of_an_outcome_reason_and_channel_are_read_again(
    run: Run, store: Store, mailbox: Channel, sms: Channel
) -> None:
    arrived(store, mailbox, Outcome.MESSAGE)
    bad = arrived(store, mailbox, Outcome.MESSAGE, Outcome.QUARANTINED, reason="ValueError")
    other = arrived(store, mailbox, Outcome.QUARANTINED, reason="KeyError")
    arrived(store, sms, Outcome.QUARANTINED, reason="ValueError")
    assert run("replay", "--all", "--channel", "support-mail", "--reason", "ValueError", "--json").json["replayed"] == 1
    assert due(store) == [bad]
    assert (
        run("replay", "--all", "--outcome", "quarantined", "--channel", "support-mail", "--json").json["replayed"] == 2
    )
    assert due(store) == [bad, other]


def refused(store: Store, channel: Channel, signed_with: str) -> int:
    body = {"Body": "Ciao", "From": "+447700900142", "MessageSid": "SM" + "1" * 32}
    text = "&".join(f"{name}={value.replace('+', '%2B')}" for name, value in body.items())
    signature = RequestValidator(signed_with).compute_signature(URL, body)
    headers = [("Content-Type", "application/x-www-form-urlencoded"), ("X-Twilio-Signature", signature)]
    with store.transaction() as work:
        row = work.get_one(Channel, channel.id)
        entry = journal.refuse(work, row, Request("POST", URL, headers, text.encode()))
        assert entry is not None
        return entry.id


def test_what_nobody_signed_is_not_read_again_until_the_secret_is_right(run: Run, store: Store, sms: Channel) -> None:
    forged, late = refused(store, sms, "0" * 32), refused(store, sms, TOKEN)
    ran = run("replay", forged)
    assert ran.code == 1
    assert "signature" in ran.err
    assert run("replay", "--all", "--json").json == {"replayed": 1, "left": [forged]}
    assert due(store) == [late]


def days(store: Store, entry: int, moment: dt.datetime) -> None:
    with store.transaction() as work:
        work.get_one(JournalEntry, entry).received_at = moment


def test_the_ledger_counts_items_by_channel_and_local_day(
    run: Run, store: Store, mailbox: Channel, sms: Channel
) -> None:
    # Rome: the night of 29 March 2026 has 23 hours; 22:30 UTC on the 28th is 23:30 there, 22:30 on the 29th is 00:30.
    batch = arrived(store, mailbox, Outcome.MESSAGE, Outcome.DUPLICATE, Outcome.IGNORED, reason="echo")
    days(store, batch, dt.datetime(2026, 3, 28, 22, 30, tzinfo=dt.UTC))
    for moment in (dt.datetime(2026, 3, 28, 23, 0, tzinfo=dt.UTC), dt.datetime(2026, 3, 29, 21, 59, tzinfo=dt.UTC)):
        days(store, arrived(store, mailbox, Outcome.STATUS), moment)
    days(store, arrived(store, sms, Outcome.QUARANTINED), dt.datetime(2026, 3, 29, 22, 0, tzinfo=dt.UTC))
    with store.transaction() as work:
        unread = journal.keep(work, sms, Request("PIPE", "pipe:", [], b"x"))
    days(store, unread.id, dt.datetime(2026, 3, 29, 22, 30, tzinfo=dt.UTC))
    ran = run("ledger", "--from", "2026-03-28", "--to", "2026-03-31", "--json")
    assert ran.code == 0
    assert [(row["day"], row["channel"], row["received"]) for row in ran.json] == [
        ("2026-03-28", "support-mail", 3),
        ("2026-03-29", "support-mail", 2),
        ("2026-03-30", "shop-sms", 2),
    ]
    nothing: dict[str, Any] = {"pending": 0, "message": 0, "status": 0, "duplicate": 0, "ignored": {}, "quarantined": 0}
    first, _second, third = ran.json
    assert {name: first[name] for name in nothing} == {**nothing, "message": 1, "duplicate": 1, "ignored": {"echo": 1}}
    assert {name: third[name] for name in nothing} == {**nothing, "pending": 1, "quarantined": 1}
    assert all(row["balanced"] for row in ran.json)
    assert [row["day"] for row in run("ledger", "--from", "2026-03-29", "--to", "2026-03-29", "--json").json] == [
        "2026-03-29"
    ]
    assert {
        row["channel"]
        for row in run("ledger", "--from", "2026-03-01", "--to", "2026-04-01", "--channel", "sms", "--json").json
    } == {"shop-sms"}
    text = run("ledger", "--from", "2026-03-28", "--to", "2026-03-31").out
    assert "1 echo" in text
    assert len(text.splitlines()) == 4


@pytest.mark.parametrize("lost", ["every item", "the first item", "the last item"])
def test_a_lost_item_is_seen_and_ends_with_1(run: Run, store: Store, mailbox: Channel, lost: str) -> None:
    entry = arrived(store, mailbox, Outcome.MESSAGE, Outcome.MESSAGE)
    assert run("ledger").code == 0
    with store.transaction() as work:
        row = work.get_one(JournalEntry, entry)
        row.things = 2  # as the worker writes it
        del row.items[-1 if lost == "the last item" else 0]
        if lost == "every item":
            del row.items[0]
    ran = run("ledger", "--json")
    assert ran.code == 1
    assert f"does not balance: something that arrived has no outcome; see arrivals {entry}\n" in ran.err
    assert [row["balanced"] for row in ran.json] == [False]
    assert "DOES NOT BALANCE" in run("ledger").out


def test_the_usual_ledger_ends_today(run: Run, store: Store, mailbox: Channel) -> None:
    days(store, arrived(store, mailbox, Outcome.MESSAGE), clock.now() - dt.timedelta(days=40))
    assert run("ledger").out == "Nothing arrived in those days.\n"
    arrived(store, mailbox, Outcome.MESSAGE)
    assert len(run("ledger", "--json").json) == 1
