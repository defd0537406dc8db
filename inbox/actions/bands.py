"""What a customer is worth to the desk: a band, set by hand or by a program; promises and routing look at it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select

from inbox.actions import desk
from inbox.actions.who import Who, find_living
from inbox.errors import Conflict, Invalid
from inbox.store import Customer, Macro, Rule, Ticket, Work
from inbox.terms import Status

__all__ = ["carry", "put", "set_band"]

UNFINISHED = (Status.NEW, Status.OPEN, Status.PENDING, Status.SNOOZED)


def set_band(work: Work, who: Who, number: int, band: str) -> None:
    """Puts the customer of a ticket into a band, "" into none; the clocks of all their open tickets follow.

    Raises :class:`Invalid` for a band that the desk does not name, :class:`Conflict` where nobody knows the customer.
    """
    ticket = find_living(work, who, number)
    customer = work.get(Customer, ticket.customer_id) if ticket.customer_id else None
    if customer is None:
        msg = "this customer is not known"
        raise Conflict(msg)
    if band and band not in desk.get(work, "routing.bands"):
        msg = f"{band} is no band of this desk; settings, Routing names them"
        raise Invalid(msg, fields={"band": msg})
    if customer.band != band:
        put(work, who, customer, band)


def put(work: Work, who: Who, customer: Customer, band: str) -> None:
    """The same for a customer whose band is known to be one."""
    customer.band = band
    theirs = select(Ticket.id).where(Ticket.customer_id == customer.id, Ticket.status.in_(UNFINISHED))
    for other in work.scalars(theirs.order_by(Ticket.id)):
        work.append("ticket.band", actor=who.actor, ticket=other, band=band or None)


def carry(work: Work, who: Who, became: Mapping[str, str]) -> None:
    """What stands under bands that have other names now, "" for none any more: customers, promised times, and what
    rules and macros look for and do. Of those a band that is no more stays named, and meets nobody."""
    for customer in work.scalars(select(Customer).where(Customer.band.in_(became))):
        put(work, who, customer, became[customer.band])
    named = {old: new for old, new in became.items() if new}
    targets: dict[str, Any] = desk.get(work, "sla.targets")
    gone = {f"band:{old}": f"band:{new}" if new else "" for old, new in became.items()}
    kept = {new: table for scope, table in targets.items() if (new := gone.get(scope, scope))}
    if kept != targets:
        desk.put(work, who, "sla.targets", kept)
    for rule in work.scalars(select(Rule)):
        rule.conditions = [
            {**one, "words": [named.get(word, word) for word in one["words"]]} if one["field"] == "band" else one
            for one in rule.conditions
        ]
    for row in (*work.scalars(select(Rule)), *work.scalars(select(Macro))):
        row.steps = [
            {**step, "what": named.get(step["what"], step["what"])} if step["do"] == "band" else step
            for step in row.steps
        ]
