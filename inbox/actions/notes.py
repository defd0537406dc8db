"""Notes after they were written: changed by their writer, with what they said before kept, or taken back."""

from __future__ import annotations

from sqlalchemy import select

from inbox import clock, search
from inbox.actions import followers, mentions
from inbox.actions.who import Who, find_living
from inbox.errors import Conflict, Forbidden, Invalid, NotFound
from inbox.store import Message, Ticket, Work
from inbox.terms import Delivery, Direction

__all__ = ["change", "remove"]

LONGEST = 100_000


def change(work: Work, who: Who, message_id: int, text: str) -> Message:
    """Gives one's own note another text; the old one stays in its history. Raises :class:`Invalid`."""
    message, ticket = _own(work, who, message_id)
    wanted = text.strip()
    if not 0 < len(wanted) <= LONGEST:
        msg = f"write the note's text, up to {LONGEST} letters"
        raise Invalid(msg, fields={"text": msg})
    if wanted == message.text:
        return message
    now = clock.iso(clock.now())
    versions = [*message.extra.get("versions", []), {"text": message.text, "until": now}]
    message.extra = {**message.extra, "versions": versions, "edited_at": now}
    message.text = wanted
    search.index(work, message)
    work.append("note.edited", actor=who.actor, ticket=ticket.id, msg=str(message.id))
    followers.hear(work, who, ticket.id, mentions.keep(work, who, ticket, message))
    return message


def remove(work: Work, who: Who, message_id: int) -> Message:
    """Takes one's own note out of the thread; its line stays in the log."""
    message, ticket = _own(work, who, message_id)
    message.state = Delivery.CANCELLED
    search.forget(work, [message.id])
    work.append("note.removed", actor=who.actor, ticket=ticket.id, msg=str(message.id))
    return message


def _own(work: Work, who: Who, message_id: int) -> tuple[Message, Ticket]:
    message = work.scalar(
        select(Message).where(Message.id == message_id, Message.direction == Direction.NOTE).with_for_update()
    )
    if message is None:
        msg = f"there is no note {message_id}"
        raise NotFound(msg)
    ticket = find_living(work, who, message.ticket_id)
    if message.agent_id != who.id:
        msg = "a note is changed by who wrote it"
        raise Forbidden(msg)
    if message.state is Delivery.CANCELLED:
        msg = "this note was taken back"
        raise Conflict(msg)
    return message, ticket
