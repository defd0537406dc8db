"""The event log and the desk's queues as JSON."""

from __future__ import annotations

from pydantic import ConfigDict, Field

from inbox.reading.feeds import Queues
from inbox.shapes.base import Shape

__all__ = ["Actor", "DeskStatus", "Event"]


class Actor(Shape):
    """Who did it, by surrogate id."""

    kind: str = Field(json_schema_extra={"enum": ["agent", "bot", "system", "customer"]})
    id: str | None
    team: str | None


class Event(Shape):
    """One line of the append-only log, as ``store.Event.as_dict`` writes it; a kind's own fields stand beside these."""

    model_config = ConfigDict(extra="allow", frozen=True)

    seq: int = Field(description="The append order; the cursor of whoever reads on.")
    id: str = Field(description="The same event twice has the same id.")
    ts: str = Field(description="When it happened.", json_schema_extra={"format": "date-time"})
    rec: str = Field(description="When the desk wrote it down.", json_schema_extra={"format": "date-time"})
    kind: str
    actor: Actor
    ticket: str | None = None


class Fault(Shape):
    """An event that was left out."""

    place: int = Field(description="Which one, from 1 on.")
    reason: str


class Told(Shape):
    """What became of events that a program told."""

    added: int
    known: int = Field(description="Those whose ids were there already.")
    faults: list[Fault]


class Voided(Shape):
    """What became of events that were to be taken back."""

    voided: int
    known: int = Field(description="Those that were void already.")
    faults: list[Fault]


class DeskStatus(Shape):
    """What the desk has still to do; all zero means that everything which arrived is read and everything sent."""

    journal_pending: int = Field(description="Arrivals that are not read to their end.")
    outbox_due: int = Field(description="Messages that leave now.")
    outbox_waiting: int = Field(
        description="Messages that leave later: held back, waiting for their next attempt or for a channel that is off."
    )
    last_seq: int = Field(description="The end of the event log.")

    @classmethod
    def of(cls, queues: Queues, last_seq: int) -> DeskStatus:
        """The shape of the desk's queues."""
        return cls(
            journal_pending=queues.journal_pending,
            outbox_due=queues.outbox_due,
            outbox_waiting=queues.outbox_waiting,
            last_seq=last_seq,
        )
