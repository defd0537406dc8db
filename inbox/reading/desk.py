"""The frame around every page: the desk, who looks at it, whom tickets can go to, the counted views."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, func, or_, select

from inbox import clock
from inbox.actions import desk as settings
from inbox.actions.alerts import open_alerts
from inbox.actions.who import Who, may, visible
from inbox.reading.parts import AgentChip, Alert, ChannelCount, Desk, Directory, Me, Sidebar, TeamChip, View, ViewCount
from inbox.store import Agent, Channel, Team, Ticket, Work
from inbox.terms import Role, Status

__all__ = [
    "LATE_AFTER",
    "alerts",
    "chip",
    "counts",
    "desk",
    "directory",
    "late_before",
    "me",
    "sidebar",
    "view_condition",
]

#: A customer who has waited longer is late: the default first-response target of metrics.md 2.1.
LATE_AFTER = timedelta(hours=4)
OPEN = (Status.NEW, Status.OPEN)


def late_before() -> datetime:
    """Who waits since before then is late."""
    return clock.now() - LATE_AFTER


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


def loads(work: Work) -> dict[str, int]:
    """Open tickets per agent."""
    rows = work.execute(
        select(Ticket.assignee_id, func.count())
        .where(Ticket.status.in_(OPEN), Ticket.assignee_id.is_not(None))
        .group_by(Ticket.assignee_id)
    )
    return {str(agent): count for agent, count in rows}


def me(work: Work, agent: Agent) -> Me:
    """The signed-in agent with the doors their role opens."""
    who = Who.of(agent)
    load = work.scalar(select(func.count()).where(Ticket.assignee_id == agent.id, Ticket.status.in_(OPEN)))
    return Me(
        id=agent.id,
        name=agent.name,
        role=agent.role.value,
        state=agent.state,
        load=load or 0,
        capacity=agent.capacity,
        undo_s=agent.undo_s,
        teams=tuple(team.id for team in agent.teams),
        may_board=may(who, "board.see"),
        may_reports=may(who, "reports.see"),
        may_settings=agent.role is not Role.AGENT,
    )


def directory(work: Work) -> Directory:
    """The agents and teams that a ticket can be given to."""
    load = loads(work)
    agents = work.scalars(select(Agent).where(Agent.active).order_by(Agent.name)).all()
    teams = work.scalars(select(Team).order_by(Team.name)).all()
    return Directory(
        tuple(chip(agent, load.get(agent.id, 0)) for agent in agents),
        tuple(TeamChip(team.id, team.name) for team in teams),
    )


def alerts(work: Work, who: Who) -> tuple[Alert, ...]:
    """What is wrong now, for those who can put it right."""
    if not may(who, "settings.change"):
        return ()
    rows = [(row, work.get(Channel, row.channel_id)) for row in open_alerts(work) if row.channel_id]
    return tuple(
        Alert(channel.id, channel.title or channel.name, row.code, row.since)
        for row, channel in rows
        if channel is not None
    )


def view_condition(view: str, who: Who) -> ColumnElement[bool]:
    """Which tickets a view holds."""
    is_open = Ticket.status.in_(OPEN)
    table: dict[str, ColumnElement[bool]] = {
        "mine": is_open & (Ticket.assignee_id == who.id),
        "unassigned": is_open & Ticket.assignee_id.is_(None),
        "late": is_open & (Ticket.waiting_since < late_before()),
        "failed": Ticket.attention != "",
        "all": is_open,
        "snoozed": Ticket.status == Status.SNOOZED,
        "pending": Ticket.status == Status.PENDING,
        "resolved": Ticket.status.in_([Status.RESOLVED, Status.CLOSED]),
    }
    return table.get(view, is_open)


def counts(work: Work, who: Who) -> dict[str, int]:
    """The sidebar's figures for one agent: view keys and ``channel:<id>``."""
    seen = visible(who) & Ticket.merged_into.is_(None)
    is_open = Ticket.status.in_(OPEN)
    row = work.execute(
        select(
            func.count().filter(is_open & (Ticket.assignee_id == who.id)),
            func.count().filter(is_open & Ticket.assignee_id.is_(None)),
            func.count().filter(is_open & (Ticket.waiting_since < late_before())),
            func.count().filter(is_open),
            func.count().filter(Ticket.status == Status.SNOOZED),
            func.count().filter(Ticket.status == Status.PENDING),
            func.count().filter(is_open & (Ticket.assignee_id == who.id) & Ticket.waiting_since.is_not(None)),
        ).where(seen, or_(is_open, Ticket.status.in_([Status.SNOOZED, Status.PENDING])))
    ).one()
    found = dict(zip(("mine", "unassigned", "late", "all", "snoozed", "pending", "needs_me"), row, strict=True))
    found["failed"] = work.scalar(select(func.count()).where(seen, Ticket.attention != "")) or 0
    per = select(Ticket.channel_id, func.count()).where(seen, is_open).group_by(Ticket.channel_id)
    ours = work.scalars(select(Channel.id).where(Channel.removed_at.is_(None)))
    none = {f"channel:{channel}": 0 for channel in ours}  # said too: a figure on screen may have to go down to it
    return {**found, **none, **{f"channel:{channel}": count for channel, count in work.execute(per)}}


VIEWS: tuple[View, ...] = ("mine", "unassigned", "late", "failed", "all", "snoozed", "resolved")
ALERTS = {"unassigned", "late", "failed"}


def sidebar(work: Work, who: Who, current: str) -> Sidebar:
    """The first column with its figures."""
    figures = counts(work, who)
    channels = work.scalars(
        select(Channel).where(Channel.removed_at.is_(None), Channel.enabled).order_by(Channel.kind, Channel.title)
    )
    views = tuple(
        ViewCount(key, figures.get(key), alert=key in ALERTS and bool(figures.get(key)))
        for key in VIEWS
        if key != "failed" or figures.get(key) or current == key
    )
    return Sidebar(
        views=views,
        channels=tuple(
            ChannelCount(
                one.id, one.kind, one.title or one.name, figures.get(f"channel:{one.id}", 0), bool(one.problem_code)
            )
            for one in channels
        ),
        current=current,
    )
