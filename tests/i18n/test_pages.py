"""An Italian reader's pages: every template is drawn, and no English word of ours is left on them."""

from __future__ import annotations

from functools import cache

import pytest
from lxml import html

from tests.i18n.catalogues import TRANSLATED, committed, pairs
from tests.ui import stage, stage_pages
from tests.ui.test_parts import PAGES as PARTS
from tests.ui.test_parts import frame

#: What the samples hand over in English: in the desk the doors have read it in the reader's language before.
SAMPLED = {
    "This reason is there already.",
    "A message comes in",
    "Verify token",
    "24.00",
    "Write a whole mail address, like anna@shop.example.",
}
SHOWN = ("aria-label", "title", "placeholder", "alt", "data-tip")


@cache
def english(language: str) -> frozenset[str]:
    """What is said in other words in that language."""
    both = [pair for each in committed(language, "messages") if each.id for pair in pairs(each)]
    return frozenset({one for one, _ in both} - {other for _, other in both})


def left(page: str, language: str) -> set[str]:
    """Whole texts and attributes of a page that are English words of ours."""
    root = html.document_fromstring(page)
    texts = [text for each in root.iter() if each.tag not in ("script", "style") for text in (each.text, each.tail)]
    shown = {
        " ".join(text.split()) for text in (*texts, *(each.get(name) for each in root.iter() for name in SHOWN)) if text
    }
    return (shown & english(language)) - SAMPLED


@pytest.mark.parametrize("language", TRANSLATED)
@pytest.mark.parametrize("name", stage_pages.PAGES)
def test_no_english_is_left_on_a_page(name: str, language: str) -> None:
    page = stage_pages.html(name, language)
    assert f'lang="{language}"' in page
    assert left(page, language) == set()


@pytest.mark.parametrize("language", TRANSLATED)
@pytest.mark.parametrize("name", PARTS)
def test_no_english_is_left_in_the_inbox(name: str, language: str) -> None:
    template, values = PARTS[name]
    assert left(stage.render(stage.application(language), template, **frame(language, **values)), language) == set()


def test_an_english_page_is_seen_to_be_english() -> None:
    assert len(left(stage_pages.html("general", "en"), "it")) > 20


def test_every_template_can_be_read() -> None:
    environment = stage_pages.application().jinja_env
    names = environment.list_templates(extensions=["html"])
    assert len(names) > 80
    for name in names:
        environment.get_template(name)
