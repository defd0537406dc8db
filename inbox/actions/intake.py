"""One item of an arrival becomes a message, a status, or one of the other outcomes: in one transaction."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import bindparam, select

from connectors.base import (
    Address,
    Ignored,
    Inbound,
    Item,
    Rating,
    Reaction,
    Retraction,
    Signal,
    StatusUpdate,
    Unreadable,
)
from connectors.base import Attachment as Arrived
from inbox import clock, search
from inbox.actions import (
    automatic,
    canary,
    events,
    handovers,
    homes,
    identities,
    lines,
    moods,
    profiles,
    ratings,
    statuses,
    uploads,
)
from inbox.actions.threading import Home, find_home, home_in
from inbox.actions.tickets import SPAM
from inbox.actions.who import SYSTEM, Who
from inbox.store import Attachment, Channel, Customer, Identity, JournalEntry, Message, Ticket, TicketTag, Visitor, Work
from inbox.terms import Delivery, Direction, Move, Outcome, Status

__all__ = ["Ended", "take"]

#: Whether a message is here already: columns, for nothing else is wanted of it.
KNOWN = select(Message.id, Message.ticket_id).where(
    Message.channel_id == bindparam("channel"), Message.external_id == bindparam("external")
)


@dataclass(frozen=True)
class Ended:
    """How one item ended, for its line in the ledger."""

    outcome: Outcome
    reason: str | None = None
    ticket: int | None = None
    message: int | None = None


def take(work: Work, channel: Channel, entry: JournalEntry, item: Item) -> Ended:  # noqa: PLR0911  (a kind each)
    """Takes one item in. The caller writes the outcome down in the same transaction."""
    if canary.came_back(work, channel, item, entry.received_at):
        return Ended(Outcome.IGNORED, canary.REASON)
    match item:
        case Unreadable() | Ignored():
            return _set_aside(item)
        case StatusUpdate():
            return _status(work, channel, entry, item)
        case Signal():
            return _signal(work, channel, item)
        case Rating():
            return _rating(work, item)
        case Reaction():
            return _reaction(work, channel, item)
        case Retraction():
            return _retracted(work, channel, item)
        case Inbound():
            return _message(work, channel, entry, item)
    return Ended(Outcome.QUARANTINED, f"an item of unknown type {type(item).__name__}")


def _set_aside(item: Unreadable | Ignored) -> Ended:
    if isinstance(item, Unreadable):
        return Ended(Outcome.QUARANTINED, item.error[:500])
    return Ended(Outcome.IGNORED, item.reason)


def _rating(work: Work, item: Rating) -> Ended:
    ticket = ratings.answered(work, item)
    return Ended(Outcome.STATUS, "rating", ticket) if ticket else Ended(Outcome.IGNORED, "no_such_survey")


def _status(work: Work, channel: Channel, entry: JournalEntry, item: StatusUpdate) -> Ended:
    message = statuses.apply(work, channel, item)
    if message is not None:
        return Ended(Outcome.STATUS, None, message.ticket_id, message.id)
    if item.watermark is not None:
        return Ended(Outcome.STATUS, "watermark")
    if clock.now() - entry.received_at < timedelta(seconds=60) and item.notice is None:
        return Ended(Outcome.PENDING, "no_such_message")  # it may overtake the receipt: look again for a minute
    if item.notice is not None:  # a report on a mail that we do not know is shown as the mail it is
        ended = _message(work, channel, entry, item.notice)
        if ended.outcome is Outcome.MESSAGE:
            work.get_one(Message, ended.message).bounce = {
                "message": None,
                "status": item.status,
                "reason": item.reason,
                "permanent": item.permanent,
                "recipient": item.recipient,
            }
        return ended
    return Ended(Outcome.IGNORED, "no_such_message")


def _signal(work: Work, channel: Channel, item: Signal) -> Ended:
    identity = identities.resolve(work, channel, item.sender)
    if identity is None:
        return Ended(Outcome.IGNORED, "no_sender")
    out = item.what in {"opt_out", "blocked"}
    identity.opted_out_at = item.at if out else None
    work.append(
        "identity.opted_out" if out else "identity.opted_in", customer=identity.customer_id, channel=identity.kind
    )
    return Ended(Outcome.STATUS, item.what)


def _reaction(work: Work, channel: Channel, item: Reaction) -> Ended:
    """What a customer puts on a message stands at it; an older news of it changes nothing."""
    message = work.scalar(
        select(Message).where(Message.channel_id == channel.id, Message.external_id == item.message[:500])
    )
    if message is None:
        return Ended(Outcome.IGNORED, "no_such_message")
    at = clock.iso(item.at)
    there = dict(message.extra.get("reactions", {}))
    if str(there.get(item.sender.value, {}).get("at", "")) > at:
        return Ended(Outcome.STATUS, "reaction", message.ticket_id, message.id)
    there[item.sender.value] = {"emoji": item.emoji, "at": at}
    message.extra = {**message.extra, "reactions": there}
    work.append("msg.reaction", ticket=message.ticket_id, msg=str(message.id), emoji=item.emoji)
    return Ended(Outcome.STATUS, "reaction", message.ticket_id, message.id)


def _retracted(work: Work, channel: Channel, item: Retraction) -> Ended:
    """What a customer took back is not read any more: its words and files go, the place where it stood stays. Only its
    own writer can do it."""
    message = work.scalar(
        select(Message).where(Message.channel_id == channel.id, Message.external_id == item.message[:500])
    )
    if message is None or message.direction is not Direction.IN or message.from_address != item.sender.value[:320]:
        return Ended(Outcome.IGNORED, "no_such_message")
    if message.extra.get("deleted"):
        return Ended(Outcome.DUPLICATE, None, message.ticket_id, message.id)
    kept = {name: value for name, value in message.extra.items() if name not in {"versions", "reactions", "calendar"}}
    message.extra = {**kept, "deleted": clock.iso(item.at)}
    message.text, message.full_text, message.html = "", None, None
    message.attachments = []
    work.flush()
    search.index(work, message)
    homes.refresh(work, work.get_one(Ticket, message.ticket_id))
    work.append("msg.deleted", ticket=message.ticket_id, msg=str(message.id))
    return Ended(Outcome.STATUS, "deleted", message.ticket_id, message.id)


def _message(work: Work, channel: Channel, entry: JournalEntry, item: Inbound) -> Ended:
    known = work.execute(KNOWN, {"channel": channel.id, "external": item.external_id[:500]}).first()
    if known is not None:
        return Ended(Outcome.DUPLICATE, None, known.ticket_id, known.id)
    if item.edits:
        return _edit(work, channel, item)
    customer_side = item.to[0] if item.echo and item.to else item.sender
    identity = identities.resolve(work, channel, customer_side)
    if identity is not None and identity.kind == "chat":
        _claimed(work, identity, str(item.extra.get("email", "")))
    item, chat = handovers.arrived(work, channel, item, identity)
    home = find_home(work, channel, item, identity) if chat is None else home_in(work, chat)
    at = min(item.at, clock.now())
    ticket = home.ticket or _open(work, channel, entry, item, identity, home, at)
    message = _write(work, channel, entry, item, identity, home, ticket, at)
    if item.echo:
        _echoed(work, message, ticket, at)
    else:
        _arrived(work, message, ticket, entry, identity, home.reached)
        if home.ticket is None and item.auto is None and identity is not None:
            profiles.learn_language(work, identity, message.text)
        if home.ticket is None and not entry.imported:
            automatic.acknowledge(work, channel, ticket, message)
    channel.arrived_at = clock.now()
    return Ended(Outcome.MESSAGE, None, ticket.id, message.id)


def _claimed(work: Work, identity: Identity, typed: str) -> None:
    """The address a visitor left in the chat is one more way to answer; it opens nobody's earlier tickets."""
    address = typed or work.scalar(select(Visitor.email).where(Visitor.id == identity.value)) or ""
    if address:
        identities.claim_email(work, work.get_one(Customer, identity.customer_id), address)


def _open(
    work: Work,
    channel: Channel,
    entry: JournalEntry,
    item: Inbound,
    identity: Identity | None,
    home: Home,
    at: datetime,
) -> Ticket:
    ticket = Ticket(
        subject=lines.subject_of(item.subject, item.text),
        channel_id=channel.id,
        kind=channel.kind,
        customer_id=identity.customer_id if identity is not None else None,
        team_id=channel.team_id,
        imported=entry.imported,
        linked_to=home.linked.id if home.linked is not None else None,
        created_at=at,
        active_at=at,
        updated_at=clock.now(),
    )
    work.insert(ticket)
    who = SYSTEM if item.echo else Who.customer(ticket.customer_id)
    events.created(work, ticket, who, at)
    if item.extra.get("folder") == "junk":
        ticket.tags.append(TicketTag(tag=SPAM))
        work.append("ticket.tag", actor=SYSTEM.actor, ticket=ticket.id, ts=at, tag=SPAM, op="add")
    if entry.imported:
        ticket.status = Status.RESOLVED
        ticket.resolved_at = at
    elif home.linked is not None:
        work.append("ticket.linked", ticket=ticket.id, to=str(home.linked.id))
    return ticket


def _write(
    work: Work,
    channel: Channel,
    entry: JournalEntry,
    item: Inbound,
    identity: Identity | None,
    home: Home,
    ticket: Ticket,
    at: datetime,
) -> Message:
    message = Message(
        ticket_id=ticket.id,
        channel_id=channel.id,
        kind=channel.kind,
        direction=Direction.OUT if item.echo else Direction.IN,
        identity_id=identity.id if identity is not None else None,
        from_name=item.sender.name[:200],
        from_address=item.sender.value[:320],
        to=_addresses(item.to),
        cc=_addresses(item.cc),
        reply_to=_addresses(item.reply_to),
        subject=item.subject,
        text=item.text,
        full_text=item.full_text if item.full_text != item.text else None,
        html=item.html,
        auto=item.auto,
        echo=item.echo,
        extra=dict(item.extra),
        external_id=item.external_id[:500],
        header_id=item.external_id[:500] if channel.kind == "email" else None,
        in_reply_to=item.in_reply_to[:500] if item.in_reply_to else None,
        references=list(item.references)[:100],
        thread=item.thread[:200] if item.thread else None,
        subject_token=item.subject_token,
        joined_rule=home.rule if home.ticket is not None else "new",
        joined_ref=home.ref,
        suggestion=home.suggestion,
        journal_id=entry.id,
        date=item.date,
        at=at,
        state=Delivery.SENT if item.echo else None,
    )
    if not item.echo and not entry.imported and work.store.connectors[channel.kind].capabilities.prices:
        message.price_at = clock.now() + statuses.PRICE_AFTER[0]
    work.insert(message)
    if item.attachments:
        message.attachments = [_attachment(work, channel, one) for one in item.attachments]
    search.index(work, message, new=True)
    return message


def _arrived(
    work: Work,
    message: Message,
    ticket: Ticket,
    entry: JournalEntry,
    identity: Identity | None,
    reached: int | None = None,
) -> None:
    if ticket.imported and not entry.imported:
        _wake_imported(work, ticket, message)
    customer = identity.customer_id if identity is not None else ticket.customer_id
    events.message_in(work, message, customer, imported=entry.imported, reached=reached)
    now = clock.now()
    ticket.updated_at = now
    if message.auto is None and identity is not None and identity.undeliverable_at is not None:
        identity.undeliverable_at = None  # whoever writes can be written to
        work.append("identity.reached", customer=identity.customer_id, channel=identity.kind)
    if message.auto is None and not entry.imported:
        moods.heard(work, message)
        ticket.waiting_since = ticket.waiting_since or message.at
        events.move(work, ticket, SYSTEM, Move.CUSTOMER_WROTE, ts=message.at, cause=str(message.id))
        ticket.last_in_id = message.id
    if message.at >= ticket.active_at or ticket.preview == "":
        lines.show(ticket, message)


def _wake_imported(work: Work, ticket: Ticket, message: Message) -> None:
    """From its first live message on an imported ticket is in the figures like any other."""
    ticket.imported = False
    work.append(
        "ticket.created",
        actor=Who.customer(ticket.customer_id).actor,
        ticket=ticket.id,
        ts=message.at,
        customer=ticket.customer_id,
        channel=message.kind,
        address=message.channel_id,
        **events.terms(ticket),
    )


def _echoed(work: Work, message: Message, ticket: Ticket, at: datetime) -> None:
    """One of ours that was sent elsewhere (the provider's own app): a person answered, we do not know who."""
    message.sent_at = at
    work.append(
        "msg.out",
        id=f"msg.out:{message.id}",
        actor=("agent", None, None),
        ticket=ticket.id,
        ts=at,
        channel=message.kind,
        msg=str(message.id),
        address=message.channel_id,
    )
    ticket.waiting_since = None
    events.move(work, ticket, SYSTEM, Move.AGENT_WROTE, ts=at)
    lines.show(ticket, message)


def _edit(work: Work, channel: Channel, item: Inbound) -> Ended:
    """A customer corrected a message: the new text replaces the old, which stays in the history."""
    message = work.scalar(select(Message).where(Message.channel_id == channel.id, Message.external_id == item.edits))
    if message is None:
        return Ended(Outcome.IGNORED, "edit_of_unknown")
    versions = [*message.extra.get("versions", []), {"text": message.text, "until": clock.iso(item.at)}]
    if message.extra.get("edited") == item.external_id:
        return Ended(Outcome.DUPLICATE, None, message.ticket_id, message.id)
    message.extra = {**message.extra, "versions": versions, "edited": item.external_id}
    message.text = item.text
    search.index(work, message)
    work.append("msg.edited", ticket=message.ticket_id, msg=str(message.id))
    moods.heard(work, message)
    return Ended(Outcome.STATUS, "edit", message.ticket_id, message.id)


def _attachment(work: Work, channel: Channel, one: Arrived) -> Attachment:
    row = Attachment(
        name=(one.name or "file")[:255],
        content_type=one.content_type[:120],
        content_id=one.content_id,
        inline=one.inline,
    )
    if one.data is not None:
        row.sha256 = work.store.files.put(one.data)
        row.size = len(one.data)
    elif one.media is not None and channel.kind == "chat":  # it lies here already
        kept = uploads.taken(work, one.media.ref)
        if kept is None:
            row.problem = "the file is not here any more"
        else:
            row.sha256, row.size = kept.sha256, kept.size
    elif one.media is not None:
        row.media = {"ref": one.media.ref, "name": one.media.name, "content_type": one.media.content_type}
        row.fetch_at = clock.now()
    return row


def _addresses(addresses: tuple[Address, ...]) -> list[dict[str, Any]]:
    return [{"name": one.name, "address": one.value} for one in addresses]
