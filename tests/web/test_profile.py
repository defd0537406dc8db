"""One's own page of notices: what was chosen stands there, what is wrong is said where it was typed."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from inbox.store import Agent, Device, Post
from inbox.web.profile import browser_name
from tests.web.conftest import TestDesk, said, told


def test_what_is_ticked_is_kept_and_shown(desk: TestDesk) -> None:
    browser = desk.browser("agent")
    page = browser.get("/me/notices").text
    assert page.count('name="way.') == 8 * (page.count('<th scope="col">') - 1)
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


def test_a_browser_is_taken_in_replaced_and_removed(desk: TestDesk) -> None:
    browser = desk.browser("agent")
    key = "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4"
    parts = {"endpoint": "https://push.example/a", "key": key, "secret": "BTBZMqHH6r4Tts7J_aSIgg"}
    assert said(browser.post("/me/devices", **{**parts, "secret": "x"})) == [
        "This browser did not say how it can be reached. Try again."
    ]
    browser.follow(browser.post("/me/devices", **parts))
    page = browser.get("/me/notices").text
    assert "Browser" in page
    browser.post("/me/devices", **{**parts, "old": parts["endpoint"], "endpoint": "https://push.example/b"})
    with desk.store.reading() as work:
        [device] = work.scalars(select(Device)).all()
        assert (device.endpoint, device.agent_id) == ("https://push.example/b", desk.who("agent").id)
    assert desk.browser("supervisor").post(f"/me/devices/{device.id}/forget").status_code == 404
    browser.follow(browser.post(f"/me/devices/{device.id}/ring"))
    browser.follow(browser.post(f"/me/devices/{device.id}/forget"))
    with desk.store.reading() as work:
        assert work.scalar(select(Device.id)) is work.scalar(select(Post.id)) is None


def test_a_browser_has_a_name_that_its_owner_knows() -> None:
    agent = "Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0 Mobile Safari/537.36"
    assert browser_name(agent) == "Chrome · Android"
    assert browser_name("curl/8") == ""


def test_ones_own_keys_are_on_every_page_and_in_the_list_of_keys(desk: TestDesk) -> None:
    browser = desk.browser("agent")
    answer = browser.post("/me/keys", **{"key.reply": "n", "single": "on"})
    assert said(answer) == ["n is the key of two commands: change one of them."] * 2
    browser.follow(browser.post("/me/keys", **{"key.reply": "q", "key.note": "Q"}))
    page = browser.get("/search").text
    assert "&#34;reply&#34;: &#34;q&#34;" in page
    assert 'data-single-keys="off"' in page
    shown = page.split('id="shortcuts"')[1].split("</dialog>")[0]
    assert '<dt>Reply</dt><dd class="keys"><kbd>Q</kbd></dd>' in shown
    assert '<dt>Note</dt><dd class="keys"><kbd>⇧</kbd><kbd>Q</kbd></dd>' in shown
    assert "Single keys are switched off." in shown
    browser.follow(browser.post("/me/keys", **{"key.reply": "q", "reset": "on"}))
    page = browser.get("/search").text
    assert "&#34;reply&#34;: &#34;r&#34;" in page
    assert 'data-single-keys="on"' in page
