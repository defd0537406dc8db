"""The list: tickets of a view, page by page by a key, each line the same for everybody."""

from __future__ import annotations

import base64
import binascii
import datetime as dt
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, or_, select

from inbox import search
from inbox.actions.who import Who, visible
from inbox.reading import desk
from inbox.reading.addresses import label
from inbox.reading.parts import ChannelCount, CustomerChip, Inbox, Tab, TeamChip, TicketRow
from inbox.store import Agent, Channel, Customer, Message, ReadMark, Team, Ticket, Work
from inbox.terms import Direction, Priority, Status

__all__ = ["PAGE", "Asked", "customer_chip", "inbox", "row", "rows_of", "unread"]

PAGE = 50
TABS = {"open": (Status.NEW, Status.OPEN), "pending": (Status.PENDING,), "resolved": (Status.RESOLVED, Status.CLOSED)}
SORTS = ("newest", "oldest", "waiting", "priority")
_FAR = dt.datetime(9999, 1, 1, tzinfo=dt.UTC)
_RANK = {Priority.URGENT: 0, Priority.HIGH: 1, Priority.NORMAL: 2, Priority.LOW: 3}


@dataclass(frozen=True)
class Asked:
    """What the address asks of the list."""

    view: str = "all"
    channel: str = ""
    query: str = ""
    tab: str = "open"
    sort: str = "newest"
    after: str = ""
    ticket: int | None = None


def customer_chip(customer: Customer | None) -> CustomerChip:
    """A customer's face; without a name their first address stands for it."""
    if customer is None:
        return CustomerChip("", "?")
    first = customer.identities[0] if customer.identities else None
    nameless = label(first.kind, first.value, first.name) if first is not None else ""
    return CustomerChip(customer.id, customer.name or nameless or "?")


def rows_of(work: Work, tickets: Sequence[Ticket]) -> tuple[TicketRow, ...]:
    """The lines of some tickets, with three queries whatever their number."""
    if not tickets:
        return ()
    last = select(func.max(Message.id)).where(
        Message.ticket_id.in_([ticket.id for ticket in tickets]), Message.direction != Direction.NOTE
    )
    newest = {
        message.ticket_id: message
        for message in work.scalars(select(Message).where(Message.id.in_(last.group_by(Message.ticket_id))))
    }
    agents = {agent.id: agent for agent in work.scalars(select(Agent))}
    teams = {team.id: team for team in work.scalars(select(Team))}
    late = desk.late_before()
    found = []
    for ticket in tickets:
        message = newest.get(ticket.id)
        agent = agents.get(ticket.assignee_id or "")
        team = teams.get(ticket.team_id or "")
        ours = message is not None and message.direction is Direction.OUT and message.state is not None
        found.append(
            TicketRow(
                id=ticket.id,
                subject=ticket.subject,
                customer=customer_chip(ticket.customer),
                kind=ticket.preview_kind or ticket.kind,
                channel=ticket.channel_id,
                status=ticket.status.value,
                priority=ticket.priority.value,
                preview=ticket.preview,
                preview_direction=ticket.preview_direction,
                active_at=ticket.active_at,
                delivery=message.state.value if ours and message is not None and message.state is not None else "",
                last_in=ticket.last_in_id or 0,
                assignee=desk.chip(agent) if agent is not None else None,
                team=TeamChip(team.id, team.name) if team is not None else None,
                waiting_since=ticket.waiting_since if ticket.is_open else None,
                late=ticket.is_open and ticket.waiting_since is not None and ticket.waiting_since < late,
                attention=ticket.attention,
                attention_at=ticket.attention_at,
                snoozed_until=ticket.snoozed_until,
            )
        )
    return tuple(found)


def row(work: Work, ticket: Ticket) -> TicketRow:
    """One line."""
    return rows_of(work, [ticket])[0]


def unread(work: Work, who: Who, ids: Sequence[int]) -> dict[int, int]:
    """My unread inbound messages in some tickets."""
    if not ids:
        return {}
    mark = select(ReadMark.message_id).where(ReadMark.agent_id == who.id, ReadMark.ticket_id == Message.ticket_id)
    rows = work.execute(
        select(Message.ticket_id, func.count())
        .where(
            Message.ticket_id.in_(ids),
            Message.direction == Direction.IN,
            Message.auto.is_(None),
            Message.id > func.coalesce(mark.scalar_subquery(), 0),
        )
        .group_by(Message.ticket_id)
    )
    return {int(ticket): count for ticket, count in rows}


def _condition(work: Work, who: Who, asked: Asked) -> ColumnElement[bool]:
    parts: list[ColumnElement[bool]] = [visible(who), Ticket.merged_into.is_(None)]
    if asked.query:
        found = {ticket for _message, ticket in search.find(work, asked.query, limit=2000)}
        number = asked.query.lstrip("#")
        found |= {int(number)} if number.isdigit() and len(number) < 16 else set()
        parts.append(Ticket.id.in_(found))
        return and_(*parts)
    if asked.tab != "open" and asked.view in {"all", ""}:
        parts.append(Ticket.status.in_(TABS.get(asked.tab, TABS["open"])))
    elif asked.tab != "open" and asked.view in {"mine", "unassigned"}:
        owner = Ticket.assignee_id == who.id if asked.view == "mine" else Ticket.assignee_id.is_(None)
        parts += [owner, Ticket.status.in_(TABS.get(asked.tab, TABS["open"]))]
    else:
        parts.append(desk.view_condition(asked.view, who))
    if asked.channel:
        parts.append(Ticket.channel_id == asked.channel)
    return and_(*parts)


def _ordered(asked: Asked) -> tuple[list[Any], list[Any], bool]:
    """The sort's columns and whether they descend."""
    if asked.view == "failed" and asked.sort == "newest":
        return [func.coalesce(Ticket.attention_at, Ticket.active_at), Ticket.id], ["at", "id"], True
    if asked.sort == "waiting":
        return [func.coalesce(Ticket.waiting_since, _FAR), Ticket.id], ["at", "id"], False
    if asked.sort == "oldest":
        return [Ticket.active_at, Ticket.id], ["at", "id"], False
    return [Ticket.active_at, Ticket.id], ["at", "id"], True


def _page(query: Select[Ticket], asked: Asked) -> Select[Ticket]:
    columns, _names, descending = _ordered(asked)
    cursor = _decode(asked.after)
    if cursor is not None:
        at, number = cursor
        first, second = columns
        if descending:
            query = query.where(or_(first < at, and_(first == at, second < number)))
        else:
            query = query.where(or_(first > at, and_(first == at, second > number)))
    return query.order_by(*(column.desc() if descending else column.asc() for column in columns)).limit(PAGE + 1)


def _decode(cursor: str) -> tuple[dt.datetime, int] | None:
    try:
        at, number = json.loads(base64.urlsafe_b64decode(cursor.encode()))
        return dt.datetime.fromisoformat(at).astimezone(dt.UTC), int(number)
    except (ValueError, binascii.Error, TypeError):
        return None


def _encode(ticket: Ticket, asked: Asked) -> str:
    at = ticket.active_at
    if asked.sort == "waiting":
        at = ticket.waiting_since or _FAR
    elif asked.view == "failed" and asked.sort == "newest":
        at = ticket.attention_at or at
    return base64.urlsafe_b64encode(json.dumps([at.isoformat(), ticket.id]).encode()).decode()


def inbox(work: Work, who: Who, asked: Asked) -> Inbox:
    """One page of the list with its tabs and my unread."""
    condition = _condition(work, who, asked)
    tickets = list(work.scalars(_page(select(Ticket).where(condition), asked)).unique())
    more = len(tickets) > PAGE
    tickets = tickets[:PAGE]
    if asked.sort == "priority":
        tickets.sort(key=lambda ticket: _RANK[ticket.priority])
    figures = desk.counts(work, who) if not asked.after else {}
    channel = work.get(Channel, asked.channel) if asked.channel else None
    first = work.scalar(
        select(Ticket.id)
        .where(visible(who), desk.view_condition("unassigned", who))
        .order_by(func.coalesce(Ticket.waiting_since, _FAR), Ticket.id)
        .limit(1)
    )
    tabs = (Tab("open", figures.get("all")), Tab("pending", figures.get("pending")), Tab("resolved"))
    tabbed = asked.view in {"all", "mine", "unassigned"} and not asked.query and not asked.channel
    return Inbox(
        rows=rows_of(work, tickets),
        view=asked.view,  # type: ignore[arg-type]
        channel=ChannelCount(channel.id, channel.kind, channel.title) if channel is not None else None,
        query=asked.query,
        total=figures.get(f"channel:{channel.id}" if channel is not None else asked.view)
        if asked.tab == "open"
        else None,
        tabs=tabs if tabbed and asked.view == "all" else tuple(Tab(tab.key) for tab in tabs) if tabbed else (),
        tab=asked.tab,  # type: ignore[arg-type]
        sort=asked.sort,  # type: ignore[arg-type]
        sorts=SORTS,  # type: ignore[arg-type]
        next=_encode(tickets[-1], asked) if more else None,
        unread=unread(work, who, [ticket.id for ticket in tickets]),
        unassigned=figures.get("unassigned", 0),
        first_id=first,
    )
