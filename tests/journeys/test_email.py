"""A mail from the mailbox to the screen and the answer back into the customer's own thread."""

from __future__ import annotations

import email
import email.policy
import json
import subprocess
import sys

from playwright.sync_api import Page, expect

from inbox.actions.surveys import asking, doors, forms
from inbox.actions.who import SYSTEM
from inbox.clock import now
from inbox.store import JournalEntry, Survey, Ticket
from tests.journeys.conftest import answer, resolve, sign_in
from tests.journeys.desk import RunningDesk, until

CUSTOMER = "chiara@studiolombardi.example"
HTML = '<p>Aprendo il <b>sito</b> esce un errore</p><script>document.title="owned"</script><img src="http://tracker.example/x.gif">'


def test_a_mail_is_answered_in_its_own_thread_and_the_next_one_comes_home(shared: RunningDesk, page: Page) -> None:
    desk = shared
    sign_in(page, desk)
    came = desk.sandbox.email.receive(
        CUSTOMER, "Aprendo il sito esce un errore", "Sito offline", name="Chiara Lombardi", html=HTML
    )

    row = page.locator("#rows .conv").filter(has_text="Sito offline")
    expect(row).to_be_visible()
    expect(row).to_contain_text("Chiara Lombardi")
    row.locator("a.conv-a").click()
    log = page.get_by_role("log")
    expect(log).to_contain_text("Aprendo il sito esce un errore")
    assert page.title() != "owned"

    answer(page, "Buongiorno **Chiara**, era il certificato.")
    [sent] = desk.sandbox.email.accepted(count=1, timeout=25)
    raw = email.message_from_bytes(desk.sandbox.mail(sent), policy=email.policy.default)
    original = email.message_from_bytes(desk.sandbox.mail(came), policy=email.policy.default)
    assert raw["To"].addresses[0].addr_spec == CUSTOMER
    assert raw["Subject"] == "Re: Sito offline"
    assert raw["In-Reply-To"] == original["Message-ID"]
    assert raw["From"].addresses[0].addr_spec == "support@cirro.example"
    with desk.store.reading() as work:
        ticket = work.query(Ticket).filter_by(subject="Sito offline").one().id
    assert f"+t{ticket}-" in raw["Reply-To"].addresses[0].addr_spec
    body = raw.get_body(("plain",))
    rich = raw.get_body(("html",))
    assert body is not None
    assert rich is not None
    assert body.get_content().strip() == "Buongiorno Chiara, era il certificato."
    assert "<b>Chiara</b>" in rich.get_content()
    expect(log.locator("[data-state=sent]")).to_have_count(1)

    # the customer answers that mail: same ticket, live, quoted rest folded away
    desk.sandbox.email.receive(
        CUSTOMER, "Perfetto, grazie!", "Re: Sito offline", answers=sent["id"], name="Chiara Lombardi"
    )
    expect(log).to_contain_text("Perfetto, grazie!")
    expect(page.locator("#rows .conv").filter(has_text="Sito offline")).to_have_count(1)

    resolve(page)
    report = desk.report(by="channel")["channel=email"]
    assert (report["vol.handled"], report["frt.n"], report["case.resolved"]) == (1, 1, 1)
    survey_is_answered_by_a_person(desk, page, ticket)


def survey_is_answered_by_a_person(desk: RunningDesk, page: Page, ticket: int) -> None:
    """The score of the link in the mail is kept at the first sign of a person, not by looking at the page."""
    desk.store.settings.public_url = desk.url
    with desk.store.transaction() as work:
        asked = {"name": "Dopo", "asks": ["csat"], "channels": [], "delay_h": 0, "on": False, "touchpoint": "aiuto"}
        forms.save(work, SYSTEM, "dopo", asked)
        asking.plan(work, work.get_one(Ticket, ticket), "dopo", due=now(), mark="journey")
    desk.store.write(asking.send_due)

    def scores() -> dict[str, int]:
        with desk.store.reading() as work:
            return dict(work.query(Survey).one().scores)

    with desk.store.reading() as work:
        address = doors.address(work, work.query(Survey).one())
    page.goto(f"{address}?csat=4")
    expect(page.locator("input[name=csat][value='4']")).to_be_checked()
    page.wait_for_timeout(300)  # a program that follows links stays no longer
    assert scores() == {}
    page.mouse.move(300, 300)
    page.mouse.move(320, 310)
    until("the score is kept", lambda: scores() == {"csat": 4})


def test_a_mail_by_pipe_is_in_the_desk_when_the_command_says_so(shared: RunningDesk, page: Page) -> None:
    desk = shared
    raw = b"From: bruno@bici.example\nTo: support@cirro.example\nSubject: Rinnovo\n\nVorrei rinnovare il dominio.\n"
    command = [sys.executable, "-m", "inbox.cli", "email", "pipe", "--channel", "email"]
    done = subprocess.run(command, input=raw, env=desk.env, capture_output=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
    with desk.store.reading() as work:
        entry = work.get_one(JournalEntry, json.loads(done.stdout)["journal"])
        assert b"Vorrei rinnovare" in (entry.body or b"")
    sign_in(page, desk)
    expect(page.locator("#rows .conv").filter(has_text="Rinnovo")).to_be_visible()
    unknown = subprocess.run(
        [*command[:-1], "nowhere"], input=raw, env=desk.env, capture_output=True, check=False, timeout=60
    )
    assert unknown.returncode == 64


def test_a_mail_server_that_is_away_loses_nothing_and_is_told(shared: RunningDesk, page: Page) -> None:
    desk = shared
    before = len(desk.sandbox.email.accepted())
    sign_in(page, desk)
    desk.sandbox.email.receive(CUSTOMER, "Prima", "Uno", name="Chiara Lombardi")
    row = page.locator("#rows .conv").filter(has_text="Uno")
    expect(row).to_be_visible()
    row.locator("a.conv-a").click()
    desk.sandbox.fault("email", "error", code=451, count=1)
    answer(page, "Rispondo")
    log = page.get_by_role("log")
    expect(log.locator("[data-state=queued]")).to_have_count(1)
    [sent] = until("the mail leaves at the second try", lambda: desk.sandbox.email.accepted()[before:], 60)
    assert "Rispondo" in sent["text"]
    assert len(desk.sandbox.email.accepted()) == before + 1
