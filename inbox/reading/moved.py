"""What came while an agent was writing."""

from __future__ import annotations

from sqlalchemy import select

from inbox.actions.who import Who, find_ticket
from inbox.reading.parts import Item, Moved
from inbox.reading.threads import item_of_message
from inbox.store import Message, Work
from inbox.terms import Delivery, Direction

__all__ = ["moved"]


def moved(work: Work, who: Who, number: int, seen: int) -> tuple[Moved, tuple[Item, ...]]:
    """The messages after ``seen`` that somebody else wrote, and a line that sums them up."""
    ticket = find_ticket(work, who, number)
    fresh = work.scalars(
        select(Message)
        .where(
            Message.ticket_id == ticket.id,
            Message.id > seen,
            Message.direction != Direction.NOTE,
            Message.auto.is_(None),
            Message.state.is_(None) | Message.state.not_in([Delivery.SCHEDULED, Delivery.CANCELLED]),
            (Message.agent_id != who.id) | Message.agent_id.is_(None),
        )
        .order_by(Message.id)
    ).all()
    last = fresh[-1] if fresh else None
    view = Moved(
        ticket=ticket.id,
        count=len(fresh),
        seen=last.id if last is not None else seen,
        who=(last.from_name or last.from_address) if last is not None else "",
        at=last.at if last is not None else ticket.active_at,
    )
    return view, tuple(item_of_message(work, message) for message in fresh)
