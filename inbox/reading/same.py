"""Who may be the same person: suggested on strong evidence only, and those who were joined and can be parted."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Final

from sqlalchemy import func, select

from inbox.actions.who import Who, visible
from inbox.reading import once
from inbox.reading.addresses import label
from inbox.reading.rows import customer_chip
from inbox.store import Customer, CustomerMerge, Identity, Ticket, Visitor, Work

__all__ = ["Joined", "Same", "joined", "same"]

#: Kinds whose address is a phone number that the provider vouches for.
PHONES: Final = ("sms", "whatsapp", "voice")
MOST = 3


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


def same(work: Work, who: Who, customer: Customer) -> tuple[Same, ...]:
    """Customers with the same phone number on another channel, or whom two sites of the business signed in as the same
    user. A mail address that somebody typed proves nothing."""
    found: dict[str, tuple[str, str]] = {}
    phones = [one.value for one in customer.identities if one.kind in PHONES]
    if phones:
        rows = select(Identity).where(Identity.value.in_(phones), Identity.kind.in_(PHONES))
        for one in work.scalars(rows.where(Identity.customer_id != customer.id)):
            found[one.customer_id] = ("phone", label(one.kind, one.value, one.name))
    chats = [one.value for one in customer.identities if one.kind == "chat"]
    signed = select(Visitor.user_id).where(Visitor.id.in_(chats), Visitor.user_id != "")
    users = set(work.scalars(signed)) if chats else set()
    if users:
        sites = [one.id for one in once.channels(work).values() if one.kind == "chat"]
        rows_of = (
            select(Identity.customer_id, Visitor.user_id)
            .join(Identity, (Identity.kind == "chat") & (Identity.value == Visitor.id))
            .where(Visitor.channel_id.in_(sites), Visitor.user_id.in_(users), Identity.customer_id != customer.id)
        )
        for id, user in work.execute(rows_of):
            found.setdefault(id, ("signed", user))
    return tuple(_shown(work, who, found)) if found else ()


def _shown(work: Work, who: Who, found: dict[str, tuple[str, str]]) -> list[Same]:
    """Only those of whom ``who`` may see a ticket."""
    last = select(func.max(Ticket.id)).where(Ticket.customer_id.in_(found), Ticket.merged_into.is_(None), visible(who))
    rows = work.scalars(select(Ticket).where(Ticket.id.in_(last.group_by(Ticket.customer_id))).limit(MOST)).unique()
    return [Same(row.id, customer_chip(row.customer).name, *found[row.customer_id or ""]) for row in rows]


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
