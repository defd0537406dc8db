"""Two customers who turn out to be one person: everything of the one becomes the other's, until they are parted."""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import delete, func, select, update

from inbox import clock
from inbox.actions import apart
from inbox.actions.profiles import customer_of
from inbox.actions.who import SYSTEM, Who, find_ticket
from inbox.errors import Conflict, Invalid, NotFound
from inbox.store import Consent, Customer, CustomerMerge, CustomerNote, Identity, Message, Ticket, Work

__all__ = ["join", "join_by_hand", "now", "part"]

#: What of a customer goes along, by the word that the record keeps its numbers under.
THEIRS: Final[dict[str, type[Any]]] = {
    "identities": Identity,
    "tickets": Ticket,
    "notes": CustomerNote,
    "consents": Consent,
}
#: What the one who stays takes over where they have nothing.
FACTS: Final = ("name", "company", "language")


def join(work: Work, customer_id: str, into_id: str, who: Who = SYSTEM) -> CustomerMerge | None:
    """Gives all that is one customer's to another, who keeps what they have; the first is no more until :func:`part`.
    Gives the record of it, None where they are one already."""
    if customer_id == into_id:
        return None
    gone, stays = work.get_one(Customer, customer_id), work.get_one(Customer, into_id)
    wanting = [name for name in FACTS if getattr(gone, name) and not getattr(stays, name)]
    gave: dict[str, Any] = {name: getattr(gone, name) for name in wanting}
    gave["attributes"] = {name: value for name, value in gone.attributes.items() if name not in stays.attributes}
    facts = {name: getattr(gone, name) for name in (*FACTS, "attributes", "band", "sample")}
    facts["created_at"] = clock.iso(gone.created_at)
    for name in wanting:
        setattr(stays, name, gave[name])
    stays.attributes = {**stays.attributes, **gave["attributes"]}
    work.flush()
    moved: dict[str, Any] = {
        word: list(work.scalars(select(table.id).where(table.customer_id == gone.id))) for word, table in THEIRS.items()
    }
    _give(work, moved, into_id)
    # a customer who took others over before gives those on, too
    work.execute(update(CustomerMerge).where(CustomerMerge.into_id == customer_id).values(into_id=into_id))
    apart.pass_on(work, customer_id, into_id)
    work.expire_all()
    work.execute(delete(Customer).where(Customer.id == customer_id))
    event = work.append("customer.merged", actor=who.actor, customer=customer_id, into=into_id)
    moved["last"] = work.scalar(select(func.max(Ticket.id))) or 0
    record = CustomerMerge(
        event=event.id,
        customer_id=customer_id,
        into_id=into_id,
        agent_id=who.id,
        facts=facts,
        gave=gave,
        moved=moved,
    )
    work.add(record)
    return record


def now(work: Work, customer_id: str) -> str:
    """Who a customer is by now: whoever they became, else they themselves, also where nobody knows them."""
    became = select(CustomerMerge.into_id).where(CustomerMerge.customer_id == customer_id)
    return work.scalar(became.limit(1)) or customer_id


def _give(work: Work, numbers: dict[str, Any], to: str) -> None:
    for word, table in THEIRS.items():
        values: dict[str, Any] = {"customer_id": to}
        if table is Ticket:
            values["updated_at"] = clock.now()
        work.execute(update(table).where(table.id.in_(numbers[word])).values(**values))


def join_by_hand(work: Work, who: Who, number: int, other: int) -> CustomerMerge:
    """Makes the customer of ticket ``other`` one with that of ticket ``number``, who stays. Both tickets have to be
    ``who``'s to see. Raises :class:`Invalid` where they are one customer already."""
    stays, gone = customer_of(work, who, number), customer_of(work, who, other)
    record = join(work, gone.id, stays.id, who)
    if record is None:
        msg = f"#{number} and #{other} are of the same customer already"
        raise Invalid(msg, fields={"other": msg})
    return record


def part(work: Work, who: Who, number: int, event: str) -> Customer:
    """Parts two customers again: who was joined to the customer of a ticket comes back with all that was theirs then.

    Addresses and tickets that somebody moved on since stay where they are. What came since by an address of theirs is
    theirs. Raises :class:`NotFound` for a record that is not this customer's, :class:`Conflict` for an older one of
    the same two.
    """
    ticket = find_ticket(work, who, number)
    record = work.get(CustomerMerge, event)
    if record is None or record.into_id != ticket.customer_id:
        msg = "these two were parted already"
        raise NotFound(msg)
    if work.get(Customer, record.customer_id) is not None:
        msg = "this customer is here again already"
        raise Conflict(msg)
    stays = work.get_one(Customer, record.into_id)
    facts = dict(record.facts)
    back = Customer(id=record.customer_id, created_at=clock.parse(facts.pop("created_at")), **facts)
    work.add(back)
    work.flush()
    _take_back(stays, record.gave)
    _return(work, record, back.id)
    work.append("void", actor=who.actor, target=record.event)
    work.delete(record)
    work.flush()
    work.expire_all()
    return work.get_one(Customer, back.id)


def _take_back(stays: Customer, gave: dict[str, Any]) -> None:
    for name in FACTS:
        if name in gave and getattr(stays, name) == gave[name]:
            setattr(stays, name, "")
    given = gave.get("attributes", {})
    stays.attributes = {name: value for name, value in stays.attributes.items() if given.get(name) != value}


def _return(work: Work, record: CustomerMerge, to: str) -> None:
    moved = {word: [int(one) for one in record.moved.get(word, ())] for word in THEIRS}
    for word, table in THEIRS.items():
        kept = select(table.id).where(table.id.in_(moved[word]), table.customer_id == record.into_id)
        moved[word] = list(work.scalars(kept))
    since = Ticket.id > int(record.moved.get("last", 0))
    wrote = select(Message.ticket_id).where(Message.identity_id.in_(moved["identities"]))
    later = select(Ticket.id).where(Ticket.customer_id == record.into_id, since, Ticket.id.in_(wrote))
    moved["tickets"] += work.scalars(later)
    _give(work, moved, to)
