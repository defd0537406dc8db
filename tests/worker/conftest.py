"""A desk beside a sandbox in threads; the worker's parts are called by the tests themselves."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from connectors import registry
from inbox.actions import channels
from inbox.actions.who import SYSTEM
from inbox.sandbox.running import Sandbox
from inbox.settings import Settings
from inbox.store import Channel, Event, JournalItem, Store


@dataclass
class Workshop:
    """``connect`` adds a channel at the sandbox; ``outcomes`` is how everything that arrived ended."""

    store: Store
    sandbox: Sandbox

    def connect(self, kind: str, **values: Any) -> str:
        account = self.sandbox.accounts()[kind]
        configs: dict[str, dict[str, Any]] = {
            "sms": {name: account.get(name) for name in ("account_sid", "auth_token", "number", "api_base")},
            "telegram": {"token": account.get("token"), "api_base": account.get("api_base"), "receive": "webhook"},
            "email": {
                "address": account.get("address"),
                "imap_host": (account.get("imap") or {}).get("host"),
                "imap_port": (account.get("imap") or {}).get("port"),
                "imap_security": "plain",
                "imap_user": account.get("address"),
                "imap_password": account.get("password"),
            },
        }
        with self.store.transaction() as work:
            return channels.add(work, SYSTEM, kind=kind, name=kind, values={**configs[kind], **values}).id

    def channel(self, id: str) -> Channel:
        with self.store.reading() as work:
            return work.get_one(Channel, id)

    def outcomes(self) -> list[str]:
        with self.store.reading() as work:
            rows = work.query(JournalItem).order_by(JournalItem.entry_id, JournalItem.n)
            return [row.outcome.value for row in rows]

    def events(self, kind: str) -> list[dict[str, Any]]:
        with self.store.reading() as work:
            return [row.data for row in work.query(Event).filter_by(kind=kind).order_by(Event.seq)]


@contextmanager
def held(store: Store) -> Iterator[None]:
    """Somebody else writes to the same SQLite file all the while."""
    other = sqlite3.connect(store.settings.url.removeprefix("sqlite:///"), isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    try:
        yield
    finally:
        other.execute("ROLLBACK")
        other.close()


class Heard:
    """A log that can be asked."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def warning(self, event: str, **facts: object) -> None:
        self.lines.append(f"{event} {facts.get('what', '')}")

    exception = warning


@pytest.fixture
def store(settings: Settings) -> Iterator[Store]:
    opened = Store(settings, registry())
    yield opened
    opened.close()


@pytest.fixture
def shop(store: Store) -> Iterator[Workshop]:
    with Sandbox() as sandbox:
        sandbox.pace(sent=0.02, delivered=0.02, price=0.02, retry=0.02)
        yield Workshop(store, sandbox)


@pytest.fixture
def impatient_shop(sqlite_url: str, data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Workshop]:
    """One on SQLite that waits for nobody who writes: its database is busy as soon as somebody does."""
    monkeypatch.setattr("inbox.store.engine.BUSY_TIMEOUT_MS", 50)
    settings = Settings(database_url=sqlite_url, data_dir=data_dir)
    settings.prepare()
    store = Store(settings, registry())
    with Sandbox() as sandbox:
        yield Workshop(store, sandbox)
    store.close()


@pytest.fixture
def mailbox(store: Store) -> Channel:
    """A mail channel that fetches nothing."""
    return mail_channel(store, "help@bottega.example")


def mail_channel(store: Store, address: str, **columns: object) -> Channel:
    """One more mail channel, named after its address."""
    channel = Channel(
        kind="email",
        name=address.replace("@", "-").replace(".", "-"),
        address=address,
        config={"address": address},
        **columns,  # type: ignore[arg-type]
    )
    with store.transaction() as work:
        work.add(channel)
    return channel
