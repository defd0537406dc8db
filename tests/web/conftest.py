"""The real application on a desk that was set up, and people who sign in as a browser does: on both databases."""

from __future__ import annotations

import ipaddress
import itertools
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from connectors.base import Request
from inbox.actions import channels, journal, people, setup
from inbox.actions.who import SYSTEM, Who
from inbox.app import create_app
from inbox.reading import feeds
from inbox.settings import Settings
from inbox.store import Agent, Channel, Store, Work
from inbox.worker.journal import work_due
from tests.servers.databases import KINDS
from tests.servers.postgresql import PostgreSQL

PASSWORD = "correct horse battery"
ROLES = ("agent", "supervisor", "admin")


class Browser:
    """One person's browser: a Flask test client that sends the page's own token with every form."""

    addresses = itertools.count(1)

    def __init__(self, app: Flask, email: str = "", language: str = "") -> None:
        self.client: FlaskClient = app.test_client()
        # Tries are counted by address, and each person sits somewhere else.
        self.address = str(ipaddress.ip_address("198.51.0.0") + next(self.addresses))
        self.client.environ_base["REMOTE_ADDR"] = self.address
        self.email = email
        self.headers = {"Accept-Language": language} if language else {}
        self.token = ""
        if email:
            answer = self.post("/login", email=email, password=PASSWORD)
            assert answer.status_code == 303, answer.text

    def get(self, path: str, **headers: str) -> TestResponse:
        """A page."""
        answer = self.client.get(path, headers={**self.headers, **headers})
        page = answer.text if answer.mimetype == "text/html" else ""
        found = re.search(r'name="csrf-token" content="([^"]+)"', page)
        self.token = unescape(found[1]) if found else self.token
        return answer

    def post(self, path: str, *, accept: str = "text/html", **form: Any) -> TestResponse:
        """A form with the token of the last page seen; a list is a control that stands several times."""
        if not self.token:
            self.get("/login")
        data = {"csrf_token": self.token, **form}
        answer = self.client.post(path, data=data, headers={**self.headers, "Accept": accept})
        if path in {"/login", "/logout"}:
            self.token = ""
            self.get("/search")
        return answer

    def follow(self, answer: TestResponse) -> TestResponse:
        """The page that a form leads to."""
        assert answer.status_code == 303, (answer.status_code, said(answer))
        return self.get(answer.headers["Location"])


def _plain(markup: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", markup)).split())


def said(answer: TestResponse) -> list[str]:
    """What a page says is wrong, as plain text."""
    parts = re.findall(r'<p class="(?:err|notice bad)"[^>]*>(.*?)</p>', answer.text, re.DOTALL)
    return [_plain(part) for part in parts]


def told(answer: TestResponse) -> str:
    """The last thing that a page says was done, as plain text."""
    parts = re.findall(r'<p class="notice ok"[^>]*>(.*?)</p>', answer.text, re.DOTALL)
    return _plain(parts[-1]) if parts else ""


def words(answer: TestResponse) -> str:
    """A page's text without its markup."""
    return _plain(re.sub(r"<(script|style|template)\b.*?</\1>", " ", answer.text, flags=re.DOTALL))


@dataclass
class TestDesk:
    """A desk with a person of each role; ``agent@``, ``supervisor@`` and ``admin@bottega.example``."""

    __test__ = False

    app: Flask
    settings: Settings
    ids: dict[str, str] = field(default_factory=dict)
    _browsers: dict[tuple[str, str], Browser] = field(default_factory=dict)

    @property
    def store(self) -> Store:
        """The desk from inside."""
        found: Store = self.app.extensions["sportello"]
        return found

    def browser(self, role: str = "admin", language: str = "") -> Browser:
        """The browser of the person with that role, signed in once and kept."""
        if (role, language) not in self._browsers:
            self._browsers[role, language] = Browser(self.app, f"{role}@bottega.example", language)
        return self._browsers[role, language]

    def who(self, role: str = "admin") -> Who:
        """That person as the actions know them."""
        with self.store.reading() as work:
            return Who.of(people.by_email(work, f"{role}@bottega.example"))

    def agent(self, work: Work, role: str = "admin") -> Agent:
        """That person's row."""
        return people.by_email(work, f"{role}@bottega.example")

    def channel(self, name: str) -> Channel:
        """A channel by its name."""
        with self.store.reading() as work:
            return channels.find(work, name)

    def add_channel(self, kind: str, name: str, **values: Any) -> Channel:
        """A channel, without asking its provider."""
        with self.store.transaction() as work:
            return channels.add(work, SYSTEM, kind=kind, name=name, title=name.capitalize(), values=values)

    def mail_in(self, channel: Channel, sender: str, subject: str, body: str = "Buongiorno.") -> int:
        """Takes a mail in as the pipe does; gives its ticket's number."""
        raw = (
            f"From: {sender}\r\nTo: {channel.address}\r\nSubject: {subject}\r\n"
            f"Message-ID: <{subject.replace(' ', '.')}@studio.example>\r\n\r\n{body}\r\n"
        )
        with self.store.transaction() as work:
            entry = journal.keep(work, channel, Request("PIPE", "pipe:", [], raw.encode()))
        while work_due(self.store):
            pass
        return self.ticket_of(entry.id)

    def ticket_of(self, entry: int) -> int:
        """The ticket that an arrival became part of."""
        with self.store.reading() as work:
            row, _channel = feeds.entry(work, entry)
            ticket = row.items[0].ticket_id
        assert ticket is not None, [(item.outcome, item.reason) for item in row.items]
        return ticket


def _set_up(work: Work) -> None:
    first = setup.FirstDesk("Bottega Ventura", "en", "Europe/Rome", "Anna Ventura", "admin@bottega.example", PASSWORD)
    setup.create(work, first)
    for role, name in (("supervisor", "Bruno Riva"), ("agent", "Carla Neri")):
        people.add_agent(work, SYSTEM, email=f"{role}@bottega.example", name=name, role=role, password=PASSWORD)


def _url(kind: str, folder: Path, request: pytest.FixtureRequest) -> Iterator[str]:
    if kind == "sqlite":
        shutil.copyfile(request.getfixturevalue("sqlite_template"), folder / "sportello.db")
        yield f"sqlite:///{folder / 'sportello.db'}"
        return
    server: PostgreSQL = request.getfixturevalue("postgresql")
    name = server.create(request.getfixturevalue("postgresql_template"))
    yield server.url(name)
    server.drop(name)


@pytest.fixture(scope="module", params=KINDS)
def desk(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestDesk]:
    """One desk for the tests of a module, on each kind of database; each test uses names of its own."""
    folder = tmp_path_factory.mktemp("desk")
    urls = _url(request.param, folder, request)
    settings = Settings(database_url=next(urls), data_dir=folder)
    settings.prepare()
    app, _socketio = create_app(settings)
    found = TestDesk(app, settings)
    with found.store.transaction() as work:
        _set_up(work)
    yield found
    found.store.close()
    next(urls, None)


@pytest.fixture
def admin(desk: TestDesk) -> Browser:
    """The admin's browser."""
    return desk.browser("admin")
