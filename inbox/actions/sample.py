"""The sample data's end: its rows go, and the log calls its tickets a test, so that no figure counts them."""

from __future__ import annotations

from sqlalchemy import delete, or_, select, update

from inbox import clock, search
from inbox.actions import desk
from inbox.actions.who import Who, require
from inbox.errors import Conflict
from inbox.store import (
    Agent,
    Audit,
    Channel,
    Customer,
    Event,
    Identity,
    JournalEntry,
    Message,
    Ticket,
    Visitor,
    Work,
)

__all__ = ["remove"]

#: Lines of the log that tell of an invented person's time and pay.
OF_PEOPLE = ("agent.state", "cost.rate")


def remove(work: Work, who: Who) -> int:
    """Removes the sample channels, customers and people with all that hangs on them; gives how many tickets went.

    Whoever does it stays, as a person of the desk. Teams, reasons and canned replies stay too: they are the desk's.
    Raises :class:`Conflict` where there is no sample data.
    """
    require(who, "settings.change")
    if not desk.get(work, "desk.sample"):
        msg = "there is no sample data in this desk"
        raise Conflict(msg)
    channels = list(work.scalars(select(Channel.id).where(Channel.sample)))
    customers = list(work.scalars(select(Customer.id).where(Customer.sample)))
    agents = list(work.scalars(select(Agent.id).where(Agent.sample, Agent.id != (who.id or ""))))
    tickets = list(
        work.scalars(select(Ticket.id).where(or_(Ticket.channel_id.in_(channels), Ticket.customer_id.in_(customers))))
    )
    _tell(work, who, tickets, agents)
    _tickets(work, tickets)
    work.execute(delete(JournalEntry).where(JournalEntry.channel_id.in_(channels)))
    work.execute(delete(Visitor).where(Visitor.channel_id.in_(channels)))
    work.execute(delete(Identity).where(Identity.customer_id.in_(customers)))
    work.execute(delete(Customer).where(Customer.id.in_(customers)))
    _people(work, who, agents)
    _channels(work, channels)
    desk.put(work, who, "desk.sample", value=False)
    desk.audit(work, who, "demo.removed", tickets=len(tickets), people=len(agents), channels=len(channels))
    return len(tickets)


def _tell(work: Work, who: Who, tickets: list[int], agents: list[str]) -> None:
    for ticket in tickets:
        work.append("ticket.deleted", actor=who.actor, ticket=ticket, why="test")
    for line in work.scalars(select(Event).where(Event.kind.in_(OF_PEOPLE)).order_by(Event.seq)):
        if (line.data or {}).get("agent") in agents:
            work.append("void", actor=who.actor, target=line.id)


def _tickets(work: Work, tickets: list[int]) -> None:
    search.forget(work, tickets)
    for link in (Ticket.linked_to, Ticket.merged_into):
        work.execute(update(Ticket).where(link.in_(tickets)).values({link: None}))
    work.execute(delete(Message).where(Message.ticket_id.in_(tickets)))
    work.execute(delete(Ticket).where(Ticket.id.in_(tickets)))


def _people(work: Work, who: Who, agents: list[str]) -> None:
    """Invented people go; what they did to the desk's own things stays without their name."""
    for owner in (Audit.agent_id, Message.agent_id, Ticket.assignee_id):
        work.execute(update(owner.class_).where(owner.in_(agents)).values({owner: None}))
    work.execute(delete(Agent).where(Agent.id.in_(agents)))
    work.execute(update(Agent).where(Agent.id == who.id).values(sample=False))


def _channels(work: Work, channels: list[str]) -> None:
    """Their rows stay behind the log's lines, without secrets and without a name that a new one may want."""
    for row in work.scalars(select(Channel).where(Channel.id.in_(channels))):
        row.removed_at = row.removed_at or clock.now()
        row.enabled, row.secrets = False, ""
        row.name = row.name if "~" in row.name else f"{row.name}~{row.id[:8]}"
