"""Handle time from a real browser's stay on a ticket, with no timer to press."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.conftest import answer, sign_in
from tests.journeys.desk import RunningDesk
from tests.servers.chromium import OpenPage

#: Past one beat (15 s) and well before the next, so that neither stands for the whole of it.
STAY_S = 22
SLACK_MS = 5_000


@pytest.fixture
def desks(sqlite_url: str, postgresql_url: str, data_dir: Path, tmp_path: Path) -> Iterator[list[RunningDesk]]:
    """One on each kind of database, side by side: nobody has to wait twice."""
    other = tmp_path / "other"
    other.mkdir()
    with ExitStack() as running:
        places = ((sqlite_url, data_dir), (postgresql_url, other))
        yield [running.enter_context(RunningDesk(url, folder)) for url, folder in places]


def work_on_a_ticket(desk: RunningDesk, page: Page) -> float:
    """Opens a customer's ticket and answers it; gives when it was opened."""
    sign_in(page, desk)
    desk.sandbox.sms.receive("+447700900123", "Quando rinnovate il dominio?")
    row = page.locator("#rows .conv").filter(has_text="Quando rinnovate")
    expect(row).to_be_visible()
    row.locator("a.conv-a").click()
    expect(page.get_by_role("log")).to_contain_text("Quando rinnovate")
    opened = time.monotonic()
    answer(page, "Lo rinnoviamo oggi.")
    return opened


@pytest.mark.timeout(240)
def test_the_seconds_on_a_ticket_are_the_seconds_of_handling(desks: list[RunningDesk], open_page: OpenPage) -> None:
    for desk in desks:
        desk.add_channel("sms")
        desk.start()
    pages = [open_page() for _desk in desks]
    opened = [work_on_a_ticket(desk, page) for desk, page in zip(desks, pages, strict=True)]
    while (left := STAY_S - (time.monotonic() - opened[-1])) > 0:
        for page in pages:
            page.mouse.move(600 + left, 400)  # somebody is there
        pages[0].wait_for_timeout(min(left, 5) * 1000)
    stayed_ms = []
    for desk, page, since in zip(desks, pages, opened, strict=True):
        page.goto(f"{desk.url}/board")
        stayed_ms.append((time.monotonic() - since) * 1000)
        expect(page.locator(".lanes")).to_be_visible()
    pages[0].wait_for_timeout(1500)
    for desk, stayed in zip(desks, stayed_ms, strict=True):
        everything = desk.report(by="channel")["channel=sms"]
        assert everything["aht.n"] == 1
        over = max(0, stayed - STAY_S * 1000)
        assert abs(everything["aht.sum_ms"] - STAY_S * 1000) <= SLACK_MS + over, everything["aht.sum_ms"]
        assert everything["cost.labour_direct"] == round(everything["aht.sum_ms"] * 24_000_000 / 3_600_000)
