"""The chat on other people's sites: who may load it, what it may do there, in which language it speaks."""

from __future__ import annotations

import json
import re
import secrets

import pytest

from inbox.actions import channels, people
from inbox.actions.who import SYSTEM
from inbox.store import Channel
from tests.web.conftest import Browser, TestDesk, words

SITE = {
    "title": "Bottega Ventura",
    "allowed_sites": ["https://bottega.example", "https://*.shop.example", "http://localhost:5000"],
    "colour": "#7a4a22",
    "greeting": "Ciao! Come possiamo aiutarti?",
    "languages": ["it", "en"],
    "offline_note": "Torniamo alle 9.",
    "ask_email": "always",
    "privacy_url": "https://bottega.example/privacy",
    "position": "left",
}


@pytest.fixture
def site(desk: TestDesk) -> Channel:
    """A chat of its own for each test."""
    return desk.add_channel("chat", f"sito-{secrets.token_hex(4)}", **SITE)


def policy(text: str) -> dict[str, str]:
    """A Content-Security-Policy by directive."""
    return dict(part.strip().partition(" ")[::2] for part in text.split(";"))


def test_the_loader_is_small_kept_for_minutes_and_brings_no_cookie(desk: TestDesk) -> None:
    for browser in (Browser(desk.app), desk.browser("admin")):
        answer = browser.get("/widget.js")
        assert answer.status_code == 200
        assert answer.headers["Content-Type"] == "text/javascript; charset=utf-8"
        assert answer.headers["Cache-Control"] == "public, max-age=600"
        assert answer.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
        assert len(answer.data) < 5_000
        assert "Set-Cookie" not in answer.headers
        assert "Cookie" not in answer.headers.get("Vary", "")
        again = browser.get("/widget.js", **{"If-None-Match": answer.headers["ETag"]})
        assert (again.status_code, again.data) == (304, b"")


@pytest.mark.parametrize(
    "origin",
    ["https://bottega.example", "https://www.shop.example", "https://a.b.shop.example", "http://localhost:5000"],
)
def test_an_allowed_site_reads_the_settings_and_is_named(desk: TestDesk, site: Channel, origin: str) -> None:
    answer = Browser(desk.app).get(f"/widget/{site.id}/config", Origin=origin)
    assert answer.status_code == 200
    assert answer.headers["Access-Control-Allow-Origin"] == origin
    assert "Access-Control-Allow-Credentials" not in answer.headers
    assert answer.headers["Vary"] == "Origin"
    told = dict(answer.json or {})
    assert str(told.pop("style")).startswith(":host{")
    assert told == {
        "title": "Bottega Ventura",
        "colour": "#7a4a22",
        "greeting": "Ciao! Come possiamo aiutarti?",
        "online": False,
        "languages": ["it", "en"],
        "position": "left",
    }


@pytest.mark.parametrize(
    "origin",
    [
        *(
            "https://evil.example",
            "http://bottega.example",
            "https://bottega.example:8443",
            "https://bottega.example.evil.example",
        ),
        *(
            "https://shop.example",
            "https://evilshop.example",
            "null",
            "https://*.shop.example",
            "",
            "chrome-extension://abc",
        ),
        *("https://bottega.example/", "https://user@bottega.example", "https://bottega.example\x00.evil.example"),
    ],
)
def test_any_other_site_is_told_nothing(desk: TestDesk, site: Channel, origin: str) -> None:
    answer = Browser(desk.app).get(f"/widget/{site.id}/config", Origin=origin)
    if (
        origin == "https://bottega.example/"
    ):  # the same origin, as no browser would write it: it reads nothing either way
        assert answer.headers.get("Access-Control-Allow-Origin") != "https://bottega.example"
        return
    assert answer.status_code == 403
    assert "Access-Control-Allow-Origin" not in answer.headers
    assert answer.headers["Vary"] == "Origin"
    assert "Bottega" not in answer.text


def test_the_desks_own_page_reads_the_settings(desk: TestDesk, site: Channel) -> None:
    answer = Browser(desk.app).get(f"/widget/{site.id}/config")
    assert answer.status_code == 200
    assert "Access-Control-Allow-Origin" not in answer.headers
    own = Browser(desk.app).get(f"/widget/{site.id}/config", Origin="http://localhost")
    assert own.status_code == 200


def test_online_is_true_while_somebody_is_there(desk: TestDesk, site: Channel) -> None:
    agent = desk.who("agent").id or ""
    for state, there in (("online", True), ("away", False)):
        with desk.store.transaction() as work:
            people.set_state(work, agent, state)
        answer = Browser(desk.app).get(f"/widget/{site.id}/config")
        assert json.loads(answer.data)["online"] is there
        frame = Browser(desk.app).get(f"/widget/{site.id}?lang=en")
        assert ('data-online="1"' in frame.text) is there
        assert ("We are here" if there else "Nobody is here right now") in words(frame)


def test_the_iframe_may_stand_on_allowed_sites_only_and_do_little(desk: TestDesk, site: Channel) -> None:
    answer = Browser(desk.app).get(f"/widget/{site.id}")
    assert "X-Frame-Options" not in answer.headers
    assert "Set-Cookie" not in answer.headers
    rules = policy(answer.headers["Content-Security-Policy"])
    assert rules["frame-ancestors"] == "https://bottega.example https://*.shop.example http://localhost:5000 'self'"
    assert rules["default-src"] == "'none'"
    assert rules["script-src"] == rules["style-src"] == "'self'"
    assert rules["connect-src"] == "'self' ws://127.0.0.1:8000 wss://127.0.0.1:8000"
    assert "unsafe" not in answer.headers["Content-Security-Policy"]
    assert "<style" not in answer.text
    assert not re.search(r"<script(?![^>]*\bsrc=)(?![^>]*application/json)", answer.text)
    assert "Torniamo alle 9." in answer.text
    assert 'data-ask="always"' in answer.text
    assert 'href="https://bottega.example/privacy"' in answer.text


@pytest.mark.parametrize(
    ("query", "accepts", "language"),
    [
        ("", "", "it"),  # the site's first
        ("", "en-GB,en;q=0.9,it;q=0.5", "en"),
        ("", "fr,de;q=0.8", "it"),
        ("?lang=en", "it", "en"),
        ("?lang=fr", "en", "en"),
        ("?lang=<script>", "", "it"),
    ],
)
def test_it_speaks_the_visitors_language_where_the_site_has_it(
    desk: TestDesk, site: Channel, query: str, accepts: str, language: str
) -> None:
    answer = Browser(desk.app, language=accepts).get(f"/widget/{site.id}{query}")
    assert answer.status_code == 200
    assert f'<html lang="{language}">' in answer.text
    assert "<script>" not in answer.text


def test_a_site_of_one_language_speaks_that(desk: TestDesk) -> None:
    site = desk.add_channel("chat", "solo-inglese", **{**SITE, "languages": ["en"]})
    assert '<html lang="en">' in Browser(desk.app, language="it").get(f"/widget/{site.id}?lang=it").text


@pytest.mark.parametrize(
    ("query", "colour", "theme"),
    [
        ("", "#7a4a22", "light"),
        ("?color=%23f5c518&theme=dark", "#f5c518", "dark"),
        ("?color=red;background:url(x)&theme=%22onload%3D", "#7a4a22", "light"),
        ("?theme=auto", "#7a4a22", "auto"),
    ],
)
def test_the_page_around_chooses_colour_and_theme_and_nothing_else(
    desk: TestDesk, site: Channel, query: str, colour: str, theme: str
) -> None:
    page = Browser(desk.app).get(f"/widget/{site.id}{query}").text
    assert f'data-colour="{colour}"' in page
    assert f'data-theme="{theme}"' in page


def test_the_page_to_try_it_loads_the_very_line_it_shows(desk: TestDesk, site: Channel) -> None:
    answer = Browser(desk.app).get(f"/widget/{site.id}/try?lang=it")
    assert answer.status_code == 200
    assert f'src="/widget.js" data-site="{site.id}"' in answer.text
    assert f'<script async src="http://127.0.0.1:8000/widget.js" data-site="{site.id}"></script>' in words_of_code(
        answer.text
    )
    assert '<html lang="it">' in answer.text


def words_of_code(page: str) -> str:
    """What stands in the page's code element."""
    found = re.search(r"<code>(.*?)</code>", page, re.DOTALL)
    assert found is not None
    return found[1].replace("&lt;", "<").replace("&gt;", ">").replace("&#34;", '"')


def test_a_chat_that_is_off_gone_or_no_chat_is_not_there(desk: TestDesk, site: Channel) -> None:
    mailbox = desk.add_channel("email", f"posta-{secrets.token_hex(4)}", address="widget@bottega.example")
    gone = desk.add_channel("chat", f"via-{secrets.token_hex(4)}", **SITE)
    with desk.store.transaction() as work:
        channels.change(work, SYSTEM, site.id, enabled=False)
        channels.remove(work, SYSTEM, gone.id)
    for one in (site.id, gone.id, mailbox.id, "nobodys", "x' or 1=1"):
        for path in ("", "/config", "/try"):
            answer = Browser(desk.app).get(f"/widget/{one}{path}", Origin="https://bottega.example")
            assert answer.status_code == 404
            assert "Access-Control-Allow-Origin" not in answer.headers


def test_nothing_of_the_widget_takes_a_form_but_files(desk: TestDesk, site: Channel) -> None:
    rules = [rule for rule in desk.app.url_map.iter_rules() if rule.endpoint.startswith("widget.")]
    pages = {"widget.loader", "widget.config", "widget.frame", "widget.try"}
    assert {rule.endpoint for rule in rules} == {*pages, "widget.upload"}
    assert {rule.endpoint for rule in rules if "POST" in (rule.methods or set())} == {"widget.upload"}
