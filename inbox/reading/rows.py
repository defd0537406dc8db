"""Lines of the list, each the same for everybody, and what of them somebody has not read."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import func, select

from inbox import clock
from inbox.actions.who import Who
from inbox.reading import desk, fields, once
from inbox.reading.addresses import label
from inbox.reading.parts import CustomerChip, TeamChip, TicketRow
from inbox.reading.relations import followers_of
from inbox.store import Customer, Message, ReadMark, Ticket, Work
from inbox.terms import Direction

__all__ = ["customer_chip", "row", "rows_of", "unread"]


def customer_chip(customer: Customer | None) -> CustomerChip:
    """A customer's face; without a name their first address stands for it."""
    if customer is None:
        return CustomerChip("", "?")
    first = customer.identities[0] if customer.identities else None
    nameless = label(first.kind, first.value, first.name) if first is not None else ""
    return CustomerChip(customer.id, customer.name or nameless or "?")


def rows_of(work: Work, tickets: Sequence[Ticket]) -> tuple[TicketRow, ...]:
    """The lines of some tickets, with as many queries whatever their number."""
    if not tickets:
        return ()
    last = select(func.max(Message.id)).where(
        Message.ticket_id.in_([ticket.id for ticket in tickets]), Message.direction != Direction.NOTE
    )
    newest = {
        message.ticket_id: message
        for message in work.scalars(select(Message).where(Message.id.in_(last.group_by(Message.ticket_id))))
    }
    told = fields.of_rows(work, [ticket.id for ticket in tickets])
    follow = followers_of(work, [ticket.id for ticket in tickets])
    agents, teams = once.agents(work), once.teams(work)
    now = clock.now()
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
                due=desk.due(ticket, now),
                attention=ticket.attention,
                attention_at=ticket.attention_at,
                snoozed_until=ticket.snoozed_until,
                tags=tuple(tag.tag for tag in ticket.tags),
                reason=ticket.reason or "",
                language=ticket.customer.language if ticket.customer is not None else "",
                fields=told.get(ticket.id, ()),
                followers=follow.get(ticket.id, ()),
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
