"""Every page of the desk answers, in both languages, on an empty desk's data and on real data."""

from __future__ import annotations

import pytest

from connectors.base import Request
from inbox.actions import costs, journal, tickets
from inbox.actions.who import SYSTEM
from inbox.clock import now
from inbox.reading import cards
from inbox.store import Channel, JournalEntry, Reason
from tests.web.conftest import Browser, TestDesk, words

PAGES = (
    *(
        "/tickets?view=soon&sort=due",
        "/board/balance",
        "/settings/promises",
        "/settings/routing",
        "/me/absence",
        "/notices",
        "/me/notices",
        "/me/keys",
        "/me/day",
    ),
    *(
        "/tickets",
        "/tickets?view=mine",
        "/tickets?view=unassigned",
        "/tickets?view=late",
        "/tickets?view=snoozed",
    ),
    *("/tickets/new", "/tickets/new?to=chiara@studio.example"),
    *("/tickets?view=resolved", "/tickets?sort=waiting", "/tickets?sort=priority", "/tickets/rows", "/search"),
    *(
        "/notices",
        "/me/notices",
        "/me/keys",
        "/search?q=fattura",
        "/search?palette=1&q=fat",
        "/board",
        "/board/lanes",
        "/reports",
        "/reports?by=reason",
        *(f"/reports/{name}" for name in cards.PAGES),
        "/reports/channels?compare=year&channel=email&from=2026-01-01&to=2026-02-01",
        "/reports/cases/fcr7.rate",
        "/reports/cases/vol.inbound?channel=email&after=1767700000000~7",
        "/reports/cases/fcr7.rate/all.csv",
        "/reports/cards/volume.csv",
        "/reports/cards/figures.csv?by=reason&channel=email",
    ),
    *("/settings", "/settings/general", "/settings/people", "/settings/teams", "/settings/channels"),
    *("/settings/canned", "/settings/reasons", "/settings/costs", "/settings/journal", "/settings/audit"),
    *("/settings/journal?outcome=quarantined", "/settings/journal?outcome=nonsense&channel=nobodys&after=x"),
    *(f"/settings/channels/new?kind={kind}" for kind in ("email", "sms", "chat", "telegram", "messenger")),
)


@pytest.fixture(scope="module")
def filled(desk: TestDesk) -> TestDesk:
    """The desk with a channel of each kind, tickets, an arrival in quarantine, costs."""
    mail = desk.add_channel("email", "posta", address="assistenza@bottega.example")
    desk.add_channel("sms", "sms", account_sid="AC1", auth_token="secret", number="+447700900103")
    desk.add_channel("chat", "sito", title="Bottega", allowed_sites=["https://bottega.example"])
    desk.add_channel("telegram", "telegram", token="123456:secret")
    desk.add_channel("messenger", "pagina", page_id="1", page_token="p", app_secret="s", verify_token="v")
    first = desk.mail_in(mail, "Chiara Lombardi <chiara@studio.example>", "Fattura di marzo")
    desk.mail_in(mail, "Fabio Marchetti <fabio@studio.example>", "Sito lento")
    with desk.store.transaction() as work:
        work.add(Reason(name="Fatturazione"))
        work.flush()
        tickets.tag(work, SYSTEM, first, "urgente")
        tickets.set_status(work, desk.who("agent"), first, "resolved", reason="Fatturazione")
        costs.rate(work, SYSTEM, per_hour="24", start=now().date())
        journal.refuse(
            work, work.get_one(Channel, mail.id), Request("POST", "https://x.example", [], b"\x00\xff forged")
        )
    return desk


@pytest.mark.parametrize("path", PAGES)
def test_a_page_answers_in_both_languages(filled: TestDesk, path: str) -> None:
    english = filled.browser("admin").get(path)
    assert english.status_code == 200
    assert english.headers["Content-Security-Policy"].startswith("default-src 'self'; script-src 'self'")
    with filled.store.transaction() as work:
        filled.agent(work).language = "it"
    try:
        italian = filled.browser("admin").get(path)
    finally:
        with filled.store.transaction() as work:
            filled.agent(work).language = ""
    assert italian.status_code == 200
    if "<html" in italian.text:
        assert '<html lang="en"' in english.text
        assert '<html lang="it"' in italian.text


@pytest.mark.parametrize("kind", ["posta", "sms", "sito", "telegram", "pagina"])
@pytest.mark.parametrize("step", ["account", "connect", "test", "routing", "nonsense"])
def test_every_step_of_every_channel_answers(filled: TestDesk, kind: str, step: str) -> None:
    channel = filled.channel(kind)
    for wizard in ("", "&wizard=1"):
        assert filled.browser().get(f"/settings/channels/{channel.id}?step={step}{wizard}").status_code == 200


def test_each_ticket_answers_whole_and_in_its_frame(filled: TestDesk) -> None:
    browser = filled.browser("agent")
    numbers = [one for one in (1, 2) if browser.get(f"/tickets/{one}").status_code == 200]
    assert numbers == [1, 2]
    for number in numbers:
        assert browser.get(f"/tickets/{number}", **{"Turbo-Frame": "thread"}).status_code == 200
        assert browser.get(f"/tickets/{number}/customer").status_code == 200


@pytest.mark.parametrize("language", ["en", "it"])
@pytest.mark.parametrize("path", ["/login", "/setup", "/nowhere", "/tickets/999999"])
def test_pages_before_and_beside_the_desk_answer(filled: TestDesk, path: str, language: str) -> None:
    stranger = Browser(filled.app, language=language)
    answer = stranger.get(f"{path}?lang={language}")
    assert answer.status_code in {200, 302, 404}
    if answer.status_code == 200:
        assert f'<html lang="{language}"' in answer.text


def test_the_journal_shows_what_arrived_and_the_ledger_balances(filled: TestDesk) -> None:
    page = filled.browser().get("/settings/journal")
    text = words(page)
    assert "Balances" in text
    assert "Fattura di marzo" in text
    assert "bad signature: not from the provider" in text
    quarantined = words(filled.browser().get("/settings/journal?outcome=quarantined"))
    assert "forged" in quarantined
    assert "Fattura di marzo" not in quarantined


def test_an_arrival_is_downloaded_byte_for_byte_and_never_shown_as_a_page(filled: TestDesk) -> None:
    with filled.store.transaction() as work:
        posta = work.get_one(Channel, filled.channel("posta").id)
        entry = journal.keep(work, posta, Request("PIPE", "pipe:", [], b"\x00<script>alert(1)</script>\r\n"))
    answer = filled.browser("supervisor").get(f"/settings/journal/{entry.id}/raw")
    assert answer.data == b"\x00<script>alert(1)</script>\r\n"
    assert answer.headers["Content-Type"] == "application/octet-stream"
    assert answer.headers["Content-Disposition"].startswith(f'attachment; filename="journal-{entry.id}.eml"')
    assert answer.headers["Content-Security-Policy"].startswith("sandbox; default-src 'none'")
    assert answer.headers["Cache-Control"] == "no-store"


def test_a_replay_is_said_and_a_forged_arrival_is_not_read(filled: TestDesk) -> None:
    admin = filled.browser()
    with filled.store.transaction() as work:
        sms = work.get_one(Channel, filled.channel("sms").id)
        forged = journal.refuse(work, sms, Request("POST", "https://x.example/hooks", [], b"Body=hello"))
        assert forged is not None
    page = admin.follow(admin.post(f"/settings/journal/{forged.id}/replay"))
    assert (
        f"The signature of arrival {forged.id} is still wrong: correct the channel's secret, then try again."
        in words(page)
    )
    with filled.store.reading() as work:
        assert work.get_one(JournalEntry, forged.id).done
    read = admin.follow(admin.post("/settings/journal/1/replay"))
    assert "Arrival 1 is read again." in words(read)
    assert admin.post("/settings/journal/999999/replay").status_code == 404
