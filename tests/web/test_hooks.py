"""The door of the providers: kept before it is read, forged calls kept apart, a verified call never turned away."""

from __future__ import annotations

import datetime as dt
import itertools
from urllib.parse import urlencode

import pytest
from sqlalchemy.exc import OperationalError
from twilio.request_validator import RequestValidator
from werkzeug.test import TestResponse

from inbox import clock
from inbox.actions import channels
from inbox.actions import journal as verbs
from inbox.store import Channel, Event, JournalEntry, JournalItem
from inbox.worker.journal import work_due
from tests.web.conftest import TestDesk

TOKEN = "f" * 32
SMS = {"account_sid": "AC" + "0" * 32, "auth_token": TOKEN, "number": "+12025550142"}
NUMBERS = itertools.count(1)


def connect(desk: TestDesk) -> Channel:
    return desk.add_channel("sms", f"hook{next(NUMBERS)}", **SMS)


def call(
    desk: TestDesk, channel: Channel, sid: str, *, token: str = TOKEN, body: str = "Ciao", address: str = "192.0.2.1"
) -> TestResponse:
    """A customer's SMS as Twilio brings it, signed by Twilio's own library."""
    form = {"MessageSid": sid, "From": "+447700900142", "To": SMS["number"], "Body": body, "NumMedia": "0"}
    path = channels.hook_path(channel)
    signature = RequestValidator(token).compute_signature(f"http://localhost{path}", form)
    return desk.app.test_client().post(
        path,
        data=urlencode(form),
        content_type="application/x-www-form-urlencoded",
        headers={"X-Twilio-Signature": signature},
        environ_base={"REMOTE_ADDR": address},
    )


def outcomes(desk: TestDesk, channel: Channel) -> list[tuple[str, str | None]]:
    with desk.store.reading() as work:
        rows = work.query(JournalItem).join(JournalEntry, JournalEntry.id == JournalItem.entry_id)
        found = rows.filter(JournalEntry.channel_id == channel.id).order_by(JournalItem.entry_id)
        return [(row.outcome.value, row.reason) for row in found]


def test_a_call_is_kept_byte_for_byte_before_anybody_reads_it(desk: TestDesk) -> None:
    channel = connect(desk)
    answer = call(desk, channel, "SM1", body="perché no?")
    assert (answer.status_code, answer.text, answer.mimetype) == (200, "<Response/>", "text/xml")
    with desk.store.reading() as work:
        entry = work.query(JournalEntry).filter_by(channel_id=channel.id).one()
        assert (entry.done, entry.items) == (False, [])
        assert b"Body=perch%C3%A9+no%3F" in verbs.body_of(work, entry)


def test_the_same_call_twice_is_one_message(desk: TestDesk) -> None:
    channel = connect(desk)
    for _ in range(2):
        assert call(desk, channel, "SM1").status_code == 200
    while work_due(desk.store):
        pass
    assert outcomes(desk, channel) == [("message", None), ("duplicate", None)]


def test_a_forged_call_is_refused_kept_told_once_and_not_read_again_until_the_secret_is_right(desk: TestDesk) -> None:
    channel = connect(desk)
    for _ in range(2):
        answer = call(desk, channel, "SM1", token="e" * 32, address="192.0.2.2")
        assert (answer.status_code, answer.text) == (403, "signature refused\n")
    assert outcomes(desk, channel) == [("quarantined", "signature")] * 2
    with desk.store.reading() as work:
        told = [
            row for row in work.query(Event).filter_by(kind="channel.refused") if row.data["channel_id"] == channel.id
        ]
        entry = work.query(JournalEntry).filter_by(channel_id=channel.id).first()
        assert entry is not None
    assert len(told) == 1
    admin = desk.browser()
    admin.follow(admin.post(f"/settings/journal/{entry.id}/replay"))
    assert outcomes(desk, channel)[0] == ("quarantined", "signature")
    with desk.store.transaction() as work:
        channels.change(work, desk.who(), channel.id, values={**SMS, "auth_token": "e" * 32})
    admin.follow(admin.post(f"/settings/journal/{entry.id}/replay"))
    while work_due(desk.store):
        pass
    assert outcomes(desk, channel)[0] == ("message", None)


def test_of_forged_calls_the_first_64_kb_are_kept_a_hundred_an_hour_and_the_rest_is_counted(
    desk: TestDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    channel = connect(desk)

    def forge(count: int, body: str = "x") -> None:
        for n in range(count):
            assert call(desk, channel, "SM1", token="", body=body, address=f"198.18.0.{n}").status_code == 403

    forge(1, "x" * 70_000)
    with desk.store.reading() as work:
        assert work.query(JournalEntry).filter_by(channel_id=channel.id).one().size == 65_536
    forge(104)
    assert len(outcomes(desk, channel)) == 100
    with desk.store.reading() as work:
        assert work.get_one(Channel, channel.id).refused == 105
    real = clock.now
    monkeypatch.setattr(clock, "now", lambda: real() + dt.timedelta(hours=1, seconds=1))
    forge(1)
    assert len(outcomes(desk, channel)) == 101


def test_whoever_cannot_sign_is_limited_and_whoever_can_never_is(
    desk: TestDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("inbox.hooks.UNVERIFIED", "5/minute")
    channel = connect(desk)
    codes = [call(desk, channel, "SM1", token="", address="203.0.113.9").status_code for _ in range(6)]
    assert codes == [403] * 5 + [429]
    assert {call(desk, channel, f"SM{n}", address="203.0.113.9").status_code for n in range(9)} == {200}
    call(desk, channel, "SM1", token="", address="203.0.113.10")
    with desk.store.reading() as work:
        assert work.get_one(Channel, channel.id).refused == 7  # the one that was turned away is counted too


def test_behind_a_proxy_the_signature_is_over_the_public_address(
    desk: TestDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    channel = connect(desk)
    monkeypatch.setattr(desk.settings, "public_url", "http://localhost")
    path = channels.hook_path(channel)
    client = desk.app.test_client()
    form = {"MessageSid": "SM1", "From": "+447700900142", "To": SMS["number"], "Body": "Ciao", "NumMedia": "0"}
    signature = RequestValidator(TOKEN).compute_signature(f"http://localhost{path}?a=1&b=%2F", form)
    answer = client.post(
        f"{path}?a=1&b=%2F",
        data=urlencode(form),
        content_type="application/x-www-form-urlencoded",
        headers={"X-Twilio-Signature": signature},
        base_url="http://127.0.0.1:8000",
    )
    assert answer.status_code == 200


@pytest.mark.parametrize("body", [b"not json", b"[]", b"\xff\xfe", b"", b'{"entry": 3}'])
def test_what_is_not_json_is_taken_from_who_may_send_it_and_set_aside_with_its_reason(
    desk: TestDesk, body: bytes
) -> None:
    bot = desk.add_channel("telegram", f"bot{next(NUMBERS)}", token="700142:" + "a" * 35, secret_token="geheim")
    headers = {"X-Telegram-Bot-Api-Secret-Token": "geheim"}
    answer = desk.app.test_client().post(channels.hook_path(bot), data=body, headers=headers)
    assert answer.status_code == 200
    while work_due(desk.store):
        pass
    [(outcome, reason)] = outcomes(desk, bot)
    assert outcome == "quarantined"
    assert reason
    if body in {b"not json", b"", b"\xff\xfe"}:
        assert reason.startswith("this is not JSON")


@pytest.mark.parametrize("path", ["/hooks/sms/nobody", "/hooks/fax/{id}", "/hooks/chat/{id}", "/hooks/telegram/{id}"])
def test_an_address_of_no_channel_is_a_plain_404(desk: TestDesk, path: str) -> None:
    channel = connect(desk)
    answer = desk.app.test_client().post(path.format(id=channel.id), data=b"x")
    assert (answer.status_code, answer.mimetype) == (404, "text/plain")


def test_a_challenge_is_answered_to_who_knows_the_word(desk: TestDesk) -> None:
    facts = {"page_id": "1", "page_token": "t", "app_secret": "s", "verify_token": "parola", "app_id": "2"}
    page = desk.add_channel("messenger", f"page{next(NUMBERS)}", **facts)
    client, path = desk.app.test_client(), channels.hook_path(page)
    asked = {"hub.mode": "subscribe", "hub.challenge": "12345", "hub.verify_token": "parola"}
    assert client.get(f"{path}?{urlencode(asked)}").text == "12345"
    assert client.get(f"{path}?{urlencode(asked)}".replace("parola", "altra")).status_code == 403
    assert client.get(path).status_code == 403


def test_while_the_database_is_away_the_provider_is_asked_to_come_again(
    desk: TestDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    channel = connect(desk)

    def locked(*_anything: object, **_facts: object) -> None:
        raise OperationalError("BEGIN IMMEDIATE", {}, Exception("database is locked"))

    monkeypatch.setattr(verbs, "keep", locked)
    answer = call(desk, channel, "SM1")
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
