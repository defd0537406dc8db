"""Connecting a channel by its forms against real stand-ins: what is asked, said, hidden, and left to be put right."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select
from werkzeug.test import TestResponse

from connectors.base import Request
from inbox import clock
from inbox.actions import channels as verbs
from inbox.actions import journal, people
from inbox.actions.who import SYSTEM
from inbox.sandbox.running import Sandbox
from inbox.store import Audit, Channel, Event, Team
from tests.web.conftest import Browser, TestDesk, said, told, words


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    """Stand-ins for the providers."""
    with Sandbox() as running:
        yield running


@pytest.fixture
def account(sandbox: Sandbox) -> Any:
    """How one signs in at the stand-ins, per kind."""
    return sandbox.accounts()


def config(values: dict[str, Any]) -> dict[str, Any]:
    """Settings of a connector as the form sends them."""
    return {f"config.{name}": value for name, value in values.items()}


def twilio(account: Any) -> dict[str, Any]:
    """The form of an SMS channel at the stand-in."""
    return config({name: account["sms"][name] for name in ("account_sid", "auth_token", "number", "api_base")})


def mailbox(account: Any, **other: Any) -> dict[str, Any]:
    """The form of a mail channel at the stand-in."""
    mail = account["email"]
    return config(
        {
            "address": mail["address"],
            "imap_host": mail["imap"]["host"],
            "imap_port": str(mail["imap"]["port"]),
            "imap_security": "plain",
            "imap_password": mail["password"],
            "smtp_host": mail["smtp"]["host"],
            "smtp_port": str(mail["smtp"]["port"]),
            "smtp_security": "plain",
            "folders": "INBOX",
            "since": "days",
            "since_days": "14",
            "size_limit_mb": "50",
            **other,
        }
    )


def made(desk: TestDesk, answer: TestResponse) -> Channel:
    """The channel that a form has led to."""
    assert answer.status_code == 303, said(answer)
    found = re.search(r"/settings/channels/([0-9a-f]{32})\?", answer.headers["Location"])
    assert found is not None
    return desk.channel(found[1])


def checklist(answer: TestResponse) -> dict[str, str]:
    """The live check list: what each line is about, and its state."""
    frame = answer.text.partition('<ul class="checks"')[2].partition("</ul>")[0]
    lines = re.findall(r'<li><span class="(\S+?)(?: spin)?">.*?<span class="med">(.*?)</span>', frame, re.DOTALL)
    return {re.sub(r"&#39;", "'", title): {"acc": "waiting", "muted": "todo"}.get(look, look) for look, title in lines}


def listed(page: TestResponse, title: str) -> str:
    """A channel's line in the list, as it is written."""
    lines = page.text.partition('aria-label="Connected channels"')[2].split('class="chrow"')
    return next(line for line in lines if f">{title}</a>" in line)


# --- each kind, there and back ----------------------------------------------------------------------------------


def test_an_address_that_names_no_kind_leads_to_the_kinds(admin: Browser) -> None:
    answer = admin.get("/settings/channels/new")
    assert (answer.status_code, answer.location) == (302, "/settings/channels")
    assert admin.get("/settings/channels/new?kind=pigeon").status_code == 404


def test_a_mailbox_is_connected_tried_and_routed(desk: TestDesk, admin: Browser, account: Any) -> None:
    answer = admin.post("/settings/channels/create", kind="email", name="Assistenza è qui", **mailbox(account))
    row = made(desk, answer)
    assert (row.name, row.title, row.address) == ("assistenza-e-qui", "Assistenza è qui", account["email"]["address"])
    assert (row.config["since"], row.config["since_days"]) == ("days", 14)
    page = admin.follow(answer)
    assert "lets us read INBOX" in told(page)
    assert checklist(page) == {
        "Email answers": "ok",
        "Messages are fetched": "waiting",
        "The first message": "todo",
        "The first answer": "todo",
    }
    assert "Connection" not in re.findall(r'<li class="step.*?</li>', page.text, re.DOTALL)
    with desk.store.transaction() as work:
        team = people.add_team(work, SYSTEM, "Posta").id
    finished = admin.post(f"/settings/channels/{row.id}/update", part="routing", team=team, active="on", wizard="1")
    assert finished.headers["Location"] == "/settings/channels"
    assert told(admin.follow(finished)) == "The channel is connected."
    assert desk.channel(row.id).team_id == team


def test_where_older_mail_begins_is_asked_only_before_the_first_look(
    desk: TestDesk, admin: Browser, account: Any
) -> None:
    row = made(desk, admin.post("/settings/channels/create", kind="email", name="Vecchia posta", **mailbox(account)))
    assert 'name="config.since"' in admin.get(f"/settings/channels/{row.id}").text
    with desk.store.transaction() as work:
        work.get_one(Channel, row.id).polled_at = clock.now()
    assert 'name="config.since"' not in admin.get(f"/settings/channels/{row.id}").text
    admin.post(
        f"/settings/channels/{row.id}/update",
        part="account",
        name="Vecchia posta",
        **mailbox(account, since="everything"),
    )
    assert desk.channel(row.id).config["since"] == "days"


def test_an_sms_number_shows_the_address_that_twilio_has_to_call(
    desk: TestDesk, admin: Browser, account: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(desk.store.settings, "public_url", "https://desk.bottega.example")
    answer = admin.post("/settings/channels/create", kind="sms", name="Numero", **twilio(account))
    row = made(desk, answer)
    assert answer.headers["Location"].endswith("?step=connect&wizard=1")
    page = admin.follow(answer)
    assert f"https://desk.bottega.example/hooks/sms/{row.id}#rc=5&amp;rp=all" in page.text
    assert "Twilio now calls this desk for every SMS" in page.text
    assert "is active." in page.text
    assert checklist(page) == {
        "SMS (Twilio) answers": "ok",
        "This desk has a public https address": "ok",
        "SMS (Twilio) calls this desk": "waiting",
        "The first message": "todo",
        "The first answer": "todo",
    }


def test_a_wizard_listens_and_leads_to_the_first_thing_that_comes_in(desk: TestDesk, admin: Browser) -> None:
    form = config({"address": "ascolta@bottega.example", "folders": "INBOX", "since": "now"})
    row = made(desk, admin.post("/settings/channels/create", kind="email", name="Ascolto", **form))
    wizard = f"/settings/channels/{row.id}?step=test&wizard=1"
    page = admin.get(wizard)
    assert checklist(page)["The first message"] == "waiting"
    assert "We are listening: write “ciao” to ascolta@bottega.example." in words(page)
    assert ">Finish</a>" in listed(admin.get("/settings/channels"), "Ascolto")
    ticket = desk.mail_in(row, "Chiara <chiara@studio.example>", "Prima ciao")
    page = admin.get(wizard)
    assert checklist(page)["A message has come in"] == "ok"
    assert "Chiara" in words(page)
    assert f'href="/tickets/{ticket}"' in page.text
    admin.post(f"/settings/channels/{row.id}/update", part="routing", team="", active="on", wizard="1")
    assert ">Finish</a>" not in listed(admin.get("/settings/channels"), "Ascolto")


def test_a_hook_that_nobody_can_reach_is_said(desk: TestDesk, admin: Browser, account: Any) -> None:
    row = made(desk, admin.post("/settings/channels/create", kind="sms", name="Lontano", **twilio(account)))
    page = admin.get(f"/settings/channels/{row.id}?step=connect")
    assert checklist(page)["This desk has no public https address"] == "bad"
    assert "Set PUBLIC_URL where Sportello is started" in words(page)
    assert f"http://127.0.0.1:8000/hooks/sms/{row.id}#rc=5" in page.text


def test_a_telegram_bot_is_polled_where_there_is_no_webhook(
    desk: TestDesk, admin: Browser, account: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    form = config(
        {"token": account["telegram"]["token"], "api_base": account["telegram"]["api_base"], "receive": "polling"}
    )
    answer = admin.post("/settings/channels/create", kind="telegram", name="Bot", **form)
    row = made(desk, answer)
    page = admin.follow(answer)
    assert "This desk now asks Telegram for messages; there is no webhook." in page.text
    assert "The bot @cirro_sandbox_bot answers." in page.text
    monkeypatch.setattr(desk.store.settings, "public_url", "https://desk.bottega.example")
    again = admin.post(
        f"/settings/channels/{row.id}/update",
        part="account",
        name="Bot",
        **config({"token": "", "api_base": account["telegram"]["api_base"], "receive": "webhook"}),
    )
    assert "Telegram now calls this desk for every message." in admin.follow(again).text
    assert f"/hooks/telegram/{row.id}" in admin.get(f"/settings/channels/{row.id}?step=connect").text


def test_a_page_of_messenger_is_subscribed(desk: TestDesk, admin: Browser, account: Any) -> None:
    names = ("page_id", "page_token", "app_secret", "verify_token", "app_id", "api_base")
    form = config({name: account["messenger"][name] for name in names})
    answer = admin.post(
        "/settings/channels/create", kind="messenger", name="Pagina", **form, **{"config.graph_version": "v25.0"}
    )
    page = admin.follow(answer)
    assert "The page now sends its messages to the app." in page.text
    assert "Callback URL" in page.text
    assert account["messenger"]["verify_token"] not in page.text


def test_a_chat_shows_its_one_line(desk: TestDesk, admin: Browser) -> None:
    form = config(
        {
            "title": "Bottega",
            "allowed_sites": "bottega.example\nhttps://*.shop.example\n",
            "languages": ["it", "en"],
            "colour": "#0b6e5f",
            "position": "right",
            "ask_email": "offline",
        }
    )
    answer = admin.post("/settings/channels/create", kind="chat", name="Sito", **form)
    row = made(desk, answer)
    page = admin.follow(answer)
    assert row.config["allowed_sites"] == ["https://bottega.example", "https://*.shop.example"]
    assert f"&lt;script async src=&#34;http://127.0.0.1:8000/widget.js&#34; data-site=&#34;{row.id}&#34;" in page.text
    assert f'href="/widget/{row.id}/try"' in page.text
    assert checklist(page)["Web chat answers"] == "ok"


# --- secrets ----------------------------------------------------------------------------------------------------


def test_a_stored_secret_is_never_shown_and_an_empty_one_keeps_it(desk: TestDesk, admin: Browser, account: Any) -> None:
    secret = account["sms"]["auth_token"]
    row = made(desk, admin.post("/settings/channels/create", kind="sms", name="Segreti", **twilio(account)))
    pages = [
        admin.get(f"/settings/channels/{row.id}?step={step}") for step in ("account", "connect", "test", "routing")
    ]
    pages += [admin.get("/settings/channels"), admin.get("/settings/audit")]
    assert not any(secret in page.text for page in pages)
    assert "stored; leave empty to keep it" in pages[0].text
    form = {**twilio(account), "config.auth_token": ""}
    saved = admin.post(f"/settings/channels/{row.id}/update", part="account", name="Segreti, ancora", **form)
    assert "is active." in admin.follow(saved).text
    with desk.store.reading() as work:
        kept = work.get_one(Channel, row.id)
        assert desk.store.seal.open(kept.secrets) == {"auth_token": secret}
        assert kept.title == "Segreti, ancora"
        line = work.scalars(select(Audit).where(Audit.what == "channel.changed").order_by(Audit.id.desc())).first()
        assert line is not None
        assert line.detail["changes"] == {"title": ["Segreti", "Segreti, ancora"]}


def test_a_new_secret_is_audited_by_its_name_alone(desk: TestDesk, admin: Browser, account: Any) -> None:
    row = made(desk, admin.post("/settings/channels/create", kind="sms", name="Cambiato", **twilio(account)))
    form = {**twilio(account), "config.auth_token": "another-secret"}
    saved = admin.follow(admin.post(f"/settings/channels/{row.id}/update", part="account", name="Cambiato", **form))
    assert "another-secret" not in saved.text
    assert said(saved), "Twilio takes no wrong token"
    page = admin.get("/settings/audit")
    assert "another-secret" not in page.text
    assert "auth_token: changed, not shown" in words(page)


def test_a_refused_form_shows_what_was_typed_but_no_secret(desk: TestDesk, admin: Browser) -> None:
    form = config(
        {"account_sid": "ACtyped", "auth_token": "typed-secret", "number": "", "api_base": "https://api.twilio.com"}
    )
    answer = admin.post("/settings/channels/create", kind="sms", name="Mezzo", **form)
    assert answer.status_code == 422
    assert said(answer) == ["Give a number, or a Messaging Service SID."]
    assert 'value="ACtyped"' in answer.text
    assert 'value="Mezzo"' in answer.text
    assert "typed-secret" not in answer.text


# --- what goes wrong --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "form", "sentences"),
    [
        ("email", {"address": "nobody"}, ["Write a whole mail address, like anna@shop.example."]),
        (
            "email",
            {"address": "a+b@bottega.example"},
            ["Write the address without its plus part: plus parts bring the answers home."],
        ),
        ("email", {"address": "a@bottega.example", "imap_port": "many", "imap_security": "tls"}, ["Write a number."]),
        (
            "email",
            {"address": "a@bottega.example", "imap_port": "70000", "imap_security": "tls"},
            ["Write 65535 or less."],
        ),
        (
            "email",
            {"address": "a@bottega.example", "imap_host": "mail.bottega.example", "imap_security": "plain"},
            ["IMAP without encryption is for a server on this machine only."],
        ),
        ("sms", {"account_sid": "", "auth_token": "", "number": "+447700900103"}, ["Fill this in.", "Fill this in."]),
        (
            "telegram",
            {"token": "1:x", "secret_token": "not good!"},
            ["Only letters, digits, _ and -, at most 256 of them."],
        ),
        ("telegram", {"token": "1:x", "receive": "pigeon"}, ["Choose one of the values offered."]),
        ("telegram", {"token": "1:x", "api_base": "ftp://x"}, []),
        (
            "chat",
            {"title": "Bottega", "allowed_sites": "not a site", "languages": ["it"]},
            ["'not a site' is no site: write it like https://shop.example."],
        ),
        (
            "chat",
            {"title": "B" * 61, "allowed_sites": "bottega.example", "languages": ["it"]},
            ["At most 60 characters."],
        ),
        (
            "chat",
            {"title": "Bottega", "allowed_sites": "bottega.example", "languages": ["it"], "colour": "red"},
            ["This does not look right: see the example."],
        ),
    ],
)
def test_a_wrong_setting_is_named_where_it_was_typed(
    desk: TestDesk, admin: Browser, kind: str, form: dict[str, Any], sentences: list[str]
) -> None:
    before = len(words(admin.get("/settings/channels")))
    answer = admin.post("/settings/channels/create", kind=kind, name="Sbagliato", **config(form))
    assert answer.status_code == 422
    assert len(said(answer)) >= 1
    assert said(answer)[: len(sentences)] == sentences
    assert len(words(admin.get("/settings/channels"))) == before


def test_a_channel_needs_a_name_and_a_kind_that_exists(admin: Browser, account: Any) -> None:
    nameless = admin.post("/settings/channels/create", kind="sms", name="  ", **twilio(account))
    assert said(nameless) == ["Give the channel a name of up to 80 letters."]
    assert admin.get("/settings/channels/new?kind=fax").status_code == 404
    assert admin.post("/settings/channels/create", kind="fax", name="Fax").status_code == 404


def test_two_channels_of_one_title_have_names_of_their_own(desk: TestDesk, admin: Browser, account: Any) -> None:
    names = [
        made(desk, admin.post("/settings/channels/create", kind="sms", name="Doppio", **twilio(account))).name
        for _ in range(3)
    ]
    assert names == ["doppio", "doppio-2", "doppio-3"]


def test_a_wrong_password_is_kept_as_the_channels_problem_until_it_is_right(
    desk: TestDesk, admin: Browser, account: Any
) -> None:
    form = mailbox(account, imap_password="wrong")
    answer = admin.post("/settings/channels/create", kind="email", name="Chiusa", **form)
    row = made(desk, answer)
    page = admin.follow(answer)
    assert said(page)[0].endswith("Enter the login again.")
    assert checklist(page)["It does not work"] == "bad"
    assert desk.channel(row.id).problem_code == "login"
    line = listed(admin.get("/settings/channels"), "Chiusa")
    assert "Not working" in line
    assert desk.channel(row.id).problem[1:] in line
    saved = admin.post(f"/settings/channels/{row.id}/update", part="account", name="Chiusa", **mailbox(account))
    assert checklist(admin.follow(saved))["Email answers"] == "ok"
    assert desk.channel(row.id).problem == ""
    with desk.store.reading() as work:
        kinds = [
            event.kind
            for event in work.scalars(select(Event).where(Event.kind.startswith("channel.")).order_by(Event.seq))
            if event.data.get("channel_id") == row.id
        ]
    assert kinds == ["channel.added", "channel.broken", "channel.checked", "channel.changed", "channel.checked"]


def test_a_check_says_what_the_provider_says_now(desk: TestDesk, admin: Browser, account: Any) -> None:
    row = made(desk, admin.post("/settings/channels/create", kind="sms", name="Provato", **twilio(account)))
    good = admin.follow(admin.post(f"/settings/channels/{row.id}/check", step="test"))
    assert "is active." in told(good)
    assert checklist(good)["SMS (Twilio) answers"] == "ok"
    with desk.store.transaction() as work:
        verbs.change(work, SYSTEM, row.id, values={"auth_token": "revoked-at-twilio"})
    bad = admin.follow(admin.post(f"/settings/channels/{row.id}/check", step="test", wizard="1"))
    assert said(bad)[0].endswith("Enter the login again.")
    assert checklist(bad)["It does not work"] == "bad"
    assert desk.channel(row.id).problem_code == "login"
    assert 'name="wizard" value="1"' in bad.text


def test_a_server_that_is_away_is_a_sentence_and_no_error_page(desk: TestDesk, admin: Browser, account: Any) -> None:
    form = config({"token": "1:abc", "api_base": "http://127.0.0.1:9", "receive": "polling"})
    answer = admin.post("/settings/channels/create", kind="telegram", name="Assente", **form)
    row = made(desk, answer)
    page = admin.follow(answer)
    assert page.status_code == 200
    assert said(page)[0].endswith("See whether host and port are right and can be reached from here.")
    assert desk.channel(row.id).problem_code == "receive"


def test_secrets_sealed_with_another_key_can_be_entered_again(desk: TestDesk, admin: Browser, account: Any) -> None:
    row = made(desk, admin.post("/settings/channels/create", kind="sms", name="Altra chiave", **twilio(account)))
    with desk.store.transaction() as work:
        work.get_one(Channel, row.id).secrets = "gAAAAABnot-of-this-key"
    page = admin.follow(admin.post(f"/settings/channels/{row.id}/check", step="test"))
    assert "The stored secrets cannot be opened with this SECRET_KEY" in page.text
    assert desk.channel(row.id).problem_code == "key"
    assert admin.get(f"/settings/channels/{row.id}?step=account").status_code == 200
    empty = {**twilio(account), "config.auth_token": ""}
    refused = admin.post(f"/settings/channels/{row.id}/update", part="account", name="Altra chiave", **empty)
    assert (refused.status_code, said(refused)[-1]) == (422, "Fill this in.")
    saved = admin.post(f"/settings/channels/{row.id}/update", part="account", name="Altra chiave", **twilio(account))
    assert "is active." in admin.follow(saved).text


def test_a_connector_that_falls_over_stops_nothing(
    desk: TestDesk, admin: Browser, account: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = made(desk, admin.post("/settings/channels/create", kind="sms", name="Rotto", **twilio(account)))

    def fall(_config: object) -> str:
        raise KeyError("auth_token=secret-of-the-provider")

    monkeypatch.setattr(desk.store.connectors["sms"], "check", fall)
    page = admin.follow(admin.post(f"/settings/channels/{row.id}/check", step="test"))
    assert "SMS (Twilio) could not be asked: KeyError" in said(page)[0]
    assert "secret-of-the-provider" not in page.text


# --- health, routing, removal -----------------------------------------------------------------------------------


def test_forged_calls_and_quarantine_make_a_channel_worth_a_look(desk: TestDesk, admin: Browser, account: Any) -> None:
    row = made(desk, admin.post("/settings/channels/create", kind="sms", name="Sospetto", **twilio(account)))
    with desk.store.transaction() as work:
        for _ in range(2):
            journal.refuse(work, work.get_one(Channel, row.id), Request("POST", "https://x.example", [], b"Body=x"))
    line = listed(admin.get("/settings/channels"), "Sospetto")
    assert "2 calls with a wrong signature" in line
    assert "Needs a look" in line
    assert f"/settings/journal?channel={row.id}&amp;outcome=quarantined" in line
    page = admin.get(f"/settings/channels/{row.id}?step=test")
    assert checklist(page)["2 calls with a wrong signature"] == "bad"
    with desk.store.transaction() as work:
        work.get_one(Channel, row.id).refused_at = clock.now() - timedelta(days=2)
    assert "2 arrivals in quarantine" in listed(admin.get("/settings/channels"), "Sospetto")


def test_a_genuine_call_and_a_message_show_in_the_list(desk: TestDesk, admin: Browser) -> None:
    row = desk.add_channel("email", "arrivata", address="arrivata@bottega.example")
    number = desk.mail_in(row, "Chiara <chiara@studio.example>", "Buongiorno a tutti")
    line = listed(admin.get("/settings/channels"), "Arrivata")
    assert re.search(r'<span class="num med">1</span> <span class="muted">today', line)
    assert "Last message" in line
    page = admin.get(f"/settings/channels/{row.id}?step=test")
    assert checklist(page)["A message has come in"] == "ok"
    assert "Its 1 open ticket stays" in words(page)
    assert number


def test_a_switched_off_channel_says_so(desk: TestDesk, admin: Browser) -> None:
    row = desk.add_channel("email", "spenta", address="spenta@bottega.example")
    assert admin.post(f"/settings/channels/{row.id}/update", part="routing", team="").status_code == 303
    assert not desk.channel(row.id).enabled
    assert "Switched off" in words(admin.get("/settings/channels"))
    assert admin.post(f"/settings/channels/{row.id}/update", part="routing", team="", active="on").status_code == 303
    assert desk.channel(row.id).enabled


def test_a_team_that_is_gone_is_refused(desk: TestDesk, admin: Browser) -> None:
    row = desk.add_channel("email", "smistata", address="smistata@bottega.example")
    with desk.store.reading() as work:
        assert work.get(Team, "nobodys") is None
    answer = admin.post(f"/settings/channels/{row.id}/update", part="routing", team="nobodys", active="on")
    assert (answer.status_code, said(answer)) == (422, ["This team is not there any more."])
    assert 'aria-current="page">Routing' in answer.text


def test_a_disconnected_channel_keeps_its_tickets_and_forgets_its_keys(
    desk: TestDesk, admin: Browser, account: Any
) -> None:
    row = made(desk, admin.post("/settings/channels/create", kind="email", name="Finita", **mailbox(account)))
    number = desk.mail_in(row, "Chiara <chiara@studio.example>", "Ultima domanda")
    page = admin.follow(admin.post(f"/settings/channels/{row.id}/remove"))
    assert told(page) == "Finita is disconnected. Its tickets and figures stay."
    assert ">Finita<" not in page.text
    assert admin.get(f"/settings/channels/{row.id}").status_code == 404
    for form in ("update", "check", "remove"):
        assert admin.post(f"/settings/channels/{row.id}/{form}").status_code == 404
    assert admin.get(f"/tickets/{number}").status_code == 200
    with desk.store.reading() as work:
        assert work.get_one(Channel, row.id).secrets == ""
        assert verbs.free_name(work, "Finita", "email") == "finita"


def test_every_page_of_a_channel_speaks_italian(desk: TestDesk, account: Any) -> None:
    admin = desk.browser("admin")
    row = made(desk, admin.post("/settings/channels/create", kind="sms", name="Italiano", **twilio(account)))
    with desk.store.transaction() as work:
        desk.agent(work).language = "it"
    try:
        for step in ("account", "connect", "test", "routing"):
            page = admin.get(f"/settings/channels/{row.id}?step={step}")
            assert page.status_code == 200
            assert '<html lang="it"' in page.text
        wrong = admin.post("/settings/channels/create", kind="sms", name="", **twilio(account))
        assert wrong.status_code == 422
    finally:
        with desk.store.transaction() as work:
            desk.agent(work).language = ""
