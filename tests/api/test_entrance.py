"""Who may come in: a bearer token and nothing else, and what each role may do."""

from __future__ import annotations

from flask.testing import FlaskClient
from sqlalchemy import update

from inbox import clock
from inbox.actions import people
from inbox.actions.who import SYSTEM
from inbox.store import Store, Token
from tests.api.conftest import Api, Desk, content


def test_without_a_token_it_says_how_to_send_one(call: Api) -> None:
    response = call.of(None)("GET", "/tickets")
    assert response.status_code == 401
    assert response.headers["WWW-Authenticate"].startswith("Bearer")
    assert "Authorization: Bearer" in content(response)["detail"]


def test_a_wrong_token_is_refused(call: Api) -> None:
    for header in ("Bearer nonsense", "Bearer ", "Bearer", "Basic YTpi", "nonsense", "Bearer é"):
        call.of(None).refused("GET", "/tickets", 401, "unauthorized", headers={"Authorization": header})


def test_the_scheme_may_be_written_in_any_case(call: Api) -> None:
    headers = {"Authorization": f"bearer {call.tokens['luca']}"}
    assert call.of(None)("GET", "/tickets", headers=headers).status_code == 200


def test_a_revoked_token_is_refused(call: Api, store: Store) -> None:
    with store.transaction() as work:
        work.execute(update(Token).values(revoked_at=clock.now()))
    call.refused("GET", "/tickets", 401, "unauthorized")


def test_the_token_of_somebody_who_has_left_is_refused(call: Api, store: Store, desk: Desk) -> None:
    with store.transaction() as work:
        people.change_agent(work, SYSTEM, desk.agents["luca"], active=False)
    call.of("luca").refused("GET", "/tickets", 401, "unauthorized")


def test_wrong_tokens_are_limited_and_right_ones_never(call: Api) -> None:
    stranger = call.of(None)
    for _ in range(30):
        stranger.refused("GET", "/tickets", 401, "unauthorized", headers={"Authorization": "Bearer guess"})
    response = stranger("GET", "/tickets", headers={"Authorization": "Bearer guess"})
    assert response.status_code == 429
    assert 0 < int(response.headers["Retry-After"]) <= 60
    assert call.get("/tickets")["items"] == []


def test_a_session_cookie_opens_nothing(call: Api, client: FlaskClient, store: Store, desk: Desk) -> None:
    with store.transaction() as work:
        people.change_agent(work, SYSTEM, desk.agents["luca"], password="correct horse battery")
        _agent, cookie = people.sign_in(work, "luca@bottega.example", "correct horse battery")
    client.set_cookie("sportello", cookie)
    call.of(None).refused("GET", "/tickets", 401, "unauthorized")


RIGHTS = [
    ("luca", "GET", "/journal", 403),
    ("luca", "GET", "/journal/1", 403),
    ("luca", "GET", "/journal/1/raw", 403),
    ("luca", "GET", "/ledger", 403),
    ("luca", "POST", "/journal/1/replay", 403),
    ("sara", "POST", "/journal/1/replay", 403),
    ("sara", "GET", "/journal", 200),
    ("sara", "GET", "/ledger", 200),
    ("luca", "GET", "/tickets", 200),
    ("luca", "GET", "/status", 200),
    ("luca", "GET", "/events", 200),
]


def test_a_role_may_do_what_it_may_and_no_more(call: Api) -> None:
    for name, method, path, status in RIGHTS:
        response = call.of(name)(method, path)
        assert response.status_code == status, (name, path)
        if status == 403:
            assert "role" in content(response)["detail"]
