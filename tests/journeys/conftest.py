"""Journeys run against a whole desk and, where somebody looks at it, a real Chromium."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.desk import PASSWORD, RunningDesk


@pytest.fixture
def desk(database_url: str, data_dir: Path) -> Iterator[RunningDesk]:
    """A set-up desk with a sandbox, not yet running: add channels, then ``desk.start()``."""
    with RunningDesk(database_url, data_dir) as running:
        yield running


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
