"""Journeys run against a whole desk and, where somebody looks at it, a real Chromium."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.desk import PASSWORD, RunningDesk
from tests.servers.databases import KINDS
from tests.servers.postgresql import PostgreSQL


@pytest.fixture
def desk(database_url: str, data_dir: Path) -> Iterator[RunningDesk]:
    """A set-up desk with a sandbox, not yet running: add channels, then ``desk.start()``."""
    with RunningDesk(database_url, data_dir) as running:
        yield running


@pytest.fixture(scope="module", params=KINDS)
def shared(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningDesk]:
    """A running desk with a channel of each kind, one for a module's journeys: each has a channel or customers of its
    own, and none disturbs another."""
    folder, name, url = tmp_path_factory.mktemp("shared"), "", ""
    server: PostgreSQL | None = None
    if request.param == "sqlite":
        shutil.copyfile(request.getfixturevalue("sqlite_template"), folder / "sportello.db")
    else:
        server = request.getfixturevalue("postgresql")
        assert server is not None
        name = server.create(request.getfixturevalue("postgresql_template"))
        url = server.url(name)
    with RunningDesk(url, folder) as running:
        running.add_channel("telegram", receive="webhook", secret_token="geheim_1234567890")
        for kind in ("sms", "messenger", "email", "chat"):
            running.add_channel(kind)
        running.start()
        yield running
    if server is not None:
        server.drop(name)


def sign_in(page: Page, desk: RunningDesk, email: str = "luca@cirro.example") -> None:
    """Signs in as a person does and waits for the inbox to be live."""
    page.goto(f"{desk.url}/login")
    page.get_by_label("Email").fill(email)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/tickets**")
    expect(page.locator("#rows")).to_be_attached()


def answer(page: Page, text: str) -> None:
    """Types an answer and sends it by the keyboard."""
    box = page.get_by_label("Message", exact=True)
    box.click()
    box.press_sequentially(text, delay=1)
    box.press("Control+Enter")


def resolve(page: Page, reason: str = "Problem") -> None:
    """Resolves the open ticket by the keyboard, with a reason."""
    page.keyboard.press("Escape")
    page.keyboard.press("e")
    page.locator("#resolve-menu").get_by_role("button", name=reason).click()
    expect(page.locator(".heads")).to_have_attribute("data-status", "resolved")
