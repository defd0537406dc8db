"""What the settings show of opening hours and targets; no rights are checked here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select

from inbox.actions import promises
from inbox.actions.who import Who
from inbox.metrics.holidays import PATRONS
from inbox.reading.pages import CalendarRow, Choice, PromisesPage, SpecialDay, TargetRow
from inbox.reading.settings import nav
from inbox.store import Channel, Customer, Team, Work
from inbox.terms import Priority

__all__ = ["page", "said"]

MOST_FIRST = tuple(reversed(Priority))


def page(work: Work, who: Who) -> PromisesPage:
    """Every calendar and every target, the usual ones first."""
    channels = _channels(work)
    teams = {team.id: team.name for team in work.scalars(select(Team).order_by(Team.name))}
    bands = work.scalars(select(Customer.band).where(Customer.band != "").distinct().order_by(Customer.band))
    names = {f"channel:{id}": name for id, name in channels.items()}
    names |= {f"team:{id}": name for id, name in teams.items()} | {f"band:{band}": band for band in bands}
    told = promises.targets(work)
    return PromisesPage(
        nav=nav(work, who),
        calendars=tuple(_calendar(id, one, {**channels, **teams}) for id, one in promises.calendars(work).items()),
        targets=tuple(
            TargetRow(scope, names.get(scope, scope.partition(":")[2]), _cells(table)) for scope, table in told.items()
        ),
        channels=tuple(Choice(id, name) for id, name in channels.items()),
        teams=tuple(Choice(id, name) for id, name in teams.items()),
        scopes=tuple(Choice(scope, name) for scope, name in names.items() if scope not in told),
        cities=tuple(PATRONS),
        blank=_cells({}),
    )


def _channels(work: Work) -> dict[str, str]:
    rows = work.scalars(select(Channel).where(Channel.removed_at.is_(None)).order_by(Channel.kind, Channel.title))
    return {row.id: row.title or row.name for row in rows}


def _calendar(id: str, one: Mapping[str, Any], names: Mapping[str, str]) -> CalendarRow:
    special = sorted(one["special"].items())
    return CalendarRow(
        id=id,
        name=one["name"],
        week=tuple((day, ", ".join(one["week"].get(day, ()))) for day in promises.DAYS),
        italy=one["italy"],
        patron=one["patron"],
        special=tuple(SpecialDay(day, each["name"], ", ".join(each["spans"])) for day, each in special),
        channels=tuple(one["channels"]),
        teams=tuple(one["teams"]),
        places=tuple(names[place] for place in (*one["teams"], *one["channels"]) if place in names),
        open_days=sum(bool(hours) for hours in one["week"].values()),
    )


def _cells(table: Mapping[str, Mapping[str, int]]) -> tuple[tuple[str, tuple[tuple[str, str], ...]], ...]:
    return tuple(
        (clock, tuple((one.value, said(table.get(clock, {}).get(one.value))) for one in MOST_FIRST))
        for clock in promises.CLOCKS
    )


def said(seconds: int | None) -> str:
    """A target as people write it: ``4h``, ``1h 30m``, ``45m``."""
    if not seconds:
        return ""
    hours, minutes = divmod(seconds // 60, 60)
    return " ".join(part for part in (f"{hours}h" if hours else "", f"{minutes}m" if minutes else "") if part)
