"""The desk as an app in a real Chromium: it can be installed, stands up to being offline, and rings."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.journeys.conftest import sign_in
from tests.journeys.desk import RunningDesk, until
from tests.servers.chromium import OpenPage


@pytest.fixture
def browser(whole_browser: Browser) -> Browser:
    """It is the browser that installs an app and shows its notices, not the page."""
    return whole_browser


@pytest.fixture
def desk(sqlite_url: str, data_dir: Path) -> Iterator[RunningDesk]:
    """On one database alone: nothing here knows which."""
    with RunningDesk(sqlite_url, data_dir) as running:
        yield running


def test_the_desk_is_installed_stands_up_offline_and_rings(desk: RunningDesk, open_page: OpenPage) -> None:
    desk.start("web")
    page = open_page(service_workers="allow")
    page.context.grant_permissions(["notifications"], origin=desk.url)
    sign_in(page, desk)
    page.evaluate("() => navigator.serviceWorker.ready.then(() => true)")
    page.reload()
    line = page.context.new_cdp_session(page)
    manifest = line.send("Page.getAppManifest")
    assert manifest["errors"] == []
    assert manifest["url"].startswith(f"{desk.url}/manifest.webmanifest")
    against = line.send("Page.getInstallabilityErrors")["installabilityErrors"]
    assert [one["errorId"] for one in against] == ["in-incognito"]  # what a test's browser is, and nothing else
    page.evaluate("() => localStorage.setItem('kept', 'yes')")
    page.context.set_offline(True)
    page.goto(f"{desk.url}/tickets?view=mine")
    expect(page.get_by_role("heading", name="The desk cannot be reached")).to_be_visible()
    assert page.locator("body").evaluate("(body) => getComputedStyle(body).fontFamily").startswith('"Inter')
    kept = page.evaluate(
        """async () => (await Promise.all((await caches.keys()).map(async (name) =>
            (await (await caches.open(name)).keys()).map(({ url }) => new URL(url).pathname)))).flat()"""
    )
    assert [path for path in kept if not path.startswith("/static/")] == ["/offline"]
    page.context.set_offline(False)
    page.get_by_role("link", name="Try again").click()
    expect(page.locator("#rows")).to_be_attached()
    assert page.url.endswith("/tickets?view=mine")

    found: list[str] = []
    line.on(
        "ServiceWorker.workerRegistrationUpdated",
        lambda told: found.extend(one["registrationId"] for one in told["registrations"]),
    )
    line.send("ServiceWorker.enable")
    until("the registration", lambda: page.evaluate("1") and found)  # asking lets the line's news in
    message = {"title": "Cirro", "body": "New message in #1", "url": "/tickets/1", "tag": "ticket-1", "lang": "en"}
    push = {"origin": desk.url, "registrationId": found[0], "data": json.dumps(message)}
    shown = "async () => (await (await navigator.serviceWorker.ready).getNotifications()).map(({ body }) => body)"
    line.send("ServiceWorker.deliverPushMessage", push)
    page.wait_for_timeout(300)
    assert page.evaluate(shown) == []  # its reader sees it on the page
    page.goto("about:blank")
    line.send("ServiceWorker.deliverPushMessage", push)
    page.goto(f"{desk.url}/offline")
    until("the notice", lambda: page.evaluate(shown) == ["New message in #1"])
