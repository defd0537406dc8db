"""A chat goes on elsewhere: a link to one of the desk's own channels holds a code, good once and for a day.

Whoever brings the code there is the visitor: their message joins the chat's ticket, and both are one customer.
"""

from __future__ import annotations

import re
import secrets
from dataclasses import replace
from datetime import timedelta
from typing import Final
from urllib.parse import quote

from sqlalchemy import func, select, update

from connectors.base import Inbound
from connectors.chat import ChatConfig
from inbox import clock
from inbox.actions import identities, joining, people
from inbox.errors import Invalid
from inbox.store import Channel, Handover, Identity, Message, Ticket, Visitor, Work

__all__ = ["arrived", "link", "ways"]

LASTS: Final = timedelta(days=1)
#: 50 bits in letters that read alike in every type are left out.
LETTERS: Final = "abcdefghjkmnpqrstuvwxyz23456789"
LENGTH: Final = 10
_CODE: Final = re.compile(r"(?:^/start|\bchat)\s+([a-z2-9]{10})\b", re.IGNORECASE)
#: How a link of each kind is made of the channel's address and the code; None where the address leads nowhere.
_LINKS: Final = {
    "telegram": ("@", "https://t.me/{0}?start={1}"),
    "sms": ("+", "sms:+{0}?&body={2}"),
}


def ways(work: Work, config: ChatConfig) -> dict[str, Channel]:
    """The channels on which a chat may go on, by kind: those that the owner chose and the desk has."""
    wanted = [kind for kind in config.elsewhere if kind in _LINKS]
    if not wanted:
        return {}
    there = select(Channel).where(Channel.kind.in_(wanted), Channel.enabled, Channel.removed_at.is_(None))
    found: dict[str, Channel] = {}
    for row in work.scalars(there.order_by(Channel.created_at.desc())):
        if row.address.startswith(_LINKS[row.kind][0]):
            found[row.kind] = row
    return {kind: found[kind] for kind in wanted if kind in found}


def link(work: Work, visitor: Visitor, config: ChatConfig, kind: str) -> str:
    """A link with a new code. Raises :class:`Invalid` for a kind that is not offered."""
    channel = ways(work, config).get(kind)
    if channel is None:
        msg = "the chat cannot go on there"
        raise Invalid(msg, fields={"kind": msg})
    code = "".join(secrets.choice(LETTERS) for _ in range(LENGTH))
    work.add(
        Handover(digest=people.digest(code), visitor=visitor.id, kind=kind, expires_at=clock.now() + LASTS),
    )
    start, form = _LINKS[kind]
    return form.format(channel.address.removeprefix(start), code, quote(f"Chat {code}"))


def arrived(work: Work, channel: Channel, item: Inbound, identity: Identity | None) -> tuple[Inbound, Ticket | None]:
    """The message without its code, and the chat's ticket if the code is a living one; else the message as it is."""
    found = _CODE.search(item.text) if channel.kind in _LINKS and identity is not None else None
    if found is None or identity is None or item.echo:
        return item, None
    digest, now = people.digest(found[1].lower()), clock.now()
    living = (Handover.used_at.is_(None), Handover.expires_at > now, Handover.kind == channel.kind)
    taken = update(Handover).where(Handover.digest == digest, *living).values(used_at=now)
    if work.connection().execute(taken).rowcount != 1:
        return item, None
    visitor = work.get_one(Handover, digest, populate_existing=True).visitor
    chat = identities.find(work, "chat", visitor)
    if chat is None:
        return item, None
    last = select(Ticket).join(Message, Message.ticket_id == Ticket.id).where(Message.identity_id == chat.id)
    ticket = work.scalar(last.order_by(Message.id.desc()).limit(1))
    _one_customer(work, identity, chat)
    rest = " ".join(item.text.replace(found[1], "").split())
    return replace(item, text=rest), ticket


def _one_customer(work: Work, here: Identity, chat: Identity) -> None:
    """Somebody new here is the chat's customer; somebody the desk knew before takes the chat over."""
    own, theirs = here.customer_id, chat.customer_id
    known = work.scalar(select(func.count()).select_from(Ticket).where(Ticket.customer_id == own)) or 0
    joining.join(work, *((theirs, own) if known else (own, theirs)))
