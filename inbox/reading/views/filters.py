"""Filters: which tickets a view holds, as lists of words by field; address, saved view and query are one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from sqlalchemy import ColumnElement, and_, exists, or_, select

from inbox import clock
from inbox.actions.who import Who
from inbox.errors import Invalid
from inbox.reading import mentions
from inbox.store import TROUBLED, Customer, FieldValue, Follower, Ticket, TicketTag
from inbox.terms import Priority, Status

__all__ = ["FIELDS", "MOST", "WAITS", "Filter", "Words", "condition", "of", "statuses"]

Words = tuple[str, ...]
#: Field → its words; a field that is not named is not asked for. Words of a field are alternatives, fields add up.
Filter = Mapping[str, Words]

#: So many words of a field at most.
MOST: Final = 50
LONGEST: Final = 120

#: What a filter calls a status; without one it holds what is open.
STATUSES: Final[dict[str, tuple[Status, ...]]] = {
    "open": (Status.NEW, Status.OPEN),
    "pending": (Status.PENDING,),
    "snoozed": (Status.SNOOZED,),
    "resolved": (Status.RESOLVED,),
    "closed": (Status.CLOSED,),
}
#: For how many hours somebody has been waiting for us, as it is offered.
WAITS: Final = ("1", "4", "24", "72", "168")


@dataclass(frozen=True)
class Field:
    """A field of the filter: the condition of some of its words, and the words there are (None: any)."""

    condition: Callable[[Words, Who], ColumnElement[bool]]
    known: tuple[str, ...] | None = None


def _agent(words: Words, who: Who) -> ColumnElement[bool]:
    ids = {who.id if word == "me" else word for word in words if word != "none"}
    return _or_none(Ticket.assignee_id.in_(sorted(one for one in ids if one)), words, Ticket.assignee_id.is_(None))


def _team(words: Words, _who: Who) -> ColumnElement[bool]:
    return _or_none(Ticket.team_id.in_([one for one in words if one != "none"]), words, Ticket.team_id.is_(None))


def _reason(words: Words, _who: Who) -> ColumnElement[bool]:
    return _or_none(Ticket.reason.in_([one for one in words if one != "none"]), words, Ticket.reason.is_(None))


def _or_none(named: ColumnElement[bool], words: Words, nothing: ColumnElement[bool]) -> ColumnElement[bool]:
    if "none" not in words:
        return named
    return nothing if len(words) == 1 else or_(named, nothing)


def _tag(words: Words, _who: Who) -> ColumnElement[bool]:
    return Ticket.id.in_(select(TicketTag.ticket_id).where(TicketTag.tag.in_(words)))


def _field(words: Words, _who: Who) -> ColumnElement[bool]:
    """Words are ``<field>:<value>``: those of one field are alternatives, fields add up."""
    wanted: dict[int, list[str]] = {}
    for word in words:
        number, _colon, value = word.partition(":")
        wanted.setdefault(int(number) if number.isascii() and number.isdigit() else 0, []).append(value)
    has = select(FieldValue.ticket_id)
    return and_(
        *(
            Ticket.id.in_(has.where(FieldValue.field_id == id, FieldValue.value.in_(each)))
            for id, each in wanted.items()
        )
    )


def _followed(_words: Words, who: Who) -> ColumnElement[bool]:
    return Ticket.id.in_(select(Follower.ticket_id).where(Follower.agent_id == who.id))


def _language(words: Words, _who: Who) -> ColumnElement[bool]:
    """Of the customer; ``none`` where nobody knows it. Looked up ticket by ticket: lists walk along their order."""
    spoken = exists().where(Customer.id == Ticket.customer_id)
    named = spoken.where(Customer.language.in_([one for one in words if one != "none"]))
    return _or_none(named, words, ~spoken.where(Customer.language != ""))


def _waiting(words: Words, _who: Who) -> ColumnElement[bool]:
    return Ticket.waiting_since < clock.now() - timedelta(hours=min(int(word) for word in words))


def _due(words: Words, _who: Who) -> ColumnElement[bool]:
    """By the state of the clock that ends first."""
    now = clock.now()
    states = {"late": Ticket.due_at < now, "soon": and_(Ticket.due_soon_at <= now, Ticket.due_at >= now)}
    return or_(*(states[word] for word in words))


#: Every field. One more is a row here, a row of words in the template and a rule in the browser's ``order.js``.
FIELDS: Final[dict[str, Field]] = {
    "status": Field(lambda words, _who: Ticket.status.in_(_walked(words)), (*STATUSES, "any")),
    "channel": Field(lambda words, _who: Ticket.channel_id.in_(words)),
    "team": Field(_team),
    "agent": Field(_agent),
    "priority": Field(lambda words, _who: Ticket.priority.in_(words), tuple(Priority)),
    "tag": Field(_tag),
    "reason": Field(_reason),
    "field": Field(_field),
    "language": Field(_language),
    "followed": Field(_followed, ("yes",)),
    "waiting": Field(_waiting, WAITS),
    "due": Field(_due, ("soon", "late")),
    "mention": Field(lambda _words, who: Ticket.id.in_(mentions.tickets(who, unread_only=False)), ("me",)),
    "attention": Field(lambda _words, _who: TROUBLED, ("yes",)),  # type: ignore[arg-type,return-value]
}


def of(asked: Mapping[str, Iterable[str]]) -> dict[str, Words]:
    """The filter in an address or a form: only known fields, no word twice, empty ones left out.

    Raises :class:`Invalid` for a word that its field does not have.
    """
    found: dict[str, Words] = {}
    for name, field in FIELDS.items():
        words = tuple(dict.fromkeys(each.strip()[:LONGEST] for each in asked.get(name, ()) if each.strip()))[:MOST]
        word = next((one for one in words if field.known is not None and one not in field.known), None)
        if word is not None:
            msg = f"{word!r} is nothing that a view can be filtered by; choose again"
            raise Invalid(msg, fields={name: msg})
        if words:
            found[name] = words
    return found


def _walked(words: Words) -> tuple[Status, ...]:
    chosen = STATUSES if "any" in words else words
    return tuple(status for word in chosen for status in STATUSES[word])


def statuses(asked: Filter) -> tuple[Status, ...]:
    """The statuses that a filter holds; what is open where it names none."""
    return _walked(asked.get("status", ("open",)))


def condition(asked: Filter, who: Who) -> ColumnElement[bool]:
    """The tickets of a filter besides their status and who may see them; merged ones are in no view."""
    parts = [FIELDS[name].condition(words, who) for name, words in asked.items() if name != "status" and words]
    return and_(Ticket.merged_into.is_(None), *parts)
