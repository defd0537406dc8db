"""Rows ticked by keys, as a range, and all of a view; and which rows that come by the line belong to a filter."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.ui import gallery
from tests.ui.test_keys import posted


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with gallery.serving() as url:
        yield url


def expect_ticked(page: Page, count: int) -> None:
    expect(page.locator(".chk .check:checked")).to_have_count(count)


def test_rows_are_ticked_by_keys_as_a_range_and_all_of_the_view(page: Page, address: str) -> None:
    page.goto(f"{address}/tickets?more=1")
    page.keyboard.press("j")
    page.keyboard.press("j")
    for _ in range(2):
        page.keyboard.press("Shift+ArrowDown")
    expect_ticked(page, 3)
    page.keyboard.press("x")
    expect_ticked(page, 2)
    page.keyboard.press("Escape")
    expect_ticked(page, 0)

    boxes = page.locator(".chk .check")
    boxes.nth(4).click()
    boxes.nth(1).click(modifiers=["Shift"])
    expect_ticked(page, 4)
    expect(page.locator("[data-bulk-target=whole]")).to_be_hidden()

    page.keyboard.press("Control+a")
    expect_ticked(page, boxes.count())
    page.locator("[data-bulk-target=whole]").click()
    expect(page.locator("[data-bulk-target=count]")).to_have_text("1,240 selected")
    sent = posted(page, "/tickets/bulk")
    page.locator("[popovertarget=bulk-priority]").click()
    with page.expect_request("**/tickets/bulk*"):
        page.locator("#bulk-priority [value=urgent]").click()
    assert [(form["whole"], form["priority"], "ids" in form) for form in sent] == [(["yes"], ["urgent"], False)]


NOW = time.time()
ROW = {"status": "new", "agent": "", "team": "t1", "channel": "c1", "priority": "high", "attention": "", "waiting": ""}
BELONGS: list[tuple[dict[str, Any], dict[str, list[str]], bool]] = [
    ({}, {}, True),
    ({"status": "pending"}, {}, False),
    ({"status": "closed"}, {"status": ["any"]}, True),
    ({"status": "open"}, {"status": ["pending", "open"], "priority": ["high"]}, True),
    ({"agent": "me1"}, {"agent": ["me"]}, True),
    ({"agent": "other"}, {"agent": ["me", "none"]}, False),
    ({}, {"agent": ["me", "none"], "team": ["t1"], "channel": ["c1"]}, True),
    ({"team": ""}, {"team": ["none"]}, True),
    ({"tags": '["vip","dns"]'}, {"tag": ["dns"]}, True),
    ({}, {"tag": ["dns"]}, False),
    ({"reason": "Resi"}, {"reason": ["none"]}, False),
    ({"waiting": NOW - 5 * 3600}, {"waiting": ["4"]}, True),
    ({"waiting": NOW - 3 * 3600}, {"waiting": ["4"]}, False),
    ({}, {"waiting": ["1"]}, False),
    ({"attention": "failed", "status": "snoozed"}, {"attention": ["yes"], "status": ["any"]}, True),
]


def test_the_browser_says_of_a_row_what_the_desks_query_says(page: Page, address: str) -> None:
    page.goto(f"{address}/blank")
    said = page.evaluate(
        "async (rows) => { const { belongs } = await import('/assets/lib/order.js');"
        " return rows.map(([row, filter]) => belongs(row, filter, 'me1')); }",
        [[{**ROW, **row}, filter] for row, filter, _ in BELONGS],
    )
    assert said == [each[2] for each in BELONGS]
