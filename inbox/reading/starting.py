"""What the form of a new ticket shows: the channels that can write first, and which one fits."""

from __future__ import annotations

from dataclasses import dataclass

from inbox.actions import starting
from inbox.actions.who import Who
from inbox.reading.pages import Form
from inbox.store import Work

__all__ = ["NewTicket", "Way", "new_ticket"]


@dataclass(frozen=True)
class Way:
    """A channel by which one may write first."""

    id: str
    kind: str
    name: str
    address: str


@dataclass(frozen=True)
class NewTicket:
    """``chosen`` is the id of a way; ``form`` has what was typed and what is wrong with it."""

    ways: tuple[Way, ...]
    form: Form
    chosen: str = ""


def new_ticket(work: Work, who: Who, form: Form) -> NewTicket:
    """The form as it stands: its own channel, else the first that takes an address like the one that is there."""
    ways = tuple(Way(row.id, row.kind, row.title or row.name, row.address) for row in starting.ways(work, who))
    to = form.values.get("to", "")
    kind = starting.kind_of(to) if to else ""
    fits = [way.id for way in ways if way.id == form.values.get("channel")]
    fits += [way.id for way in ways if way.kind == kind]
    return NewTicket(ways, form, fits[0] if fits else "")
