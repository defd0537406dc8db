"""Who may do what: every address of the desk against every role, and against nobody; a new address must be put here."""

from __future__ import annotations

import re
from typing import Any

import pytest

from inbox.actions import people, reply, tickets
from inbox.actions.who import SYSTEM
from inbox.store import Attachment, Message, Ticket
from inbox.web.gate import OPEN
from tests.web.conftest import ROLES, Browser, TestDesk

#: The least role behind each address; what is open to everybody who signed in is an agent's.
LEAST = {
    **dict.fromkeys(
        (
            *(
                "starting.new",
                "tickets.dues",
                "starting.create",
                "tickets.home",
                "tickets.index",
                "tickets.rows",
                "tickets.further",
                "tickets.show",
                "tickets.customer",
            ),
            *("tickets.answer", "tickets.reply", "tickets.note", "tickets.assign", "tickets.status", "tickets.tag"),
            *(
                "tickets.priority",
                "tickets.reason",
                "tickets.band",
                "tickets.read",
                "bulk.begin",
                "messages.cancel",
                "messages.retry",
            ),
            *("messages.schedule", "messages.arrived", "messages.leave", "messages.send_as", "messages.pictures"),
            *("regrouping.merge", "regrouping.split", "regrouping.move", "regrouping.suggestion"),
            *("regrouping.undo", "messages.view", "attachments.show", "agents.status", "agents.language"),
            *("agents.undo", "search.index", "routing.absence", "notices.index", "notices.read"),
            *("profile.notices", "profile.rules", "profile.hours", "profile.device", "profile.ring"),
            *("profile.forget", "profile.keys"),
            *("views.index", "views.filter", "views.create", "views.update", "views.refilter", "views.move"),
            *("views.remove", "views.sort", "bulk.show", "bulk.count", "bulk.stop", "bulk.undo", "bulk.dismiss"),
            *("macros.run", "settings.index", "settings.macros", "macros.create", "macros.update", "macros.remove"),
            *("messages.edit", "drafts.keep", "drafts.attach", "drafts.detach"),
            *("messages.classify", "tickets.exempt"),
            *("starting.keep", "starting.attach"),
            "attachments.uploaded",
            *("fields.fill", "relations.follow", "relations.link", "customers.change", "customers.note"),
            "outside.show",
            *(
                "customers.join",
                "customers.apart",
                "customers.part",
                "customers.agree",
                "customers.timeline",
                "customers.worth",
            ),
            *("surveys.index", "surveys.followed"),
            *("customers.figures", "days.show", "days.correct", "days.add"),
        ),
        "agent",
    ),
    **dict.fromkeys(
        (
            *("board.index", "board.lanes", "reports.index", "settings.canned", "settings.reasons"),
            *("board.balance", "board.balance_undo"),
            *("reports.show", "reports.cases", "reports.cases_file", "reports.card"),
            *("mails.index", "mails.new", "mails.show", "mails.save", "mails.pause", "mails.send", "mails.remove"),
            *("maturity.index", "maturity.answer", "erasing.show", "erasing.export"),
            *("settings.journal", "journal.raw", "canned.create", "canned.update", "canned.remove"),
            *("reasons.create", "reasons.update", "reasons.remove", "reasons.restore"),
            *("settings.rules", "rules.new", "rules.show", "rules.create", "rules.update", "rules.trial"),
            *("rules.ready", "rules.switch", "rules.move", "rules.remove"),
        ),
        "supervisor",
    ),
    **dict.fromkeys(
        (
            "agreements.change",
            *("settings.general", "settings.people", "settings.teams", "settings.channels", "settings.costs"),
            *("settings.promises", "promises.calendar", "promises.targets"),
            *("promises.remove_calendar", "promises.remove_targets"),
            *("settings.routing", "routing.rule", "routing.remove_rule", "routing.bands", "routing.able"),
            *(
                "settings.audit",
                "brand.change",
                "portable.export",
                "portable.take",
                "settings.demo_remove",
                "journal.replay",
                "journal.replay_all",
                "channels.new",
                "channels.create",
                "trials.go_on",
            ),
            *("channels.show", "channels.update", "channels.check", "channels.remove", "people.create"),
            *("people.update", "teams.create", "teams.update", "costs.rate", "costs.fee", "costs.exchange"),
            "costs.rates_file",
            "costs.sheet",
            "routing.worth",
            *("outside.save", "erasing.erase"),
            *("settings.surveys", "surveys.save", "surveys.remove", "surveys.rules"),
            *("settings.fields", "fields.create", "fields.update", "fields.remove", "fields.restore"),
            *("reasons.ask", "rules.secret", "costs.currency", "sign_ins.begin", "sign_ins.back", "sign_ins.by_code"),
        ),
        "admin",
    ),
}
#: What is not there, so that nothing happens to what is.
NOBODYS = {"id": 999_999, "site": "nobodys", "filename": "x", "name": "nobodys", "figure": "nobodys", "kind": "csv"}


def addresses(desk: TestDesk) -> list[tuple[str, str, str]]:
    """(endpoint, method, path) of everything behind the sign-in."""
    found = []
    for rule in desk.app.url_map.iter_rules():
        if rule.endpoint.startswith(OPEN):
            continue
        path = re.sub(r"<(?:\w+:)?(\w+)>", lambda match: str(NOBODYS[match[1]]), rule.rule)
        found += [(rule.endpoint, method, path) for method in sorted((rule.methods or set()) & {"GET", "POST"})]
    return found


def ask(browser: Browser, method: str, path: str, **form: Any) -> int:
    answer = browser.get(path) if method == "GET" else browser.post(path, **form)
    return answer.status_code


def test_every_address_stands_in_the_table(desk: TestDesk) -> None:
    assert {endpoint for endpoint, _method, _path in addresses(desk)} == set(LEAST)


@pytest.mark.parametrize("role", ROLES)
def test_each_role_may_do_what_the_table_says_and_no_more(desk: TestDesk, role: str) -> None:
    browser = desk.browser(role)
    wrong = []
    for endpoint, method, path in addresses(desk):
        if endpoint in {"agents.status", "agents.language", "agents.undo"}:
            continue
        status = ask(browser, method, path)
        refused = ROLES.index(role) < ROLES.index(LEAST[endpoint])
        if (status == 403) is not refused or status >= 500:
            wrong.append(f"{method} {path} as {role}: {status}")
    assert wrong == []


def test_nobody_comes_in_without_a_sign_in(desk: TestDesk) -> None:
    stranger = Browser(desk.app)
    stranger.get("/login")
    inside = []
    for _endpoint, method, path in addresses(desk):
        answer = stranger.get(path) if method == "GET" else stranger.post(path)
        if answer.status_code != 302 or not answer.headers["Location"].startswith("/login"):
            inside.append(f"{method} {path}: {answer.status_code}")
    assert inside == []


def test_no_form_is_taken_without_the_pages_token(desk: TestDesk) -> None:
    browser = desk.browser("admin")
    taken = []
    forms = [rule for rule in desk.app.url_map.iter_rules() if "POST" in (rule.methods or set())]
    for rule in forms:
        if rule.endpoint.startswith(("hooks.", "api.")) or rule.endpoint in {
            "widget.upload",
            "survey.answer",
            "stops.stop",
        }:  # each has a key of its own
            continue
        path = re.sub(r"<(?:\w+:)?(\w+)>", lambda match: str(NOBODYS[match[1]]), rule.rule)
        for token in (None, "forged"):
            answer = browser.client.post(path, data={"csrf_token": token} if token else {})
            if answer.status_code != 400 or "This page was open for too long." not in answer.text:
                taken.append(f"{path} {token}: {answer.status_code}")
    assert taken == []


def test_agents_find_no_door_to_the_settings_and_supervisors_only_theirs(desk: TestDesk) -> None:
    assert 'href="/settings"' not in desk.browser("agent").get("/tickets").text
    page = desk.browser("supervisor").get("/settings").text
    doors = set(re.findall(r'href="/settings/(\w+)"', page))
    assert doors == {"canned", "macros", "rules", "reasons", "journal"}
    everything = set(re.findall(r'href="/settings/(\w+)"', desk.browser("admin").get("/settings").text))
    assert everything == doors | {
        "general",
        "people",
        "teams",
        "channels",
        "promises",
        "routing",
        "costs",
        "audit",
        "fields",
    }


def test_a_supervisor_sees_the_journal_without_the_button_to_read_again(desk: TestDesk) -> None:
    mailbox = desk.add_channel("email", "rights", address="rights@bottega.example")
    desk.mail_in(mailbox, "Chiara <chiara@studio.example>", "Prima volta")
    desk.mail_in(mailbox, "Chiara <chiara@studio.example>", "Prima volta")  # a duplicate can be read again
    assert "/replay" in desk.browser("admin").get("/settings/journal").text
    assert "/replay" not in desk.browser("supervisor").get("/settings/journal").text


def test_a_private_teams_ticket_is_nothing_to_agents_outside_of_it(desk: TestDesk) -> None:
    mailbox = desk.add_channel("email", "private", address="private@bottega.example")
    number = desk.mail_in(mailbox, "Nadia Costa <nadia@studio.example>", "Riservato")
    with desk.store.transaction() as work:
        team = people.add_team(work, SYSTEM, "Direzione", private=True)
        tickets.assign(work, SYSTEM, number, team=team.id)
        message = work.get_one(Message, work.get_one(Ticket, number).last_in_id)
        file = Attachment(name="busta.png", content_type="image/png", sha256=desk.store.files.put(b"png"), size=3)
        message.attachments.append(file)
        work.flush()
        held, _new = reply.note(work, desk.who("supervisor"), number, text="solo noi", client_key="k1")
    outside, inside = desk.browser("agent"), desk.browser("supervisor")
    pages = (
        *(f"/tickets/{number}", f"/tickets/{number}/customer", f"/tickets?ticket={number}"),
        *(f"/messages/{message.id}/view", f"/attachments/{file.id}"),
    )
    assert [outside.get(path).status_code for path in pages] == [404] * len(pages)
    assert [inside.get(path).status_code for path in pages] == [200] * len(pages)
    forms = ("replies", "notes", "assign", "status", "tags", "priority", "reason", "read")
    filled = {"text": "x", "status": "resolved", "tag": "x", "priority": "low", "message": "1"}
    assert {outside.post(f"/tickets/{number}/{form}", **filled).status_code for form in forms} == {404}
    assert {outside.post(f"/messages/{held.id}/{verb}").status_code for verb in ("cancel", "retry")} == {404}
    outside.post("/tickets/bulk", ids=[str(number)], action="tag", tag="visto")
    assert "Riservato" not in outside.get("/tickets").text
    assert "Riservato" not in outside.get("/search?q=Riservato").text.split("</form>")[-1]
    with desk.store.reading() as work:
        ticket = work.get_one(Ticket, number)
        assert (ticket.status.value, ticket.tags, ticket.priority.value) == ("new", [], "normal")
