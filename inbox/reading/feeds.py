"""What programs read: tickets, messages, the journal and the log, in pages by key: nothing is missed or doubled."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

from sqlalchemy import ColumnElement, and_, exists, func, or_, select
from sqlalchemy.orm import InstrumentedAttribute, defer, joinedload, selectinload
from sqlalchemy.sql.elements import UnaryExpression
from sqlalchemy.sql.operators import custom_op

from inbox import clock
from inbox.actions import agreements
from inbox.actions.who import Who, find_ticket, may, visible
from inbox.errors import Invalid, NotFound
from inbox.reading import finding
from inbox.store import (
    Agent,
    Attachment,
    Channel,
    Customer,
    Event,
    FieldValue,
    JournalEntry,
    JournalItem,
    Message,
    Store,
    Ticket,
    TicketField,
    Work,
)
from inbox.terms import Delivery, Outcome, Status

__all__ = [
    "MOST",
    "Part",
    "Queues",
    "attachment",
    "ended",
    "entry",
    "events",
    "fitting",
    "ids_of",
    "journal",
    "journal_ids",
    "message",
    "messages",
    "personal",
    "queues",
    "stream",
    "ticket",
    "tickets",
]

T = TypeVar("T")

#: The longest page.
MOST: Final = 500

#: Where most tickets stand.
MANY: Final = frozenset({Status.RESOLVED, Status.CLOSED})

#: Events that tell when somebody worked, and the right that they need: without an authorisation of figures per person,
#: and with one (metrics.md section 8).
PERSONAL: Final = {"handle.": ("settings.change", "reports.see"), "agent.": ("settings.change", "reports.see")}
#: Other events that not everybody may read, and the right that they need.
GUARDED: Final = {
    "journal.": "journal.see",
    "cost.": "costs.change",
    "smi.": "reports.see",
}
#: Of those the kinds that everybody may read: what a message cost is shown beside it.
OPEN: Final = ("cost.provider",)


@dataclass(frozen=True)
class Part(Generic[T]):
    """A page: its rows, and the key after which the next one begins (None at the end)."""

    rows: Sequence[T]
    next: int | None


@dataclass(frozen=True)
class Queues:
    """What is still to do: arrivals to read, messages that leave now, messages that leave later."""

    journal_pending: int
    outbox_due: int
    outbox_waiting: int


def _part(rows: Sequence[T], keys: Sequence[int], limit: int) -> Part[T]:
    return Part(rows[:limit], keys[limit - 1] if len(rows) > limit else None)


def ids_of(work: Work, word: str) -> list[str]:
    """The ids of the channels that ``word`` names: an id, a name, or a kind (then all of it, removed ones too).

    Empty for a kind without a channel. Raises :class:`Invalid` for a word that names nothing.
    """
    found = work.scalars(select(Channel.id).where(or_(Channel.id == word, Channel.name == word, Channel.kind == word)))
    ids = list(found)
    if not ids and word not in work.store.connectors:
        msg = f"there is no channel and no kind of channel {word!r}"
        raise Invalid(msg, fields={"channel": msg})
    return ids


# --- tickets and messages ---------------------------------------------------------------------------------------


def tickets(
    work: Work,
    who: Who,
    *,
    status: Sequence[Status] = (),
    channel: str | None = None,
    assignee: str | None = None,
    q: str | None = None,
    after: int | None = None,
    limit: int = 100,
) -> Part[Ticket]:
    """The tickets that ``who`` may see, the newest first; ``after`` is the last number of the page before.

    ``assignee`` is an agent's id or mail address, ``me`` or ``none``; ``q`` is what the search page takes.
    Raises :class:`Invalid` for an unknown channel or agent, and for a value that an operator does not take.
    """
    wanted: list[ColumnElement[bool]] = [visible(who)]
    if status:
        many = bool(set(status) & MANY)
        wanted.append((_walked(work, Ticket.status) if many else Ticket.status).in_(status))
    if channel:
        wanted.append(_walked(work, Ticket.channel_id).in_(ids_of(work, channel)))
    if assignee:
        wanted.append(_assigned(work, who, assignee))
    if q:
        wanted.append(Ticket.id.in_(finding.tickets(work, who, q)))
    if after is not None:
        wanted.append(Ticket.id < after)
    people = joinedload(Ticket.customer).lazyload(Customer.identities)
    query = select(Ticket).options(people).where(*wanted).order_by(Ticket.id.desc()).limit(limit + 1)
    rows = work.scalars(query).all()
    return _part(rows, [row.id for row in rows], limit)


def _walked(work: Work, column: InstrumentedAttribute[T]) -> ColumnElement[T]:
    """The column, kept out of SQLite's choice of an index by a unary plus: without statistics it would collect all that
    match by the index and sort them, where walking back by number finds a page at once."""
    if not work.store.is_sqlite:
        return column.expression
    return UnaryExpression(column.expression, operator=custom_op("+"), type_=column.expression.type)


def _assigned(work: Work, who: Who, assignee: str) -> ColumnElement[bool]:
    if assignee == "none":
        return Ticket.assignee_id.is_(None)
    if assignee == "me":
        return Ticket.assignee_id == who.id
    agent = work.scalar(select(Agent.id).where(or_(Agent.id == assignee, Agent.email == assignee.lower())))
    if agent is None:
        msg = f"there is no agent {assignee!r}; say an id, a mail address, me or none"
        raise Invalid(msg, fields={"assignee": msg})
    return Ticket.assignee_id == agent


def ticket(work: Work, who: Who, number: int) -> Ticket:
    """One ticket. Raises :class:`NotFound`."""
    return find_ticket(work, who, number)


def fields(work: Work, numbers: Sequence[int]) -> dict[int, dict[str, str]]:
    """What some tickets have in the fields that the desk has now, by name."""
    rows = work.execute(
        select(FieldValue.ticket_id, TicketField.name, FieldValue.value)
        .join(TicketField, TicketField.id == FieldValue.field_id)
        .where(FieldValue.ticket_id.in_(numbers), TicketField.active)
        .order_by(TicketField.id)
    )
    found: dict[int, dict[str, str]] = {}
    for ticket_id, name, value in rows:
        found.setdefault(ticket_id, {})[name] = value
    return found


def messages(work: Work, who: Who, number: int, *, after: int | None = None, limit: int = 100) -> Part[Message]:
    """A ticket's messages and notes in the order in which they came; ``after`` is the last id of the page before."""
    find_ticket(work, who, number)
    query = select(Message).where(Message.ticket_id == number, Message.id > (after or 0))
    rows = work.scalars(query.order_by(Message.id).limit(limit + 1)).all()
    return _part(rows, [row.id for row in rows], limit)


def message(work: Work, who: Who, number: int) -> Message:
    """One message or note. Raises :class:`NotFound`, also where ``who`` may not see its ticket."""
    query = select(Message).join(Ticket, Ticket.id == Message.ticket_id).where(Message.id == number, visible(who))
    row = work.scalar(query)
    if row is None:
        msg = f"there is no message {number} that you may see"
        raise NotFound(msg)
    return row


def attachment(work: Work, who: Who, number: int) -> Attachment:
    """One file of a message. Raises :class:`NotFound`, also where ``who`` may not see its ticket."""
    row = work.scalar(
        select(Attachment)
        .join(Message, Message.id == Attachment.message_id)
        .join(Ticket, Ticket.id == Message.ticket_id)
        .where(Attachment.id == number, visible(who))
    )
    if row is None:
        msg = f"there is no attachment {number} that you may see"
        raise NotFound(msg)
    return row


# --- what arrived -----------------------------------------------------------------------------------------------


def journal(
    work: Work,
    *,
    channel: str | None = None,
    outcome: Outcome | None = None,
    reason: str | None = None,
    after: int | None = None,
    limit: int = 100,
) -> Part[tuple[JournalEntry, Channel]]:
    """Arrivals in the order in which they came, without their bodies; ``outcome`` and ``reason`` are those of any of
    their items."""
    query = (
        select(JournalEntry, Channel)
        .join(Channel, Channel.id == JournalEntry.channel_id)
        .options(selectinload(JournalEntry.items), defer(JournalEntry.body))
        .where(JournalEntry.id > (after or 0))
    )
    if channel:
        query = query.where(JournalEntry.channel_id.in_(ids_of(work, channel)))
    query = query.where(*_ended(outcome, reason))
    found = work.execute(query.order_by(JournalEntry.id).limit(limit + 1)).all()
    rows = [(row, own) for row, own in found]
    return _part(rows, [row.id for row, _own in rows], limit)


def journal_ids(
    work: Work,
    *,
    channel: str | None = None,
    outcome: Outcome | None = None,
    reason: str | None = None,
    span: tuple[dt.datetime, dt.datetime] | None = None,
) -> list[int]:
    """The numbers of the arrivals that fit, oldest first; ``span`` is [from, to) in time."""
    wanted = fitting(work, channel=channel, outcome=outcome, reason=reason, span=span)
    return list(work.scalars(select(JournalEntry.id).where(*wanted).order_by(JournalEntry.id)))


def fitting(
    work: Work,
    *,
    channel: str | None = None,
    outcome: Outcome | None = None,
    reason: str | None = None,
    span: tuple[dt.datetime, dt.datetime] | None = None,
) -> list[ColumnElement[bool]]:
    """The conditions on arrivals of a channel, an outcome and reason of any of their items, a time."""
    wanted = _ended(outcome, reason)
    if channel:
        wanted.append(JournalEntry.channel_id.in_(ids_of(work, channel)))
    if span is not None:
        wanted += [JournalEntry.received_at >= span[0], JournalEntry.received_at < span[1]]
    return wanted


def _ended(outcome: Outcome | None, reason: str | None) -> list[ColumnElement[bool]]:
    if outcome is not None:
        return [ended(outcome, reason)]
    if reason is None:
        return []
    item = select(JournalItem.n).where(JournalItem.entry_id == JournalEntry.id)
    return [exists(item.where(JournalItem.reason == reason))]


def ended(outcome: Outcome, reason: str | None = None) -> ColumnElement[bool]:
    """The condition on arrivals that an item of theirs has that outcome, for that reason; an unread one is pending."""
    item = select(JournalItem.n).where(JournalItem.entry_id == JournalEntry.id)
    condition = exists(
        item.where(JournalItem.outcome == outcome, *([] if reason is None else [JournalItem.reason == reason]))
    )
    if outcome is Outcome.PENDING and reason is None:
        condition = or_(condition, and_(JournalEntry.done.is_(False), ~exists(item)))  # type: ignore[assignment]
    return condition


def entry(work: Work, number: int) -> tuple[JournalEntry, Channel]:
    """One arrival and its channel. Raises :class:`NotFound`."""
    row = work.get(JournalEntry, number)
    if row is None:
        msg = f"there is no journal entry {number}"
        raise NotFound(msg)
    return row, work.get_one(Channel, row.channel_id)


# --- the log and the queues -------------------------------------------------------------------------------------


def events(work: Work, who: Who, *, after: int = 0, ticket: int | None = None, limit: int = 100) -> Part[Event]:
    """Lines of the log after ``after``, in append order: those of tickets that ``who`` may see and of the desk."""
    query = select(Event).where(Event.seq > after).order_by(Event.seq).limit(limit + 1)
    if ticket is not None:
        find_ticket(work, who, ticket)
        query = query.where(Event.ticket_id == ticket)
    seen = visible(who)
    query = query.outerjoin(Ticket, Ticket.id == Event.ticket_id).where(
        or_(Ticket.id.is_(None), seen),
        *(
            or_(Event.kind.in_(OPEN), Event.kind.not_like(f"{kind}%"))
            for kind, right in _guarded(work)
            if not may(who, right)
        ),
    )
    rows = work.scalars(query).all()
    return _part(rows, [row.seq for row in rows], limit)


def _guarded(work: Work) -> Iterator[tuple[str, str]]:
    """How the kinds of guarded events begin, and the right that they need as things stand."""
    yield from GUARDED.items()
    allowed = agreements.current(work) is not None
    yield from ((kind, rights[allowed]) for kind, rights in PERSONAL.items())


def personal(row: Event) -> bool:
    """Whether a line of the log tells when somebody worked."""
    return row.kind.startswith(tuple(PERSONAL))


def stream(store: Store, who: Who, *, after: int = 0, ticket: int | None = None) -> Iterator[Event]:
    """The same to the log's end, each page in a look of its own: a slow reader holds no transaction open."""
    place: int | None = after
    while place is not None:
        with store.reading() as work:
            part = events(work, who, after=place, ticket=ticket, limit=MOST)
        yield from part.rows
        place = part.next


def queues(work: Work) -> Queues:
    """How much is still to do."""
    now = clock.now()
    waits = Message.state.in_([Delivery.SCHEDULED, Delivery.HELD, Delivery.QUEUED])
    under_way = Message.state.in_([Delivery.CLAIMED, Delivery.SENDING])
    pending = select(func.count()).select_from(JournalEntry).where(JournalEntry.done.is_(False))
    off = or_(Channel.enabled.is_(False), and_(Channel.paused_until.is_not(None), Channel.paused_until > now))
    out = select(func.count()).select_from(Message).join(Channel, Channel.id == Message.channel_id)
    due = out.where(or_(under_way, and_(waits, Message.next_at <= now, ~off)))
    waiting = out.where(waits, or_(Message.next_at > now, off))  # it leaves when the channel is on or back again
    return Queues(work.scalar(pending) or 0, work.scalar(due) or 0, work.scalar(waiting) or 0)
