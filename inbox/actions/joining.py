"""Two customers who turn out to be one person: everything of the one becomes the other's."""

from __future__ import annotations

from sqlalchemy import delete, update

from inbox import clock
from inbox.actions.who import SYSTEM
from inbox.store import Customer, Identity, Ticket, Work

__all__ = ["join"]


def join(work: Work, customer_id: str, into_id: str) -> None:
    """Gives the addresses and tickets of one customer to another, who keeps their name; the first is no more."""
    if customer_id == into_id:
        return
    gone, stays = work.get_one(Customer, customer_id), work.get_one(Customer, into_id)
    stays.name = stays.name or gone.name
    work.flush()
    work.execute(update(Identity).where(Identity.customer_id == gone.id).values(customer_id=stays.id))
    changed = {"customer_id": stays.id, "updated_at": clock.now()}
    work.execute(update(Ticket).where(Ticket.customer_id == gone.id).values(**changed))
    work.expire_all()
    work.execute(delete(Customer).where(Customer.id == customer_id))
    work.append("customer.merged", actor=SYSTEM.actor, customer=customer_id, into=into_id)
