"""An inbound service at the door: its calls are kept before they are read, refused, quarantined, never played back."""

from __future__ import annotations

import base64
import hashlib
import hmac
import time
import uuid
from typing import Any

import pytest
from sqlalchemy import select
from werkzeug.test import TestResponse

from inbox.actions import journal
from inbox.errors import Conflict
from inbox.store import Channel, JournalEntry
from inbox.worker.journal import work_due
from tests.connectors.payloads import FOLDER
from tests.web.conftest import Browser, TestDesk

KEY = "key-of-the-shop"


def mail(subject: str) -> bytes:
    return (
        f"From: Chiara <chiara@studio.example>\r\nTo: Help <help@bottega.example>\r\nSubject: {subject}\r\n"
        f"Message-ID: <{uuid.uuid4().hex}@studio.example>\r\n\r\nWhere is it?\r\n"
    ).encode()


@pytest.fixture
def channel(desk: TestDesk) -> Channel:
    name = f"mail-{uuid.uuid4().hex[:8]}"
    return desk.add_channel("email", name, address=f"{name}@bottega.example", inbound="mailgun", inbound_key=KEY)


def mailgun(raw: bytes, token: str, key: str = KEY) -> dict[str, Any]:
    stamp = str(int(time.time()))
    signature = hmac.new(key.encode(), (stamp + token).encode(), hashlib.sha256).hexdigest()
    return {
        "recipient": "help@bottega.example",
        "sender": "chiara@studio.example",
        "timestamp": stamp,
        "token": token,
        "signature": signature,
        "body-mime": raw,
    }


def call(desk: TestDesk, channel: Channel, mode: str, **more: Any) -> TestResponse:
    return desk.app.test_client().post(f"/hooks/email/{channel.id}/{mode}", **more)


def outcomes(desk: TestDesk, channel: Channel) -> list[tuple[str, str | None]]:
    while work_due(desk.store):
        pass
    with desk.store.reading() as work:
        rows = work.scalars(select(JournalEntry).where(JournalEntry.channel_id == channel.id).order_by(JournalEntry.id))
        return [(item.outcome.value, item.reason) for row in rows for item in row.items]


def test_a_signed_call_is_kept_and_becomes_a_message(desk: TestDesk, channel: Channel) -> None:
    answer = call(desk, channel, "mailgun/mime", data=mailgun(mail("Keys"), uuid.uuid4().hex))
    assert answer.status_code == 200
    with desk.store.reading() as work:
        entry = work.scalar(select(JournalEntry).where(JournalEntry.channel_id == channel.id))
        assert entry is not None
        assert entry.method == "POST"
        assert b"body-mime" in journal.body_of(work, entry)
    assert outcomes(desk, channel) == [("message", None)]


def test_a_call_that_mailgun_repeats_is_a_duplicate(desk: TestDesk, channel: Channel) -> None:
    form = mailgun(mail("Keys again"), uuid.uuid4().hex)
    assert [call(desk, channel, "mailgun", data=form).status_code for _ in range(3)] == [200, 200, 200]
    assert outcomes(desk, channel) == [("message", None), ("duplicate", None), ("duplicate", None)]


def test_another_mail_under_a_used_token_is_never_read(desk: TestDesk, channel: Channel) -> None:
    token = uuid.uuid4().hex
    call(desk, channel, "mailgun", data=mailgun(mail("Genuine"), token))
    assert call(desk, channel, "mailgun", data=mailgun(mail("Forged"), token)).status_code == 200
    assert outcomes(desk, channel) == [("message", None), ("duplicate", "replayed")]
    with desk.store.reading() as work:
        entry = max(work.scalars(select(JournalEntry.id).where(JournalEntry.channel_id == channel.id)))
    with desk.store.transaction() as work, pytest.raises(Conflict, match="token"):
        journal.replay(work, desk.who(), entry)


def test_the_same_token_at_another_channel_is_no_repetition(desk: TestDesk, channel: Channel) -> None:
    other = desk.add_channel("email", f"o-{uuid.uuid4().hex[:8]}", address="other@bottega.example", inbound_key=KEY)
    form = mailgun(mail("Both"), uuid.uuid4().hex)
    for one in (channel, other):
        call(desk, one, "mailgun", data=form)
        assert outcomes(desk, one) == [("message", None)]


def test_a_wrong_signature_is_refused_and_kept_in_quarantine(desk: TestDesk, channel: Channel) -> None:
    answer = call(desk, channel, "mailgun", data=mailgun(mail("Forged"), uuid.uuid4().hex, key="another"))
    assert answer.status_code == 403
    assert outcomes(desk, channel) == [("quarantined", "signature")]
    for mode in ("postmark", "sendgrid", "ses", ""):
        assert call(desk, channel, mode, data=b"{}").status_code in {403, 404, 308}


def test_postmarks_call_is_let_in_by_the_password_in_the_address(desk: TestDesk) -> None:
    name = f"post-{uuid.uuid4().hex[:8]}"
    row = desk.add_channel("email", name, address="support@shop.example", inbound="postmark", inbound_password="a:b c")
    body = (FOLDER / "email" / "postmark" / "raw.json").read_bytes()
    right = {"Authorization": "Basic " + base64.b64encode(b"sportello:a:b c").decode()}
    assert call(desk, row, "postmark", data=body, headers=right).status_code == 200
    assert call(desk, row, "postmark", data=body).status_code == 403
    assert outcomes(desk, row) == [("message", None), ("quarantined", "signature")]


def test_the_channels_page_shows_what_to_paste(desk: TestDesk, channel: Channel, admin: Browser) -> None:
    page = admin.get(f"/settings/channels/{channel.id}?step=connect")
    assert f"/hooks/email/{channel.id}/mailgun/mime" in page.text
    assert "HTTP webhook signing key" in page.text
    assert KEY not in page.text


def test_a_channel_that_is_fetched_has_nothing_to_paste(desk: TestDesk, admin: Browser) -> None:
    row = desk.add_channel("email", f"f-{uuid.uuid4().hex[:8]}", address="f@bottega.example")
    assert "/hooks/" not in admin.get(f"/settings/channels/{row.id}?step=connect").text
