"""Merging: two tickets about one thing become one. The loser points at the winner; its messages are shown there."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select

from inbox.actions import events, fields, followers, homes
from inbox.actions.who import SYSTEM, Who, find_living, find_ticket
from inbox.errors import Conflict, Invalid
from inbox.store import Event, Message, Ticket, TicketTag, Work
from inbox.terms import Move, Status

__all__ = ["merge", "unmerge"]


def merge(work: Work, who: Who, number: int, into: int) -> Event:
    """Merges ticket ``number`` into another one; gives the event, which can be undone.

    The winner keeps its subject, customer, assignee and priority. It takes the loser's messages, tags and
    followers, its reason and its fields' values where it has none, and opens again where the loser's customer waits for
    an answer.
    """
    loser, winner = find_living(work, who, number), find_living(work, who, into)
    if loser.id == winner.id:
        msg = "a ticket cannot be merged into itself"
        raise Invalid(msg, fields={"into": msg})
    messages = work.scalars(select(Message).where(Message.ticket_id == loser.id).order_by(Message.id)).all()
    if any(message.state in homes.LEAVING for message in messages):
        msg = "a message is leaving this very moment; try again when it has left"
        raise Conflict(msg)
    waits = [since for since in (winner.waiting_since, loser.waiting_since) if since is not None and loser.is_open]
    # Before the merge: a case whose last open ticket ends would count as closed by it.
    opened = _reopened(work, who, winner) if loser.is_open and loser.waiting_since is not None else None
    gave = _give(loser, winner)
    joined = followers.along(work, loser.id, winner.id)
    if joined:
        gave["followers"] = joined
    carried = fields.carry(work, who, loser.id, winner.id)
    absorbed = work.append("ticket.absorbed", actor=who.actor, ticket=winner.id, merged=str(loser.id))
    event = work.append(
        "ticket.merged",
        actor=who.actor,
        ticket=loser.id,
        into=str(winner.id),
        msgs=[str(message.id) for message in messages],
        was={"status": loser.status.value},
        gave=gave,
        along=[absorbed.id, *([opened.id] if opened is not None else []), *carried],
    )
    absorbed.data = {**absorbed.data, "by": event.id}
    new = [message for message in messages if message.joined_rule == "new"]
    homes.rehome(work, [message for message in messages if message.joined_rule != "new"], winner)
    homes.rehome(work, new, winner, why=f"#{loser.id}")
    homes.shut(loser, winner)
    homes.refresh(work, winner)
    if winner.is_open:
        winner.waiting_since = min(waits, default=winner.waiting_since)
    return event


def _reopened(work: Work, who: Who, winner: Ticket) -> Event | None:
    step = Move.REOPEN if winner.status in {Status.RESOLVED, Status.CLOSED} else Move.CUSTOMER_WROTE
    return events.move(work, winner, who, step)


def _give(loser: Ticket, winner: Ticket) -> dict[str, Any]:
    """What the winner takes over besides messages; the log needs no line for it: a case has all its parts' tags."""
    gave: dict[str, Any] = {}
    known = {tag.tag for tag in winner.tags}
    tags = [tag.tag for tag in loser.tags if tag.tag not in known]
    if tags:
        winner.tags.extend(TicketTag(tag=tag) for tag in tags)
        gave["tags"] = tags
    if winner.reason is None and loser.reason is not None:
        winner.reason = gave["reason"] = loser.reason
    if not winner.attention and loser.attention:
        winner.attention = gave["attention"] = loser.attention
    return gave


def unmerge(work: Work, who: Who, event: Event) -> list[str]:
    """Takes a merge back; gives the ids of the other events that go with it. Raises :class:`Conflict` where it cannot.

    What came for the loser in the meantime goes back with it; what was said in the winner stays there.
    """
    loser, winner = find_ticket(work, who, event.ticket_id or 0), find_ticket(work, who, int(event.data["into"]))
    if winner.merged_into is not None:
        msg = f"#{winner.id} was merged into #{winner.merged_into} since; take that back first"
        raise Conflict(msg)
    if loser.merged_into != winner.id:
        msg = f"#{loser.id} is no longer merged into #{winner.id}"
        raise Conflict(msg)
    ids = [int(one) for one in event.data["msgs"]]
    messages = work.scalars(select(Message).where(Message.id.in_(ids), Message.ticket_id == winner.id)).all()
    if len(messages) < len(ids):
        msg = f"messages of #{loser.id} have been moved on since; take that back first"
        raise Conflict(msg)
    late = _late(work, event, winner)
    loser.merged_into = None
    loser.status = Status(event.data["was"]["status"])
    gave = event.data.get("gave", {})
    winner.tags = [tag for tag in winner.tags if tag.tag not in gave.get("tags", ())]
    for field, nothing in (("reason", None), ("attention", "")):
        if field in gave and getattr(winner, field) == gave[field]:
            setattr(winner, field, nothing)
    followers.part(work, winner.id, gave.get("followers", ()))
    fields.uncarry(work, event.data["along"])
    was, caused = _caused(work, winner, late, event.data["along"])
    gone = [*event.data["along"], *caused]
    events.take_back(work, who, gone)
    if was is not None:
        homes.set_back(work, winner, was)
    homes.send_back(work, [*messages, *late], loser, winner)
    for message in late:
        if homes.own_words(message):
            step = Move.REOPEN if loser.status is Status.CLOSED else Move.CUSTOMER_WROTE
            events.move(work, loser, SYSTEM, step, ts=message.at, cause=str(message.id))
            homes.refresh(work, loser)
    return gone


def _late(work: Work, event: Event, winner: Ticket) -> list[Message]:
    """What came for the loser, or for one that was merged into it before, after the merge: the log says so."""
    numbers = fresh = {event.ticket_id or 0}
    while fresh:
        fresh = set(work.scalars(select(Ticket.id).where(Ticket.merged_into.in_(fresh)))) - numbers
        numbers |= fresh
    lines = work.scalars(
        select(Event).where(Event.ticket_id.in_(numbers), Event.kind == "msg.in", Event.seq > event.seq)
    )
    ids = [int(line.data["msg"]) for line in lines]
    found = select(Message).where(Message.id.in_(ids), Message.ticket_id == winner.id).order_by(Message.id)
    return list(work.scalars(found))


def _caused(work: Work, winner: Ticket, late: Sequence[Message], along: Sequence[str]) -> tuple[str | None, list[str]]:
    """The status to go back to (None: it stays), and the moves of the winner that what came by the merge had caused;
    only those that no other move followed."""
    causes = {str(message.id) for message in late}
    was, caused = None, []
    for line in reversed(events.live(work, winner.id, "ticket.status")):
        if line.id not in along and line.data.get("cause") not in causes:
            break
        was = str(line.data["was"])
        caused += [line.id] if line.id not in along else []
    return was, caused
