"""A customer as the desk knows them: notes, consents, all that was said with them over every channel, their worth."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any, Final

from sqlalchemy import ColumnElement, func, select

from inbox.actions import lines, telling
from inbox.actions.erasing import ERASED
from inbox.actions.history import NUMBER
from inbox.actions.who import Who, may, visible
from inbox.errors import Unavailable
from inbox.reading import asking, figures, once
from inbox.reading.parts import CustomerChip, Money
from inbox.reading.rows import customer_chip
from inbox.sentiment import BAD, GOOD
from inbox.store import Consent, Customer, CustomerMerge, CustomerNote, Event, Message, Ticket, Visitor, Work, names
from inbox.terms import Delivery, Direction

__all__ = ["ConsentView", "NoteOnCustomer", "Profile", "Said", "Timeline", "Worth", "profile", "timeline", "worth"]

PAGE = 50
#: So many answers stand beside the mean.
ANSWERS: Final = 6
#: The scale that answers are shown on.
LEAST, BEST = 1, 5
#: How a customer sounds is heard in so many of their last messages, and in no fewer than that.
LISTENED: Final = 10
FEWEST: Final = 3
#: Among so many scores: a corrected message has several, and one whose words are gone is not heard any more.
LOOKED: Final = 200
GONE: Final = frozenset({ERASED, "deleted"})
#: Of a customer with more tickets nobody waits for what serving them has cost: the API and the command line tell it.
DERIVED: Final = 1_500


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
    """What a customer brought (its margin, where programs told it; ``without`` what has no exchange rate), how content
    they said they are (``mean`` of ``count`` answers on a scale of 1 to 5, the last ones one by one), and how they
    sound in their last messages: ``good``, ``plain``, ``bad``. What serving them has cost and their lifetime value are
    for those who may see costs. None or "" where nobody knows."""

    ticket: int
    margin: Money | None = None
    without: tuple[Money, ...] = ()
    cost: Money | None = None
    full: Money | None = None  # the cost with its share of paid time and fees
    value: Money | None = None
    mean: float | None = None
    count: int = 0
    last: tuple[int, ...] = ()
    sounds: str = ""

    def __bool__(self) -> bool:
        """True where anything is known."""
        return any(one is not None for one in (self.margin, self.cost)) or bool(self.count) or bool(self.sounds)


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
            lines.cut(one.text[:400], 240),
            one.at,
        )
        for one, home in rows[:PAGE]
    )
    return Timeline(ticket.id, customer_chip(ticket.customer), said, said[-1].id if len(rows) > PAGE else None)


def worth(work: Work, who: Who, ticket: Ticket) -> Worth:
    """What is known of a customer's worth and content; asked for after the ticket is on the screen."""
    if ticket.customer_id is None:
        return Worth(ticket.id)
    became = work.scalars(select(CustomerMerge.customer_id).where(CustomerMerge.into_id == ticket.customer_id))
    ids = {ticket.customer_id, *became}
    scores = _answers(work, ids)
    found = Worth(
        ticket.id,
        mean=sum(scores) / len(scores) if scores else None,
        count=len(scores),
        last=tuple(round(one) for one in scores[-ANSWERS:]),
        sounds=_sounds(work, ticket.customer_id),
    )
    try:
        return _valued(work, who, ticket.customer_id, found)
    except Unavailable:  # a long log is being worked through for the first time
        return found


def _of_tickets(customers: set[str], kind: str) -> ColumnElement[bool]:
    """Lines of their tickets. The kind is an expression that no index has: a customer's lines are far fewer than those
    of a kind, which SQLite cannot know."""
    own = Event.ticket_id.in_(select(Ticket.id).where(Ticket.customer_id.in_(customers)))
    return own & (Event.kind.concat("") == kind)


def _answers(work: Work, customers: set[str]) -> list[float]:
    """What they answered to surveys about satisfaction, after a chat or wherever a program asked them, oldest first;
    an answer that was corrected counts once."""
    asked = {}
    for theirs in (_of_tickets(customers, "survey.sent"), names("customer", customers, "survey.sent")):
        for data in (line.data for line in telling.still(work, work.scalars(select(Event).where(theirs)))):
            if data.get("type") == "csat":
                asked[str(data.get("survey"))] = _number(data, "min", LEAST), _number(data, "max", BEST)
    if not asked:
        return []
    answers: dict[str, float] = {}
    told = select(Event).where(names("survey", asked, "survey.answered")).order_by(Event.seq)
    for data in (line.data for line in telling.still(work, work.scalars(told))):
        survey, score = str(data.get("survey")), _number(data, "score", 0)
        least, best = asked[survey]
        answers[survey] = LEAST + (BEST - LEAST) * (score - least) / (best - least) if best > least else score
    return list(answers.values())


def _number(data: dict[str, Any], name: str, usual: float) -> float:
    """What a line says, where 0 is a number like any other."""
    told = data.get(name)
    return float(usual if told is None else told)


def _sounds(work: Work, customer: str) -> str:
    """How the last messages of a customer sound, each as its last score has it and none that is gone; "" where there
    are too few of them."""
    said = select(Event.data).where(_of_tickets({customer}, "sentiment")).order_by(Event.seq.desc()).limit(LOOKED)
    heard: dict[str, float] = {}
    for data in reversed(work.scalars(said).all()):
        heard[str(data.get("msg"))] = _number(data, "score", 0)
    known = [int(msg) for msg in heard if NUMBER.fullmatch(msg)]  # another system's messages have other names
    for number, extra in work.execute(select(Message.id, Message.extra).where(Message.id.in_(known))):
        if extra.keys() & GONE:
            del heard[str(number)]
    scores = list(heard.values())[-LISTENED:]
    if len(scores) < FEWEST:
        return ""
    mean = sum(scores) / len(scores)
    return "good" if mean >= GOOD else "bad" if mean <= BAD else "plain"


def _valued(work: Work, who: Who, customer: str, found: Worth) -> Worth:
    """With the money, as the reports have it."""
    source, currency = figures.source(work), asking.currency(work)

    def money(micro: object) -> Money | None:
        return Money(Decimal(micro) / 1_000_000, currency) if isinstance(micro, int) else None

    margin = source.margin(customer)
    if margin.lines:
        without = tuple(Money(amount, one) for one, amount in sorted(margin.without.items()))
        found = replace(found, margin=money(margin.total), without=without)
    if not may(who, "reports.see") or not asking.priced(work) or _tickets(work, customer) > DERIVED:
        return found
    told = source.worth(customer)
    value = money(told["clv.clv"]) if margin.lines else None
    return replace(found, cost=money(told["cost.direct"]), full=money(told["cost.full"]), value=value)


def _tickets(work: Work, customer: str) -> int:
    return work.scalar(select(func.count()).select_from(Ticket).where(Ticket.customer_id == customer)) or 0
