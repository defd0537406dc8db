"""Every setting can be found by its words, in both languages, by those who may change it, and none is left out."""

from __future__ import annotations

import re

import pytest

from inbox.reading.settings import RIGHTS
from inbox.web import catalogue
from tests.web.conftest import TestDesk, words

#: What a control's name may be followed by: a day, a clock with its priority, a number.
ENDS = re.compile(r"-.*")


def found(desk: TestDesk, query: str, role: str = "admin", language: str = "") -> list[str]:
    page = desk.browser(role, language).get(f"/settings?q={query}").text
    part = page.partition('id="hits-h"')[2].partition("</section>")[0]
    return re.findall(r'<a class="semi" href="([^"]+)"', part)


def controls(page: str) -> set[str]:
    """The names of a settings page's own controls."""
    inside = page.partition('id="settings"')[2].partition("<dialog")[0]
    tags = re.findall(r"<(?:input|select|textarea)\b[^>]*>", inside)
    names = {m[1] for tag in tags if 'type="hidden"' not in tag and (m := re.search(r'\bname="([^"]+)"', tag))}
    return names - {"csrf_token", "q"}


@pytest.mark.parametrize("section", RIGHTS)
def test_every_control_of_every_page_is_a_known_setting(desk: TestDesk, section: str) -> None:
    admin = desk.browser("admin")
    with desk.store.transaction() as work:
        if section == "people":
            desk.agent(work)
    page = admin.get(f"/settings/{section}")
    assert page.status_code == 200
    with desk.app.test_request_context():
        listed = [one for one in catalogue.known() if one.section == section and not one.kind]
    assert listed, "a page that nobody finds"
    known = {name for one in listed for name in one.controls}
    unknown = {name for name in controls(page.text) if name not in known and ENDS.sub("-", name) not in known}
    assert not unknown
    for one in listed:
        assert not one.place or f'id="{one.place}"' in page.text, one.place


def test_every_setting_of_every_connector_is_known(desk: TestDesk) -> None:
    with desk.app.test_request_context():
        listed = [(one.kind, one.controls[0]) for one in catalogue.known() if one.kind]
    for kind, connector in desk.store.connectors.items():
        hidden = {"grant"}
        assert {name for of, name in listed if of == kind} == {
            f"config.{name}" for name in connector.Config.model_fields if name not in hidden
        }


@pytest.mark.parametrize(
    ("query", "address"),
    [
        ("time zone", "/settings/general"),
        ("fuso", "/settings/general"),
        ("IMAP", "/settings/channels/new?kind=email"),
        ("holidays italy", "/settings/promises"),
        ("orari", "/settings/promises#hours-h"),
        ("per hour", "/settings/costs"),
    ],
)
def test_a_setting_is_found_by_its_words_in_either_language(desk: TestDesk, query: str, address: str) -> None:
    assert address in found(desk, query)


def test_nobody_finds_what_they_may_not_change(desk: TestDesk) -> None:
    assert found(desk, "time zone", "agent") == []
    assert "/settings/macros" in found(desk, "macro", "agent")


def test_the_palette_offers_settings_below_tickets(desk: TestDesk) -> None:
    page = desk.browser("admin").get("/search?palette=1&q=time zone")
    assert 'href="/settings/general"' in page.text
    assert "Time zone General" in words(page)
    assert "Nothing" not in found(desk, "xyzzy")
