"""The outbox: rows are claimed with a lease, marked before the first byte, settled by a receipt or an error."""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import quote

from sqlalchemy import ColumnElement, exists, select
from sqlalchemy.orm import aliased

from connectors.base import Address, ConnectorError, File, Outgoing, Receipt
from connectors.grants import SIGN_IN
from inbox import clock
from inbox.actions import attention, branding, channels, events, links, pacing, reply, statuses
from inbox.actions.who import SYSTEM
from inbox.errors import Conflict
from inbox.store import Attachment, Channel, Customer, Identity, Message, Ticket, Work
from inbox.terms import Delivery, Direction

__all__ = ["LEASE", "Job", "Render", "claim", "expire", "fail", "fail_stranded", "going_out", "load", "settle"]

LEASE = timedelta(seconds=60)
#: A login that was refused is tried again after so long, unless somebody puts it right before.
REFUSED = timedelta(minutes=10)
#: Distance to the next attempt: 5 s doubling, then every 4 hours, until the channel's ``keep_trying`` is over.
FIRST, LONGEST = timedelta(seconds=5), timedelta(hours=4)
#: While a whole channel is away its messages are never further apart than this.
LONGEST_DOWN = timedelta(minutes=15)
WAITS = (Delivery.HELD, Delivery.QUEUED)
UNDER_WAY = (Delivery.CLAIMED, Delivery.SENDING)

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
    query = select(Message.id).join(Channel, Channel.id == Message.channel_id)
    due = query.where(Message.state.in_(WAITS), Message.next_at <= clock.now(), pacing.free(), _spoken())
    return work.scalar(due.limit(1)) is not None


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
    taken: list[int] = []
    passed: set[int] = set()
    while len(taken) < limit:
        message = _next(work, busy, tickets, passed)
        if message is None:
            break
        passed.add(message.id)
        can = work.store.connectors[message.kind].capabilities
        free_at = pacing.recipient_free_at(work, message, can.pace)
        if free_at is not None:
            message.next_at = free_at
            continue
        pacing.spend(work, message.channel_id or "", can.pace)
        message.state = Delivery.CLAIMED
        message.claimed_by = owner
        message.next_at = now + LEASE
        message.attempts += 1
        taken.append(message.id)
    return taken


def _next(work: Work, busy: frozenset[str], tickets: frozenset[int], passed: set[int]) -> Message | None:
    """The oldest message that may leave now, locked. Where order counts, none before an earlier one of its thread."""
    earlier = aliased(Message)
    in_order = [kind for kind, one in work.store.connectors.items() if one.capabilities.in_order]
    overtakes = exists().where(
        earlier.ticket_id == Message.ticket_id,
        earlier.channel_id == Message.channel_id,
        earlier.id < Message.id,
        earlier.state.in_([*WAITS, *UNDER_WAY]),
    )
    query = (
        select(Message)
        .join(Channel, Channel.id == Message.channel_id)
        .where(
            Message.state.in_(WAITS),
            Message.next_at <= clock.now(),
            Message.kind.in_(list(work.store.connectors)),
            pacing.free(),
            _spoken(),
            Message.kind.not_in(in_order) | ~overtakes,
        )
        .order_by(Message.next_at, Message.id)
        .limit(1)
    )
    for column, values in ((Message.channel_id, busy), (Message.ticket_id, tickets), (Message.id, passed)):
        if values:
            query = query.where(column.not_in(values))
    return work.scalar(query.with_for_update(skip_locked=True, of=Message))


def load(work: Work, message_id: int, render: Render, *, to_send: bool = True) -> Job:
    """What leaves, rendered for its channel. Raises ``LookupError`` where the message is gone, and
    :class:`ConnectorError` where it may not leave any more: windows close and people opt out while it waits.
    """
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
    if to_send:
        _still_welcome(work, channel, identity, last)
    customer = work.get(Customer, identity.customer_id) if identity is not None else None
    settings = work.store.settings
    text, html = render(links.text_of(work, message), connector.capabilities.markup)
    logo: tuple[File, ...] = ()
    if html is not None and connector.capabilities.markup == "html":
        html, logo = branding.dress(work, html)
    key = statuses.key_of(message)
    outgoing = Outgoing(
        key=key,
        to=Address(str(to["address"]), str(to["name"]) or (customer.name if customer else "")),
        text=text,
        html=html,
        subject=message.subject,
        files=(*(_file(work, one) for one in message.attachments if not one.linked), *logo),
        cc=tuple(Address(str(one["address"]), str(one["name"])) for one in message.cc),
        from_name=message.from_name,
        reply_to=message.reply_address,
        message_id=message.header_id,
        in_reply_to=message.in_reply_to or (last.external_id if last is not None and channel.kind != "email" else None),
        references=tuple(message.references),
        answers=message.in_reply_to if message.extra.get("answers") else None,
        thread=last.thread if last is not None else None,
        status_url=_status_url(settings.base_url, channel, key) if connector.capabilities.hooks else None,
        auto=message.auto is not None,
        last_inbound_at=last.at if last is not None else None,
    )
    return Job(message.id, channel.id, channel.kind, outgoing)


def _still_welcome(work: Work, channel: Channel, identity: Identity | None, last: Message | None) -> None:
    connector = work.store.connectors[channel.kind]
    if identity is not None and identity.opted_out_at is not None and channel.kind not in reply.ANSWERABLE:
        msg = f"{identity.value} asked for no more messages on {connector.title}"
        raise ConnectorError(msg, code="opted_out", permanent=True)
    window = connector.reply_window(channels.config_of(work, channel))
    if window is not None and (last is None or clock.now() - last.at > window):
        msg = "the reply window is closed: the customer has to write first"
        raise ConnectorError(msg, code="window", permanent=True)


def _status_url(base: str, channel: Channel, key: str) -> str:
    return f"{base}/hooks/{channel.kind}/{channel.id}?message={quote(key)}"


def _file(work: Work, row: Attachment) -> File:
    until = int((clock.now() + timedelta(hours=24)).timestamp())
    data = work.store.files.get(row.sha256) if row.sha256 else b""
    content_id = row.content_id if row.inline else None
    return File(row.name, row.content_type, data, url=links.address(work, row.id, until), content_id=content_id)


def _smaller(work: Work, message: Message, error: ConnectorError) -> bool:
    """Where a message is too large for its server, its files become links and it is tried at once; gives whether."""
    files = [one for one in message.attachments if not one.linked]
    if error.code not in links.TOO_LARGE or not files or not work.store.settings.public_url:
        return False
    for one in files:
        one.linked = True
    message.next_at = clock.now()
    events.delivery(work, message, Delivery.QUEUED, code=message.code, attempts=message.attempts)
    return True


def going_out(work: Work, message_id: int, owner: str) -> None:
    """Commits ``sending`` right before the first byte. Raises :class:`Conflict` where the lease is lost."""
    message = work.scalar(select(Message).where(Message.id == message_id).with_for_update())
    if message is None or message.state is not Delivery.CLAIMED or message.claimed_by != owner:
        msg = f"message {message_id} is no longer ours to send"
        raise Conflict(msg)
    message.next_at = clock.now() + LEASE
    events.delivery(work, message, Delivery.SENDING)


def settle(work: Work, message_id: int, receipt: Receipt, *, copy: bool = False) -> None:
    """The provider took it: writes the receipt down. A status that overtook the receipt is not taken back.

    ``copy``: one is to be filed with the provider, which is a matter of its own from here on.
    """
    message = work.get_one(Message, message_id)
    message.copy_at = clock.now() if copy else None
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
    attention.refresh(work, work.get_one(Ticket, message.ticket_id))
    pacing.lift(work, channel)
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
    pacing.pause(channel, error)
    left = message.state is Delivery.SENDING and error.ambiguous
    if error.reauth:
        code = SIGN_IN if error.code == SIGN_IN else "login"
        if channel.problem_code != code:
            work.append("channel.broken", channel_id=channel.id, channel=channel.kind, code=code)
        channel.problem, channel.problem_code, channel.problem_at = error.message[:500], code, now
    if left and not can.idempotent:
        message.next_at = None
        message.permanent = False
        events.delivery(work, message, Delivery.UNKNOWN, code=message.code)
        attention.refresh(work, ticket, fresh=True)
        return
    if error.permanent and _smaller(work, message, error):
        return
    end = (message.tries_from or message.at) + can.keep_trying
    if (error.permanent and not error.reauth) or now >= end:
        _give_up(work, ticket, message)
        return
    message.permanent = False
    message.next_at = min(now + _distance(message.attempts, error), end)
    events.delivery(
        work, message, Delivery.QUEUED, code=message.code, attempts=message.attempts, next_at=clock.iso(message.next_at)
    )


def _give_up(work: Work, ticket: Ticket, message: Message) -> None:
    message.next_at = None
    message.permanent = True
    reply.never_left(work, SYSTEM, ticket, message)
    events.delivery(work, message, Delivery.FAILED, code=message.code, permanent=True)
    attention.refresh(work, ticket, fresh=True)


def fail_stranded(work: Work) -> int:
    """Ends what still waits for a channel that was disconnected: nobody would send it, or say so. Gives how many."""
    query = (
        select(Message)
        .join(Channel, Channel.id == Message.channel_id)
        .where(Message.state.in_([Delivery.SCHEDULED, *WAITS]), Channel.removed_at.is_not(None))
    )
    stranded = work.scalars(query.with_for_update(skip_locked=True, of=Message)).all()
    for message in stranded:
        message.code, message.problem = "removed", "its channel was disconnected before it left"
        _give_up(work, work.get_one(Ticket, message.ticket_id), message)
    return len(stranded)


def _distance(attempts: int, error: ConnectorError) -> timedelta:
    if error.retry_after is not None:
        return timedelta(seconds=min(max(error.retry_after, 1.0), pacing.FAR))
    longest = LONGEST_DOWN if error.whole or error.reauth else LONGEST
    step: timedelta = min(FIRST * (1 << min(attempts - 1, 20)), longest)
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
        events.delivery(work, message, Delivery.UNKNOWN, code="interrupted")
        attention.refresh(work, work.get_one(Ticket, message.ticket_id), fresh=True)
        lost += 1
    return again, lost
