"""The chat on a customer's site, as a visitor meets it: small, by keyboard, live both ways, nothing lost."""

from __future__ import annotations

import gzip
import time
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Frame, Page, Route, expect

from tests.ui import stage
from tests.ui.chat_desk import ChatDesk

LOADER_LIMIT = 5_000  # bytes as they are
APP_LIMIT = 60_000


@pytest.fixture
def desk() -> Iterator[ChatDesk]:
    started = ChatDesk()
    yield started
    started.close()


@pytest.fixture
def visitor(desk: ChatDesk, open_page: Callable[..., Page]) -> Page:
    """A visitor on the host site, the launcher in sight."""
    return arrive(desk, open_page())


@pytest.fixture
def neighbour(desk: ChatDesk, open_page: Callable[..., Page]) -> Page:
    """A visitor of a site on the desk's own host, where a browser gives the iframe its own memory."""
    return arrive(desk, open_page(), site=desk.near)


def arrive(desk: ChatDesk, page: Page, lang: str = "en", site: str = "") -> Page:
    page.goto(f"{site or desk.host}/?lang={lang}")
    page.locator("sportello-chat").wait_for(state="attached")
    return page


def chat(page: Page) -> Frame:
    """The iframe; its shadow root is closed, so it is found by its address."""
    until(page, lambda: any("/widget/" in frame.url for frame in page.frames))
    frame = next(frame for frame in page.frames if "/widget/" in frame.url)
    frame.wait_for_load_state()
    return frame


def opened(page: Page) -> Frame:
    """The chat, opened with the keyboard: the launcher comes after the page's last link."""
    page.get_by_role("link", name="a link").focus()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    return chat(page)


def write(frame: Frame, text: str) -> None:
    frame.locator("#text").fill(text)
    frame.locator("#text").press("Enter")


def arrived(frame: Frame) -> None:
    """The desk has said that it has the newest message."""
    expect(frame.locator(".me").last).to_have_attribute("data-state", "sent")


def bubbles(frame: Frame) -> list[str]:
    return frame.locator(".m[data-at] .bub").all_inner_texts()


def stored(frame: Frame) -> str:
    return str(frame.evaluate("JSON.stringify([{...localStorage}, {...sessionStorage}, document.cookie])"))


def until(page: Page, true: Callable[[], bool], seconds: float = 30) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it did not happen in time"
        page.wait_for_timeout(50)  # not sleep: the browser is heard only while Playwright waits


def luminance(colour: str) -> float:
    """Relative luminance of WCAG 2.2 of ``#rrggbb``."""
    parts = [int(colour[n : n + 2], 16) / 255 for n in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_the_loader_is_under_5_kb_as_it_is_and_the_app_under_60_packed() -> None:
    loader = (stage.STATIC / stage.asset("widget-loader.js").removeprefix("/static/")).read_bytes()
    app = [
        (stage.STATIC / stage.asset(f"widget-app.{kind}").removeprefix("/static/")).read_bytes()
        for kind in ("js", "css")
    ]
    assert len(loader) < LOADER_LIMIT
    assert sum(len(gzip.compress(part)) for part in app) < APP_LIMIT


def test_there_is_no_iframe_before_it_is_opened_and_nothing_stored_before_somebody_writes(
    desk: ChatDesk, neighbour: Page
) -> None:
    assert len(neighbour.frames) == 1
    frame = opened(neighbour)
    expect(frame.locator("#who")).to_have_text("Bottega Ventura")
    nothing = '[{},{},""]'
    assert stored(frame) == nothing
    assert stored(neighbour.main_frame) == nothing
    write(frame, "ora sì")
    until(neighbour, lambda: len(desk.sent) == 1 and "token" in stored(frame))
    assert "token" not in stored(neighbour.main_frame)


def test_a_browser_that_gives_a_foreign_iframe_no_memory_keeps_the_talk_for_its_tab(
    desk: ChatDesk, visitor: Page
) -> None:
    frame = opened(visitor)
    assert visitor.evaluate("sessionStorage.length + localStorage.length") == 0
    write(frame, "in incognito")
    arrived(frame)
    visitor.reload()
    expect(chat(visitor).locator(".me .bub")).to_have_text("in incognito")
    assert visitor.evaluate("localStorage.length") == 0


def test_a_visitor_is_greeted_once_and_the_greeting_opens_the_chat_with_itself(
    desk: ChatDesk, open_page: Callable[..., Page]
) -> None:
    desk.greetings = [{"part": "lang=en", "after": 1, "text": "Serve una mano?"}]
    page = arrive(desk, open_page())
    until(page, lambda: page.evaluate("localStorage.length") == 1)
    page.get_by_role("link", name="a link").focus()
    page.keyboard.press("Tab")  # the greeting stands before the launcher
    page.keyboard.press("Enter")
    expect(chat(page).locator("#greeting")).to_have_text("Serve una mano?")
    desk.greetings = [{"part": "", "after": 0, "text": "Ancora?"}]
    again = arrive(desk, page)
    again.wait_for_timeout(1500)
    expect(opened(again).locator("#greeting")).not_to_have_text("Ancora?")


def test_it_opens_by_keyboard_and_escape_gives_the_focus_back(visitor: Page) -> None:
    frame = opened(visitor)
    expect(frame.locator("#text")).to_be_focused()
    visitor.keyboard.press("Escape")
    visitor.wait_for_function("document.activeElement.localName === 'sportello-chat'")
    until(visitor, lambda: frame.evaluate("document.hasFocus()") is False)  # told from one process to another
    visitor.keyboard.press("Enter")
    expect(frame.locator("#text")).to_be_focused()


def test_a_hostile_style_sheet_and_a_strict_policy_of_the_site_do_not_touch_it(visitor: Page) -> None:
    box = visitor.locator("sportello-chat").evaluate(
        "host => { const b = host.getBoundingClientRect(); const s = getComputedStyle(host);"
        " return [s.position, s.display, s.zIndex] }"
    )
    assert box == ["fixed", "inline", "2147483000"] or box[0] == "fixed"
    visitor.mouse.click(1440 - 24 - 28, 900 - 24 - 28)
    expect(chat(visitor).locator("#text")).to_be_visible()


def test_a_message_arrives_once_with_its_page_and_the_answer_comes_back_live(desk: ChatDesk, visitor: Page) -> None:
    frame = opened(visitor)
    write(frame, "Ciao! Dov'è il mio ordine?")
    until(visitor, lambda: len(desk.sent) == 1)
    assert desk.sent[0]["text"] == "Ciao! Dov'è il mio ordine?"
    assert desk.sent[0]["page_url"].startswith(desk.host)
    assert desk.sent[0]["page_title"] == "Bottega"
    desk.say("Controllo **subito**.", "<p>Controllo <strong>subito</strong>.</p>")
    expect(frame.locator(".m:not(.me) strong")).to_have_text("subito")
    until(visitor, lambda: len(desk.taken) == 1 and desk.read == desk.taken)
    assert bubbles(frame) == ["Ciao! Dov'è il mio ordine?", "Controllo subito."]
    expect(frame.locator("#who")).to_have_text("Marta from Bottega Ventura")


def test_nothing_can_be_written_before_it_can_be_sent(desk: ChatDesk, visitor: Page) -> None:
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    visitor.route("**/widget-app-*.js", hold)
    visitor.get_by_role("link", name="a link").focus()
    visitor.keyboard.press("Tab")
    visitor.keyboard.press("Enter")
    until(visitor, lambda: bool(held))
    frame = next(frame for frame in visitor.frames if "/widget/" in frame.url)
    expect(frame.locator("#text")).to_be_disabled()
    expect(frame.locator("#go")).to_be_disabled()
    visitor.keyboard.type("Hello?\n")
    held[0].continue_()
    expect(frame.locator("#text")).to_be_focused()
    visitor.keyboard.type("Do you ship to Malta?\n")
    arrived(frame)
    assert [message["text"] for message in desk.sent] == ["Do you ship to Malta?"]


def test_two_messages_in_one_breath_belong_to_one_visitor(desk: ChatDesk, visitor: Page) -> None:
    frame = opened(visitor)
    for text in ("uno", "due", "tre"):
        write(frame, text)
    until(visitor, lambda: len(desk.sent) == 3)
    assert [each["text"] for each in desk.sent] == ["uno", "due", "tre"]
    assert len(desk.talks) == 1


def test_what_a_visitor_writes_is_text_and_never_markup(desk: ChatDesk, visitor: Page) -> None:
    frame = opened(visitor)
    write(frame, "<img src=x onerror=alert(1)>")
    until(visitor, lambda: len(desk.sent) == 1)
    assert bubbles(frame) == ["<img src=x onerror=alert(1)>"]
    assert frame.locator(".bub img").count() == 0


def test_after_a_reload_the_chat_stands_open_again_with_everything_once(desk: ChatDesk, visitor: Page) -> None:
    frame = opened(visitor)
    write(frame, "prima del ricaricamento")
    arrived(frame)
    visitor.reload()
    frame = chat(visitor)
    expect(frame.locator(".me .bub")).to_have_text("prima del ricaricamento")
    desk.say("eccomi")
    expect(frame.locator(".m:not(.me)[data-at] .bub")).to_have_text("eccomi")
    assert bubbles(frame) == ["prima del ricaricamento", "eccomi"]
    assert len(desk.sent) == 1


def test_a_lost_line_shows_itself_and_nothing_is_lost_or_doubled_when_it_is_back(desk: ChatDesk, visitor: Page) -> None:
    frame = opened(visitor)
    write(frame, "prima")
    arrived(frame)
    desk.refuse_lines = True
    desk.cut()
    expect(frame.locator("#line")).to_be_visible()
    write(frame, "durante")
    expect(frame.locator(".me").last).to_have_attribute("data-state", "pending")
    desk.say("intanto")
    desk.refuse_lines = False
    until(visitor, lambda: len(desk.sent) == 2, 20)
    expect(frame.locator("#line")).to_be_hidden()
    expect(frame.locator(".m:not(.me)[data-at] .bub")).to_have_text("intanto")
    assert sorted(bubbles(frame)) == ["durante", "intanto", "prima"]


def test_a_message_that_could_not_leave_survives_a_reload(desk: ChatDesk, visitor: Page) -> None:
    frame = opened(visitor)
    expect(frame.locator("#line")).to_be_hidden()
    desk.refuse_lines = True
    desk.cut()
    expect(frame.locator("#line")).to_be_visible()
    write(frame, "scritto senza linea")
    desk.refuse_lines = False
    visitor.reload()
    frame = opened(visitor)
    until(visitor, lambda: len(desk.sent) == 1)
    assert bubbles(frame) == ["scritto senza linea"]


def test_an_answer_while_the_chat_is_closed_is_counted_on_the_launcher(desk: ChatDesk, visitor: Page) -> None:
    frame = opened(visitor)
    write(frame, "ci siete?")
    until(visitor, lambda: len(desk.sent) == 1)
    visitor.keyboard.press("Escape")
    until(visitor, lambda: visitor.evaluate("document.activeElement?.tagName") == "SPORTELLO-CHAT")
    visitor.wait_for_timeout(500)  # the frame hears of its closing by a message of its own
    desk.say("sì")
    until(visitor, lambda: len(desk.taken) == 1)
    assert desk.read == []
    visitor.keyboard.press("Enter")
    until(visitor, lambda: desk.read == desk.taken)


def test_with_nobody_there_it_asks_for_an_address_once_and_says_what_is_wrong_with_it(
    desk: ChatDesk, visitor: Page
) -> None:
    desk.online = False
    frame = opened(visitor)
    expect(frame.locator("#sub")).to_have_text("Nobody is here right now")
    expect(frame.locator("#ask")).to_be_hidden()
    write(frame, "siete aperti sabato?")
    expect(frame.locator("#ask")).to_be_visible()
    frame.locator("#email").fill("omar@")
    frame.locator("#email").press("Enter")
    expect(frame.locator("#email-error")).to_have_text("Write an address like name@example.com.")
    assert desk.emails == []
    frame.locator("#email").fill("omar@posta.example")
    frame.locator("#email").press("Enter")
    expect(frame.locator("#noted")).to_contain_text("omar@posta.example")
    assert desk.emails == ["omar@posta.example"]
    visitor.reload()
    frame = chat(visitor)
    expect(frame.locator(".me .bub")).to_be_visible()
    expect(frame.locator("#ask")).to_be_hidden()


def test_it_fills_a_small_screen(desk: ChatDesk, open_page: Callable[..., Page]) -> None:
    page = arrive(desk, open_page(viewport={"width": 390, "height": 844}))
    frame = opened(page)
    expect(frame.locator("#text")).to_be_visible()
    assert frame.evaluate("[innerWidth, innerHeight]") == [390, 844]
    assert frame.locator("#text").evaluate("each => getComputedStyle(each).fontSize") == "16px"
    frame.locator("#emoji").click()
    frame.locator("#faces button").first.press("Escape")
    expect(frame.locator("#text")).to_be_focused()  # the panel is closed, and the chat is not
    frame.locator("#emoji").click()
    frame.locator("#faces button", has_text="🙏").click()
    expect(frame.locator("#text")).to_have_value("🙏")


def test_a_pale_brand_colour_is_darkened_until_white_reads_well_on_it(visitor: Page) -> None:
    frame = opened(visitor)
    brand = frame.evaluate("getComputedStyle(document.documentElement).getPropertyValue('--brand').trim()")
    assert brand != "#f5c518"
    assert 1.05 / (luminance(brand) + 0.05) >= 4.5


def test_it_speaks_the_language_of_the_page(desk: ChatDesk, open_page: Callable[..., Page]) -> None:
    frame = opened(arrive(desk, open_page(), "it"))
    assert frame.evaluate("document.documentElement.lang") == "it"


def test_a_site_that_is_not_allowed_shows_nothing_and_says_why(desk: ChatDesk, open_page: Callable[..., Page]) -> None:
    page = open_page()
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.goto(f"{desk.host}/?site=other")
    until(page, lambda: any("did not allow it" in each for each in said))
    assert page.locator("sportello-chat").count() == 0


def test_the_page_opens_it_and_hears_it_and_a_reload_leaves_the_focus_alone(desk: ChatDesk, visitor: Page) -> None:
    visitor.evaluate(
        "() => { window.heard = []; for (const name of ['open', 'close', 'message'])"
        " sportello.on(name, (told) => heard.push([name, told?.from])); sportello.on('open', () => missing()) }"
    )
    visitor.evaluate("sportello.open()")
    frame = chat(visitor)
    expect(frame.locator("#text")).to_be_focused()
    write(frame, "aperta da uno script")
    arrived(frame)
    desk.say("eccomi")
    expect(frame.locator(".m:not(.me)[data-at] .bub")).to_have_text("eccomi")
    until(visitor, lambda: len(visitor.evaluate("heard")) == 3)
    visitor.evaluate("sportello.close()")
    heard = visitor.evaluate("heard")
    assert heard == [["open", None], ["message", "visitor"], ["message", "desk"], ["close", None]]
    visitor.evaluate("sportello.open()")
    visitor.reload()
    expect(chat(visitor).locator(".me .bub")).to_have_text("aperta da uno script")
    assert visitor.evaluate("document.activeElement === document.body")
    assert visitor.evaluate("Object.keys(window).filter((name) => /sportello/i.test(name))") == ["sportello"]
