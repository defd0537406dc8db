"""The OpenAPI document is valid, whole, and true: tests/api/conftest.py holds every answer of every test against it."""

from __future__ import annotations

from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from openapi_spec_validator import OpenAPIV31SpecValidator

from inbox.api import PREFIX

#: contract.md
PROMISED = """
GET /journal
GET /journal/{}/raw
POST /journal/{}/replay
GET /ledger
GET /tickets
GET /tickets/{}
POST /tickets
GET /tickets/{}/messages
GET /messages/{}
GET /attachments/{}
GET /messages/{}/view
POST /tickets/{}/replies
POST /tickets/{}/notes
POST /tickets/{}/assign
POST /tickets/{}/status
POST /tickets/bulk
POST /messages/{}/cancel
POST /messages/{}/retry
GET /events
GET /status
"""


def test_it_is_valid_openapi_3_1(document: dict[str, Any]) -> None:
    OpenAPIV31SpecValidator(document).validate()
    assert document["openapi"].startswith("3.1")


def test_it_has_every_address_that_the_application_has(app: Flask, document: dict[str, Any]) -> None:
    served = {
        (method, "".join("{}" if part.startswith("<") else part for part in _parts(rule.rule)))
        for rule in app.url_map.iter_rules()
        if rule.endpoint.startswith("api.") and rule.endpoint != "api.nothing"
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }
    written = {
        (method.upper(), "/api/v1" + "".join("{}" if part.startswith("{") else part for part in _parts(path)))
        for path, operations in document["paths"].items()
        for method in operations
    }
    assert written == served


def _parts(path: str) -> list[str]:
    return [piece for part in path.split("/")[1:] for piece in ("/", part)]


def test_it_has_what_the_contract_promises(document: dict[str, Any]) -> None:
    known = {("/".join("{}" if part[:1] == "{" else part for part in one.split("/"))): one for one in document["paths"]}
    for line in PROMISED.strip().split("\n"):
        method, path = line.split()
        assert method.lower() in document["paths"][known[path]], line


def test_the_promised_parameters_are_there(document: dict[str, Any]) -> None:
    def names(path: str) -> set[str]:
        return {one["name"] for one in document["paths"][path]["get"]["parameters"]}

    assert names("/tickets") >= {"status", "channel", "assignee", "q", "after", "limit"}
    assert names("/journal") >= {"channel", "outcome", "after", "limit"}
    assert names("/ledger") >= {"from", "to"}
    assert names("/events") >= {"after"}
    assert all(one["schema"] for path in document["paths"].values() for op in path.values() for one in op["parameters"])


def test_everything_but_the_document_itself_wants_a_token(document: dict[str, Any]) -> None:
    public = {
        path
        for path, operations in document["paths"].items()
        for one in operations.values()
        if one.get("security") == []
    }
    assert public == {"/openapi.json", "/problems/{name}"}
    assert document["security"] == [{"bearer": []}]


def test_it_names_the_role_that_an_address_needs(document: dict[str, Any]) -> None:
    assert "Needs the role supervisor" in document["paths"]["/journal"]["get"]["description"]
    assert "Needs the role admin" in document["paths"]["/journal/{number}/replay"]["post"]["description"]


def test_it_needs_no_token(client: FlaskClient) -> None:
    response = client.get(f"{PREFIX}/v1/openapi.json")
    assert (response.status_code, response.content_type) == (200, "application/json")
