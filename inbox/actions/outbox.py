"""The outbox: rows are claimed with a lease, marked before the first byte, settled by a receipt or an error."""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import quote

from sqlalchemy import ColumnElement, select

from connectors.base import Address, ConnectorError, File, Outgoing, Receipt
from connectors.grants import SIGN_IN
from inbox import clock
from inbox.actions import events, reply, statuses
from inbox.actions.who import SYSTEM
from inbox.errors import Conflict
from inbox.store import Channel, Customer, Identity, Message, Ticket, Work
from inbox.terms import Delivery, Direction

__all__ = ["LEASE", "Job", "Render", "claim", "expire", "fail", "fail_stranded", "going_out", "load", "settle"]

LEASE = timedelta(seconds=60)
#: A login that was refused is tried again after so long, unless somebody puts it right before.
REFUSED = timedelta(minutes=10)
#: Distance to the next attempt: 5 s doubling, then every 4 hours, up to three days in all.
FIRST, LONGEST, LIFETIME = timedelta(seconds=5), timedelta(hours=4), timedelta(days=3)


#: A message's text in the channel's own markup: (text, HTML or None). Rendering stands above this floor.
Render = Callable[[str, str], tuple[str, str | None]]


@dataclass(frozen=True)
class Job:
    """A claimed message with all that its connector needs."""

    message: int
    channel: str
    kind: str
    outgoing: Outgoing


def any_due(work: Work) -> bool:
    """True where something waits to be claimed; asked before the write lock is."""
    query = (
        select(Message.id)
        .join(Channel, Channel.id == Message.channel_id)
        .where(Message.state.in_([Delivery.HELD, Delivery.QUEUED]), Message.next_at <= clock.now(), _spoken())
    )
    return work.scalar(query.limit(1)) is not None


def _spoken() -> ColumnElement[bool]:
    """Not a channel whose account somebody has to sign in to again: its queue waits for that, and a login that was
    refused is not tried again and again, which would lock the account."""
    rested = Channel.problem_at < clock.now() - REFUSED
    return (Channel.problem_code != SIGN_IN) & ((Channel.problem_code != "login") | rested)


def claim(
    work: Work,
    owner: str,
    *,
    busy: frozenset[str] = frozenset(),
    tickets: frozenset[int] = frozenset(),
    limit: int = 1,
) -> list[int]:
    """Claims due messages, oldest first; none of a ``busy`` channel or of ``tickets``, whose order has to stay.

    Gives their ids. The lease ends after :data:`LEASE`; what is still ``claimed`` then is queued again.
    """
    now = clock.now()
    query = (
        select(Message)
        .join(Channel, Channel.id == Message.channel_id)
        .where(
            Message.state.in_([Delivery.HELD, Delivery.QUEUED]),
            Message.next_at <= now,
            Channel.enabled,
            Channel.removed_at.is_(None),
            _spoken(),
        )
        .order_by(Message.next_at, Message.id)
        .limit(limit)
    )
    if busy:
        query = query.where(Message.channel_id.not_in(busy))
    if tickets:
        query = query.where(Message.ticket_id.not_in(tickets))
    rows = work.scalars(query.with_for_update(skip_locked=True, of=Message)).all()
    for message in rows:
        message.state = Delivery.CLAIMED
        message.claimed_by = owner
        message.next_at = now + LEASE
        message.attempts += 1
    return [message.id for message in rows]


def load(work: Work, message_id: int, render: Render) -> Job:
    """What leaves, rendered for its channel. Raises ``LookupError`` where the message is gone."""
    message = work.get(Message, message_id)
    if message is None:
        msg = f"message {message_id} is gone"
        raise LookupError(msg)
    channel = work.get_one(Channel, message.channel_id)
    connector = work.store.connectors[channel.kind]
    identity = work.get(Identity, message.identity_id) if message.identity_id else None
    to = message.to[0] if message.to else {"name": "", "address": ""}
    last = work.scalar(
        select(Message)
        .where(
            Message.channel_id == channel.id,
            Message.identity_id == message.identity_id,
            Message.direction == Direction.IN,
        )
        .order_by(Message.at.desc())
        .limit(1)
    )
    customer = work.get(Customer, identity.customer_id) if identity is not None else None
    settings = work.store.settings
    text, html = render(message.text, connector.capabilities.markup)
    key = statuses.key_of(message)
    outgoing = Outgoing(
        key=key,
        to=Address(str(to["address"]), str(to["name"]) or (customer.name if customer else "")),
        text=text,
        html=html,
        subject=message.subject,
        files=tuple(_file(work, message, index) for index in range(len(message.attachments))),
        cc=tuple(Address(str(one["address"]), str(one["name"])) for one in message.cc),
        from_name=message.from_name,
        reply_to=message.reply_address,
        message_id=message.header_id,
        in_reply_to=message.in_reply_to or (last.external_id if last is not None and channel.kind != "email" else None),
        references=tuple(message.references),
        thread=last.thread if last is not None else None,
        status_url=_status_url(settings.base_url, channel, key) if connector.capabilities.hooks else None,
        auto=message.auto is not None,
        last_inbound_at=last.at if last is not None else None,
    )
    return Job(message.id, channel.id, channel.kind, outgoing)


def _status_url(base: str, channel: Channel, key: str) -> str:
    return f"{base}/hooks/{channel.kind}/{channel.id}?message={quote(key)}"


def _file(work: Work, message: Message, index: int) -> File:
    row = message.attachments[index]
    seal = work.store.seal
    until = int((clock.now() + timedelta(hours=24)).timestamp())
    mark = seal.mark("public file", f"{row.id}:{until}", 32)
    url = f"{work.store.settings.base_url}/files/{row.id}/{until}/{mark}"
    data = work.store.files.get(row.sha256) if row.sha256 else b""
    return File(row.name, row.content_type, data, url=url)


def going_out(work: Work, message_id: int, owner: str) -> None:
    """Commits ``sending`` right before the first byte. Raises :class:`Conflict` where the lease is lost."""
    message = work.scalar(select(Message).where(Message.id == message_id).with_for_update())
    if message is None or message.state is not Delivery.CLAIMED or message.claimed_by != owner:
        msg = f"message {message_id} is no longer ours to send"
        raise Conflict(msg)
    message.next_at = clock.now() + LEASE
    events.delivery(work, message, Delivery.SENDING)


def settle(work: Work, message_id: int, receipt: Receipt) -> None:
    """The provider took it: writes the receipt down. A status that overtook the receipt is not taken back."""
    message = work.get_one(Message, message_id)
    channel = work.get_one(Channel, message.channel_id)
    message.external_id = message.external_id or receipt.external_id[:500]
    if message.kind == "email" and receipt.external_id and receipt.external_id != message.header_id:
        message.extra = {**message.extra, "provider_id": receipt.external_id}
    if receipt.also:
        message.extra = {**message.extra, "also": list(receipt.also)}
    message.segments = receipt.segments
    message.code = message.problem = message.status = None
    message.permanent = None
    message.claimed_by = None
    message.next_at = None
    now = clock.now()
    channel.sent_at = now
    if message.state in {Delivery.DELIVERED, Delivery.READ, Delivery.FAILED}:
        return
    message.sent_at = message.sent_at or receipt.at or now
    _still_answers(work, message)
    events.delivery(work, message, Delivery.DELIVERED if receipt.state == "delivered" else Delivery.SENT)
    if receipt.cost is not None:
        statuses.priced(work, message, receipt.cost)
    elif work.store.connectors[message.kind].capabilities.prices:
        message.price_at = now + statuses.PRICE_AFTER[0]
    ticket = work.get_one(Ticket, message.ticket_id)
    ticket.attention = ""
    if channel.problem_code and channel.problem_code != "receive":
        channel.problem = channel.problem_code = ""
        channel.problem_at = None
        work.append("channel.recovered", channel_id=channel.id)


def _still_answers(work: Work, message: Message) -> None:
    if message.out_event is None:
        agent = ("agent", message.agent_id, None) if message.auto is None else SYSTEM.actor
        auto: dict[str, Any] = {"auto": True} if message.auto is not None else {}
        line = work.append(
            "msg.out",
            id=f"msg.out:{message.id}:{message.attempts}",
            actor=agent,
            ticket=message.ticket_id,
            channel=message.kind,
            msg=str(message.id),
            address=message.channel_id,
            **auto,
        )
        message.out_event = line.id


def fail(work: Work, message_id: int, error: ConnectorError) -> None:
    """The provider said no, or nothing: plans the next attempt, ends as failed, or as unknown if it may have left."""
    message = work.get_one(Message, message_id)
    if message.state not in {Delivery.CLAIMED, Delivery.SENDING}:
        return
    channel = work.get_one(Channel, message.channel_id)
    ticket = work.get_one(Ticket, message.ticket_id)
    can = work.store.connectors[channel.kind].capabilities
    message.code, message.problem = error.code[:40], error.message[:500]
    message.claimed_by = None
    now = clock.now()
    left = message.state is Delivery.SENDING and error.ambiguous
    if error.reauth:
        code = SIGN_IN if error.code == SIGN_IN else "login"
        if channel.problem_code != code:
            work.append("channel.broken", channel_id=channel.id, channel=channel.kind, code=code)
        channel.problem, channel.problem_code, channel.problem_at = error.message[:500], code, now
    if left and not can.idempotent:
        message.next_at = None
        message.permanent = False
        ticket.attention = "unknown"
        events.delivery(work, message, Delivery.UNKNOWN, code=message.code)
        return
    too_old = now - message.at > LIFETIME
    if (error.permanent and not error.reauth) or too_old:
        _give_up(work, ticket, message)
        return
    message.permanent = False
    message.next_at = now + _distance(message.attempts, error.retry_after)
    events.delivery(
        work, message, Delivery.QUEUED, code=message.code, attempts=message.attempts, next_at=clock.iso(message.next_at)
    )


def _give_up(work: Work, ticket: Ticket, message: Message) -> None:
    message.next_at = None
    message.permanent = True
    ticket.attention = "failed"
    reply.never_left(work, SYSTEM, ticket, message)
    events.delivery(work, message, Delivery.FAILED, code=message.code, permanent=True)


def fail_stranded(work: Work) -> int:
    """Ends what still waits for a channel that was disconnected: nobody would send it, or say so. Gives how many."""
    query = (
        select(Message)
        .join(Channel, Channel.id == Message.channel_id)
        .where(Message.state.in_([Delivery.HELD, Delivery.QUEUED]), Channel.removed_at.is_not(None))
    )
    stranded = work.scalars(query.with_for_update(skip_locked=True, of=Message)).all()
    for message in stranded:
        message.code, message.problem = "removed", "its channel was disconnected before it left"
        _give_up(work, work.get_one(Ticket, message.ticket_id), message)
    return len(stranded)


def _distance(attempts: int, retry_after: float | None) -> timedelta:
    if retry_after is not None:
        return timedelta(seconds=min(max(retry_after, 1.0), 86_400.0))
    step: timedelta = min(FIRST * (1 << min(attempts - 1, 20)), LONGEST)
    return step * random.uniform(0.8, 1.2)  # noqa: S311  (spreads retries, guards nothing)


def expire(work: Work, *, dead: Callable[[str], bool] = lambda _owner: False) -> tuple[int, int]:
    """Ends leases that ran out, or whose owner is ``dead``: claimed → queued, sending → unknown.

    Gives how many of each.
    """
    now: dt.datetime = clock.now()
    query = select(Message).where(Message.state.in_([Delivery.CLAIMED, Delivery.SENDING]))
    again = lost = 0
    for message in work.scalars(query.with_for_update(skip_locked=True)).all():
        if (message.next_at is None or message.next_at > now) and not dead(message.claimed_by or ""):
            continue
        can = work.store.connectors[message.kind].capabilities
        message.claimed_by = None
        if message.state is Delivery.CLAIMED or can.idempotent:
            message.next_at = now
            events.delivery(work, message, Delivery.QUEUED)
            again += 1
            continue
        message.next_at = None
        message.code, message.problem = "interrupted", "the line to the provider broke; it may have been sent"
        ticket = work.get_one(Ticket, message.ticket_id)
        ticket.attention = "unknown"
        events.delivery(work, message, Delivery.UNKNOWN, code="interrupted")
        lost += 1
    return again, lost
