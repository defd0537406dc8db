"""From log lines to what rooms see: each event becomes the drawn parts it changes, once per room and language."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from sqlalchemy import select

from inbox.live.rooms import homes, private_teams
from inbox.reading import rows, threads
from inbox.rendering import Stage
from inbox.store import Event, Message, Ticket, Work

__all__ = ["QUIET", "Push", "draw", "plan"]

#: Kinds that change nothing on a screen.
QUIET = ("handle.", "cost.", "agent.", "identity.", "journal.", "setting.")


@dataclass
class Push:
    """What changed for one room: rows and heads of tickets, messages of threads, lines of the history."""

    seq: int = 0
    rows: dict[int, None] = field(default_factory=dict)
    heads: dict[int, None] = field(default_factory=dict)
    messages: dict[int, None] = field(default_factory=dict)
    gone: dict[int, None] = field(default_factory=dict)
    events: dict[int, Event] = field(default_factory=dict)


def plan(work: Work, events: Iterable[Event]) -> dict[str, Push]:
    """Which rooms hear of these events, and what of."""
    private = private_teams(work)
    pushes: dict[str, Push] = {}
    lines = [event for event in events if event.ticket_id is not None and not event.kind.startswith(QUIET)]
    ids = {event.ticket_id for event in lines}
    found = work.scalars(select(Ticket).where(Ticket.id.in_(ids))).unique()
    tickets = {ticket.id: ticket for ticket in found}
    for event in lines:
        ticket = tickets.get(event.ticket_id or 0)
        if ticket is None:
            continue
        home = pushes.setdefault(homes(ticket, private), Push())
        home.seq = event.seq
        if event.kind != "note.added":
            home.rows[ticket.id] = None
        was = ((event.data or {}).get("was") or {}) if event.kind == "ticket.assigned" else {}
        left = was.get("team") if isinstance(was, dict) else None
        if left != ticket.team_id and (left in private or ticket.team_id in private):
            old = f"team:{left}" if left in private else "desk"
            other = pushes.setdefault(old, Push())
            other.seq = event.seq
            other.gone[ticket.id] = None
        thread = pushes.setdefault(f"ticket:{ticket.id}", Push())
        thread.seq = event.seq
        _thread(thread, event, ticket)
    return pushes


def _thread(push: Push, event: Event, ticket: Ticket) -> None:
    number = str((event.data or {}).get("msg", ""))
    if number.isdigit() and event.kind.startswith(("msg.", "note.")):
        push.messages[int(number)] = None
    else:
        push.events[event.seq] = event
    if event.kind != "note.added":
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
    heads = _tickets(work, list(push.heads))
    parts += [stage.draw("tickets/streams/head.html", language, head=threads.head(work, one)) for one in heads]
    shown = rows.rows_of(work, _tickets(work, list(push.rows)))
    parts += [stage.draw("tickets/streams/row.html", language, row=row) for row in shown]
    parts += [f'<turbo-stream action="remove" target="row-{number}"></turbo-stream>' for number in push.gone]
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
