"""To which ticket an arriving message belongs, and why: strong evidence joins, weak evidence is only suggested."""

from __future__ import annotations

import hmac
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TypeAlias

from sqlalchemy import ColumnElement, Row, bindparam, or_, select
from sqlalchemy.orm import lazyload

from connectors.base import Inbound
from inbox import clock
from inbox.actions import events
from inbox.store import Channel, Event, Identity, Message, Ticket, Work
from inbox.terms import Direction, Status

__all__ = ["CASE_GAP", "Home", "find_home", "home_in", "reply_token", "ticket_of_token"]

#: A message within it reopens a resolved ticket, a later one opens a new, linked one (metrics.md ``case_gap_d``).
CASE_GAP = timedelta(days=7)

#: What is wanted of a message that was found: (id, its ticket, its line of the log).
Said: TypeAlias = "Row[int, int, str | None]"
NEWEST = select(Message.id, Message.ticket_id, Message.out_event).order_by(Message.id.desc()).limit(1)
#: The newest of an address over a channel: by whose it is, and by what it says; each is the end of an index.
SPOKEN = tuple(
    NEWEST.where(Message.channel_id == bindparam("channel"), condition)
    for condition in (Message.identity_id == bindparam("identity"), Message.from_address == bindparam("address"))
)


@dataclass(frozen=True)
class Home:
    """Where a message goes: a ticket and the rule that led there, or a new one with what it may belong to.

    ``reached`` is the number that the message came for, where that ticket was merged into ``ticket``.
    """

    ticket: Ticket | None
    rule: str = "new"
    ref: str | None = None
    linked: Ticket | None = None
    suggestion: dict[str, object] | None = None
    reached: int | None = None


def reply_token(work: Work, ticket_id: int) -> str:
    """The plus-part that brings an answer home: ``t<number>-<mac>``, lower case, 80 bits signed."""
    return f"t{ticket_id}-{work.store.seal.mark('reply token', str(ticket_id))}"


def ticket_of_token(work: Work, token: str) -> int | None:
    """The ticket that a genuine token names; None for anything else, upper case and forgeries included."""
    head, _, mac = token.strip().lower().partition("-")
    if not head.startswith("t") or not head[1:].isascii() or not head[1:].isdigit() or len(head) > 18:
        return None
    number = int(head[1:])
    genuine = reply_token(work, number).partition("-")[2]
    return number if hmac.compare_digest(mac.encode(), genuine.encode()) else None


def find_home(work: Work, channel: Channel, item: Inbound, identity: Identity | None) -> Home:
    """Looks for the message's ticket, strongest evidence first."""
    mail = channel.kind == "email"
    for rule in (_by_token, _by_ids) if mail else (_by_conversation,):
        home = rule(work, channel, item, identity)
        if home is not None:
            return _aged(home)
    if mail:
        for weak in (_by_thread_index, _by_subject_number):
            home = weak(work, channel, item, identity)
            if home is not None:
                return _aged(home)
    return Home(None)


def home_in(work: Work, ticket: Ticket) -> Home:
    """The home of what its sender was led into ``ticket`` for: a chat that goes on on another channel."""
    living = _current(work, ticket)
    reached = _reached(work, ticket.id, living) if living is not None else None
    return _aged(Home(living, "customer", None, reached=reached))


def _aged(home: Home) -> Home:
    """A ticket that is closed, or resolved longer ago than the case gap, is not reopened but linked."""
    ticket = home.ticket
    if ticket is None:
        return home
    closed = ticket.status is Status.CLOSED
    old = ticket.resolved_at is not None and clock.now() - ticket.resolved_at > CASE_GAP
    if ticket.status in {Status.RESOLVED, Status.CLOSED} and (closed or old):
        return Home(None, home.rule, home.ref, linked=ticket)
    return home


def _ticket(work: Work, number: int) -> Ticket | None:
    """A ticket without its customer and tags, for which nobody asks on the way in: they are read when somebody does."""
    return work.get(Ticket, number, options=[lazyload("*")])


def _current(work: Work, ticket: Ticket | None) -> Ticket | None:
    """Follows merges to the ticket that lives."""
    seen: set[int] = set()
    while ticket is not None and ticket.merged_into is not None and ticket.id not in seen:
        seen.add(ticket.id)
        ticket = _ticket(work, ticket.merged_into)
    return ticket


def _reached(work: Work, number: int, ticket: Ticket) -> int | None:
    """``number`` where it was merged into ``ticket``: the log keeps what comes for it there, so that a merge that is
    taken back never was."""
    if number == ticket.id or not events.live(work, number, "ticket.merged"):
        return None
    addressed = _current(work, work.get(Ticket, number))
    return number if addressed is not None and addressed.id == ticket.id else None


def _came_for(work: Work, message: Said) -> int:
    """The ticket that the log has a message under: its own, or the one that was merged into its own."""
    line = message.out_event or f"msg.in:{message.id}"
    under: int | None = work.scalar(select(Event.ticket_id).where(Event.id == line))
    return under or message.ticket_id


def _of_message(work: Work, found: Said, rule: str) -> Home | None:
    """The home of a message that names ``found``."""
    ticket = _current(work, _ticket(work, found.ticket_id))
    if ticket is None:
        return None
    reached = _reached(work, _came_for(work, found), ticket)
    return Home(ticket, rule, f"#{found.ticket_id} message {found.id}", reached=reached)


def _by_token(work: Work, _channel: Channel, item: Inbound, _identity: Identity | None) -> Home | None:
    for token in item.reply_tokens:
        number = ticket_of_token(work, token)
        ticket = _current(work, work.get(Ticket, number)) if number is not None else None
        if ticket is not None and number is not None:
            return Home(ticket, "token", token, reached=_reached(work, number, ticket))
    return None


def _participates(work: Work, ticket: Ticket, identity: Identity | None, item: Inbound) -> bool:
    """True for the ticket's customer and for everybody a message of it was addressed to or came from."""
    if identity is not None and ticket.customer_id == identity.customer_id:
        return True
    sender = item.sender.value.lower()
    rows = work.execute(
        select(Message.from_address, Message.to, Message.cc).where(
            Message.ticket_id == ticket.id, Message.direction != Direction.NOTE
        )
    )
    return any(
        sender == address.lower()
        or sender in {str(one.get("address", "")).lower() for one in [*(to or []), *(cc or [])]}
        for address, to, cc in rows
    )


def _trusted(work: Work, home: Home, identity: Identity | None, item: Inbound) -> Home:
    """References are forgeable: a stranger's mail opens its own ticket, with a suggestion for the agent."""
    ticket = home.ticket
    if ticket is None or item.auto in {"bounce", "report"} or _participates(work, ticket, identity, item):
        return home
    return Home(None, suggestion={"ticket": ticket.id, "rule": home.rule})


def _match(work: Work, condition: ColumnElement[bool], channel: Channel) -> Said | None:
    return work.execute(NEWEST.where(Message.channel_id == channel.id, condition)).first()


def _by_ids(work: Work, channel: Channel, item: Inbound, identity: Identity | None) -> Home | None:
    ids = [("in_reply_to", item.in_reply_to)] if item.in_reply_to else []
    ids += [("references", one) for one in reversed(item.references)]
    for rule, one in ids[:40]:
        found = _match(work, or_(Message.header_id == one, Message.external_id == one), channel)
        home = _of_message(work, found, rule) if found is not None else None
        if home is not None:
            return _trusted(work, home, identity, item)
    return None


def _by_thread_index(work: Work, channel: Channel, item: Inbound, identity: Identity | None) -> Home | None:
    if not item.thread:
        return None
    found = _match(work, Message.thread == item.thread, channel)
    home = _of_message(work, found, "thread_index") if found is not None else None
    return _trusted(work, home, identity, item) if home is not None else None


def _by_subject_number(work: Work, channel: Channel, item: Inbound, identity: Identity | None) -> Home | None:
    if not item.subject_token:
        return None
    digits = item.subject_token.strip("[]#")
    named = work.get(Ticket, int(digits)) if digits.isascii() and digits.isdigit() and len(digits) < 16 else None
    ticket = _current(work, named)
    if named is None or ticket is None or named.channel_id != channel.id:
        return None
    if identity is not None and identity.customer_id in {named.customer_id, ticket.customer_id}:
        return Home(ticket, "subject_number", f"[#{named.id}]", reached=_reached(work, named.id, ticket))
    return Home(None, suggestion={"ticket": ticket.id, "rule": "subject_number"})


def _by_conversation(work: Work, channel: Channel, _item: Inbound, identity: Identity | None) -> Home | None:
    """Channels without threads: the ticket in which this address was last spoken with over this very channel."""
    if identity is None:
        return None
    asked = {"channel": channel.id, "identity": identity.id, "address": identity.value}
    found = [row for one in SPOKEN if (row := work.execute(one, asked).first()) is not None]
    last = max(found, key=lambda row: row.id, default=None)
    home = _of_message(work, last, "customer") if last is not None else None
    return replace(home, ref=None) if home is not None else None
