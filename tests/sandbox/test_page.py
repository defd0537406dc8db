"""The page on which a person plays the customer."""

from __future__ import annotations

import re

import pytest
import requests
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from inbox.sandbox.running import Sandbox
from tests.connectors.loopback import Loopback, Reply
from tests.sandbox.conftest import TWIN_PNG, calls
from tests.sandbox.mailing import mail, smtp
from tests.sandbox.test_faults import send
from tests.servers.chromium import OpenPage

CHIARA = "+447700900142"


def test_a_person_writes_as_a_customer_and_the_desk_is_told(sandbox: Sandbox, desk: Loopback, page: Page) -> None:
    sandbox.desk(desk.base, [{"kind": "sms", "hook_path": "/hook"}])
    page.goto(f"{sandbox.url}/?channel=sms")
    page.get_by_label("Write as Chiara Ferrari").fill("Il sito è giù 😀")
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_role("status")).to_have_text("The desk answered 200.")
    expect(page.locator(".bubble.mine")).to_contain_text("Il sito è giù 😀")
    assert calls(desk, 1)[0].form["Body"] == ["Il sito è giù 😀"]


def test_what_the_desk_answers_appears_without_a_reload(sandbox: Sandbox, page: Page) -> None:
    page.goto(f"{sandbox.url}/?channel=sms")
    expect(page.get_by_text("Nothing was said here yet.")).to_be_visible()
    page.get_by_label("Write as Chiara Ferrari").fill("sto ancora scrivendo")
    assert send(sandbox, "sms", "Arriviamo").ok
    expect(page.locator(".bubble.theirs")).to_contain_text("Arriviamo")
    expect(page.locator(".bubble.theirs")).to_contain_text("delivered")
    expect(page.get_by_label("Write as Chiara Ferrari")).to_have_value("sto ancora scrivendo")


def test_a_picture_goes_along_and_is_shown(sandbox: Sandbox, page: Page) -> None:
    page.goto(f"{sandbox.url}/?channel=telegram")
    page.get_by_label("Write as Chiara Ferrari").fill("ecco")
    page.get_by_label("File").set_input_files({"name": "errore.png", "mimeType": "image/png", "buffer": TWIN_PNG})
    page.get_by_role("button", name="Send").click()
    picture = page.locator(".bubble img")
    expect(picture).to_have_attribute("alt", "errore.png")
    expect(picture).to_have_js_property("naturalWidth", 1)


def test_an_empty_subject_answers_the_last_mail_and_a_new_one_starts_anew(sandbox: Sandbox) -> None:
    who = "chiara@studioferrari.example"
    with smtp(sandbox) as line:
        line.send_message(mail())
    form = {"channel": "email", "who": who, "text": "Grazie"}
    requests.post(f"{sandbox.url}/play", data=form, timeout=5)
    requests.post(f"{sandbox.url}/play", data=form | {"subject": "Altro"}, timeout=5)
    first, second = sandbox.received("email")
    assert (first["subject"], second["subject"]) == ("Re: Sito offline", "Altro")
    assert ["In-Reply-To", "<t7.m1.abc@cirro.example>"] in first["raw"]["headers"]
    assert "In-Reply-To" not in [name for name, _ in second["raw"]["headers"]]


def test_the_buttons_order_faults_and_take_them_back(sandbox: Sandbox, page: Page) -> None:
    page.goto(f"{sandbox.url}/?channel=sms&lang=it")
    page.get_by_role("button", name="Accetta, poi cade la linea").click()
    expect(page.locator(".open")).to_contain_text("SMS: la linea cade, accettato × 1")
    assert [fault["kind"] for fault in sandbox.faults()] == ["break_after_accept"]
    page.get_by_role("button", name="Annulla").click()
    expect(page.locator(".open")).to_have_count(0)
    assert sandbox.faults() == []


@pytest.mark.parametrize("channel", ["email", "sms", "telegram", "messenger"])
def test_every_button_orders_something_that_is_understood(sandbox: Sandbox, channel: str) -> None:
    html = requests.get(f"{sandbox.url}/?channel={channel}", timeout=5).text
    buttons = re.findall(r'name="order" value="(\w+)"', html)
    assert buttons
    for button in buttons:
        answer = requests.post(f"{sandbox.url}/play/fault", data={"channel": channel, "order": button}, timeout=5)
        assert answer.status_code == 200
    assert len(sandbox.faults()) == len(buttons)


def test_opening_the_conversation_is_reading_it(sandbox: Sandbox) -> None:
    psid = "9001000000000142"
    sandbox.messenger.receive(psid, "ciao")
    assert send(sandbox, "messenger", "Arriviamo").ok
    url = f"{sandbox.url}/?channel=messenger&who={psid}&lang=en"
    requests.get(url, timeout=5)
    assert "· read" in requests.get(url, timeout=5).text


def test_hostile_words_are_shown_as_words(sandbox: Sandbox, page: Page) -> None:
    sandbox.sms.receive(CHIARA, "<script>document.title = 'hacked'</script><b>x</b>")
    sandbox.sms.receive("<img src=x onerror=alert(1)>", "ciao")
    page.goto(f"{sandbox.url}/?channel=sms")
    expect(page.locator(".bubble .text")).to_have_text("<script>document.title = 'hacked'</script><b>x</b>")
    assert page.title() == "Sandbox: play the customer"


def test_a_file_of_a_customer_is_inert_when_opened(sandbox: Sandbox) -> None:
    page = {"name": "x.html", "content_type": "text/html", "data": "PHNjcmlwdD4="}
    sandbox.messenger.receive("9001000000000142", "", files=[page])
    [entry] = sandbox.received("messenger")
    answer = requests.get(f"{sandbox.url}/sandbox/files/{entry['files'][0]['id']}", timeout=5)
    assert answer.headers["Content-Security-Policy"] == "sandbox; default-src 'none'"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_an_address_of_nobody_we_know_has_a_conversation_too(sandbox: Sandbox, page: Page) -> None:
    sandbox.sms.receive("+447700900777", "Chi siete?")
    page.goto(f"{sandbox.url}/?channel=sms")
    page.get_by_role("link", name="+447700900777").click()
    expect(page.locator(".bubble")).to_contain_text("Chi siete?")
    page.get_by_label("Another address").fill("+12025550199")
    page.get_by_role("button", name="Show").click()
    expect(page.get_by_label("Write as +12025550199")).to_be_visible()


def test_the_shop_page_embeds_the_widget_of_the_desk(sandbox: Sandbox, desk: Loopback, page: Page) -> None:
    desk.on("GET", "/widget.js", Reply(200, b"document.body.dataset.widget = document.currentScript.dataset.site"))
    page.goto(f"{sandbox.url}/shop")
    expect(page.get_by_text("No web chat is configured")).to_be_visible()
    sandbox.desk(desk.base, [{"kind": "chat", "site": "abc123"}])
    page.goto(f"{sandbox.url}/")
    page.get_by_role("link", name="Web chat").click()
    expect(page.locator("body")).to_have_attribute("data-widget", "abc123")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1440])
def test_the_page_is_accessible_and_fits_in_both_lights_and_widths(
    sandbox: Sandbox, open_page: OpenPage, scheme: str, width: int
) -> None:
    sandbox.desk("http://127.0.0.1:9999", [{"kind": "chat", "site": "abc"}])
    sandbox.email.receive("chiara@studioferrari.example", "Buongiorno " * 60, "Sito offline " * 8)
    sandbox.fault("email", "slow", seconds=1)
    page = open_page(viewport={"width": width, "height": 844}, color_scheme=scheme)
    page.goto(f"{sandbox.url}/?channel=email&note=Fatto.")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
