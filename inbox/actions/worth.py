"""Bands from what customers are worth: their lifetime value (docs/metrics.md M12) against an admin's thresholds."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from decimal import Decimal
from functools import partial
from typing import Any, Final

from sqlalchemy import select

from inbox import clock
from inbox.actions import bands, desk, promises
from inbox.actions.costs import amount_of, unambiguous
from inbox.actions.who import SYSTEM, Who, require
from inbox.errors import Invalid
from inbox.figures.asking import kept
from inbox.figures.worth import Worths
from inbox.metrics import Book, Figures, book_of
from inbox.metrics.value import value_of
from inbox.store import Customer, Event, Store, Ticket, Work, names

__all__ = ["follow", "review", "save_values", "values", "waiting"]

#: So many lines are followed in one transaction, and so many customers looked at in one reading.
PORTION: Final = 20
AT_ONCE: Final = 500
TOLD: Final = ("revenue", "contract.started", "contract.renewed", "contract.ended")
#: What every value follows from besides the customer's own lines: retention is the desk's, and money has its rates.
COMMON: Final = ("contract.started", "contract.renewed", "contract.ended", "cost.rate", "fx.rate", "customer.merged")


def values(work: Work) -> dict[str, Decimal]:
    """Band → the lifetime value from which a customer is in it, the highest first; others are set by hand."""
    told: Mapping[str, str] = desk.get(work, "routing.values")
    known = {band: Decimal(told[band]) for band in desk.get(work, "routing.bands") if told.get(band)}
    return dict(sorted(known.items(), key=lambda one: -one[1]))


def save_values(work: Work, who: Who, typed: Mapping[str, str]) -> None:
    """Sets the thresholds; a better band has a higher one. Raises :class:`Invalid`."""
    require(who, "settings.change")
    known: list[str] = desk.get(work, "routing.bands")
    kept = {
        band: format(amount_of(unambiguous(typed[band], "values"), "values"), "f")
        for band in known
        if typed.get(band, "").strip()
    }
    amounts = [Decimal(one) for one in kept.values()]
    if amounts != sorted(set(amounts), reverse=True):
        msg = "the best band has the highest value, each further one a lower value"
        raise Invalid(msg, fields={"values": msg})
    if kept != desk.get(work, "routing.values"):
        desk.put(work, who, "routing.values", kept)
        desk.keep(work, "routing.values_seq", 0)  # everybody is looked at again


def _unread(work: Work, upto: int | None) -> Any:
    seq = int(desk.get(work, "routing.values_seq"))
    lines = select(Event).where(Event.kind.in_(TOLD), Event.seq > seq).order_by(Event.seq)
    return lines if upto is None else lines.where(Event.seq <= upto)


def waiting(work: Work) -> bool:
    """Whether something was told since it last looked, as far as the figures know: a look that holds up no writer."""
    return bool(values(work)) and work.scalar(_unread(work, _counted_to(work)).limit(1)) is not None


def _counted_to(work: Work) -> int | None:
    """The last line that the figures know, None where none are kept yet."""
    known = kept(work)
    return known.state.seq if known is not None and known.has_facts else None


def follow(work: Work, *, at_most: int | None = PORTION) -> int:
    """Puts the customers of whom something was told into their bands; gives how many changed.

    ``at_most`` lines are read of those that the figures know, None is all there are.
    """
    upto = _counted_to(work)
    query = _unread(work, None if at_most is None else upto).limit(at_most)
    read = list(work.scalars(query)) if values(work) else []
    if not read:
        return 0
    desk.keep(work, "routing.values_seq", read[-1].seq)
    dirty = {one for line in read if (one := _of(work, line)) is not None}
    return _put(work, _reached(work, dirty, _worths(work) if upto is None or read[-1].seq <= upto else None))


def review(store: Store) -> int:
    """Looks at everybody again of whom revenue or a contract was ever told: margins grow old, service costs more, a
    line is made void, a rate comes. Gives how many changed; who is in a band that is only set by hand stays there.

    What is read is read in portions, and something is written only for those who change.
    """
    with store.reading() as work:
        worths = _worths(work) if values(work) else None
        everybody = sorted(worths.told()) if worths is not None else []
    changed = 0
    for first in range(0, len(everybody), AT_ONCE):
        with store.reading() as work:
            moved = _moved(work, everybody[first : first + AT_ONCE])
        if moved:
            changed += store.write(partial(_put, reached=moved))
    return changed


def _moved(work: Work, customers: Collection[str]) -> dict[str, str]:
    """Those who belong into another band than the one that they are in, which no hand has given them."""
    worths, by_hand = _worths(work), _by_hand(work)
    reached = _reached(work, customers, worths)
    known = worths.bands(reached) if worths is not None else {}
    return {one: reached[one] for one, band in known.items() if band not in by_hand and band != reached[one]}


def _by_hand(work: Work) -> set[str]:
    """The bands that no value gives, and none takes away."""
    return set(desk.get(work, "routing.bands")) - set(values(work))


def _put(work: Work, reached: Mapping[str, str]) -> int:
    """Puts customers into their bands, but for those whom a hand put where no value does; gives how many changed."""
    by_hand = _by_hand(work)
    customers = work.scalars(select(Customer).where(Customer.id.in_(reached)).order_by(Customer.id))
    others = [one for one in customers if one.band != reached[one.id] and one.band not in by_hand]
    for customer in others:
        bands.put(work, SYSTEM, customer, reached[customer.id])
    return len(others)


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


def _worths(work: Work) -> Worths | None:
    """The values by the figures that are kept; None until they are."""
    known, now = kept(work), _now()
    return Worths(known, now, now) if known is not None and known.has_facts else None


def _now() -> int:
    return int(clock.now().timestamp() * 1000)


def _reached(work: Work, customers: Collection[str], worths: Worths | None) -> dict[str, str]:
    """The best band whose threshold the value of some customers reaches, "" below all of them; as the reports have the
    value, or from the log itself without."""
    steps = values(work)
    if worths is not None:
        found = {worths.root(one) for one in customers}
        margins, services = worths.margins(found), worths.services(found)
        told = {one: worths.value(margins[one], services[one]) for one in found}
    else:
        book = _book(work, customers) if customers else None
        told = {one: value_of(book, one, _now()) for one in customers} if book is not None else {}
    return {one: band for one, row in told.items() if (band := _band(row, steps)) is not None}


def _band(row: Figures, steps: Mapping[str, Decimal]) -> str | None:
    """The band of ``clv.*``; None where nobody knows the value."""
    value = row["clv.clv"] if row["clv.clv"] is not None else row["clv.historic"]
    if not isinstance(value, int):
        return None
    return next((band for band, least in steps.items() if Decimal(value) / 1_000_000 >= least), "")
