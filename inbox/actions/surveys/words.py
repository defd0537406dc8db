"""What a survey says, in the customer's language: its mail, its short message and the questions of its page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple

__all__ = ["LANGUAGES", "SCALES", "WORDS", "Question", "question", "said"]

LANGUAGES: Final = ("en", "it")
#: Question → its lowest and highest answer, as metrics.md has them.
SCALES: Final[dict[str, tuple[int, int]]] = {"csat": (1, 5), "ces": (1, 7), "nps": (0, 10), "fcr": (0, 1)}


class Question(NamedTuple):
    """``labels`` has a word for each answer, or only for the two ends."""

    text: str
    labels: tuple[str, ...]


WORDS: Final[dict[str, dict[str, str]]] = {
    "en": {
        "mail": "We would like to know how we did with your request #{number}. One press is enough.",
        "short": "{desk}: how did we do with your request #{number}? One press is enough:",
        "all": "Answer on one page:",
    },
    "it": {
        "mail": "Ci farebbe piacere sapere come è andata con la richiesta #{number}. Basta un clic.",
        "short": "{desk}: com'è andata con la richiesta #{number}? Basta un clic:",
        "all": "Per rispondere in un'unica pagina:",
    },
}
_QUESTIONS: Final[dict[str, dict[str, Question]]] = {
    "en": {
        "csat": Question(
            "How satisfied are you with our help?", ("Not at all", "A little", "So-so", "Very", "Extremely")
        ),
        "ces": Question("Solving my problem was easy", ("Strongly disagree", "Strongly agree")),
        "nps": Question("Would you recommend {desk} to a colleague?", ("Not at all likely", "Very likely")),
        "fcr": Question("Is your problem solved?", ("No", "Yes")),
    },
    "it": {
        "csat": Question(
            "Quanto ti ha soddisfatto l’assistenza?", ("Per niente", "Poco", "Così così", "Molto", "Moltissimo")
        ),
        "ces": Question("Risolvere il problema è stato facile", ("Per nulla d’accordo", "Del tutto d’accordo")),
        "nps": Question("Consiglieresti {desk} a un collega?", ("Per niente probabile", "Molto probabile")),
        "fcr": Question("Il problema è risolto?", ("No", "Sì")),
    },
}


def said(language: str, name: str, **values: object) -> str:
    """A sentence in a language; what stands in it is never read as a pattern."""
    text = WORDS.get(language, WORDS["en"])[name]
    for key, value in values.items():
        text = text.replace(f"{{{key}}}", str(value))
    return text


def question(language: str, ask: str, desk: str, own: Mapping[str, str] | None = None) -> Question:
    """One question; ``own`` are the desk's words by the language, in place of ours where it has some."""
    known = _QUESTIONS.get(language, _QUESTIONS["en"])[ask]
    return Question((own or {}).get(language) or known.text.replace("{desk}", desk), known.labels)
