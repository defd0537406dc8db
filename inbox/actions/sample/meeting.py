"""The sample's customers: who stayed when a sample before was removed, for a ticket of the desk's own, is met again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select

from inbox.store import Customer, Identity, Work

__all__ = ["meet"]


def meet(work: Work, id: str, name: str, addresses: Mapping[str, str], **more: Any) -> Customer:
    """The customer who has one of the addresses, by kind of channel, else that of the id, else a new one; the addresses
    that nobody has become theirs. ``more`` are columns of a new one and of the addresses."""
    wanted = select(Identity).where(Identity.value.in_(addresses.values()))
    theirs = {(one.kind, one.value): one.customer_id for one in work.scalars(wanted)}
    owner = next((theirs[one] for one in addresses.items() if one in theirs), id)
    customer = work.get(Customer, owner)
    if customer is None:
        customer = Customer(id=id, name=name, sample=True, **more)
        work.add(customer)
    begun = {"created_at": more["created_at"]} if "created_at" in more else {}
    customer.identities += [
        Identity(kind=kind, value=value, name=name, **begun)
        for kind, value in addresses.items()
        if (kind, value) not in theirs
    ]
    return customer
