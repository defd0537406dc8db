"""Signing in to a mailbox from a terminal, by a code that is typed on another device."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import pytest

from inbox.actions import channels, grants
from inbox.actions.who import SYSTEM
from inbox.sandbox.running import Sandbox
from inbox.store import Channel, Store
from tests.cli.conftest import Run

OURS = "support@cirro.example"


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox() as running:
        yield running


def add(store: Store, sandbox: Sandbox, provider: str) -> Channel:
    mail = sandbox.accounts()["email"]
    values = {
        "address": OURS,
        "sign_in": provider,
        **mail["sign_in"],
        **{f"{way}_{part}": mail[way][part] for way in ("imap", "smtp") for part in ("host", "port")},
        **{f"{way}_security": "plain" for way in ("imap", "smtp")},
    }
    with store.transaction() as work:
        return channels.add(work, SYSTEM, kind="email", name="support-mail", values=values)


def type_it(store: Store, sandbox: Sandbox, channel: Channel, *, decline: bool) -> threading.Thread:
    """Somebody with a telephone, as soon as there is a code."""

    def wait() -> None:
        end = time.monotonic() + 60
        while time.monotonic() < end:
            with store.reading() as work:
                device = grants.device_of(work, work.get_one(Channel, channel.id))
            if device is not None:
                sandbox.email.type_code(device.user_code, **({"decline": True} if decline else {"address": OURS}))
                return
            time.sleep(0.05)

    thread = threading.Thread(target=wait)
    thread.start()
    return thread


@pytest.mark.parametrize("decline", [False, True])
def test_a_code_is_shown_and_waited_for(run: Run, store: Store, sandbox: Sandbox, decline: bool) -> None:
    channel = add(store, sandbox, "microsoft")
    person = type_it(store, sandbox, channel, decline=decline)
    ran = run("channel", "sign-in", "support-mail")
    person.join()
    assert "/oauth/device and type " in ran.out
    if decline:
        assert (ran.code, ran.err) == (1, "the sign-in was declined or took too long\n")
        return
    assert (ran.code, ran.err) == (0, "")
    assert "Signed in; support-mail works on." in ran.out
    assert run("channel", "check", "support-mail").code == 0


def test_google_gives_no_codes_and_a_password_needs_none(run: Run, store: Store, sandbox: Sandbox) -> None:
    add(store, sandbox, "google")
    ran = run("channel", "sign-in", "support-mail")
    assert (ran.code, ran.err) == (1, "Google gives no codes for mail\n")
    ran = run("doctor", "--json")
    [found] = [one for one in ran.json if one["about"] == "channel support-mail"]
    assert (found["ok"], "sign-in SLUG" in found["do"]) == (False, True)
