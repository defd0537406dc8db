"""The installed Chromium, driven by Playwright; a page that throws or breaks its own content policy fails its test."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from weakref import WeakSet

import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    Playwright,
    WebError,
    expect,
    sync_playwright,
)

MISSING = "Chromium is missing (apt-get install chromium)"

# For what has to come; a busy machine is no bug.
PATIENCE_MS = 30_000
expect.set_options(timeout=PATIENCE_MS)

QUIET = [
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-gpu",
    "--no-first-run",
]

#: Gives a page in a context of its own, like another person's browser; keywords are Playwright's for a context.
OpenPage = Callable[..., Page]


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    """What drives the browsers of a session."""
    with sync_playwright() as started:
        yield started


def launched(playwright: Playwright, *programs: str) -> Browser:
    """The first of the programs that is on the PATH; CHROMIUM names another one."""
    program = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, programs)), None)
    if program is None:
        pytest.skip(MISSING)
    return playwright.chromium.launch(executable_path=program, args=QUIET)


@pytest.fixture(scope="session")
def browser(playwright: Playwright) -> Iterator[Browser]:
    """One Chromium for the session: where it is installed, the same engine without windows of its own, since a window
    that nobody sees takes as long to open as the page in it."""
    started = launched(playwright, "chromium-headless-shell", "chromium")
    yield started
    started.close()


@pytest.fixture(scope="session")
def whole_browser(playwright: Playwright) -> Iterator[Browser]:
    """Chromium with all that it has around a page: installed apps, notices, push."""
    started = launched(playwright, "chromium")
    yield started
    started.close()


#: The moment at which pages without a desk stand, and those that stand there.
MOMENT = "2026-11-21T09:49:00+01:00"
_held: WeakSet[Page] = WeakSet()


def hold(page: Page) -> None:
    """Lets a page's clock stand, once for all: every further time would run one script more on each load."""
    if page not in _held:
        page.clock.set_fixed_time(MOMENT)
        _held.add(page)


@contextmanager
def watched(browser: Browser) -> Iterator[OpenPage]:
    """Opens pages as other people's browsers would (1440 × 900, English, Rome), and watches them all."""
    complaints: list[str] = []
    contexts: list[BrowserContext] = []

    def watch(message: ConsoleMessage) -> None:
        if "Content Security Policy" in message.text:
            complaints.append(message.text)

    def fault(error: WebError) -> None:
        if error.error.name != "AbortError" and "is aborted" not in error.error.message:  # called off by its page
            complaints.append(error.error.stack or str(error.error))

    def opened(**options: Any) -> Page:
        usual: dict[str, Any] = {
            "viewport": {"width": 1440, "height": 900},
            "locale": "en-GB",
            "timezone_id": "Europe/Rome",
            "service_workers": "block",  # what a test intercepts must not go past it
        }
        context = browser.new_context(**{**usual, **options})
        contexts.append(context)
        context.set_default_timeout(PATIENCE_MS)
        context.on("weberror", fault)
        context.on("console", watch)
        return context.new_page()

    yield opened
    for context in contexts:
        context.close()
    assert not complaints, "the page complained: " + "; ".join(complaints)


@pytest.fixture
def open_page(browser: Browser) -> Iterator[OpenPage]:
    """Pages of one test, each in a browser of its own."""
    with watched(browser) as opened:
        yield opened


@pytest.fixture(scope="module")
def glass(browser: Browser) -> Iterator[Page]:
    """One page for a module's tests that only look, at one address after the other: to open a browser's page takes as
    long as to look at it. It remembers nothing; what it complains about fails the module's last test."""
    with watched(browser) as opened:
        page = opened(reduced_motion="reduce")
        page.add_init_script("try { localStorage.clear(); sessionStorage.clear() } catch {}")
        yield page


@pytest.fixture
def page(open_page: OpenPage) -> Page:
    """A single page, where one person is enough."""
    return open_page()
