"""What actions, queries and connectors said in English, in the reader's language: found again by its pattern."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import NamedTuple

from babel.messages.mofile import read_mo
from flask_babel import get_locale

__all__ = ["HOLE", "TRANSLATIONS", "said"]

TRANSLATIONS = Path(__file__).resolve().parent.parent / "translations"
#: Where a value stands in a sentence of the catalogue.
HOLE = re.compile(r"%\((\w+)\)s")
DEEPEST = 3


class _Pattern(NamedTuple):
    own: int  # letters of its own: the more, the surer
    found: re.Pattern[str]
    words: str


@cache
def _catalogue(language: str) -> tuple[dict[str, str], tuple[_Pattern, ...]]:
    """Sentences without and with values; the surest patterns first. Empty for a language that has none."""
    try:
        with (TRANSLATIONS / language / "LC_MESSAGES" / "sentences.mo").open("rb") as file:
            pairs = [(str(each.id), str(each.string)) for each in read_mo(file) if each.id and each.string]
    except FileNotFoundError:
        return {}, ()
    plain = {english: words for english, words in pairs if not HOLE.search(english)}
    patterns = [_pattern(english, words) for english, words in pairs if HOLE.search(english)]
    return plain, tuple(sorted(patterns, key=lambda each: -each.own))


def _pattern(english: str, words: str) -> _Pattern:
    parts = HOLE.split(english)  # text, name, text, name, …, text
    texts = [text.replace("%%", "%") for text in parts[::2]]
    holes = [f"(?P<{name}>.*?)" for name in parts[1::2]]
    spelled = "".join(re.escape(text) + hole for text, hole in zip(texts, [*holes, ""], strict=True))
    return _Pattern(sum(map(len, texts)), re.compile(spelled, re.DOTALL), words)


def said(sentence: str) -> str:
    """A sentence of the floors below as the reader takes it; one that no catalogue has stays as it is."""
    locale = get_locale()
    return _translated(sentence, str(locale.language)) if locale else sentence


def _translated(sentence: str, language: str, depth: int = 0) -> str:
    plain, patterns = _catalogue(language)
    if sentence in plain:
        return plain[sentence]
    for each in patterns if depth < DEEPEST else ():
        match = each.found.fullmatch(sentence)
        if match is not None:
            # a value may be a sentence itself: what a provider's code means
            return each.words % {
                name: _translated(value, language, depth + 1) for name, value in match.groupdict().items()
            }
    return sentence
