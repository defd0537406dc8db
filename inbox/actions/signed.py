"""Customers who are signed in on the site: it signs their id, and they find their chat again on every device.

The signature is the hexadecimal HMAC-SHA256, with the channel's secret, of ``<user_id>.<expires>``; ``expires`` are
seconds since 1970, at most a day ahead.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, Final

from sqlalchemy import select, update

from connectors.chat import ChatConfig
from inbox import clock
from inbox.actions import identities, joining, visitors
from inbox.actions.visitors import Entry
from inbox.errors import Conflict, Invalid
from inbox.store import Channel, Customer, Identity, Message, Visitor, Work

__all__ = ["Signed", "fill", "identify", "known", "sign", "verified"]

LONGEST: Final = timedelta(hours=24)
SKEW: Final = timedelta(minutes=1)


@dataclass(frozen=True)
class Signed:
    """Who the site says this is. Only ``user_id`` is proved; name and address are what the page says."""

    user_id: str
    name: str = ""
    email: str = ""


def sign(secret: str, user_id: str, expires: int) -> str:
    """The signature that the site's server makes."""
    return hmac.new(secret.encode(), f"{user_id}.{expires}".encode(), hashlib.sha256).hexdigest()


def verified(config: ChatConfig, said: Mapping[str, Any]) -> Signed:
    """The signed-in customer of an ``identify`` call. Raises :class:`Invalid` with a sentence for the site's maker."""
    secret = config.identity_secret.get_secret_value()
    if not secret:
        raise Invalid("this chat has no secret for signed-in customers: set one in the channel's settings")
    user_id = said.get("user_id")
    user_id = str(user_id) if isinstance(user_id, (str, int)) and not isinstance(user_id, bool) else ""
    if not 0 < len(user_id) <= 200:
        raise Invalid("user_id is missing, or longer than 200 letters")
    try:
        expires = int(str(said.get("expires", "")))
    except ValueError:
        raise Invalid("expires is missing: give seconds since 1970 as a whole number") from None
    left = expires - clock.now().timestamp()
    if left < -SKEW.total_seconds():
        raise Invalid("the signature has expired: sign anew with each page")
    if left > (LONGEST + SKEW).total_seconds():
        raise Invalid("expires lies more than a day ahead: sign for 24 hours at most")
    given = said.get("hash")
    right = sign(secret, user_id, expires)
    if not hmac.compare_digest((given if isinstance(given, str) else "").lower().encode(), right.encode()):
        raise Invalid("hash is wrong: it is the hex HMAC-SHA256 of '<user_id>.<expires>' with the channel's secret")
    name, email = (said.get(key) for key in ("name", "email"))
    return Signed(
        user_id,
        " ".join(name.split())[:100] if isinstance(name, str) else "",
        email.strip().lower()[:254] if isinstance(email, str) else "",
    )


def fill(entry: Entry, signed: Signed | None) -> Entry:
    """What the visitor says before the first message, completed by what the site knows."""
    if signed is None:
        return entry
    return replace(entry, name=entry.name or signed.name, email=entry.email or signed.email)


def known(work: Work, channel: Channel, signed: Signed) -> Visitor | None:
    """The first session of a signed-in customer on this site."""
    mine = select(Visitor).where(Visitor.channel_id == channel.id, Visitor.user_id == signed.user_id)
    return work.scalar(mine.order_by(Visitor.created_at).limit(1))


def identify(work: Work, channel: Channel, visitor: Visitor, signed: Signed) -> Visitor:
    """Makes a session the signed-in customer's: what an unknown visitor wrote before becomes theirs, too.

    Raises :class:`Conflict` for the session of another customer: the browser has to begin a new one.
    """
    if visitor.user_id and visitor.user_id != signed.user_id:
        raise Conflict("this browser's chat belongs to another customer")
    first = known(work, channel, signed)
    if not visitor.user_id and first is not None and first.id != visitor.id:
        _move(work, visitor.id, first.id)
        visitor.id = first.id
    visitor.user_id = signed.user_id
    identity = identities.find(work, "chat", visitor.id)
    if identity is not None and signed.name and not identity.name:
        identity.name = signed.name
        customer = work.get_one(Customer, identity.customer_id)
        customer.name = customer.name or signed.name
    if signed.email and visitors.is_email(signed.email):
        visitor.email = visitor.email or signed.email
    return visitor


def _move(work: Work, old: str, new: str) -> None:
    """What was said as ``old`` was said by ``new``."""
    theirs, stays = identities.find(work, "chat", old), identities.find(work, "chat", new)
    if theirs is None:
        return
    if stays is None:
        theirs.value = new
        return
    work.execute(update(Message).where(Message.identity_id == theirs.id).values(identity_id=stays.id))
    customer, into = theirs.customer_id, stays.customer_id
    number = theirs.id
    joining.join(work, customer, into)
    work.delete(work.get_one(Identity, number))
