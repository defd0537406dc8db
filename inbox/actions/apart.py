"""What speaks for two customers being one person, and the word of somebody who knows that they are not."""

from __future__ import annotations

from collections import defaultdict
from typing import Final

from sqlalchemy import or_, select

from inbox.actions.profiles import customer_of
from inbox.actions.who import Who
from inbox.errors import Invalid, NotFound
from inbox.store import Apart, Channel, Customer, Identity, Visitor, Work

__all__ = ["PHONES", "Evidence", "evidence", "pass_on", "suggest_again", "tell_apart", "told"]

#: Kinds whose address is a phone number that the provider vouches for.
PHONES: Final = ("sms", "whatsapp", "voice")
#: Why two may be one (``phone``, ``signed``) and the proof: the number, or who they are on the business's own site.
Evidence = tuple[str, str]


def evidence(work: Work, customer: Customer) -> dict[str, set[Evidence]]:
    """What is known, by the other customer: the same phone number on another channel, or two sites of the business that
    signed both in as the same user. A mail address that somebody typed proves nothing."""
    found: dict[str, set[Evidence]] = defaultdict(set)
    phones = [one.value for one in customer.identities if one.kind in PHONES]
    if phones:
        rows = select(Identity.customer_id, Identity.value).where(
            Identity.value.in_(phones), Identity.kind.in_(PHONES), Identity.customer_id != customer.id
        )
        for other, value in work.execute(rows):
            found[other].add(("phone", value))
    chats = [one.value for one in customer.identities if one.kind == "chat"]
    signed = select(Visitor.user_id).where(Visitor.id.in_(chats), Visitor.user_id != "")
    users = set(work.scalars(signed)) if chats else set()
    if users:
        of_users = (
            select(Identity.customer_id, Visitor.user_id)
            .join(Identity, (Identity.kind == "chat") & (Identity.value == Visitor.id))
            .where(Visitor.channel_id.in_(select(Channel.id).where(Channel.kind == "chat")))
            .where(Visitor.user_id.in_(users), Identity.customer_id != customer.id)
        )
        for other, user in work.execute(of_users):
            found[other].add(("signed", user))
    return found


def told(work: Work, customer: Customer) -> list[Apart]:
    """What was said of a customer, the last word first."""
    either = or_(Apart.one_id == customer.id, Apart.other_id == customer.id)
    return list(work.scalars(select(Apart).where(either).order_by(Apart.at.desc())))


def tell_apart(work: Work, who: Who, number: int, other: int) -> Apart:
    """Says that the customers of two tickets are not one person: what speaks for it now suggests nothing any more.
    Raises :class:`Invalid` where they are one already, or nothing speaks for it."""
    mine, theirs = customer_of(work, who, number), customer_of(work, who, other)
    known = sorted(f"{why}:{proof}" for why, proof in evidence(work, mine).get(theirs.id, ()))
    if mine.id == theirs.id or not known:
        msg = f"nothing suggests that #{number} and #{other} are of one person"
        raise Invalid(msg, fields={"other": msg})
    event = work.append("customer.apart", actor=who.actor, customer=mine.id, other=theirs.id)
    one, two = sorted((mine.id, theirs.id))
    row = work.get(Apart, (one, two)) or Apart(one_id=one, other_id=two)
    row.evidence, row.event, row.agent_id, row.at = known, event.id, who.id, event.rec
    work.add(row)
    work.flush()
    return row


def suggest_again(work: Work, who: Who, number: int, event: str) -> None:
    """Takes that word back. Raises :class:`NotFound` where it is not about the customer of the ticket."""
    customer = customer_of(work, who, number)
    row = next((one for one in told(work, customer) if one.event == event), None)
    if row is None:
        msg = "this was taken back already"
        raise NotFound(msg)
    work.append("void", actor=who.actor, target=row.event)
    work.delete(row)
    work.flush()


def pass_on(work: Work, gone: str, stays: str) -> None:
    """What was said of a customer holds for the one whom they became."""
    rows = work.scalars(select(Apart).where(or_(Apart.one_id == gone, Apart.other_id == gone))).all()
    for row in rows:
        other = row.other_id if row.one_id == gone else row.one_id
        one, two = sorted((stays, other))
        if other != stays and work.get(Apart, (one, two)) is None:
            facts = {name: getattr(row, name) for name in ("evidence", "event", "agent_id", "at")}
            work.add(Apart(one_id=one, other_id=two, **facts))
        work.delete(row)
    work.flush()
