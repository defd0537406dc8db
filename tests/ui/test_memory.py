"""Eight hours in one page: what is no longer on the screen is no longer in memory."""

from __future__ import annotations

from functools import partial

from playwright.sync_api import CDPSession

from bench.screen import ticket_of
from tests.journeys.desk import RunningDesk, until
from tests.ui.conftest import SignIn, open_ticket

KEPT = 10  # pages that Turbo keeps for the way back


def nodes(line: CDPSession) -> int:
    """Nodes of the browser's documents, of those too that only a script still holds."""
    for _ in range(3):  # what refers to one another across script and document goes in steps
        line.send("HeapProfiler.collectGarbage")
    told = line.send("Performance.getMetrics")["metrics"]
    return next(int(each["value"]) for each in told if each["name"] == "Nodes")


def test_a_ticket_that_was_left_is_forgotten(sign_in: SignIn, desk: RunningDesk) -> None:
    subjects = [f"Da ricordare {n}" for n in range(2)]
    for n, subject in enumerate(subjects):
        desk.sandbox.sms.receive(f"+44770090030{n}", subject)
    numbers = [until("it is a ticket", partial(ticket_of, desk.store, subject)) for subject in subjects]
    page = sign_in("luca")
    line = page.context.new_cdp_session(page)
    for domain in ("Performance", "HeapProfiler"):
        line.send(f"{domain}.enable")

    def go_through(times: int) -> int:
        for n in range(times):
            open_ticket(page, numbers[n % 2])
        return nodes(line)

    before = go_through(KEPT + 2)
    whole = page.evaluate("document.querySelectorAll('*').length")
    assert go_through(KEPT + 2) - before < 2 * whole
