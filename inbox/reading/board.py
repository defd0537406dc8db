"""The live board: agents, their load, and what waits with nobody."""

from __future__ import annotations

import datetime as dt
import zoneinfo
from collections import Counter
from collections.abc import Sequence

from sqlalchemy import func, select

from inbox import clock
from inbox.actions import balancing
from inbox.actions import desk as settings
from inbox.actions.routing import away
from inbox.actions.who import Who, may, visible
from inbox.reading import desk
from inbox.reading.pages import BalancePage, Board, BoardCard, BoardFigures, Choice, Lane, Place, Queue, Shift
from inbox.reading.rows import customer_chip
from inbox.store import Agent, Channel, Event, Membership, Team, Ticket, Work
from inbox.terms import Status

__all__ = ["balance", "board"]

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
        absent=agent is not None and away(agent, now),
    )


def _queue(name: str, kind: str, tickets: Sequence[Ticket], now: dt.datetime, **people: int) -> Queue:
    waits = [one.waiting_since for one in tickets if one.waiting_since is not None]
    states = Counter(due.state for one in tickets if (due := desk.due(one, now)) is not None)
    return Queue(
        name,
        kind,
        waiting=len(waits),
        unassigned=sum(one.assignee_id is None for one in tickets if one.waiting_since is not None),
        oldest=min(waits, default=None),
        soon=states["soon"],
        late=states["late"],
        **people,
    )


def _queues(work: Work, tickets: Sequence[Ticket], agents: Sequence[Agent], now: dt.datetime) -> tuple[Queue, ...]:
    """What waits for each team, and for none."""
    here = {agent.id for agent in agents if agent.state == "online" and not away(agent, now)}
    found = []
    for team in work.scalars(select(Team).order_by(Team.name)):
        staff = [agent.id for agent in agents if team.id in {one.id for one in agent.teams}]
        own = [one for one in tickets if one.team_id == team.id]
        found.append(_queue(team.name, "", own, now, here=len(here & set(staff)), people=len(staff)))
    loose = [one for one in tickets if one.team_id is None]
    if loose or not found:
        found.append(_queue("", "", loose, now, here=len(here), people=len(agents)))
    return tuple(found)


def _channels(work: Work, tickets: Sequence[Ticket], now: dt.datetime) -> tuple[Queue, ...]:
    """What waits on each channel."""
    rows = work.scalars(select(Channel).where(Channel.removed_at.is_(None)).order_by(Channel.kind, Channel.title))
    by: dict[str, list[Ticket]] = {}
    for one in tickets:
        by.setdefault(one.channel_id, []).append(one)
    return tuple(
        _queue(row.title or row.name, row.kind, by.get(row.id, []), now) for row in rows if row.enabled or row.id in by
    )


def balance(work: Work, who: Who, team: str = "") -> BalancePage:
    """What balancing would move, and everybody's load before and after."""
    seats, moves = balancing.plan(work, who, team)
    people = {agent.id: agent for agent in work.scalars(select(Agent).where(Agent.active))}
    found = work.scalars(select(Ticket).where(Ticket.id.in_([move.ticket for move in moves]))).unique()
    rows, now = {one.id: one for one in found}, clock.now()
    change: Counter[str] = Counter()
    for move in moves:
        change[move.source] -= 1
        change[move.target] += 1
    return BalancePage(
        shifts=tuple(
            Shift(
                value=f"{move.ticket}:{move.source}:{move.target}",
                ticket=move.ticket,
                customer=customer_chip(rows[move.ticket].customer).name,
                subject=rows[move.ticket].subject,
                kind=rows[move.ticket].preview_kind or rows[move.ticket].kind,
                due=desk.due(rows[move.ticket], now),
                source=people[move.source].name if move.source in people else "",
                target=people[move.target].name,
            )
            for move in moves
        ),
        places=tuple(
            Place(desk.chip(people[seat.agent], seat.load), seat.load, seat.load + change[seat.agent], seat.here)
            for seat in seats
        ),
        team=team,
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
        if (data or {}).get("status") == "resolved" and "cause" not in data and actor:
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
        queues=_queues(work, tickets, agents, now),
        channels=_channels(work, tickets, now),
        teams=tuple(Choice(one.id, one.name) for one in work.scalars(select(Team).order_by(Team.name))),
        now=now,
        team=team,
        may_move=may(who, "ticket.write"),
        moving=_card(moved, now) if moved is not None else None,
    )
