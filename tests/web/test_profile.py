"""One's own page of notices: what was chosen stands there, what is wrong is said where it was typed."""

from __future__ import annotations

from typing import Any

from inbox.store import Agent
from tests.web.conftest import TestDesk, said, told


def test_what_is_ticked_is_kept_and_shown(desk: TestDesk) -> None:
    browser = desk.browser("agent")
    page = browser.get("/me/notices").text
    assert page.count('name="way.') == 7 * page.count('<th scope="col">') - 7
    chosen: dict[str, Any] = {"way.late": ["mail"], "way.soon": ["page", "mail"], "digest_m": "15"}
    answer = browser.post("/me/notices/rules", **chosen)
    assert told(browser.follow(answer)) == "Saved."
    with desk.store.reading() as work:
        agent: Agent = desk.agent(work, "agent")
        assert (agent.notices["late"], agent.notices["reply"], agent.digest_m) == (["mail"], [], 15)
    page = browser.get("/me/notices").text
    assert 'name="way.late" value="mail" checked' in page
    assert 'name="way.late" value="page" >' in page


def test_hours_are_checked_where_they_were_typed(desk: TestDesk) -> None:
    browser = desk.browser("agent")
    form: dict[str, Any] = {"on": "on", "days": ["0", "2"], "from": "8:00", "to": "19:30", "zone": "Europe/Rome"}
    assert browser.post("/me/notices/hours", **{**form, "from": "late"}).status_code == 422
    answer = browser.post("/me/notices/hours", **{**form, "days": []})
    assert said(answer) == ["Choose at least one day."]
    assert 'name="to" type="time" value="19:30"' in answer.text
    browser.follow(browser.post("/me/notices/hours", **form))
    with desk.store.reading() as work:
        kept = {"days": [0, 2], "from": "08:00", "to": "19:30", "zone": "Europe/Rome"}
        assert desk.agent(work, "agent").quiet == kept
    browser.post("/me/notices/hours", zone="nonsense")  # switched off, whatever else is sent
    with desk.store.reading() as work:
        assert desk.agent(work, "agent").quiet == {}
