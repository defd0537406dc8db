"""Views of the settings: how tickets are given to people, and what each of them can take."""

from __future__ import annotations

from dataclasses import dataclass

from inbox.reading.pages.common import Choice, Form, SettingsNav
from inbox.reading.parts import AgentChip

__all__ = ["AbleRow", "Absence", "RoutingPage", "RuleRow"]


@dataclass(frozen=True)
class RuleRow:
    """How tickets of a scope (``all``, ``channel:ID``, ``team:ID``) are given: ``way`` is manual or a word of
    ``actions.choosing.WAYS``."""

    scope: str
    name: str
    way: str
    sticky: bool


@dataclass(frozen=True)
class Absence:
    """Out of office: ``until`` is the last day as ``YYYY-MM-DD``, "" is here; ``deputy`` an agent's id or ""."""

    until: str = ""
    deputy: str = ""


@dataclass(frozen=True)
class AbleRow:
    """What routing knows of a person; ``capacities`` are (kind of channel, tickets at a time or "")."""

    person: AgentChip
    skills: str
    speaks: str
    capacities: tuple[tuple[str, str], ...]
    absence: Absence


@dataclass(frozen=True)
class RoutingPage:
    """``page`` of ``settings/routing.html``. POST ``routing.rule``: ``scope``, ``way``, ``sticky``;
    ``routing.remove_rule``: ``scope``; ``routing.bands``: ``bands`` with commas; ``routing.worth``: ``band`` and
    ``value`` of each; ``routing.able`` (``id``): ``skills``, ``speaks``, ``capacity-KIND``, ``away_until`` (a day),
    ``deputy``. ``editing`` is the person whose form failed, ``bands`` or ``values``."""

    nav: SettingsNav
    rules: tuple[RuleRow, ...]
    ways: tuple[str, ...]
    scopes: tuple[Choice, ...]
    bands: str
    people: tuple[AbleRow, ...]
    values: tuple[tuple[str, str], ...] = ()  # band → lifetime value from which somebody is in it, as typed
    currency: str = ""
    editing: str = ""
    edit: Form | None = None
