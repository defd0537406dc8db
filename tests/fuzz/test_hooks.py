"""Whatever is sent to a hook of the real application is answered without a 500, and leaves its line in the journal."""

from __future__ import annotations

import base64
import contextlib
import hmac
import ipaddress
import itertools
import json
import random
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from hashlib import sha1, sha256
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select

from connectors import registry
from connectors.base import Refused, Request
from connectors.chat import ChatConfig
from connectors.telegram import TelegramConfig, _secret
from inbox.actions import channels
from inbox.actions.journal import REFUSED_PER_HOUR
from inbox.actions.who import SYSTEM
from inbox.app import create_app
from inbox.settings import Settings
from inbox.store import Channel, JournalEntry, JournalItem, Store
from inbox.worker import journal
from tests.connectors.payloads import names, payload
from tests.fuzz.mutations import mutated, soup

TOKEN, APP_SECRET, VERIFY = "f" * 32, "0a1b2c-app-secret", "verify-word"
CONFIGS: dict[str, dict[str, Any]] = {
    "sms": {
        "account_sid": "AC" + "0" * 32,
        "auth_token": TOKEN,
        "number": "+447700900100",
        "api_base": "http://127.0.0.1:9",
    },
    "telegram": {
        "token": "110201543:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw1",
        "receive": "webhook",
        "api_base": "http://127.0.0.1:9",
    },
    "messenger": {
        "page_id": "106000000000001",
        "page_token": "EAAexamplePageToken",
        "app_secret": APP_SECRET,
        "verify_token": VERIFY,
        "app_id": "2210000000000001",
        "api_base": "http://127.0.0.1:9",
    },
    "chat": {"title": "Bottega", "allowed_sites": ["https://bottega.example"]},
    "email": {"address": "support@shop.example"},
}
ADDRESSES = itertools.count(1)
BASE = "http://localhost"
ANSWERED_S = 10.0  # of CPU, for one call of at most 300 kB
# A quarantined item whose reason is the name of an exception is a parser that fell over.
FELL = re.compile(r"\w*(?:Error|Exception|KeyError|Exists)\b: ?")


@dataclass
class Line:
    """A desk with one channel of each kind, and strangers who call it."""

    client: FlaskClient
    store: Store
    rows: dict[str, Channel]

    def call(self, method: str, path: str, headers: list[tuple[str, str]], body: bytes) -> int:
        """The status of the answer. Each call comes from somewhere else: the brake on floods is tested elsewhere."""
        caller = str(ipaddress.ip_address("198.51.0.0") + next(ADDRESSES))
        begin = time.process_time()
        answer = self.client.open(path, method=method, headers=headers, data=body, environ_base={"REMOTE_ADDR": caller})
        assert time.process_time() - begin < ANSWERED_S
        return answer.status_code

    def kept(self) -> tuple[int, int]:
        """How many entries there are, and how many refusals were counted."""
        with self.store.reading() as work:
            entries = work.scalar(select(func.count()).select_from(JournalEntry)) or 0
            return entries, sum(work.scalars(select(Channel.refused)).all())


@pytest.fixture
def line(settings: Settings) -> Iterator[Line]:
    app, _ = create_app(settings)
    store: Store = app.extensions["sportello"]
    with store.transaction() as work:
        rows = {
            kind: channels.add(work, SYSTEM, kind=kind, name=kind, values=values) for kind, values in CONFIGS.items()
        }
    yield Line(app.test_client(), store, rows)
    store.close()


def of_twilio(path: str, body: bytes) -> list[tuple[str, str]]:
    """Signed as Twilio documents it, whatever the form holds."""
    form: dict[str, set[str]] = {}
    for name, value in parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True):
        form.setdefault(name, set()).add(value)
    text = BASE + path + "".join(name + value for name in sorted(form) for value in sorted(form[name]))
    mark = base64.b64encode(hmac.new(TOKEN.encode(), text.encode("utf-8", "surrogatepass"), sha1).digest()).decode()
    return [("Content-Type", "application/x-www-form-urlencoded"), ("X-Twilio-Signature", mark)]


def of_meta(_path: str, body: bytes) -> list[tuple[str, str]]:
    mark = hmac.new(APP_SECRET.encode(), body, sha256).hexdigest()
    return [("Content-Type", "application/json"), ("X-Hub-Signature-256", f"sha256={mark}")]


def of_telegram(_path: str, _body: bytes) -> list[tuple[str, str]]:
    secret = _secret(TelegramConfig.model_validate(CONFIGS["telegram"]))
    return [("Content-Type", "application/json"), ("X-Telegram-Bot-Api-Secret-Token", secret)]


SIGNED: dict[str, Callable[[str, bytes], list[tuple[str, str]]]] = {
    "sms": of_twilio,
    "telegram": of_telegram,
    "messenger": of_meta,
}


def damaged(chance: random.Random, kind: str) -> bytes:
    """One of the recorded payloads, broken as bytes or as what it says."""
    known = [payload(kind, name) for name in names(kind)]
    raw = chance.choice(known)
    if chance.random() < 0.3:
        return mutated(chance, raw, known)
    if chance.random() < 0.1:
        return soup(chance)
    if kind == "sms":
        fields = parse_qsl(raw.decode(), keep_blank_values=True)
        for _ in range(chance.randint(1, 3)):
            at = chance.randrange(len(fields))
            fields[at] = (
                fields[at][0],
                chance.choice(["", "\x00", "-1", "9" * 300, "x" * 5_000, "\u202e", "è€😊", "NaN"]),
            )
        return urlencode(fields).encode()
    try:
        return json.dumps(_twisted(chance, json.loads(raw))).encode()
    except (ValueError, RecursionError):
        return raw


def _twisted(chance: random.Random, value: Any) -> Any:
    if chance.random() < 0.06:
        return chance.choice([None, True, -1, 10**30, 1.5, "", "\x00", "\ud800", "x" * 5_000, [], [[]], {}, {"id": {}}])
    if isinstance(value, dict):
        return {key: _twisted(chance, part) for key, part in value.items() if chance.random() > 0.03}
    if isinstance(value, list):
        return [_twisted(chance, part) for part in value] * chance.choice((1, 1, 1, 2))
    return value


@pytest.mark.parametrize("kind", sorted(SIGNED))
def test_what_is_signed_is_kept_and_ends_with_an_outcome(line: Line, kind: str, full: bool) -> None:
    chance = random.Random(kind)
    path = channels.hook_path(line.rows[kind])
    for number in range(5_000 if full else 40):
        body = damaged(chance, kind)
        before, _ = line.kept()
        status = line.call("POST", path, SIGNED[kind](path, body), body)
        assert status in {200, 403}, (status, body[:300])
        assert line.kept()[0] == before + 1 or number > REFUSED_PER_HOUR, body[:300]
        while journal.work_due(line.store):
            pass
    with line.store.reading() as work:
        reasons = work.scalars(select(JournalItem.reason).where(JournalItem.reason.is_not(None))).all()
        assert {reason for reason in reasons if FELL.match(reason or "")} == set()
        ended = work.scalar(select(func.count(func.distinct(JournalItem.entry_id))))
        assert ended == work.scalar(select(func.count()).select_from(JournalEntry))


def test_what_nobody_signed_is_refused_and_leaves_a_line(line: Line, full: bool) -> None:
    chance = random.Random(11)
    for _ in range(2_000 if full else 40):
        kind = chance.choice(sorted(SIGNED))
        body = damaged(chance, kind)
        name, value = chance.choice(
            [
                ("X-Twilio-Signature", "perché"),
                ("X-Twilio-Signature", "=" * 5_000),
                ("X-Hub-Signature-256", "sha256="),
                ("X-Hub-Signature-256", "sha256=" + "ü" * 64),
                ("X-Telegram-Bot-Api-Secret-Token", "\xff\xfe"),
                ("Content-Type", "multipart/form-data; boundary=\xe8"),
                ("Content-Type", "application/json; charset=hex"),
                ("Authorization", "Basic ===="),
            ]
        )
        before = line.kept()
        status = line.call("POST", channels.hook_path(line.rows[kind]), [(name, value)], body)
        after = line.kept()
        assert status == 403, (status, kind, name, body[:300])
        assert after[1] == before[1] + 1
        assert after[0] == before[0] + 1 or after[1] > REFUSED_PER_HOUR


def test_no_path_below_the_hooks_is_a_fault_of_ours(line: Line, full: bool) -> None:
    chance = random.Random(13)
    ids = [row.id for row in line.rows.values()] + ["", "0", "x" * 3_000, "..", "%00", "%2e%2e", "è", "'", "\x7f"]
    kinds = [*CONFIGS, "", "voice", "%2F", "sms%00", "💥", "x" * 500]
    modes = [
        "",
        "/",
        "/mailgun",
        "/sendgrid",
        "/postmark",
        "/%ff",
        "/a/b/c",
        "?hub.mode=subscribe&hub.verify_token=x",
        "?a=%zz",
    ]
    for _ in range(3_000 if full else 150):
        kind, channel = quote(chance.choice(kinds), safe="%"), quote(chance.choice(ids), safe="%.")
        path = f"/hooks/{kind}/{channel}{chance.choice(modes)}"
        method = chance.choice(["GET", "POST", "POST", "PUT", "DELETE", "HEAD", "OPTIONS", "PATCH"])
        status = line.call(
            method, path, [("Content-Type", chance.choice(["", "text/plain", 'a/b; x="']))], soup(chance)
        )
        assert status < 500, (status, method, path)


def test_an_id_that_a_database_cannot_be_asked_for_is_no_channel(line: Line) -> None:
    for path in ("/hooks/sms/%00", "/hooks/sms/a%00b", "/hooks/telegram/%ED%A0%80", "/hooks/sms/" + "è" * 40):
        assert line.call("POST", path, [], b"") == 404


def test_a_chat_frame_of_any_bytes_is_refused_or_read() -> None:
    connector, chance = registry()["chat"], random.Random(17)
    config = ChatConfig.model_validate(CONFIGS["chat"])
    known = [payload("chat", name) for name in names("chat")]
    for _ in range(500):
        body = mutated(chance, chance.choice(known), known) if chance.random() < 0.7 else soup(chance)
        request = Request("POST", BASE + "/hooks/chat/x", [("Content-Type", "application/json")], body)
        with contextlib.suppress(Refused):
            connector.verify(config, request)
        assert connector.parse(config, request)
