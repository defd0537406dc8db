"""Answering: a reply goes into the outbox once, is refused when the thread moved on, can be undone and sent again."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from sqlalchemy import func, select

from connectors.base import Capabilities, Connector
from inbox import clock, search
from inbox.actions import (
    attention,
    channels,
    events,
    followers,
    homes,
    identities,
    lines,
    links,
    mentions,
    moments,
    pictures,
    tickets,
    variables,
)
from inbox.actions.surveys.unsent import never_sent
from inbox.actions.threading import reply_token
from inbox.actions.who import SYSTEM, Who, find_living
from inbox.errors import Conflict, Invalid, NotFound, ThreadMoved
from inbox.store import Attachment, Channel, Customer, Event, Identity, Message, Ticket, Work
from inbox.terms import Actor, Delivery, Direction, Move, Status

__all__ = [
    "ANSWERABLE",
    "Upload",
    "by_itself",
    "cancel",
    "choose",
    "hour",
    "leaves",
    "note",
    "own",
    "plus_address",
    "reply",
    "retry",
    "text_length",
    "writers",
]

TEXT_LIMIT = 100_000
LATEST = timedelta(days=366)
#: What becomes of a ticket with the answer; a snooze ends at one of the moments that people name.
AFTER: Final[dict[str, Move]] = {
    "resolve": Move.RESOLVE,
    "pending": Move.PENDING,
    **{f"snooze-{name}": Move.SNOOZE for name in moments.MOMENTS},
}
#: Here a complaint stops what is sent by itself; a person may still answer a person.
ANSWERABLE = frozenset({"email"})


@dataclass(frozen=True)
class Upload:
    """A file that an agent attaches."""

    name: str
    content_type: str
    data: bytes


def text_length(text: str, capabilities: Capabilities) -> int:
    """How long a text is in the channel's own unit."""
    match capabilities.text_unit:
        case "bytes":
            return len(text.encode())
        case "utf16":
            return len(text.encode("utf-16-le")) // 2
    return len(text)


def plus_address(address: str, token: str) -> str:
    """``support@shop.example`` with a token: ``support+<token>@shop.example``."""
    local, _, domain = address.rpartition("@")
    return f"{local}+{token}@{domain}"


def choose(
    work: Work, ticket: Ticket, channel: str | None = None, address: str | None = None
) -> tuple[Channel, Identity]:
    """By which channel and to which identity a reply goes: as asked, else as the customer wrote last.

    ``channel`` is a channel's id, name or kind. Raises :class:`Invalid` with what to choose instead.
    """
    last = work.scalar(
        select(Message)
        .where(Message.ticket_id == ticket.id, Message.direction != Direction.NOTE, Message.channel_id.is_not(None))
        .where((Message.direction == Direction.IN) | (ticket.last_in_id is None))
        .order_by(Message.id.desc())
        .limit(1)
    )
    chosen = None
    if channel:
        chosen = _named(work, channel, last)
        if chosen is None:
            msg = f"there is no channel {channel!r}"
            raise Invalid(msg, fields={"channel": msg})
    elif last is not None:
        chosen = work.get(Channel, last.channel_id)
    chosen = chosen or work.get_one(Channel, ticket.channel_id)
    if not chosen.enabled or chosen.removed_at is not None:
        msg = f"the channel {chosen.title or chosen.name} is switched off; choose another one"
        raise Invalid(msg, fields={"channel": msg})
    identity = _recipient(work, ticket, chosen, address, last)
    return chosen, identity


def _named(work: Work, word: str, last: Message | None) -> Channel | None:
    """The channel of that id or name; of a kind the one by which the customer wrote last, or the first."""
    there = select(Channel).where(Channel.removed_at.is_(None))
    found = work.scalar(there.where((Channel.id == word) | (Channel.name == word)))
    if found is not None:
        return found
    if last is not None and last.kind == word:
        return work.get(Channel, last.channel_id)
    return work.scalar(there.where(Channel.kind == word, Channel.enabled).order_by(Channel.name).limit(1))


def _recipient(work: Work, ticket: Ticket, channel: Channel, address: str | None, last: Message | None) -> Identity:
    kind = channel.kind
    if address:
        value = work.store.connectors[kind].normalise(address)
        identity = identities.find(work, kind, value)
        if identity is not None and (identity.customer_id == ticket.customer_id or identity in writers(work, ticket)):
            return identity
        msg = f"{address} is no address of this customer on {kind}; choose one of theirs"
        raise Invalid(msg, fields={"address": msg})
    if last is not None and last.channel_id == channel.id and last.identity_id is not None:
        return work.get_one(Identity, last.identity_id)
    customer = work.get(Customer, ticket.customer_id) if ticket.customer_id else None
    found = [one for one in customer.identities if one.kind == kind] if customer is not None else []
    if not found:
        msg = f"this customer has no address on {kind}; choose another channel"
        raise Invalid(msg, fields={"channel": msg})
    return found[-1]


def writers(work: Work, ticket: Ticket) -> list[Identity]:
    """Everybody who wrote in a ticket: the customer, a third party, the customer of a ticket that was merged in."""
    wrote = select(Message.identity_id).where(
        Message.ticket_id == ticket.id, Message.direction == Direction.IN, Message.auto.is_(None)
    )
    return list(work.scalars(select(Identity).where(Identity.id.in_(wrote)).order_by(Identity.id)))


def reply(  # noqa: PLR0913  (a reply has that many parts)
    work: Work,
    who: Who,
    number: int,
    *,
    text: str,
    client_key: str | None = None,
    channel: str | None = None,
    address: str | None = None,
    seen: int | None = None,
    files: Sequence[Upload] = (),
    then: str | None = None,
    undo_s: int = 0,
    send_at: dt.datetime | None = None,
    auto: str | None = None,
    answers: int | None = None,
    reason: str | None = None,
) -> tuple[Message, bool]:
    """Puts a reply into the outbox; gives (message, True), or (the first one, False) for a known ``client_key``.

    ``seen`` is the newest inbound message that the agent saw: newer ones raise :class:`ThreadMoved`. ``then`` is
    one of :data:`AFTER`. ``undo_s`` holds the message back that long. With ``send_at`` it waits for its hour
    and answers nobody before; what becomes of the ticket waits with it. ``answers`` is the one message that it answers,
    where the channel can show that. ``reason`` is the contact reason, set at the click. Raises :class:`Invalid`.
    """
    ticket = find_living(work, who, number)
    if client_key:
        known = work.scalar(select(Message).where(Message.ticket_id == ticket.id, Message.client_key == client_key))
        if known is not None:
            return known, False
    if then not in {None, "", *AFTER}:
        msg = f"then is one of {', '.join(AFTER)}"
        raise Invalid(msg, fields={"then": msg})
    if seen is not None:
        newer = work.scalar(
            select(func.count()).where(
                Message.ticket_id == ticket.id,
                Message.id > seen,
                Message.direction != Direction.NOTE,
                Message.auto.is_(None),
                Message.state.is_(None) | Message.state.not_in([Delivery.SCHEDULED, Delivery.CANCELLED]),
                (Message.agent_id != who.id) | (Message.agent_id.is_(None)),
            )
        )
        if newer:
            msg = f"{newer} new messages since you started" if newer > 1 else "1 new message since you started"
            raise ThreadMoved(msg, messages=newer)
    chosen, identity = choose(work, ticket, channel, address)
    _check(work, chosen, identity, text, files)
    one = _answered(work, ticket, answers)
    tickets.say_why(work, who, ticket, reason, resolves=then == "resolve")
    now = clock.now()
    later = hour(send_at) if send_at is not None else None
    held = Delivery.HELD if undo_s > 0 else Delivery.QUEUED
    message = Message(
        ticket_id=ticket.id,
        channel_id=chosen.id,
        kind=chosen.kind,
        direction=Direction.OUT,
        agent_id=who.id if who.kind is Actor.AGENT else None,
        identity_id=identity.id,
        from_name=who.name,
        from_address=chosen.address,
        to=[{"name": identity.name, "address": identity.value}],
        text=text.strip(),
        auto=auto,
        client_key=client_key or uuid.uuid4().hex,
        state=held if later is None else Delivery.SCHEDULED,
        next_at=later or now + timedelta(seconds=max(undo_s, 0)),
        send_at=later,
        extra=_extra(then if later is not None else None, one),
        in_reply_to=_shown_as(chosen, one),
        joined_rule="manual",
        at=now,
        received_at=now,
    )
    linked = _linked(work, chosen, files)
    message.attachments = [_stored(work, one, linked=link) for one, link in zip(files, linked, strict=True)]
    work.add(message)
    work.flush()
    if chosen.kind == "email":
        _as_mail(work, ticket, chosen, message)
        pictures.place(message, chosen.address.rpartition("@")[2] or "localhost")
    search.index(work, message, new=True)
    if later is not None:
        _mine(work, who, ticket)
        events.delivery(work, message, Delivery.SCHEDULED, next_at=clock.iso(later))
        return message, True
    events.message_out(work, message, who, now)
    if auto is None:  # what no person wrote answers nobody
        _after(work, who, ticket, message, then)
    return message, True


def _answered(work: Work, ticket: Ticket, answers: int | None) -> Message | None:
    one = work.get(Message, answers) if answers is not None else None
    if answers is not None and (one is None or one.ticket_id != ticket.id or one.direction is Direction.NOTE):
        msg = "the message that this answers is not in this ticket"
        raise Invalid(msg, fields={"answers": msg})
    return one


def _extra(then: str | None, one: Message | None) -> dict[str, Any]:
    found = {"then": then, "answers": one.id if one is not None else None}
    return {name: value for name, value in found.items() if value}


def _shown_as(channel: Channel, one: Message | None) -> str | None:
    """What the provider calls the message that is answered, on the channel that it came by."""
    return one.external_id if one is not None and one.channel_id == channel.id else None


def hour(at: dt.datetime) -> dt.datetime:
    """A moment at which an answer may be meant to leave. Raises :class:`Invalid`."""
    if at.tzinfo is None or not clock.now() < at <= clock.now() + LATEST:
        msg = "say when it is to leave: a time within the next year"
        raise Invalid(msg, fields={"send_at": msg})
    return at


def leaves(work: Work, who: Who, ticket: Ticket, message: Message) -> None:
    """A message that waited for its hour is an answer from now on; a mail answers what came last."""
    if message.kind == "email":
        _as_mail(work, ticket, work.get_one(Channel, message.channel_id), message)
    events.message_out(work, message, who, message.at)
    _after(work, who, ticket, message, message.extra.get("then"))


def _check(work: Work, channel: Channel, identity: Identity, text: str, files: Sequence[Upload]) -> None:
    """What the channel's capabilities forbid is said before anything is stored; the worker asks again."""
    connector = work.store.connectors.get(channel.kind)
    if connector is None:
        msg = f"no connector speaks {channel.kind} here"
        raise Invalid(msg, fields={"channel": msg})
    can = connector.capabilities
    if not text.strip() and not files:
        msg = "write a text or attach a file"
        raise Invalid(msg, fields={"text": msg})
    variables.refuse_gaps(text)
    linked = _linked(work, channel, files)
    names = [file.name for file, link in zip(files, linked, strict=True) if link]
    limit = min(can.text_limit or TEXT_LIMIT, TEXT_LIMIT)
    length = text_length(text.strip(), can) + links.room(work, names)
    if length > limit:
        msg = f"the text has {length} {can.text_unit}, {connector.title} takes {limit}: shorten it"
        if names:
            msg = f"the text has {length} {can.text_unit} with its links, {connector.title} takes {limit}: shorten it"
        raise Invalid(msg, fields={"text": msg})
    if not any(linked):
        _check_files(connector, files)
    _check_sizes(files, work.store.settings.attachment_limit_mb * 2**20)
    if identity.opted_out_at is not None and channel.kind not in ANSWERABLE:
        msg = f"{identity.value} asked for no more messages on {connector.title}; choose another channel"
        raise Invalid(msg, fields={"channel": msg})
    _check_window(work, connector, channel, identity)


def _linked(work: Work, channel: Channel, files: Sequence[Upload]) -> list[bool]:
    """Which files leave as links; none on a desk that customers cannot reach."""
    can = work.store.connectors[channel.kind].capabilities
    reachable = bool(work.store.settings.public_url)
    return links.as_links(can, [len(file.data) for file in files]) if reachable else [False] * len(files)


def _check_files(connector: Connector[Any], files: Sequence[Upload]) -> None:
    """What a channel takes of files where none can leave as a link."""
    can = connector.capabilities
    if files and not can.media:
        msg = f"{connector.title} takes no files: choose another channel"
        raise Invalid(msg, fields={"files": msg})
    if can.media_count is not None and len(files) > can.media_count:
        msg = f"{connector.title} takes {can.media_count} files in one message"
        raise Invalid(msg, fields={"files": msg})
    _check_sizes(files, can.media_bytes or 2**40)
    if can.media_total is not None and sum(len(file.data) for file in files) > can.media_total:
        msg = f"the files together are larger than {can.media_total // 2**20} MB"
        raise Invalid(msg, fields={"files": msg})


def _check_sizes(files: Sequence[Upload], top: int) -> None:
    for file in files:
        if len(file.data) > top:
            msg = f"{file.name} is larger than {top // 2**20} MB"
            raise Invalid(msg, fields={"files": msg})


def _check_window(work: Work, connector: Connector[Any], channel: Channel, identity: Identity) -> None:
    """Some providers let us answer only for a while after the customer wrote."""
    window = connector.reply_window(channels.config_of(work, channel))
    if window is not None:
        last = work.scalar(
            select(func.max(Message.at)).where(
                Message.identity_id == identity.id, Message.channel_id == channel.id, Message.direction == Direction.IN
            )
        )
        if last is None or clock.now() - last > window:
            hours = int(window.total_seconds() // 3600)
            msg = f"{connector.title} takes answers for {hours} hours after the customer wrote; choose another channel"
            raise Invalid(msg, fields={"channel": msg})


def _stored(work: Work, file: Upload, *, linked: bool = False) -> Attachment:
    name = file.name.replace("\\", "/").rpartition("/")[2]  # where it lay on the agent's disk is nobody's business
    return Attachment(
        name=name.strip(" .")[-255:] or "file",
        content_type=file.content_type[:120],
        sha256=work.store.files.put(file.data),
        size=len(file.data),
        linked=linked,
    )


def _as_mail(work: Work, ticket: Ticket, channel: Channel, message: Message) -> None:
    """Ids, references and the plus-address are fixed before anything leaves."""
    domain = channel.address.rpartition("@")[2] or "localhost"
    message.header_id = message.header_id or f"<{ticket.id}.{message.id}.{uuid.uuid4().hex[:12]}@{domain}>"
    message.external_id = message.header_id
    mails = select(Message).where(
        Message.ticket_id == ticket.id,
        Message.kind == "email",
        Message.header_id.is_not(None),
        Message.direction == Direction.IN,
    )
    chosen = message.extra.get("answers")  # one mail that this one answers, or what came last
    last = work.scalar(mails.where(Message.id == chosen)) if chosen is not None else None
    last = last or work.scalar(mails.order_by(Message.id.desc()).limit(1)) or _our_last(work, message)
    message.in_reply_to = None
    if last is not None and last.header_id and last.header_id.startswith("<"):
        message.in_reply_to = last.header_id
        message.references = [*last.references, last.header_id]
        answered = last.reply_to[0] if last.reply_to else None
        if answered and message.to and message.to[0]["address"] == last.from_address.lower():
            message.to = [answered]
    subject = (last.subject if last is not None else None) or ticket.subject
    begins = last is None and ticket.last_in_id is None
    message.subject = subject if begins or subject.lower().startswith(("re:", "r:")) else f"Re: {subject}"
    message.reply_address = plus_address(channel.address, reply_token(work, ticket.id))


def _our_last(work: Work, message: Message) -> Message | None:
    """Our own mail before this one, where the customer has sent none: what follows it stays in one thread there too."""
    ours = select(Message).where(
        Message.ticket_id == message.ticket_id,
        Message.kind == "email",
        Message.header_id.is_not(None),
        Message.direction == Direction.OUT,
        Message.identity_id == message.identity_id,
        Message.id < message.id,
        Message.state != Delivery.CANCELLED,
    )
    return work.scalar(ours.order_by(Message.id.desc()).limit(1))


def _after(work: Work, who: Who, ticket: Ticket, message: Message, then: str | None) -> None:
    """What a reply does to its ticket."""
    ticket.updated_at = clock.now()
    ticket.waiting_since = None
    _mine(work, who, ticket)
    events.move(work, ticket, who, Move.AGENT_WROTE, ts=message.at)
    step = AFTER.get(then or "")
    if step is not None:
        if step is Move.SNOOZE:
            ticket.snoozed_until = moments.moment(work, str(then).removeprefix("snooze-"))
        event = events.move(work, ticket, who, step)
        message.then_event = event.id if event is not None else None
    lines.show(ticket, message)


def _mine(work: Work, who: Who, ticket: Ticket) -> None:
    """Who answers a ticket of nobody's has taken it."""
    if ticket.assignee_id is None and who.kind is Actor.AGENT:
        ticket.assignee_id = who.id
        was = {"agent": None, "team": ticket.team_id}
        work.append("ticket.assigned", actor=who.actor, ticket=ticket.id, agent=who.id, team=ticket.team_id, was=was)


def copy(work: Work, message: Message, channel: Channel, identity: Identity) -> Message:
    """The same answer by another channel, because the first did not reach the customer: no answer of its own."""
    ticket = work.get_one(Ticket, message.ticket_id)
    now = clock.now()
    twin = Message(
        ticket_id=ticket.id,
        channel_id=channel.id,
        kind=channel.kind,
        direction=Direction.OUT,
        agent_id=message.agent_id,
        identity_id=identity.id,
        from_name=message.from_name,
        from_address=channel.address,
        to=[{"name": identity.name, "address": identity.value}],
        text=message.text,
        client_key=f"copy-{message.id}-{channel.id[:8]}",
        state=Delivery.QUEUED,
        next_at=now,
        joined_rule="manual",
        extra={"copy_of": message.id},
        at=now,
        received_at=now,
        out_event=message.out_event,
    )
    work.add(twin)
    work.flush()
    if channel.kind == "email":
        _as_mail(work, ticket, channel, twin)
    events.delivery(work, twin, Delivery.QUEUED)
    return twin


def by_itself(work: Work, number: int, channel: Channel, identity: Identity, text: str) -> Message:
    """A mail that no person wrote and that answers nobody: the customer asked the desk's own machine for it."""
    ticket = find_living(work, SYSTEM, number)
    now = clock.now()
    message = Message(
        ticket_id=ticket.id,
        channel_id=channel.id,
        kind=channel.kind,
        direction=Direction.OUT,
        identity_id=identity.id,
        from_address=channel.address,
        to=[{"name": identity.name, "address": identity.value}],
        text=text,
        auto="reply",
        client_key=uuid.uuid4().hex,
        state=Delivery.QUEUED,
        next_at=now,
        joined_rule="manual",
        at=now,
        received_at=now,
    )
    work.add(message)
    work.flush()
    _as_mail(work, ticket, channel, message)
    events.message_out(work, message, SYSTEM, now)
    events.delivery(work, message, Delivery.QUEUED)
    return message


def note(
    work: Work, who: Who, number: int, *, text: str, client_key: str | None = None, files: Sequence[Upload] = ()
) -> tuple[Message, bool]:
    """Writes a note that only agents see; a known ``client_key`` gives the first one and False."""
    ticket = find_living(work, who, number)
    if client_key:
        known = work.scalar(select(Message).where(Message.ticket_id == ticket.id, Message.client_key == client_key))
        if known is not None:
            return known, False
    if not text.strip() and not files:
        msg = "write the note's text"
        raise Invalid(msg, fields={"text": msg})
    if len(text) > TEXT_LIMIT:
        msg = f"a note takes {TEXT_LIMIT} characters"
        raise Invalid(msg, fields={"text": msg})
    message = Message(
        ticket_id=ticket.id,
        direction=Direction.NOTE,
        agent_id=who.id if who.kind is Actor.AGENT else None,
        from_name=who.name,
        text=text.strip(),
        client_key=client_key or uuid.uuid4().hex,
        joined_rule="manual",
    )
    _check_sizes(files, work.store.settings.attachment_limit_mb * 2**20)
    message.attachments = [_stored(work, one) for one in files]
    work.add(message)
    work.flush()
    search.index(work, message, new=True)
    ticket.updated_at = clock.now()
    work.append("note.added", actor=who.actor, ticket=ticket.id, msg=str(message.id))
    followers.hear(work, who, ticket.id, mentions.keep(work, who, ticket, message))
    return message, True


def own(work: Work, who: Who, message_id: int) -> tuple[Message, Ticket]:
    """An outgoing message of a ticket that ``who`` may see, locked, and its ticket. Raises :class:`NotFound`."""
    message = work.scalar(
        select(Message).where(Message.id == message_id, Message.direction == Direction.OUT).with_for_update()
    )
    if message is None:
        msg = f"there is no outgoing message {message_id}"
        raise NotFound(msg)
    return message, find_living(work, who, message.ticket_id)


def cancel(work: Work, who: Who, message_id: int) -> Message:
    """Takes back a message that has not left: it answers nobody. Raises :class:`Conflict` once it may have."""
    message, ticket = own(work, who, message_id)
    if message.state not in {Delivery.SCHEDULED, Delivery.HELD, Delivery.QUEUED, Delivery.FAILED}:
        msg = "it has left already" if message.state is not Delivery.CANCELLED else "it was cancelled before"
        raise Conflict(msg)
    never_left(work, who, ticket, message)
    message.next_at = None
    events.delivery(work, message, Delivery.CANCELLED)
    attention.refresh(work, ticket)
    return message


def never_left(work: Work, who: Who, ticket: Ticket, message: Message) -> None:
    """Voids what the log says of a message that never left, and of the resolve that went with it."""
    events.void(work, who, message.out_event, ticket.id)
    message.out_event = None
    never_sent(work, who, message)
    if message.then_event:
        events.void(work, who, message.then_event, ticket.id)
        sent_with = work.scalar(select(Event).where(Event.id == message.then_event))
        message.then_event = None
        if not ticket.is_open:
            events.move(work, ticket, SYSTEM, Move.REOPEN)
        elif sent_with is not None and sent_with.data.get("desk") == ticket.status.value:
            ticket.status, ticket.snoozed_until = Status(sent_with.data["was"]), None
    last_in = work.get(Message, ticket.last_in_id) if ticket.last_in_id else None
    answered = work.scalar(
        select(func.max(Message.id)).where(
            Message.ticket_id == ticket.id,
            Message.direction == Direction.OUT,
            Message.out_event.is_not(None),
            Message.auto.is_(None),
        )
    )
    if last_in is not None and homes.own_words(last_in) and (answered or 0) < last_in.id:
        ticket.waiting_since = ticket.waiting_since or last_in.at


def retry(work: Work, who: Who, message_id: int) -> Message:
    """Sends a failed or unknown message again, as the same message (mail keeps its Message-ID).

    Raises :class:`Conflict` where it is under way or has arrived.
    """
    message, ticket = own(work, who, message_id)
    waiting = message.state is Delivery.QUEUED and message.attempts > 0
    if message.state not in {Delivery.FAILED, Delivery.UNKNOWN} and not waiting:
        msg = "only a failed, unknown or waiting message can be sent again"
        raise Conflict(msg)
    if message.out_event is None:
        events.message_out(work, message, who, clock.now(), again=message.attempts)
    message.code = message.problem = message.status = None
    message.permanent = None
    message.dealt_at = None
    message.next_at = message.tries_from = clock.now()
    ticket.waiting_since = None
    events.delivery(work, message, Delivery.QUEUED, again=True)
    attention.refresh(work, ticket)
    return message
