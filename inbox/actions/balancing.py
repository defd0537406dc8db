"""Balancing the load: which open tickets go to whom, worked out before anything moves, and undone as one."""

from __future__ import annotations

import datetime as dt
import secrets
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from sqlalchemy import select

from inbox.actions import routing, tickets, undo
from inbox.actions.who import Who, require, visible
from inbox.errors import Conflict, Invalid, Problem
from inbox.store import Agent, Event, Membership, Ticket, Work

__all__ = ["MOST", "Held", "Move", "Seat", "apply", "balance", "plan", "take_back"]

MOST: Final = 50  # moves at once
_LOOKED_AT: Final = 5_000  # of the newest assignments, for those of one balancing
_FAR: Final = dt.datetime.max.replace(tzinfo=dt.UTC)


@dataclass(frozen=True)
class Seat:
    """An agent's place: ``load`` of ``capacity``; who is not ``here`` gives away and gets nothing."""

    agent: str
    load: int
    capacity: int
    here: bool = True

    @property
    def full(self) -> float:
        """How full it is; a place that nobody sits at is fuller than any."""
        return self.load / max(self.capacity, 1) if self.here else float("inf")


@dataclass(frozen=True)
class Held:
    """A ticket in which a customer waits; ``agent`` is "" in the queue, ``allowed`` who may have it."""

    ticket: int
    agent: str
    due: dt.datetime | None
    allowed: frozenset[str]


@dataclass(frozen=True)
class Move:
    """One ticket from an agent ("" the queue) to another."""

    ticket: int
    source: str
    target: str


def balance(seats: Iterable[Seat], held: Iterable[Held], most: int = MOST) -> list[Move]:
    """The moves that even the load out, what is due first first.

    The queue and places that nobody sits at are emptied first; among those who are here a ticket moves only while it
    leaves the one it goes to less full than the one it comes from was. Nobody is given more than their capacity.
    """
    places = {seat.agent: seat for seat in seats}
    left = sorted(held, key=lambda one: (one.due or _FAR, one.ticket))
    moves: list[Move] = []
    while len(moves) < most:
        move = _next(places, left)
        if move is None:
            break
        moves.append(move)
        left = [one for one in left if one.ticket != move.ticket]
        for agent, more in ((move.source, -1), (move.target, 1)):
            if agent in places:
                places[agent] = replace(places[agent], load=places[agent].load + more)
    return moves


def _next(places: dict[str, Seat], left: Sequence[Held]) -> Move | None:
    """The best move now, or None where none helps."""
    fullest = sorted(left, key=lambda one: -_full(places, one.agent))  # stable: what is due first stays first
    for one in fullest:
        free = [
            seat
            for seat in places.values()
            if seat.here and seat.agent != one.agent and seat.agent in one.allowed and seat.load < seat.capacity
        ]
        if not free:
            continue
        target = min(free, key=lambda seat: ((seat.load + 1) / seat.capacity, seat.agent))
        if (target.load + 1) / target.capacity < _full(places, one.agent):
            return Move(one.ticket, one.agent, target.agent)
    return None


def _full(places: dict[str, Seat], agent: str) -> float:
    return places[agent].full if agent in places else float("inf")


def plan(work: Work, who: Who, team: str = "") -> tuple[list[Seat], list[Move]]:
    """The places of a team's people (or everybody's) as they are, and the moves that would even them out."""
    people = work.scalars(select(Agent).where(Agent.active).order_by(Agent.name)).all()
    members = set(work.scalars(select(Membership.agent_id).where(Membership.team_id == team))) if team else None
    floor = routing.floor(work)
    seats = [
        Seat(one.id, floor.load(one.id), one.capacity, here=one.id in floor.agents)
        for one in people
        if members is None or one.id in members
    ]
    query = select(Ticket).where(
        visible(who), Ticket.status.in_(routing.OPEN), Ticket.merged_into.is_(None), Ticket.waiting_since.is_not(None)
    )
    if team:
        query = query.where(Ticket.team_id == team)
    rows = work.scalars(query).unique().all()
    here = [one for one in people if one.id in {seat.agent for seat in seats if seat.here}]
    allowed = {
        team_id: frozenset(one.id for one in here if _in(one, team_id)) for team_id in {row.team_id for row in rows}
    }
    held = [Held(row.id, row.assignee_id or "", row.due_at, allowed[row.team_id]) for row in rows]
    return seats, balance(seats, held)


def _in(agent: Agent, team: str | None) -> bool:
    return team is None or team in {one.id for one in agent.teams}


def apply(work: Work, who: Who, moves: Collection[Move]) -> tuple[str, int]:
    """Makes the moves that were shown, each an event; gives the name by which they are undone as one, and how many
    were made: a ticket that somebody has moved since stays where it is. Raises :class:`Invalid`."""
    require(who, "board.see")
    if not 0 < len(moves) <= MOST:
        msg = f"choose 1 to {MOST} moves"
        raise Invalid(msg, fields={"moves": msg})
    batch, done = secrets.token_hex(8), 0
    for move in moves:
        ticket = work.get(Ticket, move.ticket)
        if ticket is None or not ticket.is_open or (ticket.assignee_id or "") != move.source:
            continue
        try:
            made = tickets.assign(work, who, move.ticket, {"why": "balance", "batch": batch}, agent=move.target)
        except Problem:
            continue
        done += made is not None
    return batch, done


def take_back(work: Work, who: Who, batch: str) -> tuple[int, int]:
    """Undoes a balancing: gives how many tickets are back where they were, and how many were changed since and stay.

    Raises :class:`Conflict` where there is nothing to undo.
    """
    require(who, "board.see")
    lines = work.scalars(
        select(Event).where(Event.kind == "ticket.assigned").order_by(Event.seq.desc()).limit(_LOOKED_AT)
    )
    back = stays = 0
    for line in [line for line in lines if line.data.get("batch") == batch]:
        before = len(work.events)
        try:
            with work.begin_nested():
                undo.undo(work, who, line.id)
        except Problem:
            del work.events[before:]
            stays += 1
        else:
            back += 1
    if not back:
        msg = "there is nothing to undo: these tickets have been moved on, or it was undone already"
        raise Conflict(msg)
    return back, stays
