"""Answers that wait for their hour: shown, changed, called back, and an answer in the log only once they leave."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import select

from inbox import clock
from inbox.actions import events, reply
from inbox.actions.who import SYSTEM, Who
from inbox.errors import Conflict
from inbox.store import Agent, Channel, Message, Ticket, Work
from inbox.terms import Delivery

__all__ = ["any_due", "release_due", "reschedule"]

AT_ONCE = 50


def _due() -> tuple[object, ...]:
    return (Message.state == Delivery.SCHEDULED, Message.next_at <= clock.now())


def any_due(work: Work) -> bool:
    """True where an hour has come; asked before the write lock is."""
    return work.scalar(select(Message.id).where(*_due()).limit(1)) is not None  # type: ignore[arg-type]


def release_due(work: Work) -> int:
    """Puts what is due into the queue, as an answer of its writer given now; gives how many."""
    rows = work.scalars(
        select(Message)
        .join(Channel, Channel.id == Message.channel_id)
        .where(*_due(), Channel.removed_at.is_(None))  # type: ignore[arg-type]
        .order_by(Message.next_at, Message.id)
        .limit(AT_ONCE)
        .with_for_update(skip_locked=True, of=Message)
    ).all()
    for message in rows:
        _release(work, message)
    return len(rows)


def _release(work: Work, message: Message) -> None:
    ticket = work.get_one(Ticket, message.ticket_id)
    agent = work.get(Agent, message.agent_id) if message.agent_id else None
    message.at = message.next_at = clock.now()
    reply.leaves(work, Who.of(agent) if agent is not None else SYSTEM, ticket, message)
    events.delivery(work, message, Delivery.QUEUED)


def reschedule(work: Work, who: Who, message_id: int, at: dt.datetime | None) -> Message:
    """Gives a scheduled message another hour; None is now. Raises :class:`Conflict` where it waits for none."""
    message, _ticket = reply.own(work, who, message_id)
    if message.state is not Delivery.SCHEDULED:
        msg = "only a message that waits for its hour can be given another one"
        raise Conflict(msg)
    if at is None:
        _release(work, message)
        return message
    message.send_at = message.next_at = reply.hour(at)
    events.delivery(work, message, Delivery.SCHEDULED, next_at=clock.iso(message.send_at))
    return message
