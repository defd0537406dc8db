"""Where messages lie: put into another ticket or back, and what a ticket says of itself worked out again from them."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence

from sqlalchemy import func, or_, select

from inbox import clock, search
from inbox.actions import events, lines
from inbox.errors import Conflict, Invalid
from inbox.store import JournalEntry, Message, Ticket, Work
from inbox.terms import Delivery, Direction, Status

__all__ = ["LEAVING", "THANKS", "chosen", "own_words", "refresh", "rehome", "send_back", "set_back", "shut"]

MOST = 500
LEAVING = {Delivery.CLAIMED, Delivery.SENDING}
#: What somebody said of a message that asks for no answer.
THANKS = "ack"


def chosen(work: Work, ticket: Ticket, numbers: Sequence[int]) -> list[Message]:
    """Messages of a ticket that may go elsewhere, oldest first. Raises :class:`Invalid` or :class:`Conflict`."""
    wanted = set(numbers)
    if not 0 < len(wanted) <= MOST:
        msg = f"choose 1 to {MOST} messages"
        raise Invalid(msg, fields={"messages": msg})
    found = work.scalars(
        select(Message).where(Message.id.in_(wanted), Message.ticket_id == ticket.id).order_by(Message.id)
    ).all()
    if len(found) < len(wanted):
        msg = f"choose messages of #{ticket.id}; some of these are elsewhere"
        raise Invalid(msg, fields={"messages": msg})
    if any(message.state in LEAVING for message in found):
        msg = "a message is leaving this very moment; try again when it has left"
        raise Conflict(msg)
    if all(message.direction is Direction.NOTE for message in found):
        msg = "choose a message, not only notes"
        raise Invalid(msg, fields={"messages": msg})
    return list(found)


def rehome(work: Work, messages: Iterable[Message], ticket: Ticket, *, why: str | None = None) -> None:
    """Puts messages into a ticket. ``why`` says where from: the message shows it instead of why it came in at first."""
    taken = set(work.scalars(select(Message.client_key).where(Message.ticket_id == ticket.id)))
    ids = []
    for message in messages:
        extra = dict(message.extra)
        key = extra.pop("client_key", message.client_key)
        if key is not None and key in taken:  # the same key in both tickets: theirs stays, ours remembers its own
            extra["client_key"] = key
            key = uuid.uuid4().hex
        message.client_key = key
        taken.add(key)
        if why is not None:
            extra["joined"] = [*extra.get("joined", []), [message.joined_rule, message.joined_ref]]
            message.joined_rule, message.joined_ref = "manual", why
        message.extra = extra
        message.ticket_id = ticket.id
        ids.append(message.id)
    work.flush()
    search.rehome(work, ids, ticket.id)


def send_back(work: Work, messages: Sequence[Message], ticket: Ticket, away: Ticket) -> None:
    """Puts messages back into ``ticket`` from ``away``, each with why it came there at first."""
    for message in messages:
        before = list(message.extra.get("joined", []))
        if message.joined_rule == "manual" and message.joined_ref == f"#{ticket.id}" and before:
            message.joined_rule, message.joined_ref = before.pop()
            extra = {**message.extra, "joined": before}
            message.extra = extra if before else {k: v for k, v in extra.items() if k != "joined"}
    rehome(work, messages, ticket)
    refresh(work, ticket)
    refresh(work, away)


def own_words(message: Message) -> bool:
    """True for a message that a customer wrote themselves and that waits for an answer: a mere thanks does not."""
    return message.direction is Direction.IN and message.auto is None and message.meant != THANKS


def refresh(work: Work, ticket: Ticket) -> None:
    """Works out again what a ticket's line says: its last message, who waits since when, what an answer must know."""
    said = select(Message).where(
        Message.ticket_id == ticket.id,
        Message.direction != Direction.NOTE,
        or_(Message.state.is_(None), Message.state != Delivery.CANCELLED),
    )
    last = work.scalar(said.order_by(Message.at.desc(), Message.id.desc()).limit(1))
    if last is not None:
        ticket.active_at = last.at
        lines.show(ticket, last)
    theirs = (
        select(Message)
        .outerjoin(JournalEntry, JournalEntry.id == Message.journal_id)
        .where(Message.ticket_id == ticket.id, Message.direction == Direction.IN, Message.auto.is_(None))
        .where(or_(JournalEntry.id.is_(None), JournalEntry.imported.is_(False)))
    )
    newest = work.scalar(theirs.order_by(Message.id.desc()).limit(1))
    ticket.last_in_id = newest.id if newest is not None else None
    ticket.waiting_since = None
    if ticket.is_open:
        answered = work.scalar(
            select(func.max(Message.id)).where(
                Message.ticket_id == ticket.id,
                Message.direction == Direction.OUT,
                Message.auto.is_(None),
                or_(Message.out_event.is_not(None), Message.echo),
            )
        )
        moves = events.live(work, ticket.id, "ticket.status")
        closed = [line.rec for line in moves if line.data.get("status") in {"resolved", "closed"}]
        since = theirs.where(Message.id > (answered or 0), Message.meant.is_distinct_from(THANKS))
        if closed:
            since = since.where(Message.received_at > closed[-1])
        first = work.scalar(since.order_by(Message.id).limit(1))
        ticket.waiting_since = first.at if first is not None else None
    ticket.updated_at = clock.now()


def shut(ticket: Ticket, into: Ticket) -> None:
    """Takes a ticket out of every list: whoever looks for it is led to the other one."""
    ticket.status = Status.CLOSED
    ticket.merged_into = into.id
    ticket.updated_at = clock.now()


def set_back(work: Work, ticket: Ticket, status: str) -> None:
    """Gives a ticket the status that it had before something that was taken back; the log says so already."""
    ticket.status = Status(status)
    moves = events.live(work, ticket.id, "ticket.status")
    resolved = [line.ts for line in moves if line.data.get("desk") == Status.RESOLVED.value]
    ticket.resolved_at = None if ticket.is_open else resolved[-1] if resolved else ticket.active_at
    if ticket.status is not Status.SNOOZED:
        ticket.snoozed_until = None
