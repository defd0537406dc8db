"""Macros as forms: made, shown to whom they belong to, run without scripts."""

from __future__ import annotations

from inbox.actions import words
from inbox.actions.who import SYSTEM
from inbox.store import Macro, Ticket
from tests.web.conftest import TestDesk, said


def test_a_macro_is_made_by_a_form_and_run_without_scripts(desk: TestDesk) -> None:
    mailbox = desk.add_channel("email", "macros", address="macros@bottega.example")
    number = desk.mail_in(mailbox, "Chiara <chiara@studio.example>", "Migrazione")
    with desk.store.transaction() as work:
        canned = words.add_canned(work, SYSTEM, name="fatto", text="Fatto, {customer.first_name}. #{ticket.number}").id
    supervisor, agent = desk.browser("supervisor"), desk.browser("agent")
    steps = {"step-1": "tag:", "text-1": "Migrazione", "step-2": f"insert:{canned}", "step-3": ""}
    wrong = supervisor.post("/settings/macros/create", name="", **{"for": "everybody"}, **steps)
    assert said(wrong) == ["Give the macro a name of up to 80 letters"]
    assert 'value="Migrazione"' in wrong.text  # nothing that was typed is lost
    assert (
        supervisor.post("/settings/macros/create", name="Conclusa", **{"for": "everybody"}, **steps).status_code == 303
    )
    assert agent.post("/settings/macros/create", name="Altra", **{"for": "everybody"}, **steps).status_code == 403
    with desk.store.reading() as work:
        macro = work.query(Macro).filter_by(name="Conclusa").one().id
    page = agent.get(f"/tickets/{number}")
    assert "Conclusa" in page.text
    after = agent.follow(agent.post(f"/tickets/{number}/macros", macro=str(macro)))
    assert f"Fatto, Chiara. #{number}</textarea>" in after.text
    with desk.store.reading() as work:
        assert [tag.tag for tag in work.get_one(Ticket, number).tags] == ["migrazione"]


def test_a_macro_of_somebody_elses_is_nobodys(desk: TestDesk) -> None:
    agent = desk.browser("agent")
    assert (
        agent.post("/settings/macros/create", name="Mia", **{"for": "me", "step-1": "priority:high"}).status_code == 303
    )
    with desk.store.reading() as work:
        mine = work.query(Macro).filter_by(name="Mia").one().id
    assert desk.browser("admin").post(f"/settings/macros/{mine}/remove").status_code == 404
    assert "Mia" not in desk.browser("admin").get("/settings/macros").text
    assert agent.post(f"/settings/macros/{mine}/remove").status_code == 303
