"""Ready-made rules: switched on by one click, in the desk's language, and then changed like any other."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

__all__ = ["READY"]

_URGENT: Final = (
    *("urgente", "urgenza", "urgentissimo", "emergenza", "il prima possibile", "non posso lavorare", "bloccato"),
    *("urgent", "emergency", "as soon as possible", "asap", "cannot work", "can't work"),
)
#: Language → what the rules are called and what they write.
_WORDS: Final[dict[str, dict[str, str]]] = {
    "en": {
        "hours": "Answer outside opening hours",
        "closed": (
            "Thank you for writing to us. We are closed right now and will read your message when we are back: "
            "{desk.opens}.\n\nYour request has the number #{ticket.number}.\n{desk.name}"
        ),
        "silence": "Resolve when the customer is silent",
        "question": (
            "We have not heard from you since our last answer, so we take it that everything is settled. If not, just "
            "answer this message: otherwise request #{ticket.number} ends in three days.\n\n{desk.name}"
        ),
        "urgent": "Urgent words make it urgent",
        "unhappy": "Unhappy customers come first",
        "unhappy_tag": "unhappy",
    },
    "it": {
        "hours": "Risposta fuori orario",
        "closed": (
            "Grazie per averci scritto. Adesso siamo chiusi e leggeremo il messaggio alla riapertura: "
            "{desk.opens}.\n\nLa richiesta ha il numero #{ticket.number}.\n{desk.name}"
        ),
        "silence": "Risolvi quando il cliente non risponde",
        "question": (
            "Dopo la nostra ultima risposta non abbiamo ricevuto altro: pensiamo quindi che sia tutto a posto. Se non "
            "è così, basta rispondere a questo messaggio; altrimenti tra tre giorni chiudiamo la richiesta "
            "#{ticket.number}.\n\n{desk.name}"
        ),
        "urgent": "Le parole urgenti danno priorità",
        "unhappy": "Prima i clienti scontenti",
        "unhappy_tag": "scontento",
    },
}


def _condition(field: str, *words: str, but: bool = False) -> dict[str, Any]:
    return {"field": field, "not": but, "words": list(words)}


def _step(do: str, what: str) -> dict[str, str]:
    return {"do": do, "what": what}


def _hours(words: dict[str, str]) -> dict[str, Any]:
    return {
        "event": "message",
        "conditions": [_condition("hours", "closed")],
        "steps": [_step("reply", words["closed"])],
    }


def _silence(words: dict[str, str]) -> dict[str, Any]:
    steps = [_step("reply", words["question"]), _step("finish", "3")]
    return {"event": "silent", "wait": 5, "conditions": [], "steps": steps}


def _urgent(_words: dict[str, str]) -> dict[str, Any]:
    conditions = [_condition("text", *_URGENT), _condition("priority", "urgent", but=True)]
    return {"event": "message", "conditions": conditions, "steps": [_step("priority", "urgent")]}


def _unhappy(words: dict[str, str]) -> dict[str, Any]:
    conditions = [_condition("mood", "bad"), _condition("priority", "urgent", "high", but=True)]
    steps = [_step("tag", words["unhappy_tag"]), _step("priority", "high")]
    return {"event": "message", "conditions": conditions, "steps": steps}


def _made(name: str, make: Callable[[dict[str, str]], dict[str, Any]]) -> Callable[[str], dict[str, Any]]:
    def of(language: str) -> dict[str, Any]:
        words = _WORDS.get(language, _WORDS["en"])
        return {"name": words[name], **make(words)}

    return of


#: Name → the rule in a language. ``templates/macros/rules.html`` says what each is for.
READY: Final[dict[str, Callable[[str], dict[str, Any]]]] = {
    name: _made(name, make)
    for name, make in (("hours", _hours), ("silence", _silence), ("urgent", _urgent), ("unhappy", _unhappy))
}
