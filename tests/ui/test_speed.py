"""The bench of the screen in its shortest form: every figure comes out. What it is depends on the machine."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser

from bench import screen
from tests.journeys.desk import RunningDesk, until


@pytest.mark.timeout(300)
def test_every_figure_of_the_screen_comes_out(browser: Browser, desk: RunningDesk) -> None:
    for n in range(3):
        desk.sandbox.sms.receive(f"+44770090008{n}", f"Da misurare {n}")
    until("they are tickets", lambda: screen.ticket_of(desk.store, "Da misurare 2"))
    found = screen.figures(browser, desk, screen.SHORT, ("luca", "giulia"))
    assert list(found) == list(screen.LIMITS)
    timed = {name: value for name, value in found.items() if "what else ran" not in name}
    assert all(value > 0 for value in timed.values()), found
    assert found["JavaScript of the first load"] <= 80
    assert found["style sheets of the first load"] <= 15
    assert all(name in screen.line(name, value, value * 2) for name, value in found.items())
