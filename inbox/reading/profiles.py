"""A customer as the desk knows them: notes, consents, all that was said with them over every channel, their worth."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from sqlalchemy import func, select

from inbox.actions.who import Who, visible
from inbox.reading import once
from inbox.reading.parts import CustomerChip, Money
from inbox.reading.rows import customer_chip
from inbox.store import Consent, Customer, CustomerNote, Event, Message, Ticket, Visitor, Work
from inbox.terms import Delivery, Direction

__all__ = ["ConsentView", "NoteOnCustomer", "Profile", "Said", "Timeline", "Worth", "profile", "timeline", "worth"]

PAGE = 50
#: So many answers stand beside the mean.
ANSWERS = 6


@dataclass(frozen=True)
class NoteOnCustomer:
    """A note with its writer."""

    id: int
    text: str
    author: str
    at: dt.datetime


@dataclass(frozen=True)
class ConsentView:
    """``how``: ``given`` or ``taken`` as somebody wrote down, ``chat`` for the terms of a web chat."""

    what: str
    how: str
    source: str
    at: dt.datetime


@dataclass(frozen=True)
class Profile:
    """What stands in the panel besides addresses and tickets."""

    company: str = ""
    language: str = ""
    attributes: tuple[tuple[str, str], ...] = ()
    notes: tuple[NoteOnCustomer, ...] = ()
    consents: tuple[ConsentView, ...] = ()

    @property
    def lines(self) -> str:
        """The attributes as they are typed."""
        return "\n".join(f"{name}: {value}" for name, value in self.attributes)


@dataclass(frozen=True)
class Said:
    """One message on the timeline: its ticket, channel, direction and beginning."""

    id: int
    ticket: int
    subject: str
    status: str
    kind: str
    direction: str
    text: str
    at: dt.datetime


@dataclass(frozen=True)
class Timeline:
    """All that was said with a customer, the newest first; ``next`` is the last one's number where there is more."""

    ticket: int
    customer: CustomerChip
    said: tuple[Said, ...]
    next: int | None = None


@dataclass(frozen=True)
class Worth:
    """What a customer brought (its margin, where programs told it) and how content they said they are: ``mean`` of
    ``count`` answers, the last ones one by one. None where nobody knows."""

    ticket: int
    margin: Money | None = None
    mean: float | None = None
    count: int = 0
    last: tuple[int, ...] = ()


def profile(work: Work, customer: Customer | None) -> Profile:
    """What stands in the panel."""
    if customer is None:
        return Profile()
    agents = once.agents(work)
    notes = select(CustomerNote).where(CustomerNote.customer_id == customer.id).order_by(CustomerNote.id.desc())
    return Profile(
        customer.company,
        customer.language,
        tuple(sorted(customer.attributes.items())),
        tuple(
            NoteOnCustomer(one.id, one.text, agents[one.agent_id].name if one.agent_id in agents else "", one.at)
            for one in work.scalars(notes.limit(PAGE))
        ),
        _consents(work, customer),
    )


def _consents(work: Work, customer: Customer) -> tuple[ConsentView, ...]:
    rows = work.scalars(select(Consent).where(Consent.customer_id == customer.id).order_by(Consent.id.desc()))
    found = [ConsentView(one.what, "given" if one.given else "taken", one.source, one.at) for one in rows]
    chats = [one.value for one in customer.identities if one.kind == "chat"]
    if chats:
        agreed = select(Visitor.consent, Visitor.consent_at).where(Visitor.id.in_(chats), Visitor.consent != "")
        found += [ConsentView(text, "chat", "", at) for text, at in work.execute(agreed) if at is not None]
    return tuple(sorted(found, key=lambda one: one.at, reverse=True))


def timeline(work: Work, who: Who, ticket: Ticket, before: int | None = None) -> Timeline:
    """Everything that was said in the tickets of this one's customer that ``who`` may see."""
    query = (
        select(Message, Ticket)
        .join(Ticket, Ticket.id == Message.ticket_id)
        .where(visible(who), Message.direction != Direction.NOTE)
        .where(Message.state.is_(None) | (Message.state != Delivery.CANCELLED))
        .order_by(Message.id.desc())
        .limit(PAGE + 1)
    )
    mine = Ticket.customer_id == ticket.customer_id if ticket.customer_id else Ticket.id == ticket.id
    query = query.where(mine)
    if before is not None:
        query = query.where(Message.id < before)
    rows: Sequence[tuple[Message, Ticket]] = [(row[0], row[1]) for row in work.execute(query).unique()]
    said = tuple(
        Said(
            one.id,
            home.id,
            home.subject,
            home.status.value,
            one.kind,
            one.direction.value,
            " ".join(one.text[:400].split())[:240],
            one.at,
        )
        for one, home in rows[:PAGE]
    )
    return Timeline(ticket.id, customer_chip(ticket.customer), said, said[-1].id if len(rows) > PAGE else None)


def worth(work: Work, ticket: Ticket) -> Worth:
    """What is known of a customer's worth and content; asked for after the ticket is on the screen."""
    if ticket.customer_id is None:
        return Worth(ticket.id)
    theirs = select(Ticket.id).where(Ticket.customer_id == ticket.customer_id)
    lines = work.scalars(
        select(Event)
        .where(Event.ticket_id.in_(theirs), Event.kind.in_(["survey.sent", "survey.answered"]))
        .order_by(Event.seq)
    ).all()
    asked = {str(one.data.get("survey")): str(one.data.get("type")) for one in lines if one.kind == "survey.sent"}
    answers: dict[str, int] = {}
    for one in lines:
        survey = str(one.data.get("survey"))
        if one.kind == "survey.answered" and asked.get(survey) == "csat":
            answers[survey] = int(one.data.get("score") or 0)
    scores = list(answers.values())
    return Worth(
        ticket.id,
        _margin(work, ticket.customer_id),
        sum(scores) / len(scores) if scores else None,
        len(scores),
        tuple(scores[-ANSWERS:]),
    )


def _margin(work: Work, customer: str) -> Money | None:
    """The sum of what programs told of this customer; None without any, or in several currencies."""
    of_them = func.coalesce(Event.data["customer"].as_string(), "") == customer
    rows = work.scalars(select(Event.data).where(Event.kind == "revenue", of_them)).all()
    currencies = {str(data.get("currency")) for data in rows}
    if len(currencies) != 1:
        return None
    return Money(sum((Decimal(str(data.get("margin", "0"))) for data in rows), Decimal(0)), currencies.pop())
