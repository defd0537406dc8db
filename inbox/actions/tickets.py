"""What an agent does with a ticket besides answering: assign, transfer, move, tag, prioritise, give a reason."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any, Final

from sqlalchemy import select

from inbox import clock
from inbox.actions import attention, desk, events, mentions, notices, reasons
from inbox.actions.who import SYSTEM, Who, find_living, find_ticket, require
from inbox.errors import Conflict, Invalid
from inbox.store import Agent, Event, Membership, ReadMark, Team, Ticket, TicketTag, Work
from inbox.terms import Direction, Move, Priority, Status

__all__ = [
    "KEEP",
    "SPAM",
    "assign",
    "close_due",
    "exempt",
    "given",
    "prioritise",
    "read",
    "say_why",
    "set_reason",
    "set_status",
    "spam",
    "tag",
    "wake_due",
]

#: What a caller asks for and the move it is, by where the ticket stands.
STEPS: Final[dict[str, tuple[Move, ...]]] = {
    "open": (Move.OPEN, Move.REOPEN),
    "pending": (Move.PENDING,),
    "snoozed": (Move.SNOOZE,),
    "resolved": (Move.RESOLVE,),
    "closed": (Move.CLOSE,),
}
KEEP: Final = object()
#: The tag of what nobody here has to answer, whoever found that out.
SPAM: Final = "spam"


def assign(
    work: Work,
    who: Who,
    number: int,
    facts: Mapping[str, Any] | None = None,
    /,
    *,
    agent: str | object | None = KEEP,
    team: str | object | None = KEEP,
) -> Event | None:
    """Gives a ticket to an agent, a team, or nobody (None); what is not named stays. None where nothing changed.

    ``facts`` are kept with the event: ``why`` a rule chose, the ``batch`` that it was part of. A transfer to another
    team takes the ticket from an agent who is not in it.
    """
    ticket = find_living(work, who, number)
    before = (ticket.assignee_id, ticket.team_id)
    if team is not KEEP:
        if team is not None and work.get(Team, team) is None:
            msg = f"there is no team {team!r}"
            raise Invalid(msg, fields={"team": msg})
        ticket.team_id = team  # type: ignore[assignment]
        if team is not None and agent is KEEP and ticket.assignee_id is not None:
            member = work.get(Membership, (team, ticket.assignee_id))
            ticket.assignee_id = ticket.assignee_id if member is not None else None
    if agent is not KEEP:
        if agent is not None:
            found = work.get(Agent, agent)
            if found is None or not found.active:
                msg = f"there is no active agent {agent!r}"
                raise Invalid(msg, fields={"agent": msg})
        ticket.assignee_id = agent  # type: ignore[assignment]
    if before == (ticket.assignee_id, ticket.team_id):
        return None
    ticket.updated_at = clock.now()
    return work.append(
        "ticket.assigned",
        actor=who.actor,
        ticket=ticket.id,
        agent=ticket.assignee_id,
        team=ticket.team_id,
        was={"agent": before[0], "team": before[1]},
        **(facts or {}),
    )


def set_status(
    work: Work, who: Who, number: int, status: str, *, reason: str | None = None, until: dt.datetime | None = None
) -> Event | None:
    """Moves the ticket to ``status``; ``reason`` is the contact reason at resolve, ``until`` ends a snooze.

    None where it stands there already. Raises :class:`Invalid` for an unknown status, :class:`Conflict` for a move
    that cannot happen.
    """
    steps = STEPS.get(status)
    if steps is None:
        msg = f"status is one of {', '.join(STEPS)}"
        raise Invalid(msg, fields={"status": msg})
    ticket = find_living(work, who, number)
    say_why(work, who, ticket, reason, resolves=status == "resolved")
    before = ticket.snoozed_until
    if status == "snoozed":
        if until is None or until <= clock.now():
            msg = "say until when: a time in the future"
            raise Invalid(msg, fields={"until": msg})
        ticket.snoozed_until = until
    if ticket.status.value == status and status != "snoozed":
        return None
    for step in steps:
        event = events.move(work, ticket, who, step)
        if event is not None:
            if status in {"resolved", "closed"}:
                ticket.waiting_since = None
                attention.deal_all(work, ticket)
            return event
    if ticket.status is Status.SNOOZED and status == "snoozed":
        return work.append(
            "ticket.snoozed",
            actor=who.actor,
            ticket=ticket.id,
            until=clock.iso(ticket.snoozed_until or clock.now()),
            was=clock.iso(before) if before is not None else None,
        )
    msg = f"a ticket that is {ticket.status.value} cannot become {status}"
    raise Conflict(msg)


def say_why(work: Work, who: Who, ticket: Ticket, reason: str | None, *, resolves: bool) -> None:
    """The reason that comes with something else. Raises :class:`Invalid` where the desk wants one to resolve."""
    if reason:
        set_reason(work, who, ticket.id, reason)
    if resolves and ticket.is_open:
        reasons.needed(work, who, ticket)


def wake_due(work: Work) -> int:
    """Wakes the snoozed tickets whose time has come; gives their number."""
    due = work.scalars(
        select(Ticket).where(Ticket.status == Status.SNOOZED, Ticket.snoozed_until <= clock.now()).limit(200)
    ).all()
    for ticket in due:
        events.move(work, ticket, SYSTEM, Move.WAKE)
    return len(due)


def closing(work: Work) -> Sequence[int]:
    """The tickets that :func:`close_due` would close, the longest silent first: a look that holds up no writer."""
    before = clock.now() - dt.timedelta(days=int(desk.get(work, "desk.close_after_d")))
    due = (Ticket.status == Status.RESOLVED) & Ticket.imported.is_(False) & (Ticket.resolved_at <= before)
    found = select(Ticket.id).where(due, Ticket.active_at <= before).order_by(Ticket.resolved_at).limit(200)
    return work.scalars(found).all()


def close_due(work: Work) -> int:
    """Closes the tickets that were resolved, and silent, for as many days as the desk says; gives their number.

    Imported ones are left alone: they were never open here.
    """
    due = work.scalars(select(Ticket).where(Ticket.id.in_(closing(work)))).all()
    for ticket in due:
        events.move(work, ticket, SYSTEM, Move.CLOSE)
    return len(due)


def set_reason(work: Work, who: Who, number: int, reason: str | None) -> Event | None:
    """Sets the contact reason, one of the desk's list; None or empty takes it away."""
    ticket = find_living(work, who, number)
    wanted = (reason or "").strip() or None
    if wanted == ticket.reason:
        return None
    wanted = reasons.find(work, wanted).name if wanted is not None else None
    if wanted == ticket.reason:
        return None
    was, ticket.reason = ticket.reason, wanted
    ticket.updated_at = clock.now()
    return work.append("ticket.reason", actor=who.actor, ticket=ticket.id, reason=wanted, was=was)


def prioritise(work: Work, who: Who, number: int, priority: str) -> Event | None:
    """Sets the priority: low, normal, high or urgent."""
    ticket = find_living(work, who, number)
    try:
        wanted = Priority(priority)
    except ValueError:
        msg = f"priority is one of {', '.join(Priority)}"
        raise Invalid(msg, fields={"priority": msg}) from None
    if wanted is ticket.priority:
        return None
    was, ticket.priority = ticket.priority, wanted
    ticket.updated_at = clock.now()
    return work.append("ticket.priority", actor=who.actor, ticket=ticket.id, priority=wanted.value, was=was.value)


def tag(work: Work, who: Who, number: int, name: str, *, op: str = "add") -> Event | None:
    """Adds or removes a tag; None where nothing changed."""
    ticket = find_living(work, who, number)
    wanted = " ".join(name.split()).lower()
    if not 0 < len(wanted) <= 60 or op not in {"add", "remove"}:
        msg = "a tag has 1 to 60 letters, and op is add or remove"
        raise Invalid(msg, fields={"tag": msg})
    present = next((one for one in ticket.tags if one.tag == wanted), None)
    if (present is not None) == (op == "add"):
        return None
    if present is not None:
        ticket.tags.remove(present)
    else:
        ticket.tags.append(TicketTag(tag=wanted))
    ticket.updated_at = clock.now()
    return work.append("ticket.tag", actor=who.actor, ticket=ticket.id, tag=wanted, op=op)


def spam(work: Work, who: Who, number: int) -> Event | None:
    """Nobody's request: tagged so, out of every figure, and resolved. None where it was said already."""
    ticket = find_living(work, who, number)
    if any(one.tag == SPAM for one in ticket.tags) and not ticket.is_open:
        return None
    event = work.append("ticket.spam", actor=who.actor, ticket=ticket.id, spam=True)
    tag(work, who, number, SPAM)
    if ticket.is_open:
        set_status(work, who, number, "resolved")
    return event


def exempt(work: Work, who: Who, number: int) -> Event | None:
    """Leaves a ticket out of net FCR, whatever its reason; None where it is left out already. Undo counts it again."""
    require(who, "ticket.write")
    ticket = find_living(work, who, number)
    if events.live(work, ticket.id, "ticket.fcr_exempt"):
        return None
    return work.append("ticket.fcr_exempt", actor=who.actor, ticket=ticket.id)


def given(data: dict[str, Any]) -> dict[str, Any]:
    """The agent and the team that a form names, as :func:`assign` takes them; what it does not name stays."""
    return {name: (data[name] or None) if name in data else KEEP for name in ("agent", "team")}


def read(work: Work, who: Who, number: int, message: int) -> None:
    """Marks the ticket read up to a message for this agent; never back. A visitor of the web chat sees it."""
    ticket = find_ticket(work, who, number)
    if who.id is None:
        return
    mentions.read(work, who, ticket)
    notices.read(work, who, number)
    mark = work.get(ReadMark, (who.id, number))
    if mark is not None and mark.message_id >= message:
        return
    if mark is None:
        work.add(ReadMark(agent_id=who.id, ticket_id=number, message_id=message))
    else:
        mark.message_id = message
    if ticket.preview_kind == "chat" and ticket.preview_direction == Direction.IN.value:
        work.append("chat.read", actor=who.actor, ticket=number, msg=str(message))
