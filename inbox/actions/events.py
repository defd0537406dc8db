"""The events of messages and tickets, each appended in one place so that the log speaks one language."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Any, Final

from sqlalchemy import select

from inbox.actions.hearing import sounds
from inbox.actions.who import Who
from inbox.sentiment import MODEL
from inbox.store import LOG_STATUS, Event, Message, Ticket, Work, after
from inbox.terms import Delivery, Move, Priority, Status

__all__ = [
    "created",
    "delivery",
    "existing",
    "gone",
    "live",
    "message_in",
    "message_out",
    "mood",
    "move",
    "standing",
    "take_back",
    "terms",
    "void",
]

#: So many ids are looked for by name at once; both databases have a limit.
AT_ONCE: Final = 500


def created(work: Work, ticket: Ticket, who: Who, ts: dt.datetime) -> Event:
    """``ticket.created``, or ``ticket.imported`` for one that is older than its channel here."""
    kind = "ticket.imported" if ticket.imported else "ticket.created"
    return work.append(
        kind,
        actor=who.actor,
        ticket=ticket.id,
        ts=ts,
        customer=ticket.customer_id,
        channel=ticket.kind,
        address=ticket.channel_id,
        **terms(ticket),
    )


def terms(ticket: Ticket) -> dict[str, str]:
    """What the desk's promises look at, as far as it is not what most tickets have."""
    told = {
        "team": ticket.team_id,
        "priority": ticket.priority.value if ticket.priority is not Priority.NORMAL else None,
        "band": ticket.customer.band if ticket.customer is not None else None,
    }
    return {name: value for name, value in told.items() if value}


def message_in(
    work: Work, message: Message, customer: str | None, *, imported: bool = False, reached: int | None = None
) -> Event:
    """``msg.in`` at the provider's time; ``msg.imported`` stays outside the figures.

    ``reached`` is the ticket that the message came for, where that was merged into the one that holds it now.
    """
    extra: dict[str, Any] = {"auto": True} if message.auto else {}
    if imported:
        extra["imported"] = True
    return work.append(
        "msg.imported" if imported else "msg.in",
        id=f"msg.in:{message.id}",
        actor=Who.customer(customer).actor,
        ticket=reached or message.ticket_id,
        ts=message.at,
        channel=message.kind,
        msg=str(message.id),
        address=message.channel_id,
        **extra,
    )


def mood(work: Work, message: Message) -> Event:
    """``sentiment``: how the customer's own words sound; a corrected text is scored again and the last one counts."""
    return work.append(
        "sentiment", ticket=message.ticket_id, msg=str(message.id), score=sounds(work, message), model=MODEL
    )


def message_out(work: Work, message: Message, who: Who, ts: dt.datetime, *, again: int = 0) -> Event:
    """``msg.out`` at the click; a resend is a new one."""
    extra: dict[str, Any] = {"auto": True} if message.auto else {}
    event = work.append(
        "msg.out",
        id=f"msg.out:{message.id}" + (f":{again}" if again else ""),
        actor=who.actor,
        ticket=message.ticket_id,
        ts=ts,
        channel=message.kind,
        msg=str(message.id),
        address=message.channel_id,
        **extra,
    )
    message.out_event = event.id
    return event


def live(work: Work, ticket: int, *kinds: str) -> list[Event]:
    """A ticket's events of some kinds that were not taken back, oldest first."""
    rows = work.scalars(
        select(Event).where(Event.ticket_id == ticket, Event.kind.in_([*kinds, "void"])).order_by(Event.seq)
    )
    return existing(work, rows.all())


def existing(work: Work, rows: Sequence[Event]) -> list[Event]:
    """Of a ticket's lines, read together with its voids, those that were not taken back, and no void: what one ticket
    is about is found by an index, and the voids of all others need not be read."""
    void = _void([row.id for row in rows], _targets([*rows, *work.events]))
    return [row for row in rows if row.kind != "void" and row.id not in void]


def standing(work: Work, rows: Sequence[Event]) -> list[Event]:
    """Events without those that do not exist any more."""
    void = gone(work, [row.id for row in rows])
    return [row for row in rows if row.id not in void]


def gone(work: Work, ids: Iterable[str]) -> set[str]:
    """Of some events those that do not exist any more, as the figures have it; a void may be void itself."""
    every = asked = known = set(ids)
    voids = [*_targets(work.events)]
    target = Event.data["target"].as_string()
    while asked:
        told = select(Event.id, target).where(Event.kind == "void")
        is_few = len(asked) <= AT_ONCE  # else all voids are read, once: every statement reads them anyway
        voids += [(id, of) for id, of in work.execute(told.where(target.in_(asked)) if is_few else told)]
        asked = {id for id, _of in voids} - known if is_few else set()
        known = known | asked
    return _void(every, voids)


def _targets(rows: Iterable[Event]) -> Iterator[tuple[str, str]]:
    return ((row.id, str((row.data or {}).get("target"))) for row in rows if row.kind == "void")


def _void(ids: Iterable[str], voids: Iterable[tuple[str, str]]) -> set[str]:
    """Of some ids those that do not exist, by voids as (id, target)."""
    of: dict[str, set[str]] = {}
    for id, target in voids:
        of.setdefault(target, set()).add(id)

    def lives(id: str, asking: frozenset[str] = frozenset()) -> bool:
        return not any(lives(one, asking | {id}) for one in of.get(id, ()) if one not in asking)

    return {id for id in ids if id in of and not lives(id)}


def void(work: Work, who: Who, target: str | None, ticket: int) -> None:
    """Makes an event not exist: what never left answers nobody."""
    if target:
        work.append("void", actor=who.actor, ticket=ticket, target=target)


def take_back(work: Work, who: Who, ids: Collection[str]) -> None:
    """Makes some events not exist, each in the history of its own ticket."""
    rows = work.scalars(select(Event).where(Event.id.in_(ids)))
    places = {row.id: row.ticket_id for row in rows}
    for id in ids:
        void(work, who, id, places.get(id) or 0)


def delivery(work: Work, message: Message, state: Delivery, **facts: Any) -> Event:
    """Sets an outgoing message's state and tells the log; screens live on these lines."""
    message.state = state
    return work.append(
        "msg.state",
        ticket=message.ticket_id,
        msg=str(message.id),
        state=state.value,
        channel=message.kind,
        **{name: value for name, value in facts.items() if value is not None},
    )


def move(
    work: Work, ticket: Ticket, who: Who, step: Move, *, ts: dt.datetime | None = None, cause: str | None = None
) -> Event | None:
    """Moves a ticket's status by the lifecycle table. None where it stays as it is or the move cannot happen."""
    new = after(ticket.status, step)
    if new is None or new is ticket.status:
        return None
    old = ticket.status
    ticket.status = new
    ticket.snoozed_until = ticket.snoozed_until if new is Status.SNOOZED else None
    extra: dict[str, Any] = {"cause": cause} if cause else {}
    event = work.append(
        "ticket.status",
        actor=who.actor,
        ticket=ticket.id,
        ts=ts,
        status=LOG_STATUS[new],
        desk=new.value,
        was=old.value,
        **extra,
    )
    if new is not Status.CLOSED:  # closing leaves the time of the answer as it is
        ticket.resolved_at = event.ts if new is Status.RESOLVED else None
    ticket.updated_at = event.rec
    return event
