"""How customers sound: each message is scored as it comes in, and a run of bad ones is told to those who see to it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from heapq import merge
from typing import Any, Final

from sqlalchemy import func, select

from inbox.actions import desk, events
from inbox.actions.notices import CAUSES, Told
from inbox.sentiment import BAD
from inbox.store import Agent, Event, Membership, Message, Ticket, Work
from inbox.terms import Role

__all__ = ["RUN", "heard"]

#: What the log says of a run, once: ``msg``, the message with which it was long enough, and ``n``, how long it was.
RUN: Final = "sentiment.run"


def heard(work: Work, message: Message) -> None:
    """Scores what a customer wrote. Where it stands in a run of bad ones, over all their tickets, that is as long as
    the desk asks for, the log says so, unless it named a message of that run before: a run that goes on is not told
    again, nor is a corrected text, and one that was too short for what was asked then is told once it is not.
    """
    line = events.mood(work, message)
    least = int(desk.get(work, "sentiment.run"))
    if not least or line.data["score"] > BAD:
        return
    run = _run(work, message.ticket_id)
    if len(run) < least or message.id not in run:
        return
    if run.isdisjoint(number for number, _data in _lines(work, RUN, message.ticket_id)):
        work.append(RUN, ticket=message.ticket_id, msg=str(message.id), n=len(run))


def _run(work: Work, ticket: int) -> set[int]:
    """The messages since the last one that was not bad; of a corrected one the last score counts."""
    run: set[int] = set()
    for number, data in _lines(work, "sentiment", ticket):
        if number in run:
            continue  # as it was before
        if float(data["score"]) > BAD:
            break
        run.add(number)
    return run


def _lines(work: Work, kind: str, ticket: int) -> Iterator[tuple[int, dict[str, Any]]]:
    """What the log, and what this work adds to it, say of messages in all the tickets of a ticket's customer: their
    numbers and the lines' fields, the newest message first, of one message the last line first."""
    customer = work.get_one(Ticket, ticket).customer_id
    theirs = select(Ticket.id).where(Ticket.customer_id == customer if customer else Ticket.id == ticket)
    fresh = [line for line in reversed(work.events) if line.kind == kind]
    own = set(work.scalars(theirs.where(Ticket.id.in_([line.ticket_id for line in fresh])))) if fresh else set()
    new = sorted((_of_message(line.data) for line in fresh if line.ticket_id in own), key=_newest)
    text = Event.data["msg"].as_string()  # a number's digits (or another system's name): longer is higher
    stored = select(Event.data).where(Event.kind == kind, Event.ticket_id.in_(theirs))
    stored = stored.order_by(func.length(text).desc(), text.desc(), Event.seq.desc())
    old = (_of_message(data) for data in work.scalars(stored) if str(data.get("msg")).isdecimal())
    return merge(new, old, key=_newest)


def _of_message(data: dict[str, Any]) -> tuple[int, dict[str, Any]]:
    return int(data["msg"]), data


def _newest(line: tuple[int, dict[str, Any]]) -> int:
    return -line[0]


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
