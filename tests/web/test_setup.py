"""The first visit: what it asks for, in which order, and from whom it wants the code that the start printed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from inbox.actions import desk as desk_settings
from inbox.actions import promises, setup
from inbox.app import create_app
from inbox.settings import Settings
from inbox.store import Agent, Rule, Store, Ticket
from tests.web.conftest import PASSWORD, Browser, said

BUSINESS = {"step": "business", "name": "Bottega Ventura", "language": "it", "timezone": "Europe/Rome"}
ADMIN = {"step": "admin", "name": "Anna Ventura", "email": "anna@bottega.example", "password": PASSWORD}


@pytest.fixture
def app(sqlite_url: str, data_dir: Path) -> Iterator[Flask]:
    """A desk that nobody has set up."""
    settings = Settings(database_url=sqlite_url, data_dir=data_dir)
    settings.prepare()
    made, _socketio = create_app(settings)
    yield made
    made.extensions["sportello"].close()


@pytest.fixture
def store(app: Flask) -> Store:
    found: Store = app.extensions["sportello"]
    return found


def visitor(app: Flask, address: str = "127.0.0.1", **headers: str) -> Browser:
    """Somebody at that address."""
    browser = Browser(app)
    browser.client.environ_base["REMOTE_ADDR"] = address
    browser.headers.update({name.replace("_", "-"): value for name, value in headers.items()})
    browser.get("/setup")
    return browser


def test_every_page_leads_to_the_set_up_until_it_is_done(app: Flask) -> None:
    browser = visitor(app)
    for path in ("/", "/tickets", "/login", "/settings"):
        assert browser.get(path).headers["Location"].startswith("/setup"), path


def test_hours_and_colleagues_are_kept_and_what_is_wrong_stands_in_its_row(app: Flask, store: Store) -> None:
    browser = visitor(app)
    browser.post("/setup", **BUSINESS)
    browser.follow(browser.post("/setup", **ADMIN))
    wrong = browser.post("/setup", step="hours", **{"week-mon": "morning"})
    assert (wrong.status_code, len(said(wrong))) == (422, 1)
    page = " ".join(browser.get("/setup/hours").text.split())
    assert "Adesso siamo chiusi" in page or "We are closed right now" in page
    assert "{desk" not in page
    browser.post(
        "/setup", step="hours", italy="on", answer="on", **{"week-mon": "9-13, 15:00-19:00", "week-sat": "9-13"}
    )
    rows = {"name-0": "Bruno Riva", "email-0": "bruno@bottega.example", "password-0": PASSWORD, "role-0": "supervisor"}
    short = browser.post("/setup", step="team", **{**rows, "email-1": "carla@bottega.example", "password-1": "short"})
    assert short.status_code == 422
    assert 'aria-describedby="f-name-1-says"' in short.text
    assert PASSWORD not in short.text
    assert browser.post("/setup", step="team", **rows).headers["Location"] == "/setup/channel"
    with store.reading() as work:
        office = promises.calendars(work)["default"]
        assert [(rule.ready, rule.active) for rule in work.query(Rule)] == [("hours", True)]
        assert (office["week"]["mon"], office["week"]["tue"], office["italy"]) == (
            ["09:00-13:00", "15:00-19:00"],
            [],
            True,
        )
        assert {one.email: one.role.value for one in work.query(Agent)} == {
            "anna@bottega.example": "admin",
            "bruno@bottega.example": "supervisor",
        }


def test_from_this_machine_it_takes_a_few_forms_and_no_code(app: Flask, store: Store) -> None:
    browser = visitor(app)
    assert 'name="code"' not in browser.get("/setup").text
    assert 'lang="it"' in browser.follow(browser.post("/setup", **BUSINESS)).text
    hours = browser.follow(browser.post("/setup", **ADMIN))
    assert 'value="09:00-18:00"' in hours.text
    team = browser.follow(browser.post("/setup", step="hours", skip="1"))
    assert 'name="email-2"' in team.text
    channel = browser.follow(browser.post("/setup", step="team", skip="1"))
    for kind in ("email", "sms", "chat", "telegram", "messenger", "sample"):
        assert f'value="{kind}"' in channel.text
    inside = browser.post("/setup", step="channel", first="email")
    assert "/settings/channels/new?kind=email" in inside.headers["Location"]
    assert browser.follow(inside).status_code == 200
    with store.reading() as work:
        assert desk_settings.get(work, "desk.name") == "Bottega Ventura"
        assert work.query(Agent).one().role.value == "admin"


def test_the_sample_data_can_be_the_first_channel(app: Flask, store: Store) -> None:
    browser = visitor(app)
    browser.post("/setup", **BUSINESS)
    browser.follow(browser.post("/setup", **ADMIN))
    assert browser.post("/setup", step="channel", first="sample").headers["Location"] == "/tickets"
    with store.reading() as work:
        assert work.query(Ticket).count() > 30


@pytest.mark.parametrize(
    ("address", "headers"),
    [
        ("192.0.2.7", {}),
        ("fd00::7", {}),
        ("127.0.0.1", {"X_Forwarded_For": "192.0.2.7"}),
        ("127.0.0.1", {"Forwarded": "for=192.0.2.7"}),
        ("127.0.0.1", {"X_Real_IP": "192.0.2.7"}),
        ("127.0.0.1", {"Host": "rebound.evil.example"}),
        ("127.0.0.1", {"Host": "192.0.2.1:8000"}),
    ],
)
def test_from_anywhere_else_it_wants_the_code_that_the_start_printed(
    app: Flask, store: Store, address: str, headers: dict[str, str]
) -> None:
    browser = visitor(app, address, **headers)
    assert 'name="code"' in browser.get("/setup").text
    for wrong in ("", "aaaaaaaa", "è" * 8):
        refused = browser.post("/setup", **BUSINESS, code=wrong)
        assert refused.status_code == 400
        assert said(refused)
        assert browser.post("/setup", **ADMIN).headers["Location"] == "/setup"  # nor is there a way around
    code = setup.code(store)
    assert browser.post("/setup", **BUSINESS, code=f" {code.upper()} ").headers["Location"].startswith("/setup?step=")
    assert browser.post("/setup", **ADMIN).headers["Location"] == "/setup/hours"
    assert setup.code(store) == ""


@pytest.mark.parametrize(
    ("address", "host"),
    [("127.0.0.1", "localhost:8000"), ("127.0.0.2", "127.0.0.1:8000"), ("::1", "[::1]:8000")],
)
def test_every_name_of_this_machine_is_near(app: Flask, address: str, host: str) -> None:
    assert 'name="code"' not in visitor(app, address, Host=host).get("/setup").text


def test_the_code_cannot_be_guessed_quickly(app: Flask) -> None:
    browser = visitor(app, "192.0.2.7")
    codes = [browser.post("/setup", **BUSINESS, code=f"guess{n:03}").status_code for n in range(11)]
    assert codes == [400] * 10 + [429]


@pytest.mark.parametrize(
    ("form", "wrong"),
    [
        ({**BUSINESS, "name": ""}, "Dai all’attività"),
        ({**BUSINESS, "timezone": "Mars/Base"}, "Mars/Base"),
        ({**BUSINESS, "language": "de"}, ""),
    ],
)
def test_what_is_wrong_stands_at_its_place_and_nothing_is_made(
    app: Flask, store: Store, form: dict[str, str], wrong: str
) -> None:
    browser = visitor(app, Accept_Language="it")  # the desk has no language yet
    answer = browser.post("/setup", **form)
    assert answer.status_code == 422
    assert any(wrong in sentence for sentence in said(answer)), said(answer)
    with store.reading() as work:
        assert work.query(Agent).count() == 0


def test_a_password_that_is_too_short_is_asked_for_again(app: Flask, store: Store) -> None:
    browser = visitor(app)
    browser.post("/setup", **BUSINESS)
    answer = browser.post("/setup", **{**ADMIN, "password": "short"})
    assert (answer.status_code, len(said(answer))) == (422, 1)
    assert "short" not in answer.text
    with store.reading() as work:
        assert work.query(Agent).count() == 0


def test_a_desk_is_set_up_once(app: Flask, store: Store) -> None:
    first, second = visitor(app), visitor(app)
    for browser in (first, second):
        browser.post("/setup", **BUSINESS)
    first.post("/setup", **ADMIN)
    late = second.post("/setup", **{**ADMIN, "email": "thief@evil.example"})
    assert late.status_code == 409
    assert visitor(app).get("/setup").status_code == 302
    with store.reading() as work:
        assert [one.email for one in work.query(Agent)] == ["anna@bottega.example"]
