"""Every page outside the inbox: drawn in both languages, safe under its policy, accessible, within its width."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect
from werkzeug.serving import make_server

from tests.servers.chromium import OpenPage, hold
from tests.ui import stage_pages
from tests.ui.test_looks import Theme, violations

THEMES: tuple[Theme, Theme] = ("light", "dark")
WIDTHS = (320, 390, 768, 1024, 1440, 1920)
DRAWN = "new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)))"
#: How wide the document is, how far it scrolls down beside the desk's own panes, and what stands beyond the window.
BEYOND = """() => [
  document.documentElement.scrollWidth,
  document.querySelector('.app') ? document.documentElement.scrollHeight - innerHeight : 0,
  [...document.querySelectorAll('.bar > *, .page > *, .card, .field, .btn, .setup-m *')]
    .filter((each) => each.getBoundingClientRect().right > innerWidth + 1)
    .filter((each) => each.checkVisibility() && !each.closest('.lanes, .pop-b, .scroll, .subtabs, .vh'))
    .map((each) => each.outerHTML.slice(0, 120))]"""


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    app = stage_pages.application()
    server = make_server("127.0.0.1", 0, app, threaded=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.port}"
    server.shutdown()


def go(page: Page, address: str, name: str, language: str = "en") -> None:
    hold(page)
    page.goto(f"{address}/page/{name}?lang={language}")
    page.wait_for_function("document.readyState === 'complete'")
    page.evaluate("document.fonts.ready")
    page.evaluate(DRAWN)


# --- drawing -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", ["en", "it"])
@pytest.mark.parametrize("name", stage_pages.PAGES)
def test_a_page_is_drawn_without_inline_style_or_script(name: str, language: str) -> None:
    html = stage_pages.html(name, language)
    assert re.search(r'\sstyle="', html) is None
    assert re.search(r'\son[a-z]+="', html) is None
    assert re.search(r"<style\b", html) is None
    assert all("src=" in each or "application/json" in each for each in re.findall(r"<script\b[^>]*>", html))
    assert re.search(r">\s*None\s*<", html) is None


@pytest.mark.parametrize(
    "name", [name for name in stage_pages.PAGES if not name.startswith(("widget", "survey-")) and name != "survey"]
)
def test_every_form_that_changes_something_carries_its_token(name: str) -> None:
    forms = re.findall(r'<form\b[^>]*method="post".*?</form>', stage_pages.html(name), re.DOTALL)
    assert all('name="csrf_token"' in form for form in forms)


def test_without_an_hourly_rate_the_report_asks_for_one_and_shows_no_zero() -> None:
    html = stage_pages.html("reports-no-rate")
    assert html.count("et an hourly rate") >= 3
    assert "€0.00" not in html


def test_a_figure_of_fewer_than_ten_hides_behind_its_n() -> None:
    html = stage_pages.html("reports")
    assert "too few: n = 7" in html
    assert "71%" not in html.partition('id="h-fcr"')[2].partition("</section>")[0]


def test_the_cost_of_a_contact_is_named_and_the_same_in_its_drawing_and_its_table() -> None:
    card = stage_pages.html("reports").partition('id="h-cost"')[2].partition("</section>")[0]
    assert "Cost per contact, direct" in card
    assert 'popovertarget="d-cost-per_interaction_full"' in card
    drawing, _, table = card.partition("<table")
    assert "€5.61" in drawing
    assert "€5.69" not in drawing
    assert "€5.61" in table
    assert "€5.69" in table  # in full, in a column of that name


def test_a_week_that_the_period_cuts_says_so_and_what_is_compared_with_is_named() -> None:
    card = stage_pages.html("reports").partition('id="h-fcr-weeks"')[2].partition("</section>")[0]
    assert card.count("31 Aug (incomplete)") == 1
    assert card.count('class="part"') == 2  # once for each width
    assert "7 Sep (incomplete)" not in card
    assert "period before" in card
    assert "31 Aug (incomplete)" in stage_pages.html("reports-sla")


@pytest.mark.parametrize(
    ("language", "words"), [("en", "contacted us again in"), ("it", "ci ha contattato di nuovo in")]
)
def test_why_a_case_failed_names_the_other_ticket_and_opens_it(language: str, words: str) -> None:
    html = stage_pages.html("reports-cases", language)
    assert re.search(words + r' <a href="[^"]*4020">#4020</a>', html)
    assert "#3990</a>" in html


def test_errors_stand_beside_their_fields() -> None:
    html = stage_pages.html("setup-business-failed")
    assert re.search(r'name="name"[^>]*aria-invalid="true"[^>]*aria-describedby="f-name-says"', html)
    assert re.search(r'id="f-name-says">.*?Write the name of your business\.', html, re.DOTALL)


def test_a_secret_is_never_drawn_and_may_be_left_as_it_is() -> None:
    html = stage_pages.html("channel-account")
    field = re.search(r'<input[^>]*name="config.auth_token"[^>]*>', html)
    assert field is not None
    assert "value=" not in field[0]
    assert "required" not in field[0]


def test_the_quarantine_shows_its_reason_and_offers_to_read_it_again() -> None:
    html = stage_pages.html("journal")
    assert "unknown encoding: x-mac-oddity" in html
    assert html.count("/replay") == 3  # each of the two, and all of them; the delivered mail offers none
    assert "Read all 2 again" in html


def test_a_line_that_does_not_balance_is_red_and_names_its_arrivals() -> None:
    html = stage_pages.html("journal")
    assert html.count('<tr class="off">') == 1
    assert "Does not balance" in html
    assert "#9044" in html


def test_the_channels_say_what_waits_what_is_proved_and_what_is_wrong() -> None:
    html = stage_pages.html("channels")
    assert "Intake works, last proof" in html
    assert "3 wait to be sent" in html
    assert re.search(r'class="banner bad" role="status">.*?@CirroSupportBot.*?cannot sign in any more', html, re.DOTALL)


# --- in a browser ------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module", params=stage_pages.PAGES)
def drawn(request: pytest.FixtureRequest, glass: Page, address: str) -> str:
    """Each page once for the tests that only look: in the longer language, in the light or the dark by turns."""
    name = str(request.param)
    glass.set_viewport_size({"width": WIDTHS[0], "height": 844})
    glass.emulate_media(color_scheme=THEMES[list(stage_pages.PAGES).index(name) % 2], reduced_motion="reduce")
    go(glass, address, name, "it")
    return name


def test_nothing_reaches_beyond_the_window_in_the_longer_language(drawn: str, glass: Page, full: bool) -> None:
    """From a small phone to a large screen; every width between with --full."""
    for width in WIDTHS if full else (320, 768, 1440):
        glass.set_viewport_size({"width": width, "height": 844})
        wide, deeper, beyond = glass.evaluate(BEYOND)
        assert wide <= width, f"{drawn} at {width} px"
        assert deeper <= 0, f"{drawn} at {width} px"
        assert beyond == [], f"{drawn} at {width} px"


@pytest.mark.a11y
def test_axe_finds_nothing(drawn: str, glass: Page, address: str, full: bool) -> None:
    """As it is drawn; in both themes, both languages and both widths with --full."""
    if not full:
        glass.set_viewport_size({"width": 1440, "height": 900})
        glass.evaluate(DRAWN)
        assert violations(glass) == []
        return
    for width, height in ((1440, 900), (390, 844)):
        glass.set_viewport_size({"width": width, "height": height})
        for language in ("en", "it"):
            for theme in THEMES:
                glass.emulate_media(color_scheme=theme, reduced_motion="reduce")
                go(glass, address, drawn, language)
                assert violations(glass) == [], f"{theme}, {width} px, {language}"


def test_paper_is_white_however_dark_the_screen_is(page: Page, address: str) -> None:
    page.emulate_media(color_scheme="dark")
    go(page, address, "reports")
    ground = "getComputedStyle(document.querySelector('.card')).backgroundColor"
    assert page.evaluate(ground) != "rgb(255, 255, 255)"
    page.emulate_media(color_scheme="dark", media="print")
    assert page.evaluate(ground) == "rgb(255, 255, 255)"


def test_a_ticket_is_moved_by_its_menu_with_the_keyboard(page: Page, address: str) -> None:
    go(page, address, "board")
    page.locator("#card-4831 a.tk-a").focus()
    page.keyboard.press("a")
    box = page.get_by_role("dialog")
    expect(box).to_be_visible()
    expect(box.get_by_role("button", name="Nobody")).to_be_disabled()
    with page.expect_request("**/tickets/4831/assign") as asked:
        page.keyboard.press("ArrowDown")
        page.keyboard.press("Enter")
    assert "agent=agent-luca" in (asked.value.post_data or "")
    expect(box).to_be_hidden()


def test_escape_leaves_the_menu_and_gives_the_focus_back(page: Page, address: str) -> None:
    go(page, address, "board")
    page.locator("#card-4831").hover()
    page.locator("#card-4831 .tk-m").click()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()
    expect(page.locator("#card-4831 .tk-m")).to_be_focused()


def test_a_ticket_is_moved_by_dragging_too(page: Page, address: str) -> None:
    go(page, address, "board")
    with page.expect_request("**/tickets/4831/assign") as asked:
        page.locator("#card-4831").drag_to(page.locator("#lane-agent-giulia .lane-b"))
    assert "agent=agent-giulia" in (asked.value.post_data or "")
    expect(page.locator("#lane-agent-giulia #card-4831")).to_be_visible()


def test_the_board_without_scripts_moves_by_a_page(open_page: OpenPage, address: str) -> None:
    page = open_page(java_script_enabled=False)
    page.goto(f"{address}/page/board")
    assert page.locator("#card-4831 .tk-m").get_attribute("href") == "/board?move=4831"
    page.goto(f"{address}/page/board-moving")
    with page.expect_request("**/tickets/4832/assign") as asked:
        page.get_by_role("button", name="Giulia Ferri").click()
    assert "agent=agent-giulia" in (asked.value.post_data or "")


def test_the_first_visit_takes_the_browsers_own_zone_and_shows_the_name(open_page: OpenPage, address: str) -> None:
    page = open_page(timezone_id="America/New_York", locale="it-IT")
    go(page, address, "setup-business")
    expect(page.get_by_label("Time zone")).to_have_value("America/New_York")
    expect(page.get_by_label("Language")).to_have_value("it")
    page.get_by_label("Name of the business").fill("Bottega Ventura")
    expect(page.locator("[data-setup-shows=name]")).to_have_text("Bottega Ventura")


def test_a_password_can_be_looked_at(page: Page, address: str) -> None:
    go(page, address, "login")
    page.get_by_label("Password", exact=True).fill("ponte")
    page.get_by_role("button", name="Show the password").click()
    expect(page.get_by_label("Password", exact=True)).to_have_attribute("type", "text")


@pytest.mark.parametrize("width", [390, 1440])
def test_a_filter_is_seen_and_taken_away_and_paper_and_mail_are_reached(page: Page, address: str, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 844})
    go(page, address, "reports-filtered")
    chips = page.get_by_role("navigation", name="Filters")
    expect(chips.get_by_role("link", name="Channel: Email")).to_be_in_viewport()
    left = chips.get_by_role("link", name="Tag: trasloco").get_attribute("href") or ""
    assert "channel=email" in left
    assert "tag=" not in left
    assert "compare=year" in left
    expect(page.get_by_role("button", name="Print")).to_be_in_viewport()
    expect(page.get_by_role("link", name="Send by mail…")).to_be_in_viewport()


def test_the_period_pane_closes_with_escape_and_gives_the_focus_back(page: Page, address: str) -> None:
    go(page, address, "reports")
    page.locator(".pop > summary").click()
    expect(page.get_by_role("link", name="Last 30 days")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("link", name="Last 30 days")).to_be_hidden()
    expect(page.locator(".pop > summary")).to_be_focused()


def test_a_charts_mark_says_its_figure(page: Page, address: str) -> None:
    go(page, address, "reports")
    page.locator("[data-tip*='31 Aug']").first.hover()
    expect(page.locator(".tip")).to_contain_text("31 Aug")


def test_a_press_on_a_mark_opens_what_is_behind_it_and_the_table_has_the_same_for_the_keys(
    page: Page, address: str
) -> None:
    go(page, address, "reports")
    card = page.locator("section[aria-labelledby=h-volume]")
    mark = card.locator(".cv-w [data-href]").first
    href = mark.get_attribute("data-href")
    assert href
    card.get_by_text("View as table").click()
    assert href in [link.get_attribute("href") for link in card.locator("table a").all()]
    with page.expect_request(lambda request: request.url.endswith(href)):
        mark.click()


def test_a_figure_says_what_it_means_on_hover_on_focus_and_where_its_sign_is_pressed(
    open_page: OpenPage, address: str
) -> None:
    page = open_page()
    go(page, address, "reports-sla")
    page.wait_for_load_state("networkidle")  # what follows the pointer is loaded by the page itself
    pane = page.locator(".pop-def:popover-open")
    figure = page.locator(".figures td [data-explain]").first
    figure.hover()
    expect(pane).to_contain_text("n = 812")
    expect(pane).to_contain_text("days of Europe/Rome")
    page.mouse.move(2, 2)
    expect(pane).to_have_count(0)
    page.locator(".kpis .def").first.click()
    expect(pane).to_have_count(1)
    page.keyboard.press("Escape")
    expect(pane).to_have_count(0)
    page.keyboard.press("Tab")
    expect(pane).to_contain_text("First response in time")
