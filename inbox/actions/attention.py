"""What needs a person: answers that failed or may not have left, until somebody has seen to each of them."""

from __future__ import annotations

from sqlalchemy import select

from inbox import clock
from inbox.store import Message, Ticket, Work
from inbox.terms import Delivery, Direction

__all__ = ["deal", "deal_all", "refresh"]

TROUBLE = (Delivery.FAILED, Delivery.UNKNOWN)


def _open(work: Work, ticket: Ticket) -> list[Message]:
    work.flush()
    return list(
        work.scalars(
            select(Message).where(
                Message.ticket_id == ticket.id,
                Message.direction == Direction.OUT,
                Message.state.in_(TROUBLE),
                Message.dealt_at.is_(None),
            )
        )
    )


def refresh(work: Work, ticket: Ticket, *, fresh: bool = False) -> None:
    """Writes into the ticket whether it needs a person: ``failed`` before ``unknown``.

    ``fresh`` after a new failure: it comes to the top of the view.
    """
    states = {message.state for message in _open(work, ticket)}
    word = next((state.value for state in TROUBLE if state in states), "")
    if fresh or not word or not ticket.attention:
        ticket.attention_at = clock.now() if word else None
    ticket.attention = word


def deal(work: Work, ticket: Ticket, message: Message) -> None:
    """Somebody has seen to this failure, whatever they did about it."""
    message.dealt_at = clock.now()
    refresh(work, ticket)


def deal_all(work: Work, ticket: Ticket) -> None:
    """Whoever ends a ticket has seen to all that went wrong in it."""
    for message in _open(work, ticket) if ticket.attention else ():
        message.dealt_at = clock.now()
    ticket.attention, ticket.attention_at = "", None
