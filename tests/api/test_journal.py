"""What arrived, byte-exact, through the API; and the ledger over it."""

from __future__ import annotations

from connectors.base import Request
from inbox import clock
from inbox.actions import journal
from inbox.store import JournalEntry, JournalItem
from inbox.terms import Outcome
from tests.api.conftest import Api, Desk

BYTES = bytes(range(256)) * 3 + b"\r\r\n\n\x00"


def keep(desk: Desk, *outcomes: Outcome, body: bytes = BYTES, reason: str | None = None) -> int:
    with desk.store.transaction() as work:
        entry = journal.keep(work, desk.mail, Request("PIPE", "pipe:", [], body))
        entry.items.extend(
            JournalItem(n=n, outcome=one, reason=reason, external_id=f"e{n}") for n, one in enumerate(outcomes)
        )
        entry.done = bool(outcomes)
        return entry.id


def test_an_arrival_tells_how_its_items_ended(call: Api, desk: Desk) -> None:
    ticket = desk.text()
    [entry] = call.get("/journal", channel="shop-sms")["items"]
    assert (entry["channel"], entry["kind"], entry["address"]) == ("shop-sms", "sms", desk.sms.id)
    assert entry["bytes"] > 0
    assert len(entry["sha256"]) == 64
    [item] = entry["items"]
    assert (item["n"], item["outcome"], item["reason"], item["ticket"]) == (0, "message", None, ticket)
    assert item["external_id"].startswith("SM")
    assert call.get(f"/messages/{item['message']}")["journal"] == entry["id"]
    assert call.get(f"/journal/{entry['id']}") == entry


def test_an_arrival_that_nobody_read_is_one_pending_item(call: Api, desk: Desk) -> None:
    entry = call.get(f"/journal/{keep(desk)}")
    assert entry["items"] == [
        {"n": 0, "outcome": "pending", "reason": None, "external_id": None, "ticket": None, "message": None}
    ]


def test_the_bytes_come_back_as_they_came(call: Api, desk: Desk) -> None:
    for body in (BYTES, b"", b"x" * 300_000):
        response = call("GET", f"/journal/{keep(desk, body=body)}/raw")
        assert response.data == body
        assert response.content_type == "application/octet-stream"
        assert response.headers["Content-Disposition"].startswith("attachment")


def test_the_filters_and_pages_hold_every_arrival_once(call: Api, desk: Desk) -> None:
    desk.text()
    unread, mixed, good = keep(desk), keep(desk, Outcome.MESSAGE, Outcome.QUARANTINED), keep(desk, Outcome.MESSAGE)
    waiting = keep(desk, Outcome.PENDING)
    expected = {
        "outcome=pending": [unread, waiting],
        "outcome=quarantined": [mixed],
        "outcome=message&channel=email": [mixed, good],
        "channel=support-mail": [unread, mixed, good, waiting],
        "outcome=status": [],
        f"channel=email&after={mixed}": [good, waiting],
        "channel=telegram": [],
    }
    for query, ids in expected.items():
        assert [one["id"] for one in call.get(f"/journal?{query}")["items"]] == ids, query
    first = call.get("/journal", limit=3)
    second = call.get("/journal", limit=3, after=first["next"])
    assert len(first["items"] + second["items"]) == 5
    assert second["next"] is None


def test_a_replay_makes_it_due_again(call: Api, desk: Desk) -> None:
    entry = keep(desk, Outcome.QUARANTINED, reason="ValueError")
    told = call.post(f"/journal/{entry}/replay", status=202)
    assert told["id"] == entry
    assert call.get("/status")["journal_pending"] == 1
    with desk.store.reading() as work:
        assert work.get_one(JournalEntry, entry).due_at is not None
    assert [one["kind"] for one in call.get("/events")["items"]][-1] == "journal.replayed"


def test_all_of_a_reason_are_due_again(call: Api, desk: Desk) -> None:
    odd, other = keep(desk, Outcome.QUARANTINED, reason="oddity"), keep(desk, Outcome.QUARANTINED, reason="other")
    echo = keep(desk, Outcome.IGNORED, reason="echo")
    assert [one["id"] for one in call.get("/journal", reason="oddity")["items"]] == [odd]
    assert call.post("/journal/replay", {"reason": "oddity"}, 202) == {"replayed": 1, "left": []}
    assert call.get("/status")["journal_pending"] == 1
    assert call.post("/journal/replay", {"outcome": "ignored", "channel": "support-mail"}, 202)["replayed"] == 1
    assert call.post("/journal/replay", {"from": "2020-01-01", "to": "2020-02-01"}, 202)["replayed"] == 0
    with desk.store.reading() as work:
        assert [work.get_one(JournalEntry, number).done for number in (odd, other, echo)] == [False, True, False]
    call.of("sara").refused("POST", "/journal/replay", 403, "forbidden", json={})


def test_a_replay_of_what_nobody_signed_is_refused(call: Api, desk: Desk) -> None:
    with desk.store.transaction() as work:
        forged = journal.refuse(work, desk.sms, Request("POST", "https://desk.example/hooks/sms/x", [], b"Body=x"))
        assert forged is not None
        number = forged.id
    assert "signature" in call.refused("POST", f"/journal/{number}/replay", 409, "conflict")["detail"]


def test_the_ledger_balances_with_everything_in_it(call: Api, desk: Desk) -> None:
    desk.text()
    keep(desk)
    keep(desk, Outcome.MESSAGE, Outcome.IGNORED, Outcome.IGNORED, reason="echo")
    keep(desk, Outcome.STATUS, Outcome.DUPLICATE, Outcome.QUARANTINED, Outcome.PENDING)
    sms, mail = call.get("/ledger")["items"]
    assert (sms["channel"], sms["received"], sms["message"], sms["balanced"]) == ("shop-sms", 1, 1, True)
    day = mail.pop("day")
    assert mail == {
        "channel": "support-mail", "kind": "email", "address": desk.mail.id, "received": 8, "pending": 2, "message": 1,
        "status": 1, "duplicate": 1, "ignored": {"echo": 2}, "quarantined": 1, "balanced": True,
    }  # fmt: skip
    assert call.get("/ledger", **{"from": day, "to": day}, channel="email")["items"][0]["received"] == 8
    assert call.get("/ledger", **{"from": "2020-01-01", "to": "2020-02-01"})["items"] == []


def test_a_ledger_that_has_lost_something_says_so(call: Api, desk: Desk) -> None:
    entry = keep(desk, Outcome.MESSAGE, Outcome.MESSAGE)
    with desk.store.transaction() as work:
        row = work.get_one(JournalEntry, entry)
        del row.items[0]
    [line] = call.get("/ledger")["items"]
    assert (line["received"], line["message"], line["balanced"]) == (2, 1, False)


def test_the_ledger_counts_by_the_desks_own_days(call: Api, desk: Desk) -> None:
    import datetime as dt

    from inbox.actions import desk as settings
    from inbox.actions.who import SYSTEM

    entry = keep(desk, Outcome.MESSAGE)
    with desk.store.transaction() as work:
        work.get_one(JournalEntry, entry).received_at = dt.datetime(2026, 3, 9, 23, 30, tzinfo=dt.UTC)
    for zone, day in (("Europe/Rome", "2026-03-10"), ("UTC", "2026-03-09"), ("America/New_York", "2026-03-09")):
        with desk.store.transaction() as work:
            settings.put(work, SYSTEM, "desk.timezone", zone)
        [row] = call.get("/ledger", **{"from": "2026-03-08", "to": "2026-03-12"})["items"]
        assert row["day"] == day
    assert clock.now() > dt.datetime(2026, 3, 9, tzinfo=dt.UTC)
