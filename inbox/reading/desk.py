"""The frame around every page: the desk, who looks at it, whom tickets can go to, the counted views."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select

from inbox import clock
from inbox.actions import desk as settings
from inbox.actions import keys, views
from inbox.actions.alerts import open_alerts
from inbox.actions.who import Who, may
from inbox.reading import once
from inbox.reading.parts import (
    AgentChip,
    Alert,
    ChannelCount,
    Desk,
    Directory,
    Due,
    Me,
    SavedCount,
    Sidebar,
    TeamChip,
    TeamCount,
    View,
    ViewCount,
)
from inbox.reading.views import tally
from inbox.reading.views.tally import LIVING, loads
from inbox.store import Agent, Channel, Membership, Team, Ticket, Work
from inbox.terms import Role, Status

__all__ = [
    "LIVING",
    "alerts",
    "chip",
    "clock_of",
    "counts",
    "desk",
    "directory",
    "due",
    "loads",
    "me",
    "sidebar",
]

OPEN = (Status.NEW, Status.OPEN)


def due(ticket: Ticket, now: datetime | None = None) -> Due | None:
    """The clock of an open ticket that is due first; it shows that of the solution once it is due soon."""
    if ticket.due_at is None or ticket.due_from is None or ticket.status not in OPEN:
        return None
    return clock_of(ticket.due_clock, ticket.due_from, ticket.due_soon_at, ticket.due_at, now or clock.now())


def clock_of(name: str, since: datetime, soon: datetime | None, at: datetime, now: datetime) -> Due:
    """A running clock as it stands now."""
    soon = soon or at
    whole = (at - since).total_seconds()
    share = min(100, max(0, round(100 * (now - since).total_seconds() / whole))) if whole > 0 else 100
    return Due(name, since, soon, at, "late" if at < now else "soon" if soon <= now else "", share)


def desk(work: Work, language: str = "") -> Desk:
    """The business as ``language`` (or its own) reads it."""
    return Desk(
        name=settings.get(work, "desk.name") or "Sportello",
        language=language or settings.get(work, "desk.language"),
        timezone=settings.get(work, "desk.timezone"),
        sample=bool(settings.get(work, "desk.sample")),
    )


def chip(agent: Agent, load: int | None = None) -> AgentChip:
    """An agent's face."""
    return AgentChip(agent.id, agent.name, agent.state, load, agent.capacity)


def me(work: Work, agent: Agent) -> Me:
    """The signed-in agent with the doors their role opens."""
    who = Who.of(agent)
    return Me(
        id=agent.id,
        name=agent.name,
        role=agent.role.value,
        state=agent.state,
        load=tally.loads(work)[agent.id],
        capacity=agent.capacity,
        undo_s=agent.undo_s,
        single_keys=agent.single_keys,
        keys=keys.of(agent.keys),
        teams=tuple(team.id for team in agent.teams),
        may_board=may(who, "board.see"),
        may_reports=may(who, "reports.see"),
        may_settings=agent.role is not Role.AGENT,
        may_share=may(who, "views.share"),
    )


def directory(work: Work) -> Directory:
    """The agents and teams that a ticket can be given to."""
    load = tally.loads(work)
    return Directory(
        tuple(chip(agent, load[agent.id]) for agent in once.agents(work).values() if agent.active),
        tuple(TeamChip(team.id, team.name) for team in once.teams(work).values()),
    )


def alerts(work: Work, who: Who) -> tuple[Alert, ...]:
    """What is wrong now, for those who can put it right."""
    if not may(who, "settings.change"):
        return ()
    rows = [(row, work.get(Channel, row.channel_id) if row.channel_id else None) for row in open_alerts(work)]
    return tuple(
        Alert(channel.id if channel else "", (channel.title or channel.name) if channel else "", row.code, row.since)
        for row, channel in rows
    )


def counts(work: Work, who: Who) -> dict[str, int]:
    """The sidebar's figures for one agent: view keys, ``channel:<id>``, ``team:<id>``, ``view:<id>``."""
    return once.once(
        work, f"counts:{who.id}", lambda: {**tally.figures(work, who), **tally.saved(work, who, views.mine(work, who))}
    )


VIEWS: tuple[View, ...] = ("mine", "mentions", "unassigned", "late", "failed", "all", "snoozed", "resolved")
ALERTS = {"unassigned", "late", "failed"}


def _teams(work: Work, who: Who) -> list[Team]:
    """The teams whose list somebody looks through: their own, and every one for those who reassign."""
    all_teams = list(once.teams(work).values())
    if may(who, "board.see"):
        return all_teams
    mine = set(work.scalars(select(Membership.team_id).where(Membership.agent_id == who.id)))
    return [team for team in all_teams if team.id in mine]


def sidebar(work: Work, who: Who, current: str) -> Sidebar:
    """The first column with its figures."""
    figures = counts(work, who)
    channels = [one for one in once.channels(work).values() if one.removed_at is None and one.enabled]
    fixed = tuple(
        ViewCount(key, figures.get(key), alert=key in ALERTS and bool(figures.get(key)))
        for key in VIEWS
        if key != "failed" or figures.get(key) or current == key
    )
    return Sidebar(
        views=fixed,
        channels=tuple(
            ChannelCount(
                one.id, one.kind, one.title or one.name, figures.get(f"channel:{one.id}", 0), bool(one.problem_code)
            )
            for one in channels
        ),
        saved=tuple(
            SavedCount(one.id, one.name, figures.get(f"view:{one.id}"), one.audience != "me")
            for one in views.mine(work, who)
        ),
        teams=tuple(TeamCount(one.id, one.name, figures.get(f"team:{one.id}", 0)) for one in _teams(work, who)),
        current=current,
        needs_me=figures.get("needs_me", 0),
        notices=figures.get("notices", 0),
    )
