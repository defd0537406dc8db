"""Custom fields on the screen and by REST: filled in beside the ticket, refused with a sentence where they stand."""

from __future__ import annotations

from typing import Any

from inbox.actions import fields
from inbox.actions.fields import key
from inbox.web.gate import STREAM
from tests.web.conftest import TestDesk, said, told, words


def test_the_admin_defines_fields_and_agents_fill_them_in(desk: TestDesk) -> None:
    admin, agent = desk.browser("admin"), desk.browser("agent")
    assert said(admin.post("/settings/fields/create", name="Piano", kind="list", choices="")) == [
        "Write 1 to 100 values, one a line, each of up to 100 letters."
    ]
    assert told(admin.follow(admin.post("/settings/fields/create", name="Piano", kind="list", choices="A\nB"))) == (
        "Saved."
    )
    admin.post("/settings/fields/create", name="Firmato", kind="tick")
    with desk.store.reading() as work:
        plan, signed = (key(one.id) for one in fields.active(work) if one.name in {"Piano", "Firmato"})
    number = desk.mail_in(desk.add_channel("email", "fields", address="fields@bottega.example"), "c@s.example", "Uno")
    page = agent.get(f"/tickets/{number}").text
    assert f'name="{plan}"' in page
    address = f"/tickets/{number}/fields"
    both: dict[str, Any] = {"fields": [plan, signed]}
    wrong = agent.post(address, accept=STREAM, **both, **{plan: "C", signed: "yes"})
    assert (wrong.status_code, said(wrong)) == (422, ["Choose one of the values offered."])
    assert "checked" in wrong.text  # what was typed stands there still
    saved = agent.post(address, accept=STREAM, **both, **{plan: "B", signed: "yes"})
    assert saved.status_code == 200
    assert "Saved." in saved.text
    assert 'data-fields="[' in saved.text
    agent.follow(agent.post(address, **both, **{plan: "B"}))  # a tick that is not sent is none
    history = words(agent.get(f"/tickets/{number}/customer"))
    assert "set Piano to B" in history
    assert "emptied Firmato" in history
    by_filter = words(agent.get(f"/tickets?view=custom&field={plan.removeprefix('field-')}:B"))
    assert "Uno" in by_filter
    assert "Piano: B" in by_filter
