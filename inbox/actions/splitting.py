"""Splitting and moving: chosen messages become a ticket of their own, or go to another one that is there."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select

from inbox.actions import events, fields, homes, lines
from inbox.actions.merging import merge
from inbox.actions.who import Who, find_living, find_ticket
from inbox.errors import Conflict, Invalid
from inbox.store import Event, Identity, Message, Ticket, Work
from inbox.terms import Delivery, Direction, Move, Status

__all__ = ["move", "split", "unsplit"]

#: What an agent may have done with a ticket that a split made; it goes where the ticket goes.
DONE = (
    "ticket.status",
    "ticket.assigned",
    "ticket.tag",
    "ticket.priority",
    "ticket.reason",
    "ticket.fcr_exempt",
    "ticket.snoozed",
    "ticket.field",
)


def split(work: Work, who: Who, number: int, numbers: Sequence[int]) -> Event:
    """Makes a new ticket of chosen messages, linked to the old one, with its assignee, team and fields."""
    source = find_living(work, who, number)
    messages = homes.chosen(work, source, numbers)
    if not _rest(work, source, messages):
        msg = f"leave at least one message in #{source.id}"
        raise Invalid(msg, fields={"messages": msg})
    ticket = _ticket_of(work, source, messages)
    facts: dict[str, Any] = {"channel": ticket.kind, "address": ticket.channel_id, "customer": ticket.customer_id}
    event, along = _told(work, who, source, ticket, messages, **facts)
    if ticket.customer_id is not None and ticket.customer_id != source.customer_id:
        named = work.append("ticket.identified", actor=who.actor, ticket=ticket.id, customer=ticket.customer_id)
        along.append(named.id)
    along += fields.carry(work, who, source.id, ticket.id)
    event.data = {**event.data, "along": along}
    _pass_on(work, source, ticket, messages, event)
    return event


def _rest(work: Work, source: Ticket, messages: Sequence[Message]) -> bool:
    """Whether anything that was said stays in the ticket."""
    stays = select(Message.id).where(
        Message.ticket_id == source.id,
        Message.direction != Direction.NOTE,
        Message.id.not_in([message.id for message in messages]),
        (Message.state.is_(None)) | (Message.state != Delivery.CANCELLED),
    )
    return work.scalar(stays.limit(1)) is not None


def _ticket_of(work: Work, source: Ticket, messages: Sequence[Message]) -> Ticket:
    said = [message for message in messages if message.direction is not Direction.NOTE]
    first = next((message for message in said if message.direction is Direction.IN), said[0])
    identity = work.get(Identity, first.identity_id) if first.identity_id else None
    ours = any(message.direction is Direction.OUT for message in said)
    ticket = Ticket(
        subject=lines.subject_of(first.subject, first.text) or source.subject,
        status=Status.OPEN if ours or source.assignee_id else Status.NEW,
        priority=source.priority,
        channel_id=first.channel_id or source.channel_id,
        kind=first.kind or source.kind,
        customer_id=identity.customer_id if identity is not None else source.customer_id,
        assignee_id=source.assignee_id,
        team_id=source.team_id,
        linked_to=source.id,
        created_at=said[0].at,
        active_at=said[-1].at,
    )
    work.add(ticket)
    work.flush()
    return ticket


def move(work: Work, who: Who, number: int, numbers: Sequence[int], to: int) -> Event:
    """Moves chosen messages into another ticket; gives the event. A ticket of which nothing would stay is merged."""
    source, target = find_living(work, who, number), find_living(work, who, to)
    if source.id == target.id:
        msg = "they are in this ticket already; choose another one"
        raise Invalid(msg, fields={"to": msg})
    messages = homes.chosen(work, source, numbers)
    if not _rest(work, source, messages):
        return merge(work, who, number, to)
    event, along = _told(work, who, source, target, messages, moved=True)
    newest = max((message.at for message in messages if homes.own_words(message)), default=None)
    waits = [message.at for message in messages if homes.own_words(message) and _waits(source, message)]
    waits += [target.waiting_since] if target.waiting_since is not None else []
    closed = target.status in {Status.RESOLVED, Status.CLOSED}
    newer = newest is not None and (target.resolved_at is None or newest > target.resolved_at)
    if closed and (newer or waits):
        opened = events.move(work, target, who, Move.REOPEN)
        along += [opened.id] if opened is not None else []
    event.data = {**event.data, "along": along}
    _pass_on(work, source, target, messages, event)
    if target.is_open and waits:
        target.waiting_since = min(waits)
    return event


def _waits(source: Ticket, message: Message) -> bool:
    """Whether nobody has answered a customer's message; an answer in the other ticket was to somebody else."""
    return source.is_open and source.waiting_since is not None and message.at >= source.waiting_since


def _told(
    work: Work, who: Who, source: Ticket, target: Ticket, messages: Sequence[Message], **facts: Any
) -> tuple[Event, list[str]]:
    """The line that the figures follow, and the one that the old ticket shows."""
    ids = [str(message.id) for message in messages]
    facts |= {"from": str(source.id), "msgs": ids, **({} if facts.get("moved") else events.terms(target))}
    event = work.append("ticket.split", actor=who.actor, ticket=target.id, **facts)
    left = work.append("ticket.moved", actor=who.actor, ticket=source.id, to=str(target.id), msgs=ids, by=event.id)
    return event, [left.id]


def _pass_on(work: Work, source: Ticket, target: Ticket, messages: Sequence[Message], event: Event) -> None:
    homes.rehome(work, messages, target, why=f"#{source.id}")
    trouble = {message.state.value for message in messages if message.state in {Delivery.FAILED, Delivery.UNKNOWN}}
    if source.attention in trouble:  # the alarm goes where its message goes
        event.data = {**event.data, "attention": [source.attention, target.attention]}
        target.attention, source.attention = source.attention, ""
    homes.refresh(work, source)
    homes.refresh(work, target)


def unsplit(work: Work, who: Who, event: Event) -> list[str]:
    """Takes a split or a move back; gives the ids of the other events that go with it. Raises :class:`Conflict`."""
    target, source = find_ticket(work, who, event.ticket_id or 0), find_ticket(work, who, int(event.data["from"]))
    for ticket in (source, target):
        if ticket.merged_into is not None:
            msg = f"#{ticket.id} was merged into #{ticket.merged_into} since; take that back first"
            raise Conflict(msg)
    ids = [int(one) for one in event.data["msgs"]]
    messages = work.scalars(select(Message).where(Message.id.in_(ids), Message.ticket_id == target.id)).all()
    if len(messages) < len(ids):
        msg = "some of these messages have been moved on since; take that back first"
        raise Conflict(msg)
    whole = not event.data.get("moved")
    gone = list(event.data["along"])
    if whole:
        more = work.scalar(select(Message.id).where(Message.ticket_id == target.id, Message.id.not_in(ids)).limit(1))
        if more is not None:
            msg = f"#{target.id} has got messages of its own since; merge it into #{source.id} instead"
            raise Conflict(msg)
        fields.uncarry(work, gone)
        gone += [line.id for line in events.live(work, target.id, *DONE) if line.id not in gone]
    moves = events.live(work, target.id, "ticket.status")
    last = moves[-1] if moves else None
    events.take_back(work, who, gone)
    if not whole and last is not None and last.id in gone:  # the move had opened it, and nobody touched it since
        homes.set_back(work, target, last.data["was"])
    if "attention" in event.data:
        source.attention, target.attention = event.data["attention"]
    homes.send_back(work, messages, source, target)
    if whole:
        homes.shut(target, source)
        target.waiting_since, target.attention = None, ""
    return gone
