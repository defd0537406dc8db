"""The live board: agents, their load, and what waits with nobody."""

from __future__ import annotations

import datetime as dt
import zoneinfo
from collections import Counter
from collections.abc import Sequence

from sqlalchemy import func, select

from inbox import clock
from inbox.actions import desk as settings
from inbox.actions.who import Who, may, visible
from inbox.reading import desk
from inbox.reading.pages import Board, BoardCard, BoardFigures, Choice, Lane
from inbox.reading.rows import customer_chip
from inbox.store import Agent, Event, Membership, Team, Ticket, Work
from inbox.terms import Status

__all__ = ["board"]

CARDS = 30  # of one lane; more are counted


def _card(ticket: Ticket, now: dt.datetime) -> BoardCard:
    clock_now = desk.due(ticket, now)
    return BoardCard(
        id=ticket.id,
        customer=customer_chip(ticket.customer).name,
        subject=ticket.subject,
        kind=ticket.preview_kind or ticket.kind,
        state=clock_now.state if clock_now is not None else "",
        due=clock_now,
        waiting_since=ticket.waiting_since,
        priority=ticket.priority.value,
        failed=bool(ticket.attention),
    )


def _lane(agent: Agent | None, tickets: Sequence[Ticket], now: dt.datetime, done: int = 0) -> Lane:
    rank = {"late": 0, "soon": 1, "": 2}
    far = now + dt.timedelta(days=36_500)
    cards = sorted(
        (_card(ticket, now) for ticket in tickets),
        key=lambda c: (rank[c.state], c.due.at if c.due is not None else far, c.waiting_since or far, c.id),
    )
    waits = [card.waiting_since for card in cards if card.waiting_since is not None]
    return Lane(
        agent=desk.chip(agent, len(tickets)) if agent is not None else None,
        cards=tuple(cards[:CARDS]),
        total=len(cards),
        late=sum(card.state == "late" for card in cards),
        soon=sum(card.state == "soon" for card in cards),
        done_today=done,
        oldest=min(waits, default=None),
        more=max(0, len(cards) - CARDS),
    )


def _today(work: Work) -> dt.datetime:
    zone = zoneinfo.ZoneInfo(settings.get(work, "desk.timezone"))
    return clock.now().astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0)


def board(work: Work, who: Who, team: str = "", moving: int | None = None) -> Board:
    """The board, of one team or all: open tickets by agent, late first."""
    now, today = clock.now(), _today(work)
    query = select(Ticket).where(
        visible(who), Ticket.status.in_([Status.NEW, Status.OPEN]), Ticket.merged_into.is_(None)
    )
    people = select(Agent).where(Agent.active).order_by(Agent.name)
    if team:
        query = query.where(Ticket.team_id == team)
        people = people.where(Agent.id.in_(select(Membership.agent_id).where(Membership.team_id == team)))
    tickets = work.scalars(query).unique().all()
    agents = work.scalars(people).all()
    done: Counter[str] = Counter()
    for actor, data in work.execute(
        select(Event.actor_id, Event.data).where(Event.kind == "ticket.status", Event.ts >= today)
    ):
        if (data or {}).get("status") == "resolved" and actor:
            done[actor] += 1
    arrived = work.scalar(
        select(func.count()).select_from(Event).where(Event.kind == "ticket.created", Event.ts >= today)
    )
    unassigned = _lane(None, [one for one in tickets if one.assignee_id is None], now)
    lanes = tuple(
        _lane(agent, [one for one in tickets if one.assignee_id == agent.id], now, done[agent.id]) for agent in agents
    )
    waiting = sorted(
        (one for one in tickets if one.waiting_since is not None), key=lambda one: one.waiting_since or now
    )
    everything = [unassigned, *lanes]
    moved = work.get(Ticket, moving) if moving is not None else None
    return Board(
        figures=BoardFigures(
            waiting=len(waiting),
            unassigned=sum(1 for one in waiting if one.assignee_id is None),
            longest_since=waiting[0].waiting_since if waiting else None,
            longest_channel=(waiting[0].preview_kind or waiting[0].kind) if waiting else "",
            late=sum(lane.late for lane in everything),
            soon=sum(lane.soon for lane in everything),
            online=sum(1 for agent in agents if agent.state == "online"),
            agents=len(agents),
            resolved_today=sum(done.values()),
            arrived_today=arrived or 0,
            unsent=sum(1 for one in tickets if one.attention),
        ),
        unassigned=unassigned,
        lanes=lanes,
        teams=tuple(Choice(one.id, one.name) for one in work.scalars(select(Team).order_by(Team.name))),
        now=now,
        team=team,
        may_move=may(who, "ticket.write"),
        moving=_card(moved, now) if moved is not None else None,
    )
