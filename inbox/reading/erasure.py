"""What would go where a customer, or the words of one ticket, were erased."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from inbox.actions import erasing
from inbox.actions.who import Who, find_ticket, may, require
from inbox.reading.parts import CustomerChip
from inbox.reading.rows import customer_chip
from inbox.store import Work

__all__ = ["Erasure", "erasure"]


@dataclass(frozen=True)
class Erasure:
    """``page`` of ``tickets/erase.html``. POST ``erasing.erase`` (``id``): ``what`` (``ticket`` or ``customer``),
    ``why`` of the ticket; GET ``erasing.export``: ``notes``. Without the right ``ticket`` and ``all`` are None."""

    id: int
    subject: str
    customer: CustomerChip
    known: bool
    ticket: erasing.Extent | None = None
    all: erasing.Extent | None = None
    erased_at: dt.datetime | None = None


def erasure(work: Work, who: Who, number: int) -> Erasure:
    """The page for a ticket and its customer. Raises :class:`Forbidden`, :class:`NotFound`."""
    require(who, "customer.export")
    ticket = find_ticket(work, who, number)
    customer, erases = ticket.customer, may(who, "customer.erase")
    erased_at = customer.erased_at if customer is not None else None
    whole = customer is not None and erases and erased_at is None
    return Erasure(
        ticket.id,
        ticket.subject,
        customer_chip(customer),
        customer is not None,
        erasing.extent_of_ticket(work, who, ticket.id) if erases else None,
        erasing.extent(work, who, customer.id) if whole and customer is not None else None,
        erased_at,
    )
