"""One writer at a time on SQLite: whoever waits too long is told, and nothing is stored."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from inbox import store as stores
from inbox.errors import Unavailable
from inbox.settings import Settings
from inbox.store import Store


def test_who_waits_too_long_for_a_turn_is_told_and_the_next_one_writes(
    sqlite_url: str, data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stores, "TURN_S", 0.05)
    settings = Settings(database_url=sqlite_url, data_dir=data_dir)
    settings.prepare()
    store = Store(settings)
    inside, leave = threading.Event(), threading.Event()

    def linger() -> None:
        with store.transaction() as work:
            work.append("test.line")
            inside.set()
            leave.wait(30)

    slow = threading.Thread(target=linger)
    slow.start()
    assert inside.wait(30)
    with pytest.raises(Unavailable), store.transaction() as work:
        work.append("test.line")
    leave.set()
    slow.join(30)
    with store.transaction() as work:
        work.append("test.line")
    assert store.last_seq() == 2
    store.close()
