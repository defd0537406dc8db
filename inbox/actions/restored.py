"""What follows when a backup was put back: the desk's memory ends at the backup, the world's does not.

What was about to leave may have left since, so it waits for a person. Numbers that were given out since stand in
customers' mails, so they are not given out again. Arrivals need nothing: cursors are as old as the rows, and what was
fetched since is fetched again.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import and_, delete, func, or_, select, text, update
from sqlalchemy.orm import InstrumentedAttribute

from inbox import clock
from inbox.actions import attention, events
from inbox.store import Event, Lease, Message, Notice, Post, Ticket, Work, numbers
from inbox.terms import Delivery, Direction

__all__ = ["settle"]

WAITING = (Delivery.HELD, Delivery.QUEUED, Delivery.CLAIMED, Delivery.SENDING)
MONTH = timedelta(days=30)
CODE: Final = "restored"
PROBLEM: Final = "it was waiting when the backup was made, and may have been sent since; see, then send it again"


def settle(work: Work, made_at: datetime) -> int:
    """Makes a restored desk safe to start; gives how many messages now wait for a person."""
    held = _outgoing(work)
    _seen_in_chat(work, made_at)
    work.execute(delete(Post))  # what somebody was to be told they may have been told since
    work.execute(update(Notice).values(push_at=None, mail_at=None))
    work.execute(delete(Lease))  # whoever held one is another desk's process
    tickets = _unseen(work, numbers.highest(work, Ticket), Ticket.created_at, made_at, least=100)
    messages = _unseen(work, numbers.highest(work, Message), Message.received_at, made_at, least=1_000)
    lines = _unseen(work, work.scalar(select(func.max(Event.seq))) or 0, Event.rec, made_at, least=1_000)
    numbers.leap(work, Ticket, tickets)
    numbers.leap(work, Message, messages)
    line = work.append("desk.restored", made_at=clock.iso(made_at), unknown=held, tickets_from=tickets)
    if work.store.is_sqlite:
        line.seq = lines
    else:
        counter = "SELECT setval(CAST(pg_get_serial_sequence('events', 'seq') AS regclass), :first, false)"
        work.execute(text(counter), {"first": lines})
    return held


def _outgoing(work: Work) -> int:
    """Everything that had not left: nobody here knows whether it has since."""
    past = and_(Message.state == Delivery.SCHEDULED, Message.next_at <= clock.now())  # its hour came meanwhile
    waited = or_(Message.state.in_(WAITING), past)
    rows = work.scalars(select(Message).where(Message.direction == Direction.OUT, waited)).all()
    for message in rows:
        message.claimed_by = message.next_at = message.dealt_at = None
        message.code, message.problem, message.permanent = CODE, PROBLEM, False
        events.delivery(work, message, Delivery.UNKNOWN, code=CODE)
        attention.refresh(work, work.get_one(Ticket, message.ticket_id), fresh=True)
    return len(rows)


def _seen_in_chat(work: Work, made_at: datetime) -> None:
    """Chat answers that no page had taken in yet may have gone by mail since: not a second time."""
    rows = work.scalars(
        select(Message).where(
            Message.kind == "chat",
            Message.direction == Direction.OUT,
            Message.state == Delivery.SENT,
            Message.sent_at > made_at - timedelta(days=1),
        )
    )
    for message in rows:
        message.extra = {**(message.extra or {}), "by_mail": True}


def _unseen(work: Work, top: int, at: InstrumentedAttribute[datetime], made_at: datetime, *, least: int) -> int:
    """A number beyond all that the desk can have given out since: four times what its last month would give."""
    month = work.scalar(select(func.count()).where(at > made_at - MONTH)) or 0
    days = max(clock.now() - made_at, timedelta()) / timedelta(days=1) + 1
    return int(top + least + 4 * month / MONTH.days * days)
