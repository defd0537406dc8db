"""Parts that several pages share: a form's state, a choice, the settings' menu, the page of an error."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

__all__ = ["Choice", "ErrorPage", "Form", "Section", "SettingsNav"]

Section = Literal[
    "general", "channels", "teams", "canned", "macros", "rules", "reasons", "fields", "people", "promises", "routing",
    "surveys",
    "costs",
    "journal", "audit",
]  # fmt: skip


@dataclass(frozen=True)
class Form:
    """What was typed and what is wrong with it. ``errors`` is keyed by field name, ``""`` for the form as a whole;
    each says what to do, already in the reader's language. A password is never among ``values``."""

    values: Mapping[str, str] = field(default_factory=dict)
    errors: Mapping[str, str] = field(default_factory=dict)

    @property
    def failed(self) -> bool:
        """True where at least one thing has to be put right."""
        return bool(self.errors)


@dataclass(frozen=True)
class Choice:
    """One option of a select or one box of a group; ``label`` is data (a zone, a team) or already translated."""

    value: str
    label: str
    checked: bool = False

    @property
    def pair(self) -> tuple[str, str]:
        """As the form macros take it."""
        return self.value, self.label


@dataclass(frozen=True)
class SettingsNav:
    """The settings' own menu, given to every settings page as ``nav``: the sections this person may open, how many
    journal items wait in quarantine, and whether sample data is in the desk."""

    allowed: tuple[Section, ...]
    quarantined: int = 0
    demo: bool = False


@dataclass(frozen=True)
class ErrorPage:
    """``errors/<code>.html`` as ``page``: ``reference`` finds the line in the log (500), ``retry_s`` counts for 429,
    ``said`` is what is not there (404), in the reader's words."""

    code: int
    reference: str | None = None
    retry_s: int | None = None
    said: str = ""
