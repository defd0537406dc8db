"""When a rule looks at a ticket: the events of the log that it may wait for, and the times."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import select

from inbox.actions.rules import scores
from inbox.store import Event, Message, Ticket, Work
from inbox.terms import Direction

__all__ = ["WHEN", "Case", "When", "case_of", "load", "span"]

Told = dict[str, frozenset[str]]


def _nothing(_work: Work, _data: dict[str, Any]) -> Told:
    return {}


def _any(_data: dict[str, Any]) -> bool:
    return True


@dataclass(frozen=True)
class When:
    """``kinds`` are those of the log, of which ``meets`` says which are meant; without them it is a matter of time, in
    the ``unit`` ``d`` or ``h``. ``told`` is what the line itself says of a condition's field."""

    kinds: tuple[str, ...] = ()
    meets: Callable[[dict[str, Any]], bool] = _any
    told: Callable[[Work, dict[str, Any]], Told] = _nothing
    unit: str = ""


def _status(_work: Work, data: dict[str, Any]) -> Told:
    now = str(data.get("desk", ""))
    return {"status": frozenset({"open" if now == "new" else now})}


def _assigned(_work: Work, data: dict[str, Any]) -> Told:
    return {name: frozenset({str(data.get(name) or "none")}) for name in ("agent", "team")}


def _left(data: dict[str, Any]) -> bool:
    return data.get("state") in {"sent", "delivered", "read"}


#: Every event by its name; add, never rename: they are stored. ``templates/macros/rules.html`` has their words.
WHEN: Final[dict[str, When]] = {
    "message": When(("msg.in",), lambda data: not data.get("auto")),
    "created": When(("ticket.created",)),
    "sent": When(("msg.state",), _left),
    "status": When(("ticket.status",), told=_status),
    "assigned": When(("ticket.assigned",), told=_assigned),
    "tagged": When(
        ("ticket.tag",),
        lambda data: data.get("op") == "add",
        told=lambda _work, data: {"tag": frozenset({str(data.get("tag", ""))})},
    ),
    "soon": When(("sla.soon",)),
    "late": When(("sla.late",)),
    "survey": When(("survey.answered",), told=scores.told),
    "unhappy": When(("sentiment.run",)),
    "automatic": When(("msg.in",), lambda data: bool(data.get("auto"))),
    "silent": When(unit="d"),
    "unanswered": When(unit="h"),
}


def span(event: str, wait: int) -> timedelta:
    """How long a rule of time waits."""
    return timedelta(days=wait) if WHEN[event].unit == "d" else timedelta(hours=wait)


@dataclass(frozen=True)
class Case:
    """One time that a rule may act: the ticket, the message that it is about, what the line of the log says itself.
    ``mark`` names it among the runs of a rule."""

    ticket: Ticket
    at: datetime
    mark: str
    message: Message | None = None
    told: Told = field(default_factory=dict)


def load(work: Work, events: Sequence[Event]) -> list[Any]:
    """Reads the messages and tickets of some lines at once: one by one they would be hundreds of questions. To be held
    as long as they are wanted, for a look keeps only what somebody holds."""
    said = {int(number) for event in events if (number := str((event.data or {}).get("msg", ""))).isdigit()}
    numbers = {event.ticket_id for event in events}
    tickets = work.scalars(select(Ticket).where(Ticket.id.in_(numbers))).unique().all()
    said |= {ticket.last_in_id for ticket in tickets if ticket.last_in_id is not None}
    return [*tickets, *work.scalars(select(Message).where(Message.id.in_(said)))]


def case_of(work: Work, name: str, event: Event) -> Case | None:
    """What a line of the log is to a rule; None where it is nothing to it."""
    when, data = WHEN[name], event.data or {}
    if event.kind not in when.kinds or not when.meets(data) or event.ticket_id is None:
        return None
    number = str(data.get("msg", ""))
    message = work.get(Message, int(number)) if number.isdigit() else None
    if event.kind.startswith("msg.") and message is None:
        return None
    if name == "sent" and message is not None and (message.auto is not None or message.direction is not Direction.OUT):
        return None
    ticket = work.get(Ticket, message.ticket_id if message is not None else event.ticket_id)
    if ticket is None or ticket.merged_into is not None:
        return None
    if message is None and ticket.last_in_id is not None:
        message = work.get(Message, ticket.last_in_id)
    mark = f"m{number}" if name == "sent" else f"e{event.seq}"
    return Case(ticket, event.ts, mark, message, when.told(work, data))
