"""Channels by the command line, against a provider that really answers."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from inbox.actions import channels
from inbox.sandbox.running import Sandbox
from inbox.store import Store
from tests.cli.conftest import Ran, Run


@pytest.fixture
def sandbox(tmp_path: Path) -> Iterator[Sandbox]:
    with Sandbox(tmp_path / "sandbox") as running:
        yield running


@pytest.fixture
def sms(sandbox: Sandbox) -> dict[str, Any]:
    account = sandbox.accounts()["sms"]
    return {name: account[name] for name in ("account_sid", "auth_token", "number", "api_base")}


def add(run: Run, config: dict[str, Any], *more: str) -> Ran:
    return run("channel", "add", "sms", "--name", "shop-sms", "--config", "-", *more, stdin=json.dumps(config).encode())


def test_adding_prints_what_a_provider_must_know(run: Run, store: Store, sms: dict[str, Any]) -> None:
    told = add(run, sms, "--title", "Shop", "--json").json
    assert list(told) == ["id", "kind", "name", "address", "hook_path"]
    assert (told["kind"], told["name"], told["address"]) == ("sms", "shop-sms", sms["number"])
    assert told["hook_path"] == f"/hooks/sms/{told['id']}"
    with store.reading() as work:
        row = channels.find(work, "shop-sms")
        assert sms["auth_token"] not in json.dumps(row.config) + row.secrets
        assert channels.config_of(work, row).model_dump()["auth_token"].get_secret_value() == sms["auth_token"]


def test_the_list_tells_how_a_channel_is(run: Run, store: Store, sms: dict[str, Any]) -> None:
    add(run, sms)
    [told] = run("channel", "list", "--json").json
    assert told["hook"].endswith(told["hook_path"] + "#rc=5&rp=all")
    assert (told["enabled"], told["problem"]) == (True, None)
    with store.transaction() as work:
        channels.broken(work, channels.find(work, "shop-sms"), "login", "the login was refused")
    assert "the login was refused" in run("channel", "list").out


def test_a_check_asks_the_provider(run: Run, surroundings: object, sms: dict[str, Any]) -> None:
    add(run, sms)
    ran = run("channel", "check", "shop-sms")
    assert (ran.code, ran.err) == (0, "")
    assert "is active" in ran.out
    assert run("channel", "check", "shop-sms", "--json").json["ok"] is True


def test_a_check_that_fails_ends_with_1_and_a_sentence_without_the_secret(
    run: Run, surroundings: object, sms: dict[str, Any]
) -> None:
    add(run, {**sms, "auth_token": "wrong-" + "0" * 26})
    ran = run("channel", "check", "shop-sms")
    assert (ran.code, ran.out) == (1, "")
    assert ran.err.count("\n") == 1
    assert "wrong-0" not in ran.err


def test_a_provider_that_is_away_is_a_sentence(run: Run, surroundings: object, sms: dict[str, Any]) -> None:
    add(run, {**sms, "api_base": "http://127.0.0.1:9"})
    ran = run("channel", "check", "shop-sms")
    assert ran.code == 1
    assert ran.err.count("\n") == 1


def test_the_same_name_twice_is_refused(run: Run, surroundings: object, sms: dict[str, Any]) -> None:
    add(run, sms)
    ran = add(run, sms)
    assert (ran.code, ran.err) == (1, "there is a channel shop-sms already\n")


def test_removing_asks_first(run: Run, surroundings: object, sms: dict[str, Any]) -> None:
    add(run, sms)
    assert run("channel", "remove", "shop-sms", stdin=b"n\n").code == 130
    assert len(run("channel", "list", "--json").json) == 1
    assert run("channel", "remove", "shop-sms", stdin=b"y\n").code == 0
    assert run("channel", "list", "--json").json == []
    assert add(run, sms).code == 0


def test_kinds_and_their_settings_are_listed(run: Run, surroundings: object) -> None:
    assert {"sms", "chat", "telegram", "messenger"} <= {one["kind"] for one in run("channel", "kinds", "--json").json}
    assert "account_sid" in run("channel", "kinds", "sms").out
    assert run("channel", "kinds", "sms", "--json").json["properties"]["auth_token"]["writeOnly"] is True


def test_connecting_without_a_public_address_says_so(run: Run, surroundings: object, sms: dict[str, Any]) -> None:
    ran = add(run, sms, "--connect", "--json")
    assert ran.code == 0
    assert list(ran.json) == ["id", "kind", "name", "address", "hook_path"]
    assert run("channel", "connect", "shop-sms").out == "There is nothing to tell this provider from here.\n"
