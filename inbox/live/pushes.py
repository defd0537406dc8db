"""From log lines to what rooms see: each event becomes the drawn parts it changes, once per room and language."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import cache

from sqlalchemy import select

from inbox import clock
from inbox.actions.notices import CAUSES, FOLLOWED
from inbox.live.rooms import homes, private_teams
from inbox.reading import notices, rows, threads
from inbox.rendering import Stage
from inbox.store import Agent, Event, Message, Ticket, Work
from inbox.terms import Role

__all__ = ["QUIET", "Push", "draw", "plan"]

#: Ends of a delivery that somebody has to see to.
ALERTS = ("failed", "unknown")
#: What the worker says of a clock, and the word of the notice.
DUE = {"sla.soon": "soon", "sla.late": "late"}
#: Lines that make notices; of clocks the rows above tell.
TOLD = (CAUSES.keys() | FOLLOWED) - DUE.keys()
#: What changes messages in the middle of a thread.
MOVING = threads.REGROUPED | {"ticket.deleted"}
MOST = 3  # notices at once; of more their number is said
#: Kinds that change nothing on a screen.
QUIET = ("handle.", "notice.", "chat.", "cost.", "agent.", "identity.", "journal.", "setting.")


@dataclass
class Push:
    """What changed for one room: rows and heads of tickets, messages of threads, lines of the history."""

    seq: int = 0
    rows: dict[int, None] = field(default_factory=dict)
    heads: dict[int, None] = field(default_factory=dict)
    messages: dict[int, None] = field(default_factory=dict)
    gone: dict[int, None] = field(default_factory=dict)
    went: dict[int, int] = field(default_factory=dict)  # tickets that were merged away, and where to
    again: bool = False  # messages came or went in the middle of the thread: browsers fetch it once more
    unsaid: dict[int, None] = field(default_factory=dict)  # lines of the history that were taken back
    events: dict[int, Event] = field(default_factory=dict)
    alerts: dict[int, str] = field(default_factory=dict)  # ticket → "failed", "unknown", "soon", "late"


def plan(work: Work, events: Iterable[Event]) -> dict[str, Push]:
    """Which rooms hear of these events, and what of."""
    private = private_teams(work)
    pushes: dict[str, Push] = {}
    lines = [event for event in events if event.ticket_id is not None and not event.kind.startswith(QUIET)]
    tickets = _found(work, {event.ticket_id for event in lines})
    undone = _undone(work, lines)
    chiefs = cache(lambda: _chiefs(work))
    for event in lines:
        ticket = tickets.get(event.ticket_id or 0)
        while ticket is not None and event.kind.startswith("msg.") and ticket.merged_into in tickets:
            ticket = tickets[ticket.merged_into]  # what came for a merged ticket is seen where it is
        if ticket is None:
            continue
        home = pushes.setdefault(homes(ticket, private), Push())
        home.seq = event.seq
        if ticket.merged_into is not None:
            home.gone[ticket.id] = None
        elif not event.kind.startswith("note."):
            home.rows[ticket.id] = None
        was = ((event.data or {}).get("was") or {}) if event.kind == "ticket.assigned" else {}
        left = was.get("team") if isinstance(was, dict) else None
        if left != ticket.team_id and (left in private or ticket.team_id in private):
            old = f"team:{left}" if left in private else "desk"
            other = pushes.setdefault(old, Push())
            other.seq = event.seq
            other.gone[ticket.id] = None
        _alert(pushes, event, ticket, chiefs)
        thread = pushes.setdefault(f"ticket:{ticket.id}", Push())
        thread.seq = event.seq
        target = undone.get(str((event.data or {}).get("target"))) if event.kind == "void" else None
        if ticket.merged_into is not None:
            thread.went[ticket.id] = ticket.merged_into
        elif event.kind in MOVING or (target is not None and target.kind in MOVING | {"void"}):
            thread.again = True  # where a void was void, what it took back stands again
        if target is not None:
            thread.unsaid[target.seq] = None
            thread.messages |= _corrected(target)
        _thread(thread, event, ticket)
    _tell(work, pushes, lines)
    return pushes


def _corrected(target: Event) -> dict[int, None]:
    """The message that looks different again, now that what was said of it is taken back."""
    number = str((target.data or {}).get("msg", "")) if target.kind == "msg.classify" else ""
    return {int(number): None} if number.isdigit() else {}


def _tell(work: Work, pushes: dict[str, Push], lines: Iterable[Event]) -> None:
    """Whoever has a new notice hears of it, wherever they are on the desk; of clocks :func:`_alert` tells."""
    causes = {line.id: line for line in lines if line.kind in TOLD}
    for agent, ticket, reason in notices.of_events(work, causes.keys()):
        own = pushes.setdefault(f"agent:{agent}", Push())
        own.seq = max(own.seq, *(line.seq for line in causes.values()))
        own.alerts.setdefault(ticket, reason)


def _found(work: Work, ids: set[int | None]) -> dict[int, Ticket]:
    """Tickets by number, with those that they were merged into."""
    found: dict[int, Ticket] = {}
    wanted = {one for one in ids if one is not None}
    while wanted:
        rows = work.scalars(select(Ticket).where(Ticket.id.in_(wanted))).unique()
        found |= {ticket.id: ticket for ticket in rows}
        wanted = {one.merged_into for one in found.values() if one.merged_into is not None} - found.keys()
    return found


def _undone(work: Work, events: Iterable[Event]) -> dict[str, Event]:
    """The lines that are taken back by some of these, by their id."""
    targets = [str(event.data.get("target")) for event in events if event.kind == "void"]
    rows = work.scalars(select(Event).where(Event.id.in_(targets))) if targets else ()
    return {row.id: row for row in rows}


def _alert(pushes: dict[str, Push], event: Event, ticket: Ticket, chiefs: Callable[[], Iterable[str]]) -> None:
    """Whoever has the ticket is told of an answer that failed or is due, wherever they are on the desk."""
    if event.kind in DUE:
        _notice(pushes, event, ticket, chiefs())
    state = str((event.data or {}).get("state", ""))
    if event.kind == "msg.state" and state in ALERTS and ticket.attention and ticket.assignee_id:
        mine = pushes.setdefault(f"agent:{ticket.assignee_id}", Push())
        mine.seq = event.seq
        mine.alerts[ticket.id] = state


def _notice(pushes: dict[str, Push], event: Event, ticket: Ticket, chiefs: Iterable[str]) -> None:
    """Whoever has the ticket, and those who see to it that nobody waits too long, are told of its clock."""
    if event.data.get("due") != _due(ticket):
        return
    for agent in {ticket.assignee_id, *chiefs} - {None}:
        own = pushes.setdefault(f"agent:{agent}", Push())
        own.seq = event.seq
        own.alerts[ticket.id] = DUE[event.kind]


def _due(ticket: Ticket) -> str:
    """The clock as the line of the log names it: one that has moved since is told of no more."""
    return clock.iso(ticket.due_at) if ticket.due_at is not None else ""


def _chiefs(work: Work) -> list[str]:
    """Those who see to it that nobody waits too long."""
    return list(work.scalars(select(Agent.id).where(Agent.active, Agent.role != Role.AGENT)))


def _thread(push: Push, event: Event, ticket: Ticket) -> None:
    number = str((event.data or {}).get("msg", ""))
    if number.isdigit() and event.kind.startswith(("msg.", "note.")):
        push.messages[int(number)] = None
    if not number.isdigit() or event.kind in threads.SHOWN_EVENTS:
        push.events[event.seq] = event
    if not event.kind.startswith("note."):
        push.heads[ticket.id] = None


def draw(work: Work, stage: Stage, push: Push, language: str) -> str:
    """The streams of a push in one language, joined."""
    parts: list[str] = []
    if push.messages:
        parts += _messages(work, stage, list(push.messages), language)
    names = threads.Names(work) if push.events else None
    for event in push.events.values():
        view = threads.item_of_event(work, event, names)
        if view is not None and event.ticket_id is not None:
            parts.append(stage.draw("tickets/streams/item.html", language, item=view, ticket=event.ticket_id))
    parts += [f'<turbo-stream action="remove" target="event-{seq}"></turbo-stream>' for seq in push.unsaid]
    parts += [stage.draw("tickets/streams/went.html", language, ticket=one, into=to) for one, to in push.went.items()]
    if push.again and not push.went:
        parts.append('<turbo-stream action="again"></turbo-stream>')
    heads = _tickets(work, list(push.heads))
    parts += [stage.draw("tickets/streams/head.html", language, head=threads.head(work, one)) for one in heads]
    shown = rows.rows_of(work, _tickets(work, list(push.rows)))
    parts += [stage.draw("tickets/streams/row.html", language, row=row) for row in shown]
    parts += [f'<turbo-stream action="remove" target="row-{number}"></turbo-stream>' for number in push.gone]
    for state in DUE.values():
        many = [number for number, told in push.alerts.items() if told == state]
        if len(many) > MOST:
            parts.append(stage.draw("tickets/streams/due.html", language, count=len(many), state=state))
            push.alerts = {number: told for number, told in push.alerts.items() if told != state}
    for one in _tickets(work, list(push.alerts)):
        name = rows.customer_chip(one.customer).name
        facts = {"number": one.id, "name": name, "state": push.alerts[one.id]}
        parts.append(stage.draw("tickets/streams/alert.html", language, **facts))
    return "".join(parts)


def _tickets(work: Work, ids: Sequence[int]) -> list[Ticket]:
    if not ids:
        return []
    found = {ticket.id: ticket for ticket in work.scalars(select(Ticket).where(Ticket.id.in_(ids))).unique()}
    return [found[one] for one in ids if one in found]


def _messages(work: Work, stage: Stage, ids: Sequence[int], language: str) -> list[str]:
    found = {message.id: message for message in work.scalars(select(Message).where(Message.id.in_(ids)))}
    parts = []
    for one in ids:
        message = found.get(one)
        if message is None:
            continue
        if message.state is not None and message.state.value == "cancelled":
            key = message.client_key or str(message.id)
            parts.append(stage.draw("tickets/streams/gone.html", language, key=key, ticket=message.ticket_id))
            continue
        item = threads.item_of_message(work, message)
        parts.append(stage.draw("tickets/streams/item.html", language, item=item, ticket=message.ticket_id))
    return parts
