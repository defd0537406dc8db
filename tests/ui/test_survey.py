"""A survey as its customer presses it: what is under the finger is kept, and in the order in which it was pressed."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, Route, expect
from werkzeug.serving import make_server

from tests.servers.chromium import OpenPage
from tests.ui import stage_pages

STAYED_MS = 2_000
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    server = make_server("127.0.0.1", 0, stage_pages.application(), threaded=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.port}"
    server.shutdown()


class Kept:
    """What the page sent, one answer at a time; each waits for ``let`` where the page is ``slow``."""

    def __init__(self, page: Page, *, slow: bool = False) -> None:
        self.answers: list[str] = []
        self._waiting: list[Route] = []
        self._slow = slow
        self._page = page
        page.route("**/s/*/in", self._take)

    def _take(self, route: Route) -> None:
        self.answers.append(route.request.post_data or "")
        self._waiting.append(route)
        if not self._slow:
            self.let()

    def wait_for(self, n: int) -> None:
        """Until so many answers were sent."""
        while len(self.answers) < n:
            self._page.wait_for_timeout(10)

    def let(self) -> None:
        self._waiting.pop().fulfill(json={"kept": True})


def clicked_in_the_mail(page: Page, address: str) -> None:
    page.clock.install(time=0)
    page.clock.pause_at(1_000)  # it stands still from here on, however busy the machine is
    page.goto(f"{address}/page/survey-proposed")
    expect(page.locator("[name=csat]:checked")).to_have_count(1)


def test_a_score_that_was_clicked_in_a_mail_is_kept_by_who_stays_and_not_by_who_is_gone_at_once(
    page: Page, address: str
) -> None:
    kept = Kept(page)
    clicked_in_the_mail(page, address)
    page.clock.run_for(STAYED_MS - 200)
    assert kept.answers == []
    page.clock.run_for(400)
    expect(page.locator(".notice.ok")).to_have_text("Saved")
    page.clock.run_for(STAYED_MS)
    page.mouse.move(100, 100)
    assert kept.answers == ["csat=5"]


@pytest.mark.parametrize(("name", "score"), [("csat", "1"), ("nps", "2"), ("fcr", "0")])
def test_what_lies_under_a_finger_stays_there_while_the_answer_arrives(
    open_page: OpenPage, address: str, name: str, score: str
) -> None:
    page = open_page(**PHONE)
    kept = Kept(page)
    clicked_in_the_mail(page, address)
    aimed = page.locator(f"label:has([name={name}][value='{score}'])")
    aimed.scroll_into_view_if_needed()
    box = aimed.bounding_box()
    assert box is not None
    finger = [{"x": box["x"] + box["width"] / 2, "y": box["y"] + box["height"] / 2}]
    touch = page.context.new_cdp_session(page)
    touch.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": finger})
    expect(page.locator(".notice.ok")).to_have_text("Saved")
    assert aimed.bounding_box() == box
    touch.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    expect(page.locator(f"[name={name}]:checked")).to_have_value(score)
    kept.wait_for(2)  # "Saved" stands there since the first
    assert kept.answers == ["csat=5", f"{name}={score}"]


def test_presses_leave_one_after_the_other(page: Page, address: str) -> None:
    kept = Kept(page, slow=True)
    page.goto(f"{address}/page/survey-answered")
    for score in ("1", "2", "3"):
        page.locator(f"label:has([name=csat][value='{score}'])").click()
    for n in range(1, 4):
        kept.wait_for(n)
        page.wait_for_timeout(50)  # in which the next one would have left
        assert kept.answers == [f"csat={score}" for score in range(1, n + 1)]
        kept.let()
    expect(page.locator("[data-said]")).to_have_text("Saved")
