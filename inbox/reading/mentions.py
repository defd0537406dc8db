"""Where an agent is mentioned: for the view of mentions, and for whoever tells of them."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from sqlalchemy import Select, func, select

from inbox.actions.who import Who, visible
from inbox.store import Mention, Message, Ticket, Work
from inbox.terms import Delivery

__all__ = ["MentionView", "listed", "of_note", "tickets", "unread"]

PAGE = 50


@dataclass(frozen=True)
class MentionView:
    """One note that names the reader: who wrote it, in which ticket, and whether it was read."""

    ticket: int
    subject: str
    note: int
    author: str
    text: str
    at: dt.datetime
    read: bool
    team: str | None = None  # id of the team by which they are named


def _mine(who: Who) -> Select[Mention, Message, Ticket]:
    """Mentions of an agent in notes that still stand, in tickets that they may see."""
    return (
        select(Mention, Message, Ticket)
        .join(Message, Message.id == Mention.message_id)
        .join(Ticket, Ticket.id == Message.ticket_id)
        .where(Mention.agent_id == who.id, visible(who))
        .where(Message.state.is_(None) | (Message.state != Delivery.CANCELLED))
    )


def listed(work: Work, who: Who, *, unread_only: bool = False, before: int | None = None) -> tuple[MentionView, ...]:
    """At most :data:`PAGE` mentions, the newest first; ``before`` is the last one's ``note``."""
    query = _mine(who).order_by(Mention.message_id.desc()).limit(PAGE)
    if unread_only:
        query = query.where(Mention.read_at.is_(None))
    if before is not None:
        query = query.where(Mention.message_id < before)
    return tuple(_view(row[0], row[1], row[2]) for row in work.execute(query).unique())


def of_note(work: Work, who: Who, note: int) -> MentionView | None:
    """The mention in one note, as ``note.mentioned`` names it in the log; None where there is none for this agent."""
    row = work.execute(_mine(who).where(Mention.message_id == note)).unique().first()
    return _view(row[0], row[1], row[2]) if row is not None else None


def unread(work: Work, who: Who) -> int:
    """How many were not seen yet."""
    query = _mine(who).where(Mention.read_at.is_(None)).with_only_columns(func.count()).order_by(None)
    return work.scalar(query) or 0


def tickets(who: Who, *, unread_only: bool = True) -> Select[int]:
    """The numbers of the tickets that mention an agent, as a query to put into a list's condition."""
    query = (
        select(Message.ticket_id)
        .join(Mention, Mention.message_id == Message.id)
        .where(Mention.agent_id == who.id, Message.state.is_(None) | (Message.state != Delivery.CANCELLED))
    )
    return query.where(Mention.read_at.is_(None)) if unread_only else query


def _view(mention: Mention, note: Message, ticket: Ticket) -> MentionView:
    read = mention.read_at is not None
    return MentionView(ticket.id, ticket.subject, note.id, note.from_name, note.text, mention.at, read, mention.team_id)
