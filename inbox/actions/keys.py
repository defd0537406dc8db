"""The keys of the agent's screen: what each does, and how somebody gives a command another one (WCAG 2.1.4)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from inbox.actions.who import Who
from inbox.errors import Invalid, NotFound
from inbox.store import Agent, Work

__all__ = ["KEYS", "of", "save"]

#: Command → the single key that runs it where no field has the focus; a capital letter is with Shift.
KEYS: Final[dict[str, str]] = {
    "new": "c",
    "search": "/",
    "shortcuts": "?",
    "go": "g",
    "down": "j",
    "up": "k",
    "select": "x",
    "next": "N",
    "reply": "r",
    "note": "n",
    "assign": "a",
    "take": "m",
    "resolve": "e",
    "snooze": "h",
    "tags": "t",
    "priority": "l",
    "channel": "v",
    "merge": "u",
    "regroup": "s",
    "customer": "p",
    "undo": "z",
}


def of(chosen: Any) -> dict[str, str]:
    """Every command with its key; ``chosen`` are somebody's own. "" has none."""
    return {**KEYS, **{name: str(key) for name, key in (chosen or {}).items() if name in KEYS}}


def save(work: Work, who: Who, typed: Mapping[str, str], *, single: bool) -> None:
    """Gives commands other keys, one each, and switches single keys on or off; a command that is not named keeps its
    own. Raises :class:`Invalid` for what is no key, and for a key that two commands have."""
    agent = work.get(Agent, who.id) if who.id else None
    if agent is None:
        msg = "there is no such agent"
        raise NotFound(msg)
    wanted = {**of(agent.keys), **{name: key.strip() for name, key in typed.items() if name in KEYS}}
    wrong: dict[str, str] = {}
    held: dict[str, str] = {}
    for name, key in wanted.items():
        if key and (len(key) > 1 or not key.isprintable()):
            wrong[name] = "a key is one character"
        elif key and key in held:
            wrong[name] = wrong[held[key]] = f"{key} is the key of two commands; give one of them another"
        held.setdefault(key, name)
    if wrong:
        raise Invalid("; ".join(dict.fromkeys(wrong.values())), fields=wrong)
    agent.keys = {name: key for name, key in wanted.items() if key != KEYS[name]}
    agent.single_keys = single
