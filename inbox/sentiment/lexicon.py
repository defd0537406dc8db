"""The word lists of a language, and where in a text their entries stand."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from functools import cache, lru_cache
from importlib.resources import files
from itertools import filterfalse
from typing import Any

__all__ = ["Lexicon", "fold", "lexicon", "pictures"]

STAR = "*"
SHORTEST_STEM = 3
_WEIGHT = ""  # under which a branch of the tree keeps the weight of the entry that ends there; no word is empty


def fold(text: str) -> str:
    """Lower case without accents, with one kind of apostrophe: as people type on a telephone."""
    plain = unicodedata.normalize("NFKD", text.casefold().replace("’", "'"))
    return plain if plain.isascii() else "".join(filterfalse(unicodedata.combining, plain))


class Lexicon:
    """Words and phrases with their weights; a word that ends in ``*`` stands for all that begin so."""

    def __init__(self, entries: Iterator[tuple[str, float]]) -> None:
        self._tree: dict[str, Any] = {}
        for phrase, weight in entries:
            branch = self._tree
            for word in phrase.split():
                branch = branch.setdefault(word, {})
            branch[_WEIGHT] = weight
        self._begun = lru_cache(20_000)(self._beginnings)  # most words begin nothing, and the same ones come again

    def _beginnings(self, word: str) -> tuple[dict[str, Any], ...]:
        return tuple(_below(self._tree, word))

    def at(self, words: Sequence[str], start: int) -> tuple[float, int]:
        """The weight of the longest entry that begins at a word, and how many words it has; (0, 0) where none does."""
        best, n = (0.0, 0), 1
        branches: Sequence[dict[str, Any]] = self._begun(words[start])
        while branches:
            weight = next((branch[_WEIGHT] for branch in branches if _WEIGHT in branch), None)
            best = best if weight is None else (weight, n)
            if start + n == len(words):
                break
            branches = [found for branch in branches for found in _below(branch, words[start + n])]
            n += 1
        return best


def _below(branch: dict[str, Any], word: str) -> Iterator[dict[str, Any]]:
    """The branches that a word leads to, the closest first: the word itself, then ever shorter beginnings of it."""
    if word in branch:
        yield branch[word]
    for end in range(len(word), SHORTEST_STEM - 1, -1):
        if (found := branch.get(word[:end] + STAR)) is not None:
            yield found


def _entries(name: str) -> Iterator[tuple[str, float]]:
    text = (files("inbox.sentiment") / "words" / f"{name}.tsv").read_text(encoding="utf-8")
    for line in text.splitlines():
        if line and not line.startswith("# "):
            entry, weight = line.split("\t")
            yield entry, float(weight)


@cache
def lexicon(language: str) -> Lexicon:
    """The words of a language: ``it`` or ``en``."""
    return Lexicon((fold(entry), weight) for entry, weight in _entries(language))


@cache
def pictures() -> tuple[re.Pattern[str], dict[str, float]]:
    """What finds an emoji or a face of punctuation, and their weights."""
    weights = dict(_entries("emoji"))
    drawn = [re.escape(one) for one in weights if not one.isascii()]
    typed = [re.escape(one) for one in sorted(weights, key=len, reverse=True) if one.isascii()]
    return re.compile(f"{'|'.join(drawn)}|(?<!\\S)(?:{'|'.join(typed)})(?!\\S)"), weights  # no face in "https://"
