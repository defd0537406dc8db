"""A chat as its visitor has it sent to them by mail: what was said on both sides, never a note."""

from __future__ import annotations

import zoneinfo
from typing import Final

from sqlalchemy import select

from inbox.actions import desk, identities, reply, visitors
from inbox.errors import Conflict, Invalid
from inbox.store import Agent, Channel, Customer, Message, Visitor, Work
from inbox.terms import Direction

__all__ = ["mailbox", "send"]

_WORDS: Final = {
    "en": {"you": "You", "head": "What we wrote in the chat with {title}:"},
    "it": {"you": "Tu", "head": "Quello che ci siamo scritti nella chat con {title}:"},
}


def mailbox(work: Work) -> Channel | None:
    """The mailbox from which transcripts leave, if there is one."""
    open_one = select(Channel).where(Channel.kind == "email", Channel.enabled, Channel.removed_at.is_(None))
    return work.scalar(open_one.order_by(Channel.created_at).limit(1))


def send(work: Work, visitor: Visitor, title: str, language: str, address: str) -> Message:
    """Puts the mail into the outbox, as an automatic one that answers nobody. Raises :class:`Invalid` for what is no
    address or takes no mail, :class:`Conflict` where there is nothing to send or no mailbox to send from."""
    value = address.strip().lower()
    if not visitors.is_email(value):
        msg = "this is no mail address"
        raise Invalid(msg, fields={"address": msg})
    said = visitors.said(work, visitor)
    channel = mailbox(work)
    if not said or channel is None:
        msg = "there is nothing to send yet"
        raise Conflict(msg)
    mine = identities.find(work, "chat", visitor.id)
    customer = work.get_one(Customer, mine.customer_id) if mine is not None else None
    if customer is None:
        msg = "there is nothing to send yet"
        raise Conflict(msg)
    identity = identities.find(work, "email", value) or identities.claim_email(work, customer, value)
    if identity is None or identity.opted_out_at is not None or identity.undeliverable_at is not None:
        msg = "no mail reaches this address"
        raise Invalid(msg, fields={"address": msg})
    text = _text(work, said, title, language)
    return reply.by_itself(work, said[-1].ticket_id, channel, identity, text)


def _text(work: Work, said: list[Message], title: str, language: str) -> str:
    words = _WORDS.get(language, _WORDS["en"])
    zone = zoneinfo.ZoneInfo(str(desk.get(work, "desk.timezone")))
    lines = [words["head"].format(title=title)]
    day = None
    for message in said:
        at = message.at.astimezone(zone)
        if at.date() != day:
            day = at.date()
            lines.append(f"\n{day.isoformat()}" if language != "it" else f"\n{day:%d/%m/%Y}")
        agent = work.get(Agent, message.agent_id) if message.agent_id else None
        name = words["you"] if message.direction is Direction.IN else agent.name.split()[0] if agent else title
        files = "".join(f" [{one.name}]" for one in message.attachments)
        lines.append(f"{at:%H:%M} {name}: {message.text}{files}")
    return "\n".join(lines)
