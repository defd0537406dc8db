"""Signing in to a mailbox from the channel's page: there and back in a browser, by code, and back with a refusal."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from inbox import clock
from inbox.actions import channels, grants
from inbox.sandbox.running import Sandbox
from inbox.store import Channel
from tests.web.conftest import Browser, TestDesk, told, words
from tests.web.test_channels import checklist, config


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox() as running:
        yield running


def form(sandbox: Sandbox, provider: str, address: str) -> dict[str, Any]:
    mail = sandbox.accounts()["email"]
    return config(
        {
            "address": address,
            "sign_in": provider,
            **mail["sign_in"],
            "tenant": "common",
            "imap_host": mail["imap"]["host"],
            "imap_port": str(mail["imap"]["port"]),
            "imap_security": "plain",
            "smtp_host": mail["smtp"]["host"],
            "smtp_port": str(mail["smtp"]["port"]),
            "smtp_security": "plain",
            "folders": "INBOX",
            "since": "now",
            "since_days": "30",
            "size_limit_mb": "50",
            "inbound": "none",
        }
    )


def create(desk: TestDesk, admin: Browser, sandbox: Sandbox, provider: str = "google") -> Channel:
    address = f"m-{uuid.uuid4().hex[:8]}@cirro.example"
    sandbox.add("email", address=address, password="never used")
    answer = admin.post("/settings/channels/create", kind="email", name="Posta", **form(sandbox, provider, address))
    assert answer.status_code == 303, words(answer)
    page = admin.follow(answer)
    assert "sign in to the account under Connection" in told(page)
    with desk.store.reading() as work:
        return channels.find(work, answer.headers["Location"].split("/channels/")[1].split("?")[0])


def go(admin: Browser, row: Channel) -> str:
    """The button; gives where it leads."""
    answer = admin.get(f"/settings/channels/{row.id}/sign-in")
    assert answer.status_code == 302
    return str(answer.headers["Location"])


def come_back(admin: Browser, url: str) -> Any:
    parts = urlsplit(url)
    return admin.follow(admin.get(f"{parts.path}?{parts.query}"))


def test_an_admin_signs_in_at_the_provider_and_comes_back(desk: TestDesk, admin: Browser, sandbox: Sandbox) -> None:
    row = create(desk, admin, sandbox)
    page = admin.get(f"/settings/channels/{row.id}?step=connect")
    assert checklist(page)["Signed in at Google"] == "todo"
    assert f"{desk.settings.base_url}/settings/channels/signed-in" in page.text
    away = go(admin, row)
    asked = parse_qs(urlsplit(away).query)
    assert asked["code_challenge_method"] == ["S256"]
    assert asked["login_hint"] == [row.address]
    assert asked["scope"] == ["https://mail.google.com/"]
    page = come_back(admin, sandbox.email.consent(away))
    assert "Signed in. What waited to leave leaves now." in words(page)
    assert "lets us read INBOX" in words(page)
    found = checklist(page)
    assert (found["Email answers"], found["Signed in at Google"]) == ("ok", "ok")


def test_a_way_back_that_was_not_begun_here_signs_nobody_in(desk: TestDesk, admin: Browser, sandbox: Sandbox) -> None:
    row = create(desk, admin, sandbox)
    came_back = sandbox.email.consent(go(admin, row))
    forged = came_back.replace("state=", "state=x")
    assert "was not begun here" in words(come_back(admin, forged))
    assert "was not begun here" in words(come_back(admin, came_back))  # the state is good once
    assert desk.channel(row.name).signed_in_at is None


def test_a_refusal_at_the_provider_is_said(desk: TestDesk, admin: Browser, sandbox: Sandbox) -> None:
    row = create(desk, admin, sandbox)
    page = come_back(admin, sandbox.email.consent(go(admin, row), answer="no"))
    assert "The provider did not let us in: access_denied" in words(page)
    assert desk.channel(row.name).signed_in_at is None


def test_only_who_may_change_settings_may_sign_a_channel_in(desk: TestDesk, admin: Browser, sandbox: Sandbox) -> None:
    row = create(desk, admin, sandbox)
    agent = desk.browser("agent")
    for path in (f"/settings/channels/{row.id}/sign-in", "/settings/channels/signed-in?code=x&state=y"):
        assert agent.get(path).status_code == 403


def test_a_microsoft_mailbox_is_signed_in_to_by_a_code(desk: TestDesk, admin: Browser, sandbox: Sandbox) -> None:
    row = create(desk, admin, sandbox, "microsoft")
    page = admin.follow(admin.post(f"/settings/channels/{row.id}/sign-in/code"))
    assert checklist(page)["Signed in at Microsoft"] == "waiting"
    with desk.store.reading() as work:
        device = grants.device_of(work, desk.channel(row.name))
    assert device is not None
    assert device.user_code in words(page)
    sandbox.email.type_code(device.user_code, address=row.address)
    with desk.store.transaction() as work:
        work.get_one(Channel, row.id).device_at = clock.now() - timedelta(seconds=1)
    grants.ask_devices(desk.store)
    page = admin.get(f"/settings/channels/{row.id}?step=connect")
    assert checklist(page)["Signed in at Microsoft"] == "ok"
    assert device.user_code not in words(page)


def test_a_channel_whose_account_was_taken_back_says_so_and_offers_the_way(
    desk: TestDesk, admin: Browser, sandbox: Sandbox
) -> None:
    row = create(desk, admin, sandbox)
    come_back(admin, sandbox.email.consent(go(admin, row)))
    sandbox.email.revoke(address=row.address)
    admin.post(f"/settings/channels/{row.id}/check")
    page = admin.get(f"/settings/channels/{row.id}?step=connect")
    assert "Google wants you to sign in again. Nothing is lost" in words(page)
    assert checklist(page)["It does not work"] == "bad"
    come_back(admin, sandbox.email.consent(go(admin, row)))
    assert desk.channel(row.name).problem == ""
