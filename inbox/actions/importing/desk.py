"""Out of a settings text: what the desk is called, who works there, the words that it has."""

from __future__ import annotations

import base64
import datetime as dt
from collections.abc import Callable, Mapping
from typing import Any, Final

from sqlalchemy import select

from inbox.actions import agreements, branding, words
from inbox.actions import desk as settings
from inbox.actions import people as staff
from inbox.actions import reasons as tree
from inbox.actions.exporting import DESK
from inbox.actions.importing.reading import Reading
from inbox.actions.naming import Names
from inbox.errors import Invalid
from inbox.store import Agent, Canned, Team

__all__ = ["canned", "desk", "people", "reasons", "teams"]


def desk(reading: Reading, values: Any) -> None:
    """Its own settings."""
    for key, value in reading.changed("desk", values):
        with reading.at("desk", key):
            if key not in DESK:
                msg = f"there is no such setting; there are {', '.join(DESK)}"
                raise Invalid(msg)
            if key in _SETS:
                _SETS[key](reading, value)
            else:
                settings.put(reading.work, reading.who, DESK[key], value)


def _colour(reading: Reading, value: Any) -> None:
    branding.change(reading.work, reading.who, chosen=str(value or ""))


def _logo(reading: Reading, value: Any) -> None:
    if value is not None:  # nothing is ever taken away
        colour = str(settings.get(reading.work, "desk.colour"))
        branding.change(reading.work, reading.who, chosen=colour, picture=base64.b64decode(value["data"]))


def _ticked(reading: Reading, value: Any) -> None:
    if not isinstance(value, bool):
        msg = "write true or false"
        raise Invalid(msg)
    settings.put(reading.work, reading.who, "push.names", value)


#: What is set by more than its value.
_SETS: Final[dict[str, Callable[[Reading, Any], None]]] = {
    "colour": _colour,
    "logo": _logo,
    "agent_time": lambda reading, value: agreements.change(reading.work, reading.who, value),
    "push_names": _ticked,
    "ask_reason": lambda reading, value: tree.ask(reading.work, reading.who, str(value)),
}


def teams(reading: Reading, values: Any) -> None:
    """Teams by their names."""
    for name, value in reading.changed("teams", values):
        with reading.at("teams", name):
            private = bool(value["private"])
            known = reading.work.scalar(select(Team).where(Team.name == name))
            if known is None:
                staff.add_team(reading.work, reading.who, name, private=private)
            else:
                staff.change_team(reading.work, reading.who, known.id, name=name, private=private)


def people(reading: Reading, values: Any) -> None:
    """People by their addresses; nobody gets a password here."""
    for email, value in reading.changed("people", values):
        with reading.at("people", email):
            names = Names(reading.work)
            facts: dict[str, Any] = {
                "name": str(value["name"]),
                "role": str(value["role"]),
                "capacity": int(value["capacity"]),
                "teams": [names.id("team", str(one)) for one in value.get("teams", ())],
            }
            known = reading.work.scalar(select(Agent).where(Agent.email == email.strip().lower()))
            row = known or staff.add_agent(reading.work, reading.who, email=email, **facts)
            if known is not None or not value.get("active", True):
                staff.change_agent(reading.work, reading.who, row.id, active=bool(value.get("active", True)), **facts)
            _abilities(reading, row, value)
    for email, value in reading.changed("people", values):
        with reading.at("people", email):
            _away(reading, email, value.get("away"))  # who stands in may have come in just now


def _abilities(reading: Reading, row: Agent, value: Mapping[str, Any]) -> None:
    found = {name: value.get(name, getattr(row, name)) for name in ("skills", "speaks", "capacities")}
    if any(found[name] != getattr(row, name) for name in found):
        found["capacities"] = {str(kind): int(most) for kind, most in found["capacities"].items()}
        staff.set_abilities(reading.work, reading.who, row.id, **found)


def _away(reading: Reading, email: str, away: Mapping[str, Any] | None) -> None:
    if away is None:
        return
    row = staff.by_email(reading.work, email)
    until = dt.datetime.fromisoformat(str(away["until"]))
    deputy = Names(reading.work).known(away.get("deputy"))
    staff.set_absence(reading.work, reading.who, row.id, until, deputy)


def canned(reading: Reading, values: Any) -> None:
    """Canned replies by their short names."""
    for name, value in reading.changed("canned", values):
        with reading.at("canned", name):
            team = Names(reading.work).known(value.get("team"))
            known = reading.work.scalar(select(Canned).where(Canned.name == name))
            given = {"name": name, "text": str(value["text"]), "team": team}
            if known is None:
                words.add_canned(reading.work, reading.who, **given)
            else:
                words.change_canned(reading.work, reading.who, known.id, **given)


def reasons(reading: Reading, values: Any) -> None:
    """By the path as people read it; a list of paths is taken, too."""
    if isinstance(values, list):
        values = {str(one): {"exempt": False} for one in values if str(one) not in reading.before["reasons"]}
    for path, value in reading.changed("reasons", values):
        with reading.at("reasons", path):
            exempt = bool((value or {}).get("exempt", False))
            if path not in reading.before["reasons"]:
                tree.grow(reading.work, reading.who, path)
            node = tree.find(reading.work, path)
            if node.own_exempt is not exempt:
                tree.change(reading.work, reading.who, node.id, label=node.label, exempt=exempt)
