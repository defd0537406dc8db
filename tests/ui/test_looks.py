"""The agent's screen in a browser: accessible, within its width at every size, within its budget of bytes."""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

import pytest
from playwright.sync_api import Page, expect

from tests.servers.chromium import OpenPage, hold
from tests.ui import gallery, stage

AXE = stage.ROOT / "node_modules" / "axe-core" / "axe.min.js"
#: The best-practice rules and WCAG 2.0 to 2.2, A and AA; "region" is off, as in the design. Only what is wrong is told
#: in full: describing every element that is right takes longer than looking.
RULES: dict[str, Any] = {
    "resultTypes": ["violations"],
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    "rules": {"region": {"enabled": False}},
}
WIDTHS = (320, 390, 768, 1024, 1280, 1440, 1920)
Theme = Literal["light", "dark"]


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with gallery.serving() as url:
        yield url


def go(page: Page, address: str, state: str, language: str = "en") -> None:
    """Opens a state of the gallery and waits until nothing moves."""
    where, keys = gallery.STATES[state]
    hold(page)
    page.goto(f"{address}{where}{'&' if '?' in where else '?'}lang={language}")
    for key in keys.split():
        page.keyboard.press(key)
    page.wait_for_timeout(150)


def violations(page: Page, rules: dict[str, Any] = RULES) -> list[str]:
    """What axe finds, as one line each."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE.read_text())
    found: dict[str, Any] = page.evaluate("(rules) => axe.run(document, rules)", rules)
    return [
        f"{each['id']}: {node['html'][:160]} {node['failureSummary'][:200]}"
        for each in found["violations"]
        for node in each["nodes"]
    ]


#: A finger on a row, drawn from one place to another.
FINGER = """([id, from, to]) => {
  const link = document.querySelector(`#${id} .conv-a`), top = link.getBoundingClientRect().top + 20;
  for (const [name, x] of [["touchstart", from], ["touchmove", (from + to) / 2], ["touchmove", to], ["touchend", to]]) {
    const touch = new Touch({ identifier: 1, target: link, clientX: x, clientY: top });
    const touches = name === "touchend" ? [] : [touch];
    link.dispatchEvent(new TouchEvent(name, { bubbles: true, touches, changedTouches: [touch] }));
  }
}"""
#: What a finger meets 21 px above and below the middle of each button of the list's head and its tabs.
MISSED = """() => [...document.querySelectorAll(".pane-list .btn, .pane-list .seg a")].filter((each) => {
  const box = each.getBoundingClientRect();
  const met = (y) => document.elementFromPoint(box.left + box.width / 2, box.top + box.height / 2 + y);
  return each.checkVisibility() && ![-21, 21].every((y) => each.contains(met(y)));
}).map((each) => each.outerHTML.slice(0, 120))"""


def test_a_finger_snoozes_a_row_and_meets_every_button(open_page: OpenPage, address: str) -> None:
    page = open_page(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    go(page, address, "list")
    expect(page.locator("#rows")).to_have_css("touch-action", "pan-y")  # what watches fingers has come
    assert page.evaluate(MISSED) == []
    menu = page.locator("#bulk-snooze")
    page.evaluate(FINGER, ["row-4822", 300, 260])
    expect(menu).to_be_hidden()
    page.evaluate(FINGER, ["row-4822", 300, 150])
    expect(menu).to_be_visible()
    assert page.locator(".chk .check:checked").get_attribute("value") == "4822"
    page.keyboard.press("Escape")
    page.evaluate(FINGER, ["row-4824", 300, 150])
    expect(menu).to_be_visible()
    assert page.locator(".chk .check:checked").get_attribute("value") == "4824"


@pytest.mark.a11y
@pytest.mark.parametrize("state", gallery.STATES)
def test_axe_finds_nothing(glass: Page, address: str, full: bool, state: str) -> None:
    """Where most of the screen is in the light and in the dark, else in one of them by turns; in all themes, widths
    and languages with --full."""
    looks: list[tuple[Theme, int]] = [("light", 1440), ("dark", 390), ("dark", 1440), ("light", 390)]
    turn = list(gallery.STATES).index(state) % 2
    some = looks[:2] if state in {"inbox", "list", "search"} else looks[turn : turn + 1]
    for theme, width in looks if full else some:
        glass.set_viewport_size({"width": width, "height": 900})
        glass.emulate_media(color_scheme=theme, reduced_motion="no-preference")
        for language in ("en", "it") if full else ("en",):
            go(glass, address, state, language)
            assert violations(glass) == [], f"{theme}, {width} px, {language}"


@pytest.mark.parametrize("language", ["en", "it"])
@pytest.mark.parametrize("state", ["inbox", "list", "search", "failed", "overtaken"])
def test_nothing_is_wider_than_the_window(glass: Page, address: str, state: str, language: str) -> None:
    page = glass
    page.set_viewport_size({"width": 1440, "height": 900})
    go(page, address, state, language)
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 844})
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        for pane in ("list", "thread", "details"):
            page.evaluate(
                "(pane) => { const i = document.getElementById('inbox'); if (i) i.dataset.pane = pane }", pane
            )
            beyond = page.evaluate(
                """() => [...document.querySelectorAll('.pane, .pane > *, .thread-sub > *, .composer *, .bar > *')]
                    .filter((each) => each.checkVisibility() && !each.closest('[popover], .tags, .vh'))
                    .filter((each) => each.getBoundingClientRect().right > innerWidth + 1)
                    .map((each) => each.outerHTML.slice(0, 120))"""
            )
            assert beyond == [], f"{width} px, {pane}"


@pytest.mark.parametrize(("state", "part"), [("search", ".hits"), ("list", ".convs"), ("inbox", ".pane-thread")])
def test_a_narrow_window_gives_its_whole_width_to_what_is_read(
    glass: Page, address: str, state: str, part: str
) -> None:
    glass.set_viewport_size({"width": 390, "height": 844})
    go(glass, address, state)
    assert glass.locator(part).evaluate("(element) => element.getBoundingClientRect().width") == 390


def test_targets_are_large_enough_for_a_finger(open_page: OpenPage, address: str) -> None:
    page = open_page(viewport={"width": 390, "height": 844}, has_touch=True)
    go(page, address, "inbox")
    small = page.evaluate(
        """() => [...document.querySelectorAll('button, a[href], label.btn')]
            .filter((each) => each.checkVisibility({visibilityProperty: true, opacityProperty: true}))
            .filter((each) => !each.closest('.prose, .vh, [popover]'))
            .map((each) => [each.getBoundingClientRect(), each])
            .filter(([box]) => box.width && (box.width < 24 || box.height < 24))
            .map(([, each]) => each.outerHTML.slice(0, 120))"""
    )
    assert small == []


def test_first_load_stays_within_its_budget() -> None:
    def zipped(*names: str) -> int:
        return sum(len(gzip.compress((stage.STATIC / name).read_bytes(), 9)) for name in names)

    app, theme, sheet = (Path(stage.asset(name)).name for name in ("app.js", "theme.js", "app.css"))
    at_once = re.findall(r'(?:from|import)"\./([\w.-]+\.js)"', (stage.STATIC / app).read_text())  # not import("…")
    assert zipped(app, theme, *at_once) <= 80_000
    assert zipped(sheet) <= 15_000


def test_every_name_of_the_manifest_is_a_file() -> None:
    manifest: dict[str, str] = json.loads((stage.STATIC / "manifest.json").read_text())
    assert {"app.js", "app.css", "pages.css", "theme.js", "sprite.svg", "icon.svg", "inter.woff2"} <= set(manifest)
    assert all((stage.STATIC / name).is_file() for name in manifest.values())


def test_the_screen_works_without_scripts(open_page: OpenPage, address: str) -> None:
    page = open_page(java_script_enabled=False)
    page.goto(f"{address}/tickets/4821")
    assert page.locator("#row-4822 .conv-a").get_attribute("href") == "/tickets/4822"
    assert page.locator(".comp-in").is_visible()
    assert page.locator("#panel-ticket").is_visible()
    assert not page.locator(".needs-js:visible").count()


def test_a_mail_is_as_high_as_its_content(open_page: OpenPage, address: str) -> None:
    page = open_page()
    go(page, address, "mail")
    page.locator("#log-4821").evaluate("(log) => { log.scrollTop = 0 }")
    frame = page.locator(".mail-frame").first
    expect(frame).to_have_attribute("sandbox", "allow-same-origin allow-popups")
    expect(frame.content_frame.get_by_text("Riga 19 della mail numero 102.")).to_be_visible()
    expect(frame).to_have_attribute("style", re.compile(r"height: [5-9]\d\dpx"))


def test_the_whole_of_a_mail_takes_the_place_of_its_text(open_page: OpenPage, address: str) -> None:
    page = open_page()
    go(page, address, "inbox")
    page.locator("#msg-102").get_by_text("Show all of it").click()
    expect(page.locator("#msg-102 .prose")).to_have_count(0)
    expect(
        page.locator("#msg-102 .mail-frame").content_frame.get_by_text("Riga 3 della mail numero 102.")
    ).to_be_visible()


def test_the_theme_is_there_before_the_first_paint(open_page: OpenPage, address: str) -> None:
    page = open_page(color_scheme="light")
    page.goto(f"{address}/tickets")
    page.evaluate("localStorage.setItem('theme', 'dark')")
    page.goto(f"{address}/tickets", wait_until="commit")
    page.wait_for_selector("body")
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"


@pytest.mark.parametrize(
    ("text", "used", "room", "parts", "unicode"),
    [
        ("", 0, 160, 0, False),
        ("a" * 160, 160, 160, 1, False),
        ("a" * 161, 161, 306, 2, False),
        ("€" * 80, 160, 160, 1, False),
        ("€" * 81, 162, 306, 2, False),
        ("a" * 152 + "€" + "a" * 10, 164, 306, 2, False),
        ("perché così è più", 17, 160, 1, False),
        ("È" * 70, 70, 70, 1, True),
        ("È" * 71, 71, 134, 2, True),
        ("🙏" * 35, 70, 70, 1, True),
        ("🙏" * 36, 72, 134, 2, True),
        ("a" * 66 + "🙏" + "a" * 10, 78, 134, 2, True),
    ],
    ids=lambda value: str(value)[:12] if isinstance(value, str) else None,
)
def test_sms_are_counted_as_the_networks_count(
    glass: Page, address: str, text: str, used: int, room: int, parts: int, unicode: bool
) -> None:
    glass.goto(f"{address}/blank")
    found = glass.evaluate("async (text) => (await import('/assets/lib/sms.js')).segments(text)", text)
    assert found == {"used": used, "room": room, "parts": parts, "unicode": unicode}


def test_plain_characters_keep_the_words(glass: Page, address: str) -> None:
    glass.goto(f"{address}/blank")
    plain = glass.evaluate("async (text) => (await import('/assets/lib/sms.js')).plain(text)", "È l’ora… “sì” – perché")
    assert plain == "E' l'ora... \"sì\" - perché"
