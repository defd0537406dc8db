"""The page of the self-assessment: answers between the levels of its questions, and to questions of another."""

from __future__ import annotations

import re
from typing import Any

from inbox import clock
from tests.figures.conftest import add
from tests.web.conftest import TestDesk, words

PAGE = "/reports/maturity"


def answer(item: str, score: float, weight: int = 1) -> dict[str, Any]:
    told = {"item": item, "axis": "innovation", "weight": weight, "score": score}
    return {"id": f"smi-{item}", "kind": "smi.answer", "ts": clock.iso(clock.now()), **told}


def first_choice(page: str, item: str) -> str:
    found = re.search(rf'name="{item}".*?<option value="">([^<]*)', page, re.DOTALL)
    assert found is not None
    return found[1]


def test_the_page_shows_every_answer_that_counts(desk: TestDesk) -> None:
    browser = desk.browser("supervisor")
    assert first_choice(browser.get(PAGE).text, "networks") == "Not answered"
    assert "Answers from elsewhere" not in words(browser.get(PAGE))
    add(desk.store, [answer("networks", 0.335), answer("reach <b>", 0.5, 3)])
    page = browser.get(PAGE)
    assert first_choice(page.text, "networks") == "34 of 100"
    assert "Innovation 46 of 100" in words(page)
    assert "Answers from elsewhere count as well: reach <b> (Innovation, weight 3): 50 of 100." in words(page)
    browser.post(PAGE, networks="", staff="1")
    assert first_choice(browser.get(PAGE).text, "networks") == "34 of 100"
    browser.post(PAGE, networks="1")
    page = browser.get(PAGE)
    assert first_choice(page.text, "networks") == "Not answered"
    assert "Innovation 63 of 100" in words(page)
