"""A list of thousands: only what is seen is in the page, wherever its reader is, and nothing is lost on the way."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import delete, func, insert, select

from inbox import clock
from inbox.actions import tickets
from inbox.actions.who import SYSTEM
from inbox.store import Ticket, TicketTag
from tests.journeys.desk import RunningDesk, until
from tests.ui.conftest import SignIn

COUNT = 2000
AT_MOST = 200  # rows in the page: some pages around the view
SEEN = """() => {
  const box = document.querySelector(".convs").getBoundingClientRect();
  return document.elementFromPoint(box.left + 150, box.top + 120).closest(".conv")?.id ?? "";
}"""  # nothing while a list that comes back is not yet at its place
PATIENCE_S = 60.0
SELECTED = "[data-bulk-target=count]"


@pytest.fixture
def first(desk: RunningDesk) -> Iterator[int]:
    """So many pending tickets, an hour old and older, under a tag; the number of the newest."""
    with desk.store.transaction() as work:
        ticket = work.scalars(select(Ticket).limit(1)).unique().first()
        start = (work.scalar(select(func.max(Ticket.id))) or 0) + 1
        like = {"channel_id": desk.channels["sms"].id, "kind": "sms", "customer_id": ticket and ticket.customer_id}
        now = clock.now() - dt.timedelta(hours=1)
        rows = []
        for n in range(COUNT):
            at = now - dt.timedelta(minutes=n)
            times = dict.fromkeys(("created_at", "updated_at", "active_at"), at)
            text = {
                "subject": f"Lunga {n}",
                "preview": "Quando torna?",
                "preview_direction": "in",
                "preview_kind": "sms",
            }
            state = {"status": "pending", "priority": "normal", "attention": "", "imported": False, "version": 1}
            rows.append({"id": start + n, **like, **times, **text, **state})
        work.execute(insert(Ticket), rows)
        work.execute(insert(TicketTag), [{"ticket_id": start + n, "tag": "lunga"} for n in range(COUNT)])
    yield start
    with desk.store.transaction() as work:
        work.execute(delete(TicketTag).where(TicketTag.tag == "lunga"))
        work.execute(delete(Ticket).where(Ticket.id.between(start, start + COUNT - 1)))


def rows(page: Page) -> int:
    return page.locator("#rows .conv").count()


def wheel(page: Page, by: int, found: str) -> None:
    """Turns the wheel until a row is there; there are never many."""
    end = time.monotonic() + PATIENCE_S
    while not page.locator(found).count():
        assert time.monotonic() < end, f"{found} did not come"
        page.mouse.wheel(0, by)
        page.wait_for_timeout(30)
        assert rows(page) <= AT_MOST


def seen(page: Page) -> str:
    """The row that stands there once the list stands still."""

    def still() -> str:
        found = str(page.evaluate(SEEN))
        page.wait_for_timeout(200)
        return found if page.evaluate(SEEN) == found else ""

    return str(until("a row is seen", still))


def test_a_long_list_has_only_what_is_seen_in_the_page(sign_in: SignIn, desk: RunningDesk, first: int) -> None:
    page = sign_in("sara")
    page.goto(f"{desk.url}/tickets?view=custom&status=pending&tag=lunga")
    expect(page.locator(f"#row-{first}")).to_have_attribute("aria-posinset", "1")
    page.locator(f"#row-{first + 1} .check").click()
    page.mouse.move(400, 500)
    wheel(page, 900, f"#row-{first + 480}")
    assert page.locator(f"#row-{first}").count() == 0
    # rows that left the page are still chosen, and a range reaches back to them
    expect(page.locator(SELECTED)).to_have_text("1 selected")
    page.locator(f"#row-{first + 480} .check").click(modifiers=["Shift"])
    expect(page.locator(SELECTED)).to_have_text("480 selected")
    page.keyboard.press("Escape")
    page.locator(f"#row-{first + 480} .conv-a").focus()
    # what comes and goes above does not move what is read
    before = seen(page)
    with desk.store.transaction() as work:
        tickets.tag(work, SYSTEM, first + COUNT - 5, "presto")
        tickets.set_status(work, SYSTEM, first + 2, "resolved")
        tickets.prioritise(work, SYSTEM, first + 3, "urgent")
    page.mouse.move(1200, 500)
    page.evaluate("document.activeElement.blur()")
    page.wait_for_timeout(600)
    assert seen(page) == before
    page.reload()
    until("the same place", lambda: page.locator(f"#{before}").count() and page.evaluate(SEEN) == before)
    # to the end and back, by keys
    page.locator(f"#{before} .conv-a").focus()
    page.keyboard.press("End")
    expect(page.locator(f"#row-{first + COUNT - 1} .conv-a")).to_be_focused()
    reached = page.locator(f"#row-{first + COUNT - 121} .conv-a:focus")
    end = time.monotonic() + PATIENCE_S
    while not reached.count():  # a key that comes before its page has no row to go to
        assert time.monotonic() < end, "120 rows up did not come"
        page.keyboard.press("k")
    expect(reached).to_be_visible()
    assert rows(page) <= AT_MOST
    page.keyboard.press("Home")
    expect(page.locator(f"#row-{first} .conv-a")).to_be_focused()
    expect(page.locator(f"#row-{first + 3} .prio")).to_have_count(1)
    assert page.locator(f"#row-{first + 2}").count() == 0
    # back from elsewhere
    page.mouse.move(400, 500)
    wheel(page, 900, f"#row-{first + 150}")
    before = seen(page)
    page.locator("#views a[href*='view=mine']").click()
    page.wait_for_url("**view=mine*")
    page.go_back()
    until("the same place", lambda: page.locator(f"#{before}").count() and page.evaluate(SEEN) == before)
    page.mouse.move(400, 500)
    wheel(page, -900, f"#row-{first}")
