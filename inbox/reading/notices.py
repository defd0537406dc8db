"""Somebody's notices: how many they have not read, and the list of them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import joinedload, selectinload

from inbox.actions import lines
from inbox.actions.who import Who, visible
from inbox.reading import once
from inbox.reading.rows import customer_chip
from inbox.reading.views import tally
from inbox.store import Customer, Message, Notice, Ticket, Work

__all__ = ["NoticeView", "NoticesPage", "of_events", "page"]

PAGE = 30
LONGEST = 140
#: Reasons that name who did it; the others name the customer.
SAID = frozenset({"mention", "followed"})


@dataclass(frozen=True)
class NoticeView:
    """One notice: ``name`` is who did it or the customer's, as its reason has it; ``text`` what was said."""

    id: int
    reason: str
    ticket: int
    subject: str
    name: str
    text: str
    count: int
    at: dt.datetime
    read: bool
    message: int | None = None
    kind: str = ""


@dataclass(frozen=True)
class NoticesPage:
    """``page`` of ``notices/index.html``. POST ``notices.read``: ``id`` (repeated), or none for all; ``next`` is the
    ``before`` of the next page."""

    notices: tuple[NoticeView, ...]
    unread: int
    next: str = ""


def _mine(who: Who) -> ColumnElement[bool]:
    return (Notice.agent_id == who.id) & Notice.page & visible(who)


def page(work: Work, who: Who, before: dt.datetime | None = None) -> NoticesPage:
    """The newest notices, or those before a moment."""
    people = joinedload(Ticket.customer).selectinload(Customer.identities)
    query = (
        select(Notice, Ticket)
        .join(Ticket, Ticket.id == Notice.ticket_id)
        .options(people, selectinload(Ticket.tags))
        .where(_mine(who))
        .order_by(Notice.at.desc(), Notice.id.desc())
        .limit(PAGE + 1)
    )
    if before is not None:
        query = query.where(Notice.at < before)
    rows = work.execute(query).unique().all()
    more, rows = len(rows) > PAGE, rows[:PAGE]
    texts = _texts(work, {notice.message_id for notice, _ticket in rows if notice.message_id})
    views = tuple(_view(work, notice, ticket, texts) for notice, ticket in rows)
    return NoticesPage(views, tally.told(work, who)["notices"], views[-1].at.isoformat() if more else "")


def _texts(work: Work, messages: Collection[int]) -> dict[int, str]:
    if not messages:
        return {}
    rows = work.execute(select(Message.id, func.substr(Message.text, 1, LONGEST * 2)).where(Message.id.in_(messages)))
    return {int(number): lines.cut(text, LONGEST) for number, text in rows}


def _view(work: Work, notice: Notice, ticket: Ticket, texts: dict[int, str]) -> NoticeView:
    agent = once.agents(work).get(notice.by or "") if notice.reason in SAID else None
    return NoticeView(
        id=notice.id,
        reason=notice.reason,
        ticket=ticket.id,
        subject=ticket.subject,
        name=agent.name if agent is not None else customer_chip(ticket.customer).name,
        text=texts.get(notice.message_id or 0, ""),
        count=notice.count,
        at=notice.at,
        read=notice.read_at is not None,
        message=notice.message_id,
        kind=ticket.preview_kind or ticket.kind,
    )


def of_events(work: Work, events: Collection[str]) -> list[tuple[str, int, str]]:
    """Who is told on the screen of these lines of the log and has not read it: (agent, ticket, reason)."""
    if not events:
        return []
    told = select(Notice.agent_id, Notice.ticket_id, Notice.reason)
    rows = work.execute(told.where(Notice.event.in_(events), Notice.page, Notice.read_at.is_(None)))
    return [(str(agent), int(ticket), str(reason)) for agent, ticket, reason in rows]
