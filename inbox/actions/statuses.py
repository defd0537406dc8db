"""News of messages that we sent: delivery moves forward only, a bounce names its message, prices follow."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import or_, select

from connectors.base import Cost, StatusUpdate
from inbox import clock
from inbox.actions import attention, events, identities
from inbox.store import SUPERSEDES, Channel, Message, Ticket, Work
from inbox.terms import Delivery, Direction

__all__ = ["PRICE_AFTER", "apply", "key_of", "priced"]

#: When to ask for a price after the end of a delivery (channels.md 2.5), then stop.
PRICE_AFTER = (
    timedelta(seconds=2),
    timedelta(minutes=1),
    timedelta(minutes=10),
    timedelta(hours=1),
    timedelta(hours=24),
    timedelta(hours=48),
)


#: Enhanced codes that blame the mail, a full box, a policy or a connection, and not the address (RFC 3463).
ABOUT_THE_MAIL = re.compile(r"4\.|5\.2\.[234]|5\.3\.|5\.4\.[067]|5\.5\.|5\.6\.|5\.7\.")


def apply(work: Work, channel: Channel, item: StatusUpdate) -> Message | None:
    """Applies a status; gives the message it was about, or None where it is not (yet) known."""
    if item.watermark is not None:
        return _watermark(work, channel, item)
    if item.complaint and item.recipient:
        _complained(work, channel, item)
    message = work.scalar(
        select(Message).where(
            Message.channel_id == channel.id,
            Message.direction == Direction.OUT,
            or_(Message.external_id == item.message, Message.header_id == item.message),
        )
    )
    message = message or _without_receipt(work, channel, item)
    if message is None:
        return None
    _advance(work, message, Delivery(item.state), item.at, item)
    if item.state == "failed" and item.permanent:
        _undeliverable(work, channel, message, item)
    return message


def key_of(message: Message) -> str:
    """Our own name for an outgoing message, unique and stable over retries."""
    return f"{message.id}-{message.extra.get('client_key') or message.client_key}"


def _without_receipt(work: Work, channel: Channel, item: StatusUpdate) -> Message | None:
    """The message whose receipt was lost with a crash, by our own key that the provider gave back."""
    number = (item.ours or "").partition("-")[0]
    message = work.get(Message, int(number)) if number.isdigit() and len(number) < 16 else None
    if message is None or message.channel_id != channel.id or key_of(message) != item.ours:
        return None
    message.external_id = message.external_id or item.message
    return message


def _watermark(work: Work, channel: Channel, item: StatusUpdate) -> Message | None:
    """Every message to that recipient sent up to the mark has come this far."""
    connector = work.store.connectors[channel.kind]
    identity = identities.find(work, channel.kind, connector.normalise(item.recipient or ""))
    if identity is None:
        return None
    rows = work.scalars(
        select(Message).where(
            Message.channel_id == channel.id,
            Message.identity_id == identity.id,
            Message.direction == Direction.OUT,
            Message.sent_at <= item.watermark,
            Message.state.in_([Delivery.SENT, Delivery.DELIVERED]),
        )
    ).all()
    for message in rows:
        _advance(work, message, Delivery(item.state), item.at, item)
    return rows[-1] if rows else None


def _advance(work: Work, message: Message, state: Delivery, at: datetime, item: StatusUpdate) -> None:
    current = message.state or Delivery.QUEUED
    bounce_after_delivery = state is Delivery.FAILED and item.notice is not None
    if SUPERSEDES[state] <= SUPERSEDES[current] and not bounce_after_delivery:
        return
    if current is Delivery.CANCELLED:
        return
    facts: dict[str, Any] = {}
    if current is Delivery.UNKNOWN and state is not Delivery.FAILED:
        message.code = message.problem = None
    message.sent_at = message.sent_at or (at if state is not Delivery.FAILED else None)
    if state is Delivery.DELIVERED:
        message.delivered_at = at
    elif state is Delivery.READ:
        message.read_at = at
        message.delivered_at = message.delivered_at or at
    elif state is Delivery.FAILED:
        message.code, message.status, message.problem, message.permanent = (
            item.code,
            item.status,
            item.reason,
            item.permanent,
        )
        message.dealt_at = None
        facts = {"code": item.code, "permanent": item.permanent}
    message.next_at = None
    events.delivery(work, message, state, **facts)
    if Delivery.UNKNOWN is current or state is Delivery.FAILED:
        attention.refresh(work, work.get_one(Ticket, message.ticket_id), fresh=state is Delivery.FAILED)
    if work.store.connectors[message.kind].capabilities.prices and message.cost_final is not True:
        message.price_at = clock.now() + PRICE_AFTER[0]
        message.price_tries = 0


def _undeliverable(work: Work, channel: Channel, message: Message, item: StatusUpdate) -> None:
    """A permanent bounce marks the address, unless it was about the mail (full box, policy) and not the address."""
    message.bounce = {
        "message": message.id,
        "status": item.status,
        "reason": item.reason,
        "permanent": item.permanent,
        "recipient": item.recipient,
    }
    if channel.kind == "email" and ABOUT_THE_MAIL.match(item.status or ""):
        return
    to = message.to[0]["address"] if message.to else ""
    connector = work.store.connectors[channel.kind]
    identity = identities.find(work, channel.kind, connector.normalise(item.recipient or to))
    if identity is not None and identity.undeliverable_at is None:
        identity.undeliverable_at = item.at
        work.append("identity.undeliverable", customer=identity.customer_id, channel=identity.kind)


def _complained(work: Work, channel: Channel, item: StatusUpdate) -> None:
    """Somebody called a mail of ours spam: nothing goes to that address by itself any more."""
    connector = work.store.connectors[channel.kind]
    identity = identities.find(work, channel.kind, connector.normalise(item.recipient or ""))
    if identity is not None and identity.opted_out_at is None:
        identity.opted_out_at = item.at
        work.append("identity.opted_out", customer=identity.customer_id, channel=identity.kind, complaint=True)


def priced(work: Work, message: Message, cost: Cost | None) -> None:
    """Books what the provider said a message cost, or plans the next time to ask."""
    now = clock.now()
    if cost is None:
        message.price_tries += 1
        later = message.price_tries < len(PRICE_AFTER)
        message.price_at = now + PRICE_AFTER[message.price_tries] if later else None
        return
    before = f"cost:{message.id}:estimate" if message.cost_amount is not None and not message.cost_final else None
    message.cost_amount, message.cost_currency, message.cost_final = cost.amount, cost.currency, cost.final
    message.price_at = None if cost.final else now + PRICE_AFTER[-1]
    kind = "actual" if cost.final else "estimate"
    supersedes: dict[str, Any] = {"supersedes": before} if before and cost.final else {}
    line_id = f"cost:{message.id}:{kind}"
    work.append(
        "cost.provider",
        id=line_id,
        ticket=message.ticket_id,
        ts=message.at,
        cost=line_id,
        msg=str(message.id),
        channel=message.kind,
        address=message.channel_id,
        amount=format(cost.amount, "f"),
        currency=cost.currency,
        type=kind,
        **supersedes,
    )
