"""From an address to a customer: found by the identity, or made new."""

from __future__ import annotations

from sqlalchemy import bindparam, select
from sqlalchemy.orm.attributes import set_committed_value

from connectors.base import Address
from inbox import clock
from inbox.actions.who import Who, find_ticket
from inbox.errors import Conflict, NotFound
from inbox.store import Channel, Customer, Identity, Message, Work

__all__ = ["claim_email", "find", "resolve", "show_pictures"]

#: Prepared once: every arrival asks for its sender.
FOUND = select(Identity).where(Identity.kind == bindparam("kind"), Identity.value == bindparam("value"))
SENDER = FOUND.with_for_update()


def find(work: Work, kind: str, value: str) -> Identity | None:
    """The identity of that kind and canonical value, if known."""
    return work.scalar(FOUND, {"kind": kind, "value": value})


def resolve(work: Work, channel: Channel, sender: Address) -> Identity | None:
    """The sender's identity, with a new customer behind it if need be; None for a sender without an address.

    It stays locked to the end of the transaction: what the same sender wrote next waits, and finds this one's ticket.
    """
    connector = work.store.connectors[channel.kind]
    kind = sender.kind or channel.kind
    value = connector.normalise(sender.value)[:320]
    if not value:
        return None
    identity = work.scalar(SENDER, {"kind": kind, "value": value})
    name = " ".join(sender.name.split())[:200]
    if identity is None:
        customer = Customer(name=name, sample=channel.sample)
        work.insert(customer)
        identity = Identity(kind=kind, value=value, name=name, customer_id=customer.id)
        work.insert(identity)
        set_committed_value(customer, "identities", [identity])
    elif name and not identity.name:
        identity.name = name
        customer = work.get_one(Customer, identity.customer_id)
        customer.name = customer.name or name
    return identity


def claim_email(work: Work, customer: Customer, address: str) -> Identity | None:
    """Adds an address that a visitor typed: claimed, not proved. One that belongs to somebody else is not taken."""
    value = address.strip().lower()
    known = find(work, "email", value)
    if known is not None:
        return known if known.customer_id == customer.id else None
    identity = Identity(kind="email", value=value, name=customer.name, customer_id=customer.id)
    customer.identities.append(identity)
    work.flush()
    return identity


def show_pictures(work: Work, who: Who, message_id: int, *, show: bool) -> Message:
    """Lets every mail of a message's sender fetch its pictures from elsewhere, or none any more; gives the message."""
    message = work.get(Message, message_id)
    if message is None:
        msg = f"there is no message {message_id} that you may see"
        raise NotFound(msg)
    find_ticket(work, who, message.ticket_id)
    identity = work.get(Identity, message.identity_id) if message.identity_id else None
    if identity is None:
        msg = "nobody knows who sent this; show its pictures by themselves"
        raise Conflict(msg)
    if (identity.pictures_at is not None) != show:
        identity.pictures_at = clock.now() if show else None
        work.append(
            "identity.pictures", actor=who.actor, customer=identity.customer_id, channel=identity.kind, show=show
        )
    return message
