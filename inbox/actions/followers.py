"""Following: agents who hear of a ticket that is not theirs, because they want to or because a note named them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sqlalchemy import delete, select

from inbox.actions import mentions
from inbox.actions.who import Who, find_ticket
from inbox.errors import Forbidden
from inbox.store import Event, Follower, Mention, Ticket, Work

__all__ = ["along", "follow", "hear", "of_line", "part"]


def follow(work: Work, who: Who, number: int, *, on: bool = True) -> Event | None:
    """Lets ``who`` follow a ticket, or no more; None where nothing changed."""
    ticket = find_ticket(work, who, number)
    if who.id is None:
        msg = "only somebody who works here follows tickets"
        raise Forbidden(msg)
    row = work.get(Follower, (ticket.id, who.id))
    if (row is not None) is on:
        return None
    if row is not None:
        work.delete(row)
    else:
        work.add(Follower(ticket_id=ticket.id, agent_id=who.id))
    work.flush()
    return work.append("ticket.follower", actor=who.actor, ticket=ticket.id, agent=who.id, op="add" if on else "remove")


def hear(work: Work, who: Who, ticket: int, agents: Iterable[str]) -> None:
    """Makes followers of agents whom a note names."""
    known = set(work.scalars(select(Follower.agent_id).where(Follower.ticket_id == ticket)))
    for agent in sorted(set(agents) - known):
        work.add(Follower(ticket_id=ticket, agent_id=agent))
        work.append("ticket.follower", actor=who.actor, ticket=ticket, agent=agent, op="add")


def along(work: Work, loser: int, winner: int) -> list[str]:
    """Who followed a ticket follows the one that it was merged into; gives those who did not before."""
    known = set(work.scalars(select(Follower.agent_id).where(Follower.ticket_id == winner)))
    theirs = select(Follower.agent_id).where(Follower.ticket_id == loser).order_by(Follower.agent_id)
    joined = [agent for agent in work.scalars(theirs) if agent not in known]
    work.add_all(Follower(ticket_id=winner, agent_id=agent) for agent in joined)
    return joined


def part(work: Work, winner: int, agents: Sequence[str]) -> None:
    """They follow a ticket no more into which theirs is merged no more."""
    work.execute(delete(Follower).where(Follower.ticket_id == winner, Follower.agent_id.in_(agents)))


def of_line(work: Work, line: Event) -> list[str]:
    """Who follows the ticket of a line of the log and may see it; whoever did the thing is left out, and whom a note
    names: a line of its own tells them."""
    agents = select(Follower.agent_id).where(Follower.ticket_id == line.ticket_id).order_by(Follower.agent_id)
    found = [one for one in work.scalars(agents) if one != line.actor_id] if line.ticket_id else []
    if found and line.kind == "note.added":
        named = set(work.scalars(select(Mention.agent_id).where(Mention.message_id == int(line.data["msg"]))))
        found = [one for one in found if one not in named]
    ticket = work.get(Ticket, line.ticket_id) if found else None
    away = mentions.blind(work, ticket) if ticket is not None else set()
    return [one for one in found if one not in away]
