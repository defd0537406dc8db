"""Whatever goes wrong is a problem document with one plain sentence, and never a page or a trace."""

from __future__ import annotations

from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy.exc import OperationalError

from inbox.api.problems import KNOWN
from inbox.reading import feeds
from inbox.store import Store
from tests.api.conftest import Api, Desk, content

NOWHERE = """/api /api/ /api/v1 /api/v1/ /api/v2/tickets /api/v1/nothing /api/v1/tickets/ /api/v1/tickets/x
/api/v1/tickets/-1 /api/v1/%00 /api/../api/v1/x"""


def test_an_unknown_address_is_a_problem(client: FlaskClient, desk: Desk) -> None:
    for path in NOWHERE.split():
        for method in ("GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"):
            response = client.open(path, method=method)
            assert (response.status_code, response.content_type) == (404, "application/problem+json"), (method, path)
            assert content(response)["type"].endswith("/problems/not-found")


def test_a_wrong_method_says_which_are_right(client: FlaskClient, desk: Desk) -> None:
    response = client.delete("/api/v1/tickets")
    assert (response.status_code, response.content_type) == (405, "application/problem+json")
    assert set(response.headers["Allow"].split(", ")) >= {"GET"}
    assert "DELETE" not in response.headers["Allow"]
    assert client.get("/api/v1/tickets/1/replies").status_code == 405


BODIES: list[tuple[bytes, str]] = [
    (b"{", "malformed"),
    (b"[]", "malformed"),
    (b"null", "malformed"),
    (b"\xff\xfe", "malformed"),
    (b'{"text": "\\u0000", "client_key": "k"}', "malformed"),
    (b'{"text": "\\ud800", "client_key": "k"}', "malformed"),
    (b'{"text": ' + b"[" * 50 + b"]" * 50 + b"}", "malformed"),
    (b"[" * 100_000, "malformed"),
    (b"", "invalid"),
    (b"{}", "invalid"),
    (b'{"text": 5, "client_key": "k"}', "invalid"),
    (b'{"text": "x", "client_key": ""}', "invalid"),
    (b'{"text": "x", "client_key": "k", "unknown": 1}', "invalid"),
]


def test_a_body_that_cannot_be_read_or_taken_is_refused(call: Api, desk: Desk) -> None:
    ticket = desk.text()
    for body, word in BODIES:
        assert call.refused("POST", f"/tickets/{ticket}/notes", KNOWN[word].status, word, data=body)["detail"], body
    assert len(call.get(f"/tickets/{ticket}/messages")["items"]) == 1


def test_each_wrong_field_is_named(call: Api, desk: Desk) -> None:
    files = [{"name": "a.txt", "data": "%%%"}]
    body = {"text": "x", "seen": "never", "then": "explode", "attachments": files, "to": "me"}
    problem = call.refused("POST", f"/tickets/{desk.text()}/replies", 422, "invalid", json=body)
    assert set(problem["errors"]) == {"client_key", "seen", "then", "attachments.0.data", "to"}
    assert problem["errors"]["attachments.0.data"] == "this is not base64"


QUERIES = [
    ("/tickets?limit=501", "limit"),
    ("/tickets?limit=0", "limit"),
    ("/tickets?limit=many", "limit"),
    ("/tickets?after=x", "after"),
    ("/tickets?after=99999999999999999999999", "after"),
    ("/tickets?status=solved", "status"),
    ("/tickets?channel=nosuch", "channel"),
    ("/tickets?assignee=nobody", "assignee"),
    ("/tickets?stats=open", "stats"),
    ("/journal?outcome=lost", "outcome"),
    ("/journal?channel=nosuch", "channel"),
    ("/ledger?from=yesterday", "from"),
    ("/ledger?from=2026-03-09&to=2026-03-08", "to"),
    ("/ledger?from=2020-03-09&to=2026-03-08", "from"),
    ("/events?after=-1", "after"),
    ("/messages/1?x=1", "x"),
]


def test_a_wrong_query_is_refused_by_name(call: Api) -> None:
    for path, field in QUERIES:
        assert field in call.refused("GET", path, 422, "invalid")["errors"], path


def test_a_query_that_no_database_can_keep_is_refused(call: Api) -> None:
    for path in ("/tickets?q=%00", "/tickets?channel=%00", "/tickets?assignee=a%00b"):
        call.refused("GET", path, 400, "malformed")


MISSING = [
    ("GET", "/tickets/4711"),
    ("GET", "/tickets/99999999999999999999"),
    ("GET", "/tickets/4711/messages"),
    ("GET", "/messages/4711"),
    ("GET", "/messages/4711/view"),
    ("GET", "/attachments/4711"),
    ("GET", "/journal/4711"),
    ("GET", "/journal/4711/raw"),
    ("POST", "/journal/4711/replay"),
    ("POST", "/messages/4711/cancel"),
    ("POST", "/messages/4711/retry"),
    ("GET", "/problems/4711"),
    ("GET", "/events?ticket=4711"),
]


def test_what_is_not_there_is_not_found(call: Api) -> None:
    for method, path in MISSING:
        assert call.refused(method, path, 404, "not-found")["detail"].startswith("there is no "), path


def test_a_body_that_is_too_large_is_refused_before_it_is_read(call: Api, desk: Desk) -> None:
    ticket = desk.text()
    note = {"text": "x" * 3_000_000, "client_key": "k"}
    call.refused("POST", f"/tickets/{ticket}/notes", 413, "too-large", json=note)


def test_a_file_above_the_limit_is_refused_by_name(call: Api, desk: Desk) -> None:
    desk.store.settings.attachment_limit_mb = 1
    form = {"text": "x", "client_key": "k", "attachments": [(_bytes(1_200_000), "picture.png", "image/png")]}
    problem = call.refused("POST", f"/tickets/{desk.text()}/replies", 422, "invalid", data=form)
    assert "picture.png is larger than 1 MB" in problem["detail"]
    form = {"text": "x", "client_key": "k", "attachments": [(_bytes(9_000_000), "picture.png", "image/png")]}
    call.refused("POST", f"/tickets/{desk.text()}/replies", 413, "too-large", data=form)


def _bytes(count: int) -> Any:
    import io

    return io.BytesIO(b"x" * count)


def test_a_database_that_is_away_is_a_503_to_try_again(call: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*_arguments: object, **_named: object) -> None:
        raise OperationalError("SELECT secret", {}, Exception("gone"))

    monkeypatch.setattr(feeds, "tickets", away)
    response = call("GET", "/tickets")
    assert response.status_code == 503
    assert response.headers["Retry-After"] == "5"
    assert "secret" not in response.text


def test_a_fault_of_our_own_tells_its_reference_and_nothing_more(call: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_arguments: object, **_named: object) -> None:
        raise RuntimeError("the password is hunter2")

    monkeypatch.setattr(feeds, "tickets", broken)
    problem = call.refused("GET", "/tickets", 500, "internal")
    assert set(problem) == {"type", "title", "status", "detail", "reference"}
    assert "hunter2" not in str(problem)


def test_the_type_of_a_problem_leads_to_what_it_means(call: Api, store: Store) -> None:
    for word, kind in KNOWN.items():
        told = call.of(None).get(f"/problems/{word}")
        assert (told["status"], told["type"]) == (kind.status, f"{store.settings.base_url}/api/v1/problems/{word}")
        assert told["title"]
        assert "\n" not in told["title"]
