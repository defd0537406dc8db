"""Who may be the same person: suggested on strong evidence only, and those who were joined and can be parted."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from sqlalchemy import func, select

from inbox.actions import apart
from inbox.actions.who import Who, visible
from inbox.reading import once
from inbox.reading.addresses import label
from inbox.reading.rows import customer_chip
from inbox.store import Apart, Customer, CustomerMerge, Identity, Ticket, Work

__all__ = ["Joined", "Same", "SetApart", "joined", "same", "set_apart"]

MOST: Final = 3


@dataclass(frozen=True)
class Same:
    """Another customer who may be this one, by a ticket of theirs. ``why``: ``phone`` or ``signed``; ``proof`` is the
    number, or who they are on the business's own site."""

    ticket: int
    name: str
    why: str
    proof: str


@dataclass(frozen=True)
class Joined:
    """A customer who became this one: ``event`` parts them again."""

    event: str
    name: str
    by: str
    at: dt.datetime


@dataclass(frozen=True)
class SetApart:
    """Somebody who is not this customer: who said so and when; ``event`` takes it back."""

    event: str
    ticket: int
    name: str
    by: str
    at: dt.datetime


def same(work: Work, who: Who, customer: Customer) -> tuple[Same, ...]:
    """Customers who may be this one, by what nobody has spoken against (:mod:`inbox.actions.apart`)."""
    known = apart.evidence(work, customer)
    if not known:
        return ()
    against = {_other(row, customer): set(row.evidence) for row in apart.told(work, customer)}
    found: dict[str, tuple[str, str]] = {}
    for id, all_of in known.items():
        new = sorted(one for one in all_of if ":".join(one) not in against.get(id, ()))
        if new:
            why, proof = new[0]
            found[id] = (why, label("sms", proof, "") if why == "phone" else proof)
    return tuple(_shown(work, who, found)) if found else ()


def _other(row: Apart, customer: Customer) -> str:
    return row.other_id if row.one_id == customer.id else row.one_id


def set_apart(work: Work, who: Who, customer: Customer) -> tuple[SetApart, ...]:
    """Of whom somebody said that they are not this customer; only those of whom ``who`` may see a ticket."""
    rows = {_other(row, customer): row for row in apart.told(work, customer)}
    if not rows:
        return ()
    agents, found = once.agents(work), []
    for ticket in _tickets(work, who, rows):
        row = rows[ticket.customer_id or ""]
        agent = agents.get(row.agent_id or "")
        name = customer_chip(ticket.customer).name
        found.append(SetApart(row.event, ticket.id, name, agent.name if agent else "", row.at))
    return tuple(found)


def _shown(work: Work, who: Who, found: dict[str, tuple[str, str]]) -> list[Same]:
    rows = _tickets(work, who, found)
    return [Same(row.id, customer_chip(row.customer).name, *found[row.customer_id or ""]) for row in rows]


def _tickets(work: Work, who: Who, customers: Iterable[str]) -> list[Ticket]:
    """The last ticket of each that ``who`` may see."""
    theirs = select(func.max(Ticket.id)).where(Ticket.customer_id.in_(list(customers)), Ticket.merged_into.is_(None))
    last = theirs.where(visible(who)).group_by(Ticket.customer_id)
    return list(work.scalars(select(Ticket).where(Ticket.id.in_(last)).limit(MOST)).unique())


def joined(work: Work, customer: Customer) -> tuple[Joined, ...]:
    """Who became this customer, the last one first."""
    agents = once.agents(work)
    rows = select(CustomerMerge).where(CustomerMerge.into_id == customer.id).order_by(CustomerMerge.at.desc())
    found = []
    for row in work.scalars(rows):
        agent = agents.get(row.agent_id or "")
        numbers = [int(one) for one in row.moved.get("identities", ())]
        first = work.get(Identity, numbers[0]) if numbers else None
        address = label(first.kind, first.value, first.name) if first is not None else "?"
        found.append(Joined(row.event, row.facts.get("name") or address, agent.name if agent else "", row.at))
    return tuple(found)
