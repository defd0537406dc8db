"""Where the answer is written: the ways to reach this customer, what each costs and allows, canned replies."""

from __future__ import annotations

import uuid
import zoneinfo
from dataclasses import replace
from decimal import Decimal
from operator import attrgetter
from typing import Any

from sqlalchemy import func, or_, select

from connectors.base import Connector
from inbox import clock
from inbox.actions import channels as channel_actions
from inbox.actions import desk as settings
from inbox.actions import drafts as written
from inbox.actions import holding, mentions, reply, variables
from inbox.actions.reply import ANSWERABLE
from inbox.actions.who import SYSTEM, Who
from inbox.errors import Problem
from inbox.reading import once
from inbox.reading.addresses import label
from inbox.reading.moments import snoozes
from inbox.reading.parts import CannedReply, ChannelChoice, Composer, DraftView, Money, UploadView
from inbox.reading.rows import customer_chip
from inbox.store import Canned, Channel, Customer, Draft, Identity, Membership, Message, Ticket, Work
from inbox.terms import Direction

__all__ = ["canned", "choices", "composer", "label", "last_heard", "other_ways", "way"]

MOST_WAYS = 3


def _price(work: Work, channel: Channel) -> Money | None:
    """What the last priced message of ours cost there, per segment."""
    row = work.execute(
        select(Message.cost_amount, Message.cost_currency, Message.segments)
        .where(Message.channel_id == channel.id, Message.direction == Direction.OUT, Message.cost_amount.is_not(None))
        .order_by(Message.id.desc())
        .limit(1)
    ).first()
    if row is None or row[0] is None or not row[1]:
        return None
    return Money(Decimal(row[0]) / max(row[2] or 1, 1), row[1])


def _choice(work: Work, who: Who, channel: Channel, identity: Identity, connector: Connector[Any]) -> ChannelChoice:
    can = connector.capabilities
    closed = ""
    window_until = None
    try:
        window = connector.reply_window(channel_actions.config_of(work, channel))
    except Problem:
        window, closed = None, "channel_off"
    last = None
    if window is not None or not can.starts:
        last = work.scalar(
            select(func.max(Message.at)).where(
                Message.identity_id == identity.id, Message.channel_id == channel.id, Message.direction == Direction.IN
            )
        )
    if window is not None:
        window_until = last + window if last is not None else None
        closed = closed or ("window" if window_until is None or window_until < clock.now() else "")
    if not can.starts and last is None:
        closed = closed or "cannot_start"
    if identity.opted_out_at is not None and identity.kind not in ANSWERABLE:
        closed = "opted_out"
    elif identity.undeliverable_at is not None and not closed:
        closed = "undeliverable"
    return replace(
        way(work, who, channel, connector),
        address=identity.value,
        label=label(identity.kind, identity.value, identity.name),
        closed=closed,
        window_until=window_until,
    )


def way(work: Work, who: Who, channel: Channel, connector: Connector[Any]) -> ChannelChoice:
    """What a channel costs and takes, whoever is written to."""
    can = connector.capabilities
    return ChannelChoice(
        kind=channel.kind,
        channel=channel.id,
        channel_name=channel.title or channel.name,
        address="",
        label=channel.address,
        cost=_price(work, channel) if can.prices else None,
        free=not can.prices,
        text_limit=can.text_limit,
        text_unit=can.text_unit,
        segments=can.segments,
        media=can.media,
        media_bytes=can.media_bytes,
        media_count=can.media_count,
        media_total=can.media_total,
        replies=can.replies,
        links=bool(work.store.settings.public_url),
        undo_s=holding.undo_s(work, who, connector),
    )


def other_ways(work: Work, ticket: Ticket, message: Message) -> tuple[ChannelChoice, ...]:
    """Where else an answer that did not get through can go: the way the customer used last first, one per channel."""
    here = f"{message.channel_id}|{message.to[0]['address'] if message.to else ''}"
    latest = {
        f"{channel}|{value}": at
        for channel, value, at in work.execute(
            select(Message.channel_id, Identity.value, func.max(Message.at))
            .join(Identity, Identity.id == Message.identity_id)
            .where(Message.direction == Direction.IN, Identity.customer_id == ticket.customer_id)
            .group_by(Message.channel_id, Identity.value)
        )
    }
    found = [one for one in choices(work, ticket) if not one.closed and one.key != here and _fits(one, message)]
    found.sort(key=lambda one: (one.key not in latest, -latest[one.key].timestamp() if one.key in latest else 0))
    return tuple({one.channel: one for one in reversed(found)}.values())[::-1][:MOST_WAYS]


def _fits(choice: ChannelChoice, message: Message) -> bool:
    return choice.text_limit is None or len(message.text) <= choice.text_limit


def choices(work: Work, ticket: Ticket, who: Who = SYSTEM) -> list[ChannelChoice]:
    """Every way to reach the ticket's customer, and whoever else wrote in it; open ones first."""
    return once.once(work, f"choices:{ticket.id}:{who.id}", lambda: _choices(work, ticket, who))


def _choices(work: Work, ticket: Ticket, who: Who) -> list[ChannelChoice]:
    customer = work.get(Customer, ticket.customer_id) if ticket.customer_id else None
    reached = [*(customer.identities if customer is not None else ())]
    reached += [one for one in reply.writers(work, ticket) if one not in reached]
    ours = [one for one in once.channels(work).values() if one.enabled and one.removed_at is None]
    ours.sort(key=attrgetter("created_at"))
    found = []
    for identity in reached:
        for channel in ours:
            connector = work.store.connectors.get(channel.kind)
            if channel.kind == identity.kind and connector is not None:
                found.append(_choice(work, who, channel, identity, connector))
    return sorted(found, key=lambda choice: bool(choice.closed))


def composer(work: Work, who: Who, ticket: Ticket) -> Composer:
    """The composer of a ticket for this agent: the channel of the last inbound message is chosen."""
    last_in = last_heard(work, ticket)
    seen = work.scalar(
        select(func.max(Message.id)).where(Message.ticket_id == ticket.id, Message.direction != Direction.NOTE)
    )
    person, customer = ticket.customer, customer_chip(ticket.customer)
    zone = zoneinfo.ZoneInfo(settings.get(work, "desk.timezone"))
    return Composer(
        ticket=ticket.id,
        choices=tuple(choices(work, ticket, who)),
        chosen=f"{last_in[0]}|{last_in[1]}" if last_in is not None else "",
        seen=seen or 0,
        client_key=uuid.uuid4().hex,
        canned=canned(work, who, ticket),
        drafts=drafts(work, who, ticket),
        blind=tuple(sorted(mentions.blind(work, ticket))),
        max_bytes=work.store.settings.attachment_limit_mb * 2**20,
        laters=snoozes(zone),
        first_name=customer.first_name if person is not None and person.name else customer.name,  # or a whole address
        language=person.language if person is not None else "",
    )


def last_heard(work: Work, ticket: Ticket) -> tuple[str | None, str, int] | None:
    """Where the customer wrote last: channel, address and the number of its identity."""
    query = (
        select(Message.channel_id, Identity.value, Identity.id)
        .join(Identity, Identity.id == Message.identity_id)
        .where(Message.ticket_id == ticket.id, Message.direction == Direction.IN)
        .order_by(Message.id.desc())
        .limit(1)
    )
    found = once.once(work, f"heard:{ticket.id}", lambda: work.execute(query).first())
    return (found[0], found[1], found[2]) if found is not None else None


def drafts(work: Work, who: Who, ticket: Ticket) -> tuple[DraftView, ...]:
    """What this agent has begun to write here, with its files."""
    texts = {
        row.mode: row
        for row in work.scalars(select(Draft).where(Draft.agent_id == who.id, Draft.ticket_id == ticket.id))
    }
    files: dict[str, list[UploadView]] = {}
    for row in written.files_of(work, who, ticket):
        files.setdefault(row.mode, []).append(UploadView(row.id, row.name, row.size))
    return tuple(
        DraftView(
            mode,
            texts[mode].text if mode in texts else "",
            texts[mode].at if mode in texts else None,
            tuple(files.get(mode, ())),
        )
        for mode in dict.fromkeys([*texts, *files])
    )


def canned(work: Work, who: Who, ticket: Ticket) -> tuple[CannedReply, ...]:
    """The canned replies of everybody and of this agent's teams, filled; what has no value stays and is named."""
    mine = select(Membership.team_id).where(Membership.agent_id == who.id)
    rows = work.scalars(
        select(Canned).where(or_(Canned.team_id.is_(None), Canned.team_id.in_(mine))).order_by(Canned.name)
    )
    return tuple(CannedReply(row.name, *variables.fill(work, who, ticket, row.text), id=row.id) for row in rows)
