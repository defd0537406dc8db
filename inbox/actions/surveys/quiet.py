"""How often customers are asked: once within the quiet period, by a survey or at the end of a chat."""

from __future__ import annotations

import datetime as dt
from typing import Final

from sqlalchemy import select

from inbox import clock
from inbox.actions import desk
from inbox.store import Event, Survey, Ticket, Work

__all__ = ["RATED", "asked_lately"]

#: What the ids of ``survey.sent`` begin with where a chat asked.
RATED: Final = "survey.sent:chat-"


def asked_lately(work: Work, ticket: Ticket, but: str = "") -> bool:
    """Whether a ticket's customer was asked within the quiet period, about whichever ticket; the question ``but``, an
    event's id, is not looked at."""
    since = clock.now() - dt.timedelta(days=int(desk.get(work, "surveys.quiet_d")))
    theirs = Ticket.customer_id == ticket.customer_id if ticket.customer_id else Ticket.id == ticket.id
    surveys = select(Survey.id).join(Ticket, Ticket.id == Survey.ticket_id).where(theirs, Survey.sent_at > since)
    ratings = (
        select(Event.id)
        .join(Ticket, Ticket.id == Event.ticket_id)
        .where(theirs, Event.kind == "survey.sent", Event.ts > since, Event.id.startswith(RATED), Event.id != but)
    )
    return any(work.scalar(asked.limit(1)) is not None for asked in (surveys, ratings))
