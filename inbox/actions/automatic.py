"""Automatic mail: the one place through which it passes, so that nobody gets too much and none goes in circles."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from sqlalchemy import func, select

from inbox import clock
from inbox.actions import reply
from inbox.actions.tickets import SPAM
from inbox.actions.who import SYSTEM, Who, find_living
from inbox.errors import Problem
from inbox.store import Channel, Identity, Message, Ticket, Work
from inbox.terms import Direction

__all__ = ["acknowledge", "answer", "never", "refusal", "unwelcome"]

#: One automatic mail per address and per ticket in this time (RFC 3834 wants some limit; a robot answers at once).
ONCE_IN: Final = timedelta(hours=24)
#: A robot may change its address, but hardly its domain: so many automatic mails to one domain, in so much time.
DOMAIN: Final = ((1, timedelta(minutes=1)), (5, timedelta(hours=1)))


def acknowledge(work: Work, channel: Channel, ticket: Ticket, message: Message) -> Message | None:
    """Answers the first mail of a ticket with the text that the channel's settings hold, if any; gives the answer.

    It answers nobody: the customer still waits, the ticket stays new, and no figure counts it.
    """
    text = str(channel.config.get("acknowledge") or "").strip()
    if not text:
        return None
    identity = work.get(Identity, message.identity_id) if message.identity_id else None
    why = refusal(work, channel, identity, ticket, message)
    if why is not None or identity is None:
        message.extra = {**message.extra, "not_acknowledged": why}
        return None
    try:
        answer, _new = reply.reply(
            work,
            SYSTEM,
            ticket.id,
            text=text.replace("{ticket.number}", str(ticket.id)),
            client_key=f"acknowledge-{message.id}",
            channel=channel.id,
            address=identity.value,
            auto="reply",
        )
    except Problem as problem:  # a channel that cannot send now: the customer's mail comes in all the same
        message.extra = {**message.extra, "not_acknowledged": problem.detail[:200]}
        return None
    return answer


def answer(
    work: Work, who: Who, number: int, text: str, *, key: str, answers: Message | None = None
) -> tuple[Message | None, str]:
    """Answers a ticket by itself, as the customer wrote last; gives the message, or None and why there is none.

    ``answers`` is the message that it answers, unless it is the last one of the customer.
    """
    ticket = find_living(work, who, number)
    if answers is None and ticket.last_in_id is not None:
        answers = work.get(Message, ticket.last_in_id)
    try:
        channel, identity = reply.choose(work, ticket)
        why = "spam" if any(one.tag == SPAM for one in ticket.tags) else None
        why = why or refusal(work, channel, identity, ticket, answers)
        if why is not None:
            return None, why
        message, _new = reply.reply(
            work, who, number, text=text, client_key=key, channel=channel.id, address=identity.value, auto="reply"
        )
    except Problem as problem:  # a channel that cannot send now, a window that closed, a gap in the text
        return None, problem.detail
    return message, ""


def refusal(
    work: Work, channel: Channel, identity: Identity | None, ticket: Ticket, answers: Message | None = None
) -> str | None:
    """One word for why no automatic mail may go to an address now, or None. ``answers``: the mail that it answers."""
    why = unwelcome(work, channel, identity, answers)
    if why is not None or identity is None:
        return why
    return _too_often(work, channel, identity, ticket)


def unwelcome(work: Work, channel: Channel, identity: Identity | None, answers: Message | None = None) -> str | None:
    """The same, however much was sent before."""
    why = never(answers)
    if why is not None:
        return why
    if identity is None:
        return "nobody"
    if identity.opted_out_at is not None:
        return "complained"
    if identity.undeliverable_at is not None:
        return "undeliverable"
    own = select(Channel.id).where(Channel.kind == channel.kind, func.lower(Channel.address) == identity.value)
    return "own" if work.scalar(own.limit(1)) is not None else None


def never(message: Message | None) -> str | None:
    """One word for why no machine ever answers a message, or None."""
    if message is not None and message.auto is not None:
        return "automatic"
    said = message.extra.get("no_auto_reply") if message is not None else None
    return str(said) if said else None


def _too_often(work: Work, channel: Channel, identity: Identity, ticket: Ticket) -> str | None:
    now = clock.now()
    sent = (
        select(func.count())
        .select_from(Message)
        .where(Message.kind == channel.kind, Message.direction == Direction.OUT, Message.auto.is_not(None))
    )
    recent = sent.where(Message.at > now - ONCE_IN)
    if work.scalar(recent.where((Message.identity_id == identity.id) | (Message.ticket_id == ticket.id))):
        return "once"
    domain = identity.value.rpartition("@")[2]
    to = sent.join(Identity, Identity.id == Message.identity_id).where(
        Identity.value.endswith(f"@{domain}", autoescape=True)
    )
    for most, time in DOMAIN:
        if (work.scalar(to.where(Message.at > now - time)) or 0) >= most:
            return "domain"
    return None
