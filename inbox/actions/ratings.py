"""The visitor's rating at the end of a chat: asked when a ticket is resolved, of nobody who was asked lately; in the
log as ``survey.*``.

No word of theirs stands in an event: what they wrote beside the score is a note of the ticket.
"""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Final

from sqlalchemy import exists, select

from connectors.base import Rating
from inbox import clock
from inbox.actions import identities, reply
from inbox.actions.surveys import quiet
from inbox.actions.who import SYSTEM, Who
from inbox.store import Event, Identity, Message, Ticket, Work
from inbox.terms import Direction, Status

__all__ = ["answered", "asked", "open_survey", "survey_of", "visitor_of"]

SENT: Final = "survey.sent:"
#: So long after the end somebody who comes back is still asked.
LATEST: Final = timedelta(days=3)
BEST: Final = 5


def survey_of(work: Work, ticket: Ticket) -> str | None:
    """The name of the survey of a ticket's last end; None while it is open, when that is long ago, and where the
    customer was asked something else within the quiet period."""
    at = ticket.resolved_at
    if ticket.status is not Status.RESOLVED or at is None or clock.now() - at > LATEST:
        return None
    survey = f"chat-{ticket.id}-{int(at.timestamp())}"
    return None if quiet.asked_lately(work, ticket, but=f"{SENT}{survey}") else survey


def visitor_of(work: Work, ticket: int) -> str | None:
    """The visitor who last wrote in a ticket by web chat."""
    return work.scalar(
        select(Identity.value)
        .join(Message, Message.identity_id == Identity.id)
        .where(Message.ticket_id == ticket, Message.kind == "chat", Message.direction == Direction.IN)
        .order_by(Message.id.desc())
        .limit(1)
    )


def open_survey(work: Work, visitor: str) -> tuple[Ticket, str] | None:
    """What a visitor who comes back is asked: the ticket of their last message and its survey, if it has no answer."""
    identity = identities.find(work, "chat", visitor)
    if identity is None:
        return None
    last = (
        select(Ticket)
        .join(Message, Message.ticket_id == Ticket.id)
        .where(Message.identity_id == identity.id)
        .order_by(Message.id.desc())
        .limit(1)
    )
    ticket = work.scalar(last)
    survey = survey_of(work, ticket) if ticket is not None else None
    if ticket is None or survey is None:
        return None
    answer = select(Event.data).where(Event.ticket_id == ticket.id, Event.kind == "survey.answered")
    if any((data or {}).get("survey") == survey for data in work.scalars(answer)):
        return None
    return ticket, survey


def asked(work: Work, ticket_id: int, survey: str) -> None:
    """The question stands on the visitor's screen: ``survey.sent``, once."""
    key = f"{SENT}{survey}"
    if work.scalar(select(exists().where(Event.id == key))):
        return
    ticket = work.get_one(Ticket, ticket_id)
    work.append(
        "survey.sent",
        id=key,
        actor=SYSTEM.actor,
        ticket=ticket.id,
        survey=survey,
        type="csat",
        channel="chat",
        customer=ticket.customer_id,
    )


def answered(work: Work, item: Rating) -> int | None:
    """Takes an answer in: ``survey.answered``, and a note with the stars and the words. Gives the ticket, None for a
    survey that this visitor was never asked."""
    sent = work.scalar(select(Event).where(Event.id == f"{SENT}{item.survey}"))
    identity = identities.find(work, "chat", item.sender.value)
    if sent is None or sent.ticket_id is None or identity is None:
        return None
    wrote = select(exists().where(Message.ticket_id == sent.ticket_id, Message.identity_id == identity.id))
    if not work.scalar(wrote):
        return None
    who = Who.customer(identity.customer_id)
    work.append(
        "survey.answered",
        actor=who.actor,
        ticket=sent.ticket_id,
        ts=item.at,
        survey=item.survey,
        score=item.score,
        comment=bool(item.comment),
    )
    stars = "★" * item.score + "☆" * (BEST - item.score)
    ticket = work.get_one(Ticket, sent.ticket_id)
    if ticket.merged_into is None:
        reply.note(work, SYSTEM, ticket.id, text=f"{stars} {item.comment}".strip(), client_key=uuid.uuid4().hex)
    return ticket.id
