"""What a customer's words are read by: the language that they are known to speak."""

from __future__ import annotations

from sqlalchemy import select

from inbox.actions import desk
from inbox.sentiment import score
from inbox.store import Identity, Message, Ticket, Visitor, Work

__all__ = ["chosen", "sounds"]


def sounds(work: Work, message: Message) -> float:
    """How a customer's message sounds, from -1 to 1, read in their own language, else in the one that their chat
    speaks; where neither is known the desk's language decides between two that say as much."""
    ticket = work.get_one(Ticket, message.ticket_id)
    own = ticket.customer.language if ticket.customer is not None else ""
    if not own and message.kind == "chat" and message.identity_id is not None:
        own = chosen(work, work.get(Identity, message.identity_id))
    return score(message.text, own, "" if own else str(desk.get(work, "desk.language")))


def chosen(work: Work, identity: Identity | None) -> str:
    """The language that a visitor's chat speaks; "" where it is no visitor or none is known."""
    if identity is None or identity.kind != "chat":
        return ""
    spoken = select(Visitor.language).where(Visitor.id == identity.value, Visitor.language != "").limit(1)
    return work.scalar(spoken) or ""
