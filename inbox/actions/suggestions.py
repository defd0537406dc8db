"""The desk's guess where a message belongs: an agent follows it, or says that it is wrong."""

from __future__ import annotations

from inbox.actions import splitting
from inbox.actions.who import Who, find_living
from inbox.errors import Conflict, NotFound
from inbox.store import Event, Message, Ticket, Work

__all__ = ["answer", "of"]


def of(message: Message) -> tuple[int, str] | None:
    """The ticket that a message may belong to, and the rule that says so; None where nobody asks (any more)."""
    kept = message.suggestion
    if not kept or kept.get("refused") or message.ticket_id == kept["ticket"] or message.joined_rule != "new":
        return None
    return int(kept["ticket"]), str(kept["rule"])


def answer(work: Work, who: Who, message_id: int, *, join: bool) -> Event:
    """Moves the message to the ticket that was suggested (with its own, where nothing would stay), or lets go of it.

    Gives the event; both can be undone. Raises :class:`Conflict` where there is nothing (any more) to answer.
    """
    message = work.get(Message, message_id)
    if message is None:
        msg = f"there is no message {message_id} that you may see"
        raise NotFound(msg)
    ticket = find_living(work, who, message.ticket_id)
    found = of(message)
    if found is None:
        msg = "there is no suggestion here to answer"
        raise Conflict(msg)
    if not join:
        message.suggestion = {**(message.suggestion or {}), "refused": True}
        return work.append(
            "msg.refused", actor=who.actor, ticket=ticket.id, msg=str(message.id), suggested=str(found[0])
        )
    to = work.get(Ticket, found[0])
    while to is not None and to.merged_into is not None:
        to = work.get(Ticket, to.merged_into)
    return splitting.move(work, who, ticket.id, [message.id], to.id if to is not None else found[0])
