"""Views of the settings: opening hours and how long answers may take."""

from __future__ import annotations

from dataclasses import dataclass

from inbox.reading.pages.common import Choice, Form, SettingsNav

__all__ = ["CalendarRow", "PromisesPage", "SpecialDay", "TargetRow"]


@dataclass(frozen=True)
class SpecialDay:
    """A day with hours of its own: ``day`` as ``YYYY-MM-DD``, ``hours`` as typed, "" is closed all day."""

    day: str
    name: str
    hours: str


@dataclass(frozen=True)
class CalendarRow:
    """A calendar. ``week`` are the hours of each day as typed, "" is closed; ``open_days`` how many are open;
    ``places`` the names of what it is for."""

    id: str
    name: str
    week: tuple[tuple[str, str], ...]
    italy: bool
    patron: str
    special: tuple[SpecialDay, ...]
    channels: tuple[str, ...]
    teams: tuple[str, ...]
    places: tuple[str, ...]
    open_days: int


@dataclass(frozen=True)
class TargetRow:
    """Targets of a scope: ``cells`` has for each clock (first, next, resolve) one text per priority, as typed."""

    scope: str
    name: str
    cells: tuple[tuple[str, tuple[tuple[str, str], ...]], ...]


@dataclass(frozen=True)
class PromisesPage:
    """``page`` of ``settings/promises.html``. POST ``promises.calendar`` (``id`` or ``new``): ``name``, ``week-mon`` …,
    ``italy``, ``patron`` (a city) or ``patron_day``, ``channels``, ``teams``, and rows ``special-day|name|hours``;
    ``promises.remove_calendar``; ``promises.targets``: ``scope`` and ``first-urgent`` …; ``promises.remove_targets``:
    ``scope``. ``editing`` is the calendar or scope whose form failed."""

    nav: SettingsNav
    calendars: tuple[CalendarRow, ...]
    targets: tuple[TargetRow, ...]
    channels: tuple[Choice, ...]
    teams: tuple[Choice, ...]
    scopes: tuple[Choice, ...]
    cities: tuple[str, ...]
    blank: tuple[tuple[str, tuple[tuple[str, str], ...]], ...] = ()  # the cells of a new scope
    editing: str = ""
    edit: Form | None = None
