"""Related tickets: two that somebody linked by hand, read both ways, until the link is taken back."""

from __future__ import annotations

from sqlalchemy import or_, select

from inbox.actions import events
from inbox.actions.who import Who, find_living, find_ticket
from inbox.errors import Conflict, Invalid
from inbox.store import Event, TicketLink, Work

__all__ = ["link", "linked", "others", "unlinked"]


def linked(work: Work, one: int, other: int) -> TicketLink | None:
    """The link between two tickets, whichever way it was made."""
    return work.get(TicketLink, (one, other)) or work.get(TicketLink, (other, one))


def link(work: Work, who: Who, number: int, other: int) -> Event:
    """Links two tickets; gives the event, which can be undone from either. The figures take the second for a repeat of
    the first where the customer is the same (metrics.md). Raises :class:`Invalid` or :class:`Conflict`."""
    ticket, second = find_living(work, who, number), find_living(work, who, other)
    if ticket.id == second.id:
        msg = "a ticket cannot be linked to itself"
        raise Invalid(msg, fields={"to": msg})
    if linked(work, ticket.id, second.id) is not None:
        msg = f"#{ticket.id} and #{second.id} are linked already"
        raise Conflict(msg)
    mirror = work.append("ticket.related", actor=who.actor, ticket=second.id, to=str(ticket.id))
    event = work.append(
        "ticket.linked", actor=who.actor, ticket=ticket.id, to=str(second.id), by_hand=True, along=[mirror.id]
    )
    mirror.data = {**mirror.data, "by": event.id}
    work.add(TicketLink(ticket_id=ticket.id, other_id=second.id, event=event.id))
    return event


def unlinked(work: Work, who: Who, event: Event) -> None:
    """Takes a link back. Raises :class:`Conflict` for one that the desk made by itself."""
    row = work.scalar(select(TicketLink).where(TicketLink.event == event.id))
    if row is None:
        msg = "this cannot be undone"
        raise Conflict(msg)
    find_ticket(work, who, row.ticket_id)
    work.delete(row)
    events.take_back(work, who, event.data.get("along", ()))


def others(work: Work, number: int) -> dict[int, str]:
    """The tickets that were linked to one by hand, each with the id of the line that can be undone."""
    rows = select(TicketLink).where(or_(TicketLink.ticket_id == number, TicketLink.other_id == number))
    return {row.other_id if row.ticket_id == number else row.ticket_id: row.event for row in work.scalars(rows)}
