"""What a person does about an answer that failed or may not have left: another way, or nothing, said so."""

from __future__ import annotations

from inbox import clock
from inbox.actions import attention, events, reply
from inbox.actions.who import Who
from inbox.errors import Conflict
from inbox.store import Message, Ticket, Work
from inbox.terms import Delivery

__all__ = ["arrived", "leave", "send_as"]


def _troubled(work: Work, who: Who, message_id: int) -> tuple[Message, Ticket]:
    message, ticket = reply.own(work, who, message_id)
    if message.state not in {Delivery.FAILED, Delivery.UNKNOWN}:
        msg = "only a failed or unknown message can be left or sent another way"
        raise Conflict(msg)
    return message, ticket


def arrived(work: Work, who: Who, message_id: int) -> Message:
    """Takes a person's word that a message whose outcome was unknown did arrive. Raises :class:`Conflict`."""
    message, ticket = reply.own(work, who, message_id)
    if message.state is not Delivery.UNKNOWN:
        msg = "only a message whose outcome is unknown can be said to have arrived"
        raise Conflict(msg)
    message.code = message.problem = None
    message.permanent = None
    message.sent_at = message.sent_at or clock.now()
    if message.out_event is None:  # it had waited for its hour when the desk was put back from a backup
        events.message_out(work, message, who, message.at)
        ticket.waiting_since = None
    events.delivery(work, message, Delivery.SENT, by=who.id)
    attention.refresh(work, ticket)
    return message


def leave(work: Work, who: Who, message_id: int) -> Message:
    """Leaves a failure as it is: nobody needs to look at it any more. Raises :class:`Conflict`."""
    message, ticket = _troubled(work, who, message_id)
    attention.deal(work, ticket, message)
    work.append("msg.dealt", actor=who.actor, ticket=ticket.id, msg=str(message.id))
    return message


def send_as(
    work: Work, who: Who, message_id: int, *, channel: str | None = None, address: str | None = None
) -> tuple[Message, bool]:
    """The same answer by another way; gives (the new message, True), or (the one of the first time, False).

    Raises :class:`Conflict`, and what :func:`inbox.actions.reply.reply` raises where that way takes it not.
    """
    message, ticket = _troubled(work, who, message_id)
    chosen, identity = reply.choose(work, ticket, channel, address)
    twin, new = reply.reply(
        work,
        who,
        ticket.id,
        text=message.text,
        client_key=f"as:{message.id}:{chosen.id[:8]}:{identity.id}",
        channel=chosen.id,
        address=identity.value,
        files=[
            reply.Upload(one.name, one.content_type, work.store.files.get(one.sha256))
            for one in message.attachments
            if one.sha256
        ],
    )
    if new:
        twin.extra = {**twin.extra, "instead_of": message.id}
        attention.deal(work, ticket, message)
        work.append("msg.dealt", actor=who.actor, ticket=ticket.id, msg=str(message.id), by=str(twin.id))
    return twin, new
