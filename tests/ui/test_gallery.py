"""Pictures of every page and state, to be looked at: ``make gallery`` leaves all of them in ``gallery/``."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from itertools import product
from pathlib import Path

import pytest
from playwright.sync_api import Page
from werkzeug.serving import make_server

from tests.servers.chromium import OpenPage
from tests.ui import gallery, stage, stage_pages

FOLDER = stage.ROOT / "gallery"
HEIGHTS = {1440: 900, 1024: 768, 768: 1024, 390: 844}
#: Every width in the light and in English; the widest and the narrowest in the dark and in Italian too.
FULL = [(width, "light", "en") for width in HEIGHTS] + [
    look for look in product((1440, 390), ("light", "dark"), ("en", "it")) if look[1:] != ("light", "en")
]
SHORT = [(1440, "light", "en"), (390, "dark", "it")]
SMALL = ("inbox", "note", "board", "reports", "login")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """The long form is of everything."""
    if "look" in metafunc.fixturenames:
        looks = FULL if metafunc.config.getoption("--full") else SHORT
        metafunc.parametrize("look", looks, ids=lambda look: "-".join(map(str, look)))


@pytest.fixture(scope="module")
def addresses() -> Iterator[dict[str, str]]:
    """Name of a picture → where it is taken."""
    server = make_server("127.0.0.1", 0, stage_pages.application(), threaded=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    with gallery.serving() as inbox:
        yield {
            **{name: f"{inbox}{where}" for name, (where, _) in gallery.STATES.items()},
            **{name: f"http://127.0.0.1:{server.port}/page/{name}" for name in stage_pages.PAGES},
        }
    server.shutdown()


def shown(page: Page, address: str, keys: str, language: str) -> None:
    """Opens a page as it stands in the picture, and waits until it is drawn with its own letters."""
    page.goto(f"{address}{'&' if '?' in address else '?'}lang={language}")
    page.evaluate("document.fonts.ready.then(() => true)")
    for key in keys.split():
        page.keyboard.press(key)
    page.wait_for_timeout(250)


@pytest.mark.gallery
@pytest.mark.timeout(900)
def test_pictures_are_taken(
    open_page: OpenPage, addresses: dict[str, str], tmp_path: Path, full: bool, look: tuple[int, str, str]
) -> None:
    width, theme, language = look
    page = open_page(color_scheme=theme, viewport={"width": width, "height": HEIGHTS[width]}, has_touch=width < 800)
    page.clock.set_fixed_time("2026-11-21T09:49:00+01:00")
    for name, address in addresses.items():
        if not full and name not in SMALL:
            continue
        shown(page, address, gallery.STATES[name][1] if name in gallery.STATES else "", language)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, f"{name} is wider than the window"
        picture = (FOLDER if full else tmp_path) / f"{name}-{width}-{theme}-{language}.png"
        page.screenshot(path=picture)
        assert picture.stat().st_size > 5_000, f"the picture of {name} is of nothing"
