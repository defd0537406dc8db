"""How customers sound: each message is scored as it comes in, and a run of bad ones is told to those who see to it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from sqlalchemy import select

from inbox.actions import desk, events
from inbox.actions.notices import CAUSES, Told
from inbox.sentiment import BAD
from inbox.store import Agent, Event, Membership, Message, Ticket, Work
from inbox.terms import Role

__all__ = ["RUN", "heard"]

#: What the log says of a run: once, when it is long enough.
RUN: Final = "sentiment.run"


def heard(work: Work, message: Message) -> None:
    """Scores what a customer wrote; with the last of so many bad ones in a row, over all their tickets, the log says
    so. A run that goes on is not told again, a corrected text not counted twice."""
    events.mood(work, message)
    length = int(desk.get(work, "sentiment.run"))
    if not length:
        return
    bad = [score <= BAD for score in _last(work, message, length + 1).values()]
    if len(bad) >= length and all(bad[:length]) and not any(bad[length:]):
        work.append(RUN, ticket=message.ticket_id, msg=str(message.id), n=length)


def _last(work: Work, message: Message, most: int) -> dict[str, float]:
    """The last scores of a message's customer by message, the newest first; of a corrected one the last."""
    ticket = work.get_one(Ticket, message.ticket_id)
    theirs = Ticket.customer_id == ticket.customer_id if ticket.customer_id else Ticket.id == ticket.id
    told = select(Event.data).where(Event.kind == "sentiment", Event.ticket_id.in_(select(Ticket.id).where(theirs)))
    new = [line.data for line in reversed(work.events) if line.kind == "sentiment" and line.ticket_id == ticket.id]
    found: dict[str, float] = {}
    for data in [*new, *work.scalars(told.order_by(Event.seq.desc()).limit(2 * most))]:
        found.setdefault(str(data["msg"]), float(data["score"]))
    order = sorted(found, key=int, reverse=True)[:most]
    return {number: found[number] for number in order}


def _chiefs(work: Work, line: Event) -> Iterable[Told]:
    """The supervisors of the ticket's team; where it has none, everybody who sees to it that things go well."""
    ticket = work.get(Ticket, line.ticket_id)
    chiefs = select(Agent.id).where(Agent.active, Agent.role == Role.SUPERVISOR)
    own: list[str] = []
    if ticket is not None and ticket.team_id is not None:
        members = select(Membership.agent_id).where(Membership.team_id == ticket.team_id)
        own = list(work.scalars(chiefs.where(Agent.id.in_(members))))
    every = (
        own
        or work.scalars(chiefs).all()
        or work.scalars(select(Agent.id).where(Agent.active, Agent.role == Role.ADMIN))
    )
    text = str(line.data.get("msg", ""))
    return [Told(agent, "unhappy", int(text) if text.isdigit() else None) for agent in every]


CAUSES[RUN] = _chiefs
