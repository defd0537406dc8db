"""Who follows a ticket, and which others it is related to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, func, or_, select

from inbox.actions import relating
from inbox.actions.who import Who, visible
from inbox.reading import desk, once
from inbox.reading.parts import AgentChip, PreviousTicket
from inbox.store import Follower, Ticket, Work

__all__ = ["Related", "Relations", "followers_of", "relations"]

MOST = 30
PREVIOUS = 8  # other tickets that stand beside one


@dataclass(frozen=True)
class Related:
    """Another ticket. ``how``: ``linked`` by hand, ``before`` (this one follows it or was split from it), ``after``;
    ``undo`` is the line by which a link is taken back."""

    id: int
    subject: str
    kind: str
    status: str
    how: str
    undo: str = ""


@dataclass(frozen=True)
class Relations:
    """A ticket's followers and related tickets, as whoever asks may see them."""

    ticket: int
    followers: tuple[AgentChip, ...] = ()
    following: bool = False
    related: tuple[Related, ...] = ()


def followers_of(work: Work, tickets: Sequence[int]) -> Mapping[int, tuple[str, ...]]:
    """The agents who follow some tickets of a list."""
    found: dict[int, tuple[str, ...]] = {}
    for row in work.scalars(select(Follower).where(Follower.ticket_id.in_(tickets))):
        found[row.ticket_id] = (*found.get(row.ticket_id, ()), row.agent_id)
    return found


def previous(work: Work, who: Who, ticket: Ticket) -> tuple[PreviousTicket, ...]:
    """The customer's other tickets that ``who`` may see, the newest :data:`PREVIOUS` first."""
    if ticket.customer_id is None:
        return ()
    query = select(Ticket.id, Ticket.subject, Ticket.kind, Ticket.status, Ticket.created_at)
    query = query.where(*_theirs(who, ticket)).order_by(Ticket.id.desc()).limit(PREVIOUS)
    rows = once.once(work, f"previous:{ticket.id}:{who.id}", lambda: work.execute(query).all())
    return tuple(PreviousTicket(id, subject, kind, status.value, at) for id, subject, kind, status, at in rows)


def previous_total(work: Work, who: Who, ticket: Ticket) -> int:
    """How many there are."""
    found = len(previous(work, who, ticket))
    if found < PREVIOUS:
        return found
    return work.scalar(select(func.count()).select_from(Ticket).where(*_theirs(who, ticket))) or 0


def _theirs(who: Who, ticket: Ticket) -> tuple[ColumnElement[bool], ...]:
    same = Ticket.customer_id == ticket.customer_id
    return same, Ticket.id != ticket.id, Ticket.merged_into.is_(None), visible(who)


def relations(work: Work, who: Who, ticket: Ticket) -> Relations:
    """All of it."""
    agents = once.agents(work)
    ids = followers_of(work, [ticket.id]).get(ticket.id, ())
    return Relations(
        ticket.id,
        tuple(desk.chip(agents[one]) for one in ids if one in agents),
        who.id in ids,
        _related(work, who, ticket),
    )


def _related(work: Work, who: Who, ticket: Ticket) -> tuple[Related, ...]:
    by_hand = relating.others(work, ticket.id)
    wanted = [*by_hand, *([ticket.linked_to] if ticket.linked_to is not None else [])]
    query = select(Ticket.id, Ticket.subject, Ticket.kind, Ticket.status).where(visible(who))
    query = query.where(or_(Ticket.id.in_(wanted), Ticket.linked_to == ticket.id))
    rows = work.execute(query.order_by(Ticket.id.desc()).limit(MOST))
    return tuple(
        Related(
            one.id,
            one.subject,
            one.kind,
            one.status.value,
            "linked" if one.id in by_hand else "before" if one.id == ticket.linked_to else "after",
            by_hand.get(one.id, ""),
        )
        for one in rows
    )
