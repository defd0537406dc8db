"""Bands from what customers are worth: their lifetime value (docs/metrics.md M12) against an admin's thresholds."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any, Final

from sqlalchemy import select

from inbox import clock
from inbox.actions import bands, desk, promises
from inbox.actions.costs import amount_of
from inbox.actions.who import SYSTEM, Who, require
from inbox.errors import Invalid
from inbox.metrics import Book, book_of
from inbox.metrics.value import value_of
from inbox.store import Customer, Event, Ticket, Work, names

__all__ = ["follow", "save_values", "values", "waiting"]

#: So many customers are looked at in one transaction.
PORTION: Final = 20
TOLD: Final = ("revenue", "contract.started", "contract.renewed", "contract.ended")
#: What every value follows from besides the customer's own lines: retention is the desk's, and money has its rates.
COMMON: Final = ("contract.started", "contract.renewed", "contract.ended", "cost.rate", "fx.rate", "customer.merged")


def values(work: Work) -> dict[str, Decimal]:
    """Band → the lifetime value from which a customer is in it; bands without one are set by hand."""
    told: Mapping[str, str] = desk.get(work, "routing.values")
    return {band: Decimal(told[band]) for band in desk.get(work, "routing.bands") if told.get(band)}


def save_values(work: Work, who: Who, typed: Mapping[str, str]) -> None:
    """Sets the thresholds; a better band has a higher one. Raises :class:`Invalid`."""
    require(who, "settings.change")
    known: list[str] = desk.get(work, "routing.bands")
    kept = {band: format(amount_of(typed[band], "values"), "f") for band in known if typed.get(band, "").strip()}
    amounts = [Decimal(one) for one in kept.values()]
    if amounts != sorted(set(amounts), reverse=True):
        msg = "the best band has the highest value, each further one a lower value"
        raise Invalid(msg, fields={"values": msg})
    if kept != desk.get(work, "routing.values"):
        desk.put(work, who, "routing.values", kept)
        desk.keep(work, "routing.values_seq", 0)  # everybody is looked at again


def _unread(work: Work) -> Any:
    seq = int(desk.get(work, "routing.values_seq"))
    return select(Event).where(Event.kind.in_(TOLD), Event.seq > seq).order_by(Event.seq)


def waiting(work: Work) -> bool:
    """Whether something was told since it last looked: a look that holds up no writer."""
    return bool(values(work)) and work.scalar(_unread(work).limit(1)) is not None


def follow(work: Work, *, at_most: int | None = PORTION) -> int:
    """Puts the customers of whom something was told into their bands; gives how many changed.

    ``at_most`` lines are read, None is all of them.
    """
    steps = values(work)
    read = list(work.scalars(_unread(work).limit(at_most))) if steps else []
    if not read:
        return 0
    desk.keep(work, "routing.values_seq", read[-1].seq)
    dirty = {one for line in read if (one := _of(work, line)) is not None}
    customers = {one.id: one for one in work.scalars(select(Customer).where(Customer.id.in_(dirty)))}
    book = _book(work, customers) if customers else None
    changed = 0
    for id, customer in customers.items():
        band = _band(book, id, steps) if book is not None else None
        if band is not None and band != customer.band:
            bands.put(work, SYSTEM, customer, band)
            changed += 1
    return changed


def _of(work: Work, line: Event) -> str | None:
    """The customer that a line is about; an end and a renewal may only name the contract."""
    own = line.data.get("customer")
    if own or not line.data.get("contract"):
        return str(own) if own else None
    begun = names("contract", [str(line.data["contract"])], "contract.started")
    found = (work.scalar(select(Event.data).where(begun).order_by(Event.seq.desc()).limit(1)) or {}).get("customer")
    return str(found) if found else None


def _book(work: Work, customers: Iterable[str]) -> Book:
    """The part of the log that the value of some customers follows from."""
    wanted = list(customers)
    tickets = list(work.scalars(select(Ticket.id).where(Ticket.customer_id.in_(wanted))))
    revenue = names("customer", wanted, "revenue")
    found: dict[int, Event] = {}
    for which in (Event.kind.in_(COMMON), revenue, Event.ticket_id.in_(tickets)):
        found |= {one.seq: one for one in work.scalars(select(Event).where(which))}
    lines = (found[seq].as_dict() for seq in sorted(found))
    return book_of(lines, int(clock.now().timestamp() * 1000), promises.config(work))


def _band(book: Book, customer: str, steps: Mapping[str, Decimal]) -> str | None:
    """The best band whose threshold the value reaches, "" below all of them; None where nobody knows the value."""
    told = value_of(book, customer, int(clock.now().timestamp() * 1000))
    value = told["clv.clv"] if told["clv.clv"] is not None else told["clv.historic"]
    if not isinstance(value, int):
        return None
    return next((band for band, least in steps.items() if Decimal(value) / 1_000_000 >= least), "")
