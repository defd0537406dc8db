"""Rules as forms: written, tried without doing anything, switched, and read in their log, all without scripts."""

from __future__ import annotations

import datetime as dt

import pytest

from inbox import clock
from inbox.actions import routing
from inbox.actions.who import SYSTEM
from inbox.reading import rehearsal
from inbox.store import Rule, RuleRun, Ticket
from inbox.worker.rules import Rules
from tests.web.conftest import TestDesk, said, words

FORM = {
    "event": "message",
    "most": "500",
    "if-1": "text:",
    "words-1": "Rimborso, refund",
    "if-2": "priority:urgent",
    "not-2": "on",
    "step-1": "tag:",
    "text-1": "Rimborsi",
    "step-2": "priority:high",
    "step-3": "reply:",
    "text-3": "Grazie,\nsiamo chiusi. {desk.name}",
}


def test_a_rule_is_written_tried_and_read_in_its_log(desk: TestDesk) -> None:
    mailbox = desk.add_channel("email", "rules", address="rules@bottega.example")
    before = desk.mail_in(mailbox, "Chiara <chiara@studio.example>", "Vecchio", "Vorrei un rimborso")
    desk.mail_in(mailbox, "Anna <anna@altro.example>", "Altro", "Buongiorno")
    boss = desk.browser("supervisor")
    wrong = boss.post("/settings/rules/create", **{**FORM, "name": "", "text-1": ""})
    assert "Give the rule a name of up to 80 letters" in said(wrong)
    assert "siamo chiusi. {desk.name}</textarea>" in wrong.text  # nothing that was typed is lost
    tried = boss.post("/settings/rules/try", **FORM)
    assert "It would have acted 1 time, on 1 ticket." in words(tried)
    assert f'href="/tickets/{before}"' in tried.text
    with desk.store.reading() as work:
        assert work.query(Rule).count() == work.query(RuleRun).count() == 0
        assert work.get_one(Ticket, before).tags == []
    made = boss.post("/settings/rules/create", name="Rimborsi", **FORM)
    page = boss.follow(made)
    assert 'value="Rimborso, refund"' in page.text
    number = desk.mail_in(mailbox, "Bruna <bruna@terzo.example>", "Nuovo", "Chiedo il rimborso, grazie")
    worker = Rules(desk.store)
    while worker.work_due(at_once=True):
        pass
    with desk.store.reading() as work:
        row = work.get_one(Ticket, number)
        assert ([tag.tag for tag in row.tags], row.priority.value) == (["rimborsi"], "high")
    log = words(boss.get(made.headers["Location"]))
    assert f"#{number} Nuovo Add the tag rimborsi · Set the priority: High · Answer by itself:" in log
    assert "Rule Rimborsi added the tag rimborsi" in words(boss.get(f"/tickets/{number}"))
    again = {**FORM, "name": "Rimborsi", "most": "nothing"}
    path = made.headers["Location"]
    assert said(boss.post(path, **again)) == ["A rule acts on 1 to 100000 tickets a day"]
    assert boss.post(path, **{**again, "most": "10"}).status_code == 303
    assert boss.post(f"{path}/switch").status_code == 303
    assert "Off" in words(boss.get("/settings/rules"))
    assert boss.post(f"{path}/remove").status_code == 303


@pytest.mark.parametrize("language", ["en", "it"])
def test_ready_made_rules_are_on_by_one_click_and_only_for_supervisors(desk: TestDesk, language: str) -> None:
    boss = desk.browser("admin", language)
    name = {"en": "urgent", "it": "unhappy"}[language]
    page = boss.get("/settings/rules")
    assert f'value="{name}"' in page.text
    after = boss.follow(boss.post("/settings/rules/ready", ready=name))
    assert f'name="ready" value="{name}"' not in after.text
    assert boss.post("/settings/rules/ready", ready=name).status_code == 409
    assert desk.browser("agent").get("/settings/rules").status_code == 403
    assert boss.get("/settings/rules/new").status_code == 200


def at(day: float) -> dt.datetime:
    return clock.now() - dt.timedelta(days=20 - day)


@pytest.mark.parametrize(
    ("event", "lines", "due"),
    [
        ("silent", [(0, "in"), (1, "out")], [6]),
        ("silent", [(1, "out"), (3, "out")], [8]),
        ("silent", [(1, "out"), (4, "in")], []),
        ("silent", [(1, "out"), (4, "resolved")], []),
        ("silent", [(1, "out"), (4, "snoozed"), (9, "open")], []),
        ("silent", [(1, "out"), (7, "in"), (8, "out")], [6, 13]),
        ("silent", [(18, "out")], []),
        ("unanswered", [(1, "in"), (2, "in")], [6]),
        ("unanswered", [(1, "in"), (2, "out")], []),
        ("unanswered", [(1, "in"), (2, "pending")], []),
        ("unanswered", [(9, "out"), (1, "in"), (10, "in")], [6, 15]),
    ],
)
def test_a_time_is_told_from_what_was_written(event: str, lines: list[tuple[int, str]], due: list[int]) -> None:
    found = rehearsal.moments(event, [(at(day), what) for day, what in lines], dt.timedelta(days=5))
    assert [round((moment - at(0)).total_seconds() / 86400) for moment in found] == due


def test_a_band_that_is_no_more_is_named_where_rules_ask_for_it_and_stays_until_somebody_changes_it(
    desk: TestDesk,
) -> None:
    with desk.store.transaction() as work:
        routing.save_bands(work, SYSTEM, ["oro", "argento"])
    boss = desk.browser("supervisor")
    form = {"name": "Oro", "event": "message", "most": "500", "if-1": "band:oro", "step-1": "tag:", "text-1": "oro"}
    path = boss.post("/settings/rules/create", **form).headers["Location"]
    notice = "“The customer’s band is oro”: this desk has nothing of that name"
    for page in (path, "/settings/rules"):
        assert "this desk has nothing of that name" not in words(boss.get(page))
    with desk.store.transaction() as work:
        routing.save_bands(work, SYSTEM, ["argento"])
    for page in (path, "/settings/rules"):
        assert notice.replace("’", "'") in words(boss.get(page)).replace("’", "'")
    assert 'value="band:oro" selected' in boss.get(path).text
    with desk.store.transaction() as work:
        routing.save_bands(work, SYSTEM, [])
        work.query(Rule).filter_by(name="Oro").delete()
