"""What a filter says in words that people know: names for ids, one chip for each thing that narrows."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from inbox.reading import fields, once
from inbox.reading.parts import FilterChip
from inbox.reading.views.shown import CUSTOM, Asked, Shown
from inbox.store import Work

__all__ = ["chips"]


def _agent(work: Work, word: str) -> str:
    found = once.agents(work).get(word)
    return found.name if found is not None else ""


def _team(work: Work, word: str) -> str:
    found = once.teams(work).get(word)
    return found.name if found is not None else ""


def _channel(work: Work, word: str) -> str:
    found = once.channels(work).get(word)
    return (found.title or found.name) if found is not None and found.removed_at is None else ""


def _reason(work: Work, word: str) -> str:
    found = once.reasons(work).get(word)
    return found.called if found is not None else word


def _field(work: Work, word: str) -> str:
    return dict(fields.filterable(work)).get(word, "")


#: Fields whose words are ids: the name behind one, "" where it is gone. The others the template words itself.
NAMES: Final[Mapping[str, Callable[[Work, str], str]]] = {
    "agent": _agent,
    "team": _team,
    "channel": _channel,
    "reason": _reason,
    "field": _field,
}
#: Words that are no ids.
OWN: Final = frozenset({"me", "none"})


def chips(work: Work, view: Shown, asked: Asked) -> tuple[FilterChip, ...]:
    """One chip a field, with the address of the same list without it."""
    found = []
    for field, words in view.filter.items():
        named = NAMES.get(field)
        labels = [word if named is None or word in OWN else named(work, word) for word in words]
        rest = {name: list(values) for name, values in view.filter.items() if name != field}
        base = str(view.saved.id) if view.saved is not None else asked.base
        without: dict[str, str | list[str]] = {"view": CUSTOM, **rest}
        if base:
            without["base"] = base
        found.append(FilterChip(field, tuple(words), tuple(labels), without))
    return tuple(found)
