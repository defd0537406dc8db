"""What single keys press: in menus, in the list without a ticket, in the composer."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import parse_qs

import pytest
from playwright.sync_api import Page, Request, expect

from tests.ui import gallery


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with gallery.serving() as url:
        yield url


def posted(page: Page, path: str) -> list[dict[str, list[str]]]:
    """The forms sent to a path from now on, as they come."""
    found: list[dict[str, list[str]]] = []

    def keep(request: Request) -> None:
        if request.method == "POST" and path in request.url:
            found.append(parse_qs(request.post_data or "", keep_blank_values=True))

    page.on("request", keep)
    return found


def test_enter_in_the_filter_of_a_menu_presses_what_is_shown_first(page: Page, address: str) -> None:
    page.goto(f"{address}/tickets/4821")
    sent = posted(page, "/status")
    page.keyboard.press("e")
    page.keyboard.type("fat")
    expect(page.locator("#resolve-menu .menu-i:visible")).to_have_count(1)
    expect(page.locator("#resolve-menu .menu-i.on .grow")).to_have_text("Fatturazione")
    with page.expect_request("**/status*"):
        page.keyboard.press("Enter")
    assert [each["reason"] for each in sent] == [["Fatturazione"]]


def test_enter_in_an_empty_filter_presses_nothing(page: Page, address: str) -> None:
    page.goto(f"{address}/tickets/4821")
    sent = posted(page, "/status")
    page.keyboard.press("e")
    page.keyboard.press("Enter")
    page.wait_for_timeout(200)
    assert sent == []
    expect(page.locator("#resolve-menu")).to_be_visible()


def test_a_key_about_a_ticket_does_nothing_where_none_is_open_or_ticked(page: Page, address: str) -> None:
    page.goto(f"{address}/tickets")
    sent = posted(page, "/")
    page.keyboard.press("j")
    page.keyboard.press("m")
    page.wait_for_timeout(200)
    assert sent == []
    page.keyboard.press("x")
    with page.expect_request(lambda each: "action" in (each.post_data or "")):
        page.keyboard.press("m")
    assert [each["action"] for each in sent if "action" in each] == [["assign"]]


def test_send_and_resolve_by_key_is_for_once(page: Page, address: str) -> None:
    page.goto(f"{address}/tickets/4821")
    button = page.locator("[data-composer-target=send]")
    usual = button.inner_text()
    page.locator(".comp-in").fill("Fatto!")
    page.keyboard.press("Control+Shift+Enter")
    expect(page.locator("#resolve-menu")).to_be_visible()  # the desk asks why first
    page.keyboard.press("Escape")
    expect(page.locator(".comp-in")).to_have_value("Fatto!")
    page.locator(".comp-in").focus()
    with page.expect_request("**/replies") as sent:
        page.keyboard.press("Control+Shift+Enter")
        page.keyboard.type("ssl")
        page.keyboard.press("Enter")
    body = sent.value.post_data or ""
    assert re.findall(r'name="(reason|then)"\s+(.+?)\s', body) == [("then", "resolve"), ("reason", "Sito")]
    expect(page.locator(".comp-in")).to_have_value("")
    expect(button).to_have_text(usual, use_inner_text=True)
    assert page.evaluate("localStorage.getItem('then')") is None
