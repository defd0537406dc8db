"""A desk behind its API: real database, real intake, a client that holds every answer against the OpenAPI document."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

import pytest
from flask import Flask
from flask.testing import FlaskClient
from openapi_schema_validator import OAS31Validator
from werkzeug.test import TestResponse

from connectors import registry
from connectors.base import Inbound, Request
from inbox import api
from inbox.actions import channels, intake, journal, people
from inbox.actions.who import SYSTEM
from inbox.settings import Settings
from inbox.store import Agent, Channel, JournalItem, Store
from inbox.throttle import Throttle
from inbox.worker.journal import work_due

CHIARA, MARCO = "+447700900142", "+447700900155"
OURS = "+12025550142"
ROLES = {"anna": "admin", "sara": "supervisor", "luca": "agent", "marta": "agent"}


def content(response: TestResponse) -> Any:
    """A response's JSON."""
    return json.loads(response.text)


@dataclass
class Api:
    """``call.get("/tickets")`` as the admin; ``call.of("luca")`` is somebody else. An undocumented answer fails."""

    client: FlaskClient
    tokens: dict[str, str]
    document: dict[str, Any]
    name: str | None = "anna"
    last: Any = field(default=None)

    def of(self, name: str | None) -> Api:
        """The same desk, called by somebody else; None sends no token."""
        return Api(self.client, self.tokens, self.document, name)

    def __call__(self, method: str, path: str, **options: Any) -> TestResponse:
        headers = dict(options.pop("headers", {}))
        if self.name is not None:
            headers.setdefault("Authorization", f"Bearer {self.tokens[self.name]}")
        response = self.client.open(f"/api/v1{path}", method=method, headers=headers, **options)
        response.request.environ["wsgi.input"].close()  # the client leaves the file of a large body to the collector
        self._as_documented(method, path, response)
        return response

    def get(self, path: str, **query: Any) -> Any:
        """The JSON of a read that must work."""
        response = self("GET", path + (f"?{urlencode(query)}" if query else ""))
        assert response.status_code == 200, response.text
        return response.json

    def post(self, path: str, body: Any = None, status: int = 200) -> Any:
        """The JSON of a write that must end with ``status``."""
        response = self("POST", path, json=body)
        assert response.status_code == status, response.text
        return response.json

    def refused(self, method: str, path: str, status: int, word: str, **options: Any) -> dict[str, Any]:
        """The problem of a call that must be refused."""
        response = self(method, path, **options)
        assert response.status_code == status, response.text
        problem: dict[str, Any] = content(response)
        assert problem["type"].endswith(f"/problems/{word}"), problem
        return problem

    def _as_documented(self, method: str, path: str, response: TestResponse) -> None:
        assert response.headers["Cache-Control"] == "no-store"
        assert response.headers["X-Content-Type-Options"] == "nosniff"
        if response.status_code >= 400:
            assert response.content_type == "application/problem+json"
            self._fits({"$ref": "#/components/schemas/Problem"}, response.json)
            assert content(response)["status"] == response.status_code
            return
        if response.status_code == 304:
            return
        operation = self._operation(method, path.partition("?")[0])
        documented = operation["responses"][str(response.status_code)]["content"]
        if response.content_type == "application/json":
            self._fits(documented["application/json"]["schema"], json.loads(response.text))

    def _operation(self, method: str, path: str) -> Any:
        parts = path.strip("/").split("/")
        for template, operations in self.document["paths"].items():
            words = template.strip("/").split("/")
            alike = len(words) == len(parts) and all(
                word == part or word.startswith("{") for word, part in zip(words, parts, strict=True)
            )
            if alike and method.lower() in operations:
                return operations[method.lower()]
        pytest.fail(f"{method} {path} is not in the OpenAPI document")

    def _fits(self, schema: dict[str, Any], value: Any) -> None:
        whole = {**schema, "components": self.document["components"]}
        wrong = next(OAS31Validator(whole, format_checker=OAS31Validator.FORMAT_CHECKER).iter_errors(value), None)
        assert wrong is None, f"{'.'.join(map(str, wrong.absolute_path))}: {wrong.message}" if wrong else ""


@dataclass
class Desk:
    """The desk from inside."""

    store: Store
    agents: dict[str, str]
    sms: Channel
    mail: Channel
    count: int = 0

    def text(self, body: str = "Buongiorno", sender: str = CHIARA, **more: str) -> int:
        """A customer's SMS as Twilio brings it, read by the worker; gives its ticket."""
        self.count += 1
        form = {"MessageSid": f"SM{self.count:032x}", "From": sender, "To": OURS, "Body": body, "NumMedia": "0", **more}
        headers = [("Content-Type", "application/x-www-form-urlencoded")]
        with self.store.transaction() as work:
            arrived = Request("POST", "https://desk.example/hooks/sms/x", headers, urlencode(form).encode())
            entry = journal.keep(work, self.sms, arrived).id
        work_due(self.store)
        with self.store.reading() as work:
            [item] = journal_items(work, entry)
            assert item.ticket_id is not None, item.reason
            return item.ticket_id

    def arrive(self, item: Inbound, raw: bytes = b"raw mail") -> tuple[int, int]:
        """A mail as its parser hands it over; gives (ticket, message)."""
        with self.store.transaction() as work:
            channel = work.get_one(Channel, self.mail.id)
            entry = journal.keep(work, channel, Request("PIPE", "pipe:", [], raw))
            ended = intake.take(work, channel, entry, item)
            entry.items.append(
                JournalItem(
                    n=0, outcome=ended.outcome, reason=ended.reason, ticket_id=ended.ticket, message_id=ended.message
                )
            )
            entry.done = True
        assert ended.ticket is not None
        assert ended.message is not None
        return ended.ticket, ended.message


def journal_items(work: Any, entry: int) -> list[JournalItem]:
    """How an arrival's items ended."""
    return list(work.query(JournalItem).filter_by(entry_id=entry).order_by(JournalItem.n))


@pytest.fixture
def store(settings: Settings) -> Iterator[Store]:
    opened = Store(settings, registry())
    yield opened
    opened.close()


@pytest.fixture
def desk(store: Store) -> Desk:
    sms = {"account_sid": "AC" + "0" * 32, "auth_token": "f" * 32, "number": OURS}
    with store.transaction() as work:
        agents = {
            name: people.add_agent(work, SYSTEM, email=f"{name}@bottega.example", name=name.title(), role=role).id
            for name, role in ROLES.items()
        }
        address = {"address": "help@bottega.example"}
        mail = channels.add(work, SYSTEM, kind="email", name="support-mail", values=address)
        texts = channels.add(work, SYSTEM, kind="sms", name="shop-sms", values=sms)
    return Desk(store, agents, texts, mail)


@pytest.fixture
def app(store: Store) -> Flask:
    """The API alone in an application."""
    app = Flask("tests")
    app.register_blueprint(api.blueprint(store, Throttle()))
    return app


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


@pytest.fixture
def tokens(desk: Desk, store: Store) -> dict[str, str]:
    with store.transaction() as work:
        return {name: people.add_token(work, SYSTEM, work.get_one(Agent, id)) for name, id in desk.agents.items()}


@pytest.fixture
def document(client: FlaskClient) -> dict[str, Any]:
    found: dict[str, Any] = content(client.get("/api/v1/openapi.json"))
    return found


@pytest.fixture
def call(client: FlaskClient, tokens: dict[str, str], document: dict[str, Any]) -> Api:
    """The API, called by the admin."""
    return Api(client, tokens, document)
