"""Rooms: the room is the permission, one per language, so that one drawing serves everybody in it."""

from __future__ import annotations

from sqlalchemy import select

from inbox.actions.who import Who, visible
from inbox.store import Agent, Membership, Team, Ticket, Work
from inbox.terms import Role

__all__ = ["allowed", "channel_name", "homes", "private_teams"]


def channel_name(room: str, language: str) -> str:
    """The socket server's name of a room in a language."""
    return f"{room}|{language}"


def private_teams(work: Work) -> set[str]:
    """Teams whose tickets are for members and supervisors only."""
    return set(work.scalars(select(Team.id).where(Team.private)))


def allowed(work: Work, agent: Agent, room: str) -> bool:
    """Whether an agent may listen to a room: ``desk``, ``team:<id>``, ``ticket:<id>``, ``agent:<id>``."""
    kind, _, name = room.partition(":")
    if room == "desk":
        return True
    if kind == "agent":
        return name == agent.id
    if kind == "team":
        chief = agent.role is not Role.AGENT
        return chief or work.get(Membership, (name, agent.id)) is not None
    if kind == "ticket" and name.isdigit() and len(name) < 16:
        return work.scalar(select(Ticket.id).where(Ticket.id == int(name), visible(Who.of(agent)))) is not None
    return False


def homes(ticket: Ticket, private: set[str]) -> str:
    """The room of a ticket's row: the desk's, or its private team's."""
    return f"team:{ticket.team_id}" if ticket.team_id in private else "desk"
