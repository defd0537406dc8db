"""Handle time from a real browser's stay on a ticket, with no timer to press."""

from __future__ import annotations

import time

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.conftest import answer, sign_in
from tests.journeys.desk import RunningDesk

BEAT_MS = 15_000


@pytest.mark.timeout(240)
def test_forty_seconds_on_a_ticket_are_forty_seconds_of_handling(desk: RunningDesk, page: Page) -> None:
    desk.add_channel("sms")
    desk.start()
    sign_in(page, desk)
    desk.sandbox.sms.receive("+447700900123", "Quando rinnovate il dominio?")
    row = page.locator("#rows .conv").filter(has_text="Quando rinnovate")
    expect(row).to_be_visible()
    row.locator("a.conv-a").click()
    expect(page.get_by_role("log")).to_contain_text("Quando rinnovate")
    opened = time.monotonic()
    answer(page, "Lo rinnoviamo oggi.")
    while (left := 40 - (time.monotonic() - opened)) > 0:
        page.mouse.move(600 + left, 400)  # somebody is there
        page.wait_for_timeout(min(left, 5) * 1000)
    page.goto(f"{desk.url}/board")
    stayed_ms = (time.monotonic() - opened) * 1000
    expect(page.locator(".lanes")).to_be_visible()
    page.wait_for_timeout(1500)
    everything = desk.report(by="channel")["channel=sms"]
    assert everything["aht.n"] == 1
    assert abs(everything["aht.sum_ms"] - 40_000) <= BEAT_MS + max(0, stayed_ms - 40_000), everything["aht.sum_ms"]
    assert everything["cost.labour_direct"] == round(everything["aht.sum_ms"] * 24_000_000 / 3_600_000)
