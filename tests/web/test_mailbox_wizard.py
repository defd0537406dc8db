"""A mailbox by address and password alone: found, tried, written to and read from, against real servers on loopback."""

from __future__ import annotations

import datetime as dt
import functools
import re
from collections.abc import Iterator
from typing import Any

import pytest
from werkzeug.test import TestResponse

from connectors.base import ConnectorError
from connectors.email import finding, trial
from inbox.actions import mailboxes
from inbox.sandbox.running import Sandbox
from inbox.store import Channel, JournalEntry
from tests.servers.names import NameServer, name_server
from tests.web.conftest import Browser, TestDesk, words
from tests.web.test_channels import checklist, made

HOME = "shop.example"


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox() as running:
        yield running


@pytest.fixture(scope="module")
def dns() -> Iterator[NameServer]:
    with name_server() as server:
        yield server


def nothing(_url: str) -> bytes:
    raise ConnectorError("not there", code="http_404", permanent=True)


def published(mail: dict[str, Any], imap: bool = True) -> bytes:
    """What the domain publishes of the stand-in's servers."""
    return f"""<clientConfig version="1.1"><emailProvider id="x">
<incomingServer type="{"imap" if imap else "pop3"}"><hostname>127.0.0.1</hostname><port>{mail["imap"]["port"]}</port>
<socketType>plain</socketType></incomingServer>
<outgoingServer type="smtp"><hostname>127.0.0.1</hostname><port>{mail["smtp"]["port"]}</port>
<socketType>plain</socketType></outgoingServer></emailProvider></clientConfig>""".encode()


@pytest.fixture
def mail(sandbox: Sandbox, dns: NameServer, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """The account; its domain publishes where its servers are."""
    account: dict[str, Any] = sandbox.accounts()["email"]
    monkeypatch.setenv("FETCH_ALLOW", "127.0.0.1")
    dns.tell(account["address"].partition("@")[2], "MX")  # whatever a test before said, and was ended by
    monkeypatch.setattr(mailboxes, "PAUSE_S", 0.05)
    look = functools.partial(lambda body, _url: body, published(account))
    search = functools.partial(finding.find, ask=dns.resolver(4), look=look)
    monkeypatch.setattr(finding, "find", search)
    return account


def begin(desk: TestDesk, admin: Browser, mail: dict[str, Any], **other: str) -> Channel:
    form = {"config.address": mail["address"], "config.imap_password": mail["password"], **other}
    return made(desk, admin.post("/settings/channels/create", kind="email", **form))


def go_on(admin: Browser, row: Channel, times: int = 1, **form: str) -> TestResponse:
    for _ in range(times):
        answer = admin.post(f"/settings/channels/{row.id}/trial", **form)
        assert answer.headers["Location"].endswith("?step=test&wizard=1")
    return admin.get(f"/settings/channels/{row.id}?step=test&wizard=1")


def going(page: TestResponse) -> bool:
    return 'data-autosubmit-soon-value="true"' in page.text


def test_the_form_asks_for_address_and_password_and_folds_the_rest(admin: Browser) -> None:
    page = admin.get("/settings/channels/new?kind=email")
    before = page.text.partition("<details")[0]
    assert re.findall(r'name="(config\.\w+)"', before) == ["config.address", "config.imap_password"]
    assert 'name="config.imap_host"' in page.text


def test_address_and_password_alone_connect_a_mailbox(desk: TestDesk, admin: Browser, mail: dict[str, Any]) -> None:
    row = begin(desk, admin, mail)
    assert (row.title, row.enabled) == (mail["address"], False)
    assert mail["password"] not in str(row.config) + row.secrets
    assert going(admin.get(f"/settings/channels/{row.id}?step=test&wizard=1"))
    page = go_on(admin, row)
    assert list(checklist(page).values()) == ["ok", "waiting", "todo", "todo", "todo"]
    assert "Finish" in admin.get("/settings/channels").text
    page = go_on(admin, row, 4)
    assert set(checklist(page).values()) == {"ok"}
    assert not going(page)
    assert "The mailbox works" in words(page)
    admin.post(f"/settings/channels/{row.id}/update", part="routing", team="", active="on", wizard="1")
    row = desk.channel(row.id)
    assert (row.enabled, row.draft, row.config["imap_port"]) == (True, {}, mail["imap"]["port"])
    with desk.store.reading() as work:
        assert work.query(JournalEntry).filter_by(channel_id=row.id).count() == 0, "the probe is no arrival"


def test_a_wrong_password_says_what_to_do_and_a_right_one_goes_on(
    desk: TestDesk, admin: Browser, mail: dict[str, Any]
) -> None:
    row = begin(desk, admin, mail, **{"config.imap_password": "falsch"})
    page = go_on(admin, row, 2)
    assert checklist(page)["Mail can be read"] == "bad"
    assert "does not accept the user or the password. Type the password again under Details" in words(page)
    assert not going(page)
    assert "falsch" not in page.text
    fixed = admin.post(
        f"/settings/channels/{row.id}/update",
        part="account",
        wizard="1",
        name="Posta",
        **{"config.address": mail["address"], "config.imap_password": mail["password"], "config.folders": "INBOX"},
        **{f"config.{way}_{name}": str(row_value) for way, name, row_value in _typed(desk.channel(row.id))},
    )
    assert fixed.headers["Location"].endswith("?step=test&wizard=1")
    page = go_on(admin, row, 5)
    assert set(checklist(page).values()) == {"ok"}


def _typed(row: Channel) -> list[tuple[str, str, Any]]:
    names = ("host", "port", "security")
    return [(way, name, row.config[f"{way}_{name}"]) for way in ("imap", "smtp") for name in names]


def test_a_provider_that_wants_an_app_password_is_named(
    desk: TestDesk, admin: Browser, mail: dict[str, Any], dns: NameServer
) -> None:
    domain = mail["address"].partition("@")[2]
    dns.tell(domain, "MX", "1 aspmx.l.google.com.")
    row = begin(desk, admin, mail, **{"config.imap_password": "falsch"})
    assert "Google wants an app password here" in words(go_on(admin, row))
    assert "Make an app password in the account's security settings" in words(go_on(admin, row))
    dns.tell(domain, "MX")


def test_servers_of_somebody_else_are_shown_before_the_password_goes_there(
    desk: TestDesk, admin: Browser, mail: dict[str, Any], dns: NameServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    domain = mail["address"].partition("@")[2]
    dns.tell(f"_imap._tcp.{domain}", "SRV", f"0 1 {mail['imap']['port']} localhost.")
    dns.tell(f"_submission._tcp.{domain}", "SRV", f"0 1 {mail['smtp']['port']} localhost.")
    monkeypatch.setenv("FETCH_ALLOW", "127.0.0.1 localhost")
    search = functools.partial(finding.find.func, ask=dns.resolver(4), look=nothing)  # type: ignore[attr-defined]
    monkeypatch.setattr(finding, "find", search)
    row = begin(desk, admin, mail)
    page = go_on(admin, row)
    assert f"localhost:{mail['imap']['port']}" in words(page)
    assert "only if you say that they are your provider's" in words(page)
    assert not going(page)
    page = go_on(admin, row, sure="1")
    assert checklist(page)["Its servers are found"] == "ok"
    for service in ("_imap", "_submission"):
        dns.tell(f"{service}._tcp.{domain}", "SRV")


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("anna@proton.me", "Proton Mail lets no other program read its mail. Let it forward"),
        ("anna@hotmail.it", "takes no password from programs any more. Choose the sign-in"),
    ],
)
def test_what_a_password_alone_cannot_do_is_said_honestly(
    desk: TestDesk, admin: Browser, mail: dict[str, Any], monkeypatch: pytest.MonkeyPatch, address: str, said: str
) -> None:
    monkeypatch.setattr(finding, "find", functools.partial(finding.find, greet=lambda _one: True))
    row = begin(desk, admin, mail, **{"config.address": address})
    assert said in words(go_on(admin, row))


def test_pop_only_is_said(
    desk: TestDesk, admin: Browser, mail: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    look = functools.partial(lambda body, _url: body, published(mail, imap=False))
    monkeypatch.setattr(finding, "find", functools.partial(finding.find, look=look))
    row = begin(desk, admin, mail)
    assert "can be fetched by POP3 only" in words(go_on(admin, row))


def test_a_probe_that_is_held_back_is_waited_for_then_called_lost_and_can_be_left_out(
    desk: TestDesk, admin: Browser, mail: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trial, "arrived", lambda _config, _mail: "")
    row = begin(desk, admin, mail)
    page = go_on(admin, row, 5)
    assert (list(checklist(page).values())[-1], going(page)) == ("waiting", True)
    monkeypatch.setattr(mailboxes, "PATIENCE", dt.timedelta(0))
    page = go_on(admin, row)
    assert "did not come in within three minutes" in words(page)
    assert "The mailbox works" in words(go_on(admin, row, skip="1"))


def test_a_draft_can_be_thrown_away(desk: TestDesk, admin: Browser, mail: dict[str, Any]) -> None:
    row = begin(desk, admin, mail)
    admin.post(f"/settings/channels/{row.id}/remove")
    with desk.store.reading() as work:
        assert work.get_one(Channel, row.id).removed_at is not None
