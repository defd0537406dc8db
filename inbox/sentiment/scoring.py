"""Adding up how a text sounds: words with their weights, turned, stressed or softened by their neighbours."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from typing import Final

from inbox.sentiment.lexicon import Lexicon, fold, lexicon, pictures
from inbox.sentiment.manners import MANNERS, Manners

__all__ = ["BAD", "GOOD", "MODEL", "score", "spoken"]

#: The name under which scores are logged; another list or rule is another model.
MODEL: Final = "words-2"
#: From here on a text counts as negative, and as positive (docs/metrics.md).
BAD, GOOD = -0.2, 0.2

LONGEST = 5_000  # characters that are read: a mood shows early, and a text without end costs no more
_FLATTENS = 15.0  # how soon more of the same adds no more: one word of weight 2 gives 0.46, five of them 0.93
_REACH = 4  # words over which a negation reaches
_TURNED_GOOD, _TURNED_BAD = -0.75, -0.4  # "not good" is bad; "not bad" is only a little good
_BEFORE_BUT, _AFTER_BUT = 0.6, 1.2
_EXCLAIMED = 1.15

_WORD = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)*(?:-[^\W\d_]+)*")
_SAID = re.compile(rf"{_WORD.pattern}|,")
_CLAUSE = re.compile(r"([.!?;:\n]+)")
_ELIDED = re.compile(r"\b(?:l|un|dell|nell|all|dall|sull|quell|c|m|t|s|v|d)'")


def score(text: str, language: str | None = None, home: str | None = None) -> float:
    """How a text sounds, from -1 to 1 with three decimals; 0 where nothing in it speaks of a mood.

    ``language`` is what its writer is known to speak, ``home`` what is spoken where it arrives: ``it`` or ``en``, with
    or without a country; any other says nothing. Text whose small words are plainly of the other language is read in
    that one. Where neither says enough it is read in that whose words say more, at a draw in the home's.
    """
    text = text[:LONGEST]
    faces, text = _pictures(text)
    folded = _ELIDED.sub(lambda found: found.group()[:-1] + " ", fold(text))
    read = _readable(_counts(_WORD.findall(folded)), (language or "")[:2], (home or "")[:2])
    total = faces + max((sum(_clauses(folded, lexicon(one), MANNERS[one])) for one in read), key=abs)
    return round(total / math.sqrt(total * total + _FLATTENS), 3) if total else 0.0


def spoken(text: str) -> str:
    """The language of a text, ``it`` or ``en``, told by its small words; "" where they are too few or of both."""
    folded = _ELIDED.sub(lambda found: found.group()[:-1] + " ", fold(text[:LONGEST]))
    counts = _counts(_WORD.findall(folded))
    first, second = sorted(counts, key=lambda name: -counts[name])
    return first if counts[first] > 2 * counts[second] else ""


def _pictures(text: str) -> tuple[float, str]:
    """The weight of the emoji in a text, each kind once, and the text without them."""
    finder, weights = pictures()
    found = set(finder.findall(text))
    return sum(weights[one] for one in found), finder.sub(" ", text)


def _readable(counts: dict[str, int], known: str, home: str) -> list[str]:
    """In which languages a text of so many small words can be meant, the likelier first."""
    first, second = sorted(counts, key=lambda name: -counts[name])
    ahead = counts[first] > counts[second]
    if known in counts and first != known and ahead:
        plainly = counts[first] > max(1, 2 * counts[second])  # one word may be a name: "La Scala", "Play"
        return [first] if plainly else [known, first]
    if known in counts:
        return [known]
    return [first] if ahead else sorted(counts, key=lambda name: name != home)


def _counts(words: Sequence[str]) -> dict[str, int]:
    return {name: sum(map(manners.small.__contains__, words)) for name, manners in MANNERS.items()}


def _clauses(folded: str, known: Lexicon, manners: Manners) -> Iterator[float]:
    """The weight of each clause."""
    for pattern, plain in manners.idioms:
        folded = pattern.sub(plain, folded)
    parts = _CLAUSE.split(folded)
    for clause, mark in zip(parts[::2], [*parts[1::2], ""], strict=True):
        words = _SAID.findall(clause)
        turn = None
        if not manners.turns.isdisjoint(words):
            turn = next((n for n, word in enumerate(words) if word in manners.turns and n), None)
        weight = 0.0
        for n, found in _found(words, known, manners):
            weight += found if turn is None else found * (_BEFORE_BUT if n < turn else _AFTER_BUT)
        yield weight * (_EXCLAIMED if "!" in mark else 1.0)


def _found(words: Sequence[str], known: Lexicon, manners: Manners) -> Iterator[tuple[int, float]]:
    """The entries in a clause: where each begins, and its weight as its neighbours leave it.

    Several denials before an entry are one, as in "non sono per niente contento"; they end at a comma, and an entry
    that begins by one ("nessuna risposta") is not denied by another.
    """
    n = free = 0  # from ``free`` on words belong to no entry yet: "non va" has used up its "non"
    while n < len(words):
        weight, length = known.at(words, n)
        if not length:
            free = n + 1 if words[n] == "," else free
            n += 1
            continue
        before = words[max(free, n - _REACH) : n]
        if before:
            weight *= manners.stresses.get(before[-1], 1.0)
        if not _negates(words[n], manners) and any(_negates(word, manners) for word in before):
            weight *= _TURNED_GOOD if weight > 0 else _TURNED_BAD
        if weight:
            yield n, weight
        n += length
        free = n


def _negates(word: str, manners: Manners) -> bool:
    return word in manners.negations or word.endswith("n't")
