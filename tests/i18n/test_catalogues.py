"""The catalogues hold what the code says, whole, and change by no more than a word did."""

from __future__ import annotations

import re
from collections import Counter
from io import BytesIO

import pytest
from babel.messages.catalog import Catalog
from babel.messages.mofile import read_mo, write_mo

from connectors import registry
from inbox.rendering.sentences import HOLE
from scripts import words
from tests.i18n.catalogues import TRANSLATED, committed, pairs

pytestmark = [pytest.mark.parametrize("language", TRANSLATED)]
BOTH = pytest.mark.parametrize("domain", words.DOMAINS)


@pytest.fixture(scope="module")
def current() -> dict[str, Catalog]:
    return words.current()


def words_of(catalogue: Catalog) -> dict[tuple[str, str | None], str]:
    return {(str(each.id), each.context): str(each.string) for each in catalogue if each.id}


@BOTH
def test_nothing_that_the_code_says_is_missing_and_nothing_else_is_kept(
    current: dict[str, Catalog], language: str, domain: str
) -> None:
    ours = {(each.id, each.context) for each in current[domain] if each.id}
    theirs = {(each.id, each.context) for each in committed(language, domain) if each.id}
    assert len(ours) > 200
    assert (ours - theirs, theirs - ours) == (set(), set()), "run scripts/translate and give the new words theirs"


@BOTH
def test_everything_has_its_words_in_every_form_and_none_of_them_is_a_guess(language: str, domain: str) -> None:
    catalogue = committed(language, domain)
    assert [each.id for each in catalogue if each.id and (each.fuzzy or not all(two for _, two in pairs(each)))] == []
    assert not catalogue.obsolete
    plurals = [each for each in catalogue if isinstance(each.id, tuple)]
    assert all(len(each.string or ()) == catalogue.num_plurals for each in plurals)


@BOTH
def test_both_languages_fill_in_the_same_values(language: str, domain: str) -> None:
    for message in committed(language, domain):
        for one, other in pairs(message) if message.id else ():
            assert Counter(HOLE.findall(one)) == Counter(HOLE.findall(other)), one
            if HOLE.search(one):
                other % dict.fromkeys(HOLE.findall(one), "7")


@BOTH
def test_a_sentence_ends_as_its_original_does(language: str, domain: str) -> None:
    for message in committed(language, domain):
        for one, other in pairs(message) if message.id else ():
            assert (one[0] == " ", one[-1] in ".:…?") == (other[0] == " ", other[-1] in ".:…?"), one


def test_every_word_that_a_connector_shows_is_there(language: str) -> None:
    shown = {
        part[key]
        for connector in registry().values()
        for part in connector.Config.model_json_schema()["properties"].values()
        for key in ("title", "description")
        if part.get(key)
    }
    catalogue = committed(language, "messages")
    assert shown
    assert {each for each in shown if each not in catalogue} == set()


@BOTH
def test_writing_a_catalogue_again_changes_nothing_in_it(
    current: dict[str, Catalog], language: str, domain: str
) -> None:
    file = words.CATALOGUES / language / "LC_MESSAGES" / f"{domain}.po"
    assert words.written(language, domain, current[domain]) == file.read_bytes()


@BOTH
def test_a_catalogue_knows_no_place_no_person_and_no_day(language: str, domain: str) -> None:
    text = (words.CATALOGUES / language / "LC_MESSAGES" / f"{domain}.po").read_text()
    assert (
        re.findall(r"^#:|^#, fuzzy|^#~|/work/|/home/|/root/|localhost|\d{4}-\d\d-\d\d \d\d:\d\d", text, re.MULTILINE)
        == []
    )
    known = {host for host in re.findall(r"https?://([\w.*-]+)", text) if not host.rstrip(".").endswith("example")}
    assert known <= {"api.twilio.com"}


@BOTH
def test_the_compiled_catalogue_is_the_written_one(language: str, domain: str) -> None:
    made = BytesIO()
    write_mo(made, committed(language, domain))
    with (words.CATALOGUES / language / "LC_MESSAGES" / f"{domain}.mo").open("rb") as file:
        lying = read_mo(file)
    made.seek(0)
    assert len(lying) > 200
    assert words_of(lying) == words_of(read_mo(made)), "run make setup"
