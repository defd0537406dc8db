"""Undo: what an agent did to a ticket never happened, as long as nothing has been built on it since."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from sqlalchemy import select

from inbox import clock
from inbox.actions import classifying, events, fields, homes, merging, notes, relating, reply, splitting
from inbox.actions.who import Who, find_living, find_ticket
from inbox.errors import Conflict, NotFound
from inbox.store import Event, Message, Ticket, TicketTag, Work
from inbox.terms import Actor, Delivery, Direction, Priority

__all__ = ["UNDOABLE", "undo"]


def undo(work: Work, who: Who, event_id: str) -> Event:
    """Takes an event of a ticket back; gives the ``void`` that says so in the log.

    Raises :class:`NotFound` for an event that ``who`` may not see, :class:`Conflict` with the reason where it is too
    late or cannot be undone.
    """
    event = work.scalar(select(Event).where(Event.id == event_id))
    if event is None or event.ticket_id is None:
        msg = "there is no such event that you may see"
        raise NotFound(msg)
    find_ticket(work, who, event.ticket_id)
    led = str(event.data.get("by", ""))  # the line that the other ticket shows of a merge, a split or a move
    if led:
        return undo(work, who, led)
    back = UNDOABLE.get(event.kind)
    if back is None or event.actor_kind != Actor.AGENT:
        msg = "this cannot be undone"
        raise Conflict(msg)
    about = event.data.get("msg")  # of corrections only those of the same message follow one another
    lines = [line for line in events.live(work, event.ticket_id, event.kind) if line.data.get("msg") == about]
    if event.id not in {line.id for line in lines}:
        msg = "this was undone already"
        raise Conflict(msg)
    if event.kind in IN_ORDER and lines[-1].id != event.id:
        msg = f"#{event.ticket_id} has been changed since; change it as it should be"
        raise Conflict(msg)
    line = work.append("void", actor=who.actor, ticket=event.ticket_id, target=event.id)
    back(work, who, event)
    return line


def _still(work: Work, who: Who, event: Event, now: Callable[[Ticket], Any], set_to: Any) -> Ticket:
    """The ticket of an event, still as the event left it. Raises :class:`Conflict`."""
    ticket = find_living(work, who, event.ticket_id or 0)
    if now(ticket) != set_to:
        msg = f"#{ticket.id} has been changed since; change it as it should be"
        raise Conflict(msg)
    ticket.updated_at = clock.now()
    return ticket


def _status(work: Work, who: Who, event: Event) -> None:
    ticket = _still(work, who, event, lambda t: t.status.value, event.data["desk"])
    homes.set_back(work, ticket, event.data["was"])
    homes.refresh(work, ticket)


def _snoozed(work: Work, who: Who, event: Event) -> None:
    """Another hour for a ticket that slept already."""
    ticket = _still(work, who, event, lambda t: t.status.value, "snoozed")
    was = event.data.get("was")
    ticket.snoozed_until = clock.parse(was) if was else ticket.snoozed_until


def _assigned(work: Work, who: Who, event: Event) -> None:
    was = event.data.get("was") or {}
    now = (event.data.get("agent"), event.data.get("team"))
    ticket = _still(work, who, event, lambda t: (t.assignee_id, t.team_id), now)
    ticket.assignee_id, ticket.team_id = was.get("agent"), was.get("team")


def _tag(work: Work, who: Who, event: Event) -> None:
    ticket = find_living(work, who, event.ticket_id or 0)
    name, added = event.data["tag"], event.data.get("op", "add") == "add"
    there = next((tag for tag in ticket.tags if tag.tag == name), None)
    if (there is not None) != added:
        msg = f"#{ticket.id} has been changed since; change it as it should be"
        raise Conflict(msg)
    if there is not None:
        ticket.tags.remove(there)
    else:
        ticket.tags.append(TicketTag(tag=name))
    ticket.updated_at = clock.now()


def _priority(work: Work, who: Who, event: Event) -> None:
    ticket = _still(work, who, event, lambda t: t.priority.value, event.data["priority"])
    ticket.priority = Priority(event.data.get("was", Priority.NORMAL.value))


def _reason(work: Work, who: Who, event: Event) -> None:
    ticket = _still(work, who, event, lambda t: t.reason, event.data["reason"])
    ticket.reason = event.data.get("was")


def _refused(work: Work, who: Who, event: Event) -> None:
    message = work.get(Message, int(event.data["msg"]))
    if message is None or message.suggestion is None:
        msg = "this was undone already"
        raise Conflict(msg)
    find_living(work, who, message.ticket_id)
    message.suggestion = {name: value for name, value in message.suggestion.items() if name != "refused"}


def _macro(work: Work, who: Who, event: Event) -> None:
    """Everything that a macro did, the last thing first; what was undone by itself before stays undone."""
    ids = [str(one) for one in event.data.get("events", ())]
    rows = {row.id: row for row in work.scalars(select(Event).where(Event.id.in_(ids)))}
    still = {line.id for line in events.live(work, event.ticket_id or 0, *UNDOABLE)}
    for id in reversed(ids):
        if id in still and rows[id].kind in UNDOABLE:
            undo(work, who, id)
    for number in event.data.get("msgs", ()):
        message = work.get(Message, int(number))
        if message is not None and message.direction is Direction.NOTE:
            notes.remove(work, who, message.id)
        elif message is not None and message.state is not Delivery.CANCELLED:
            reply.cancel(work, who, message.id)


#: Of these only the last one, for each says what holds from then on.
IN_ORDER: Final = frozenset(
    {"ticket.status", "ticket.snoozed", "ticket.assigned", "ticket.priority", "ticket.reason", "msg.classify"}
)
#: What can be undone, and how.
UNDOABLE: Final[dict[str, Callable[[Work, Who, Event], Any]]] = {
    "ticket.merged": merging.unmerge,
    "ticket.split": splitting.unsplit,
    "ticket.status": _status,
    "ticket.snoozed": _snoozed,
    "ticket.spam": lambda _work, _who, _event: None,  # the tag and the status are lines of their own
    "ticket.assigned": _assigned,
    "ticket.tag": _tag,
    "ticket.priority": _priority,
    "ticket.reason": _reason,
    "ticket.fcr_exempt": lambda _work, _who, _event: None,  # only the log has it
    "ticket.field": fields.set_back,
    "ticket.linked": relating.unlinked,
    "msg.refused": _refused,
    "msg.classify": classifying.set_back,
    "macro.run": _macro,
}
