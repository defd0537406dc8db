"""The doctor names each thing that is wrong and what to do, and fails for it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from connectors.base import Request
from inbox import clock
from inbox.actions import channels, journal
from inbox.actions.who import SYSTEM
from inbox.sandbox.running import Sandbox
from inbox.settings import Settings
from inbox.store import Channel, Store
from tests.cli.conftest import Run


@pytest.fixture
def sandbox(tmp_path: Path) -> Iterator[Sandbox]:
    with Sandbox(tmp_path / "sandbox") as running:
        yield running


@pytest.fixture
def ready(run: Run, store: Store, password: Path) -> Store:
    admin = ["--admin", "anna@bottega.example", "--password-file", str(password)]
    assert run("setup", "--name", "Bottega Rossi", *admin).code == 0
    return store


def sms(store: Store, sandbox: Sandbox, **other: Any) -> Channel:
    account = sandbox.accounts()["sms"]
    values = {name: account[name] for name in ("account_sid", "auth_token", "number", "api_base")}
    with store.transaction() as work:
        return channels.add(work, SYSTEM, kind="sms", name="shop-sms", values={**values, **other})


def wrong(run: Run) -> dict[str, tuple[str, str]]:
    """What the doctor calls wrong: about → (detail, what to do)."""
    ran = run("doctor", "--json")
    found = {one["about"]: (one["detail"], one["do"]) for one in ran.json if not one["ok"]}
    assert ran.code == (1 if found else 0)
    return found


def test_a_sound_desk_has_nothing_wrong(run: Run, ready: Store, sandbox: Sandbox) -> None:
    sms(ready, sandbox)
    ran = run("doctor")
    assert (ran.code, ran.err) == (0, "")
    assert "WRONG" not in ran.out
    assert "channel shop-sms: The Twilio account" in ran.out


def test_a_channel_whose_login_is_refused_is_named_with_its_remedy(run: Run, ready: Store, sandbox: Sandbox) -> None:
    sms(ready, sandbox, auth_token="0" * 32)
    assert wrong(run)["channel shop-sms"][1] == "enter the channel's login again"


def test_a_channel_whose_server_is_away_is_named(run: Run, ready: Store, sandbox: Sandbox) -> None:
    sms(ready, sandbox, api_base="http://127.0.0.1:9")
    detail, do = wrong(run)["channel shop-sms"]
    assert detail
    assert "can be reached from here" in do


def test_secrets_that_this_key_does_not_open_are_said(
    run: Run, ready: Store, sandbox: Sandbox, settings: Settings
) -> None:
    sms(ready, sandbox)
    (settings.data_dir / "secret.key").write_text("another key entirely\n")
    detail, do = wrong(run)["channel shop-sms"]
    assert "cannot be opened with this SECRET_KEY" in detail
    assert "put the old SECRET_KEY back" in do


def test_a_key_that_others_can_read_is_said(run: Run, ready: Store, settings: Settings) -> None:
    (settings.data_dir / "secret.key").chmod(0o644)
    assert wrong(run)["SECRET_KEY"][1].startswith("run: chmod 600 ")


def test_a_key_that_is_gone_is_said_and_none_is_made(run: Run, ready: Store, settings: Settings) -> None:
    (settings.data_dir / "secret.key").unlink()
    assert "put the old key back" in wrong(run)["SECRET_KEY"][1]
    assert not (settings.data_dir / "secret.key").exists()


def test_missing_tables_are_said(
    run: Run, empty_database_url: str, data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", empty_database_url)
    monkeypatch.setenv("DATA_DIR", str(data_dir))
    assert wrong(run)["tables"][1] == "run: sportello migrate"


def test_a_database_that_is_away_is_said(run: Run, surroundings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://nobody@127.0.0.1:9/none")
    assert list(wrong(run)) == ["database"]


def test_a_desk_that_is_not_there_is_said_and_not_made(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATA_DIR", str(tmp_path / "nowhere"))
    assert set(wrong(run)) == {"DATA_DIR", "database"}
    assert not (tmp_path / "nowhere").exists()


def test_a_desk_without_an_admin_is_said(run: Run, store: Store) -> None:
    assert "sportello setup" in wrong(run)["set-up"][1]


def test_a_redis_that_is_away_is_said_and_one_that_answers_is_not(
    run: Run, ready: Store, monkeypatch: pytest.MonkeyPatch, redis_url: str
) -> None:
    monkeypatch.setenv("REDIS_URL", "redis://127.0.0.1:9/0")
    assert "start Redis" in wrong(run)["REDIS_URL"][1]
    monkeypatch.setenv("REDIS_URL", redis_url)
    assert wrong(run) == {}


@pytest.mark.parametrize("url", ["desk.bottega.example", "ftp://desk.bottega.example", "https://"])
def test_a_public_address_that_is_none_is_said(
    run: Run, ready: Store, monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    monkeypatch.setenv("PUBLIC_URL", url)
    assert wrong(run)["PUBLIC_URL"][1] == "write it like https://desk.bottega.example"


def test_arrivals_that_nobody_reads_are_said(run: Run, ready: Store, mailbox: Channel) -> None:
    with ready.transaction() as work:
        entry = journal.keep(work, mailbox, Request("PIPE", "pipe:", [], b"mail"))
        entry.due_at = clock.now() - timedelta(minutes=10)
        mailbox_row = work.get_one(Channel, mailbox.id)
        mailbox_row.enabled = False
    assert wrong(run)["worker"] == (
        "1 arrivals and 0 replies are waiting",
        "start it: sportello serve, or sportello worker",
    )
