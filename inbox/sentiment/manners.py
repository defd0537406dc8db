"""What the small words of a language do to their neighbours: deny, stress, soften; and denials that deny nothing.

Collected by ourselves from general grammar, as the word lists are from general vocabulary; part of Sportello, under its
licence.
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple

__all__ = ["MANNERS", "Manners"]

Idioms = tuple[tuple[re.Pattern[str], str], ...]


class Manners(NamedTuple):
    """What the small words of a language do to their neighbours."""

    negations: frozenset[str]
    stresses: dict[str, float]
    turns: frozenset[str]  # what follows counts for more than what stood before
    idioms: Idioms  # what is said by a denial and is none, and how it would be said without
    small: frozenset[str]  # by which the language is known: none that the other one writes as well (a, i, in, me, come)


def _words(*lines: str) -> frozenset[str]:
    return frozenset(" ".join(lines).split())


def _idioms(told: dict[str, str]) -> Idioms:
    return tuple((re.compile(rf"\b{pattern}"), plain) for pattern, plain in told.items())


#: "Non potrei essere", "non sarebbe potuta andare": with a comparative behind it there is no more of it.
_NON_POTREI = (
    r"non (?:\w+ )?(?:(?:potre|potev)\w+|(?:avre|sare)\w+ potut[oaie]) (?:essere|esserci|andare)(?: stat[oaie])?"
)
_IT = Manners(
    negations=_words(
        "non mai ne senza nessun nessuno nessuna niente nulla neanche nemmeno neppure affatto mica tutt'altro macche"
    ),
    stresses=dict.fromkeys(_words("molto davvero veramente proprio tanto estremamente assai cosi piu"), 1.3)
    | dict.fromkeys(_words("abbastanza piuttosto quasi po' po"), 0.6)
    | dict.fromkeys(_words("poco poca pochi"), -0.6),
    turns=_words("ma pero tuttavia invece"),
    idioms=_idioms(
        {
            rf"{_NON_POTREI} (?:piu |(?=(?:meglio|peggio|miglior|peggior)))": "molto ",
            r"non (?:solo|soltanto)\b": "",
            r"non (?:\w+ )?(?:posso|possiamo|puo|potevo|potevamo) che\b": "",
        }
    ),
    small=_words(
        "il lo la gli le un una di del della dei che e mi vi ci si per con non sono ho ha abbiamo avete siete questo",
        "questa quando vorrei posso anche ma da al alla nel grazie tutto mia mio",
    ),
)
#: "Couldn't be", "can't possibly have been": with a comparative behind it there is no more of it.
_COULD_NOT = r"(?:could(?:n't|nt| not)|can(?:'t|t|not| not))"
_COULD_NOT_BE = rf"{_COULD_NOT} (?:possibly )?(?:have )?(?:be|been|go|gone)(?: any)?"
_EN = Manners(
    negations=_words("not no never nor neither without nobody nothing none hardly cannot anything"),
    stresses=dict.fromkeys(
        _words("very really so extremely absolutely incredibly truly totally completely highly too"), 1.3
    )
    | dict.fromkeys(_words("quite fairly somewhat slightly almost rather"), 0.6),
    turns=_words("but however though although"),
    idioms=_idioms(
        {
            rf"{_COULD_NOT_BE} (?:more |(?=better|worse))": "very ",
            rf"{_COULD_NOT_BE} (\w{{2,}})ier\b": r"very \1y",  # happier, easier, friendlier
            rf"{_COULD_NOT_BE} (\w{{3,}})er\b": r"very \1",  # kinder, faster, slower
            rf"{_COULD_NOT} ((?:thank|praise|recommend) (?:\w+ ){{1,4}}?)enough\b": r"very \1",
            rf"{_COULD_NOT} believe\b": "",
            r"not (?:only|just)\b": "",
            r"nothing but\b": "",
        }
    ),
    small=_words(
        "the an of to and is are was were you we it this that my your our for with not have has had be been on at can",
        "could would do does when how what thanks i'm i've i'd it's don't doesn't didn't isn't wasn't can't",
    ),
)
#: The manners of each language by its code.
MANNERS: Final = {"it": _IT, "en": _EN}
