"""The journal and its ledger as JSON: what arrived, and how each item of it ended."""

from __future__ import annotations

import datetime as dt

from pydantic import Field

from inbox import store
from inbox.reading.ledger import Line
from inbox.shapes.base import Shape, Time
from inbox.terms import Outcome

__all__ = ["Entry", "Item", "LedgerRow", "Replayed"]


class Item(Shape):
    """One thing that an arrival is about."""

    n: int
    outcome: Outcome
    reason: str | None = Field(description="Why it was ignored, or what was wrong with it.")
    external_id: str | None
    ticket: int | None
    message: int | None


class Entry(Shape):
    """One arrival, kept byte-exact before anybody read it."""

    id: int
    channel: str = Field(description="The configured channel's name.")
    kind: str = Field(description="Its kind: email, sms, chat …")
    address: str = Field(description="Its id.")
    received_at: Time
    bytes: int
    sha256: str
    erased_at: Time | None = Field(description="Since when its content is gone, at somebody's wish.")
    items: list[Item] = Field(description="An arrival that nobody has read yet is one pending item.")

    @classmethod
    def of(cls, row: store.JournalEntry, channel: store.Channel) -> Entry:
        """The shape of a row and of the channel that it came in by."""
        items = [
            Item(
                n=one.n,
                outcome=one.outcome,
                reason=one.reason,
                external_id=one.external_id,
                ticket=one.ticket_id,
                message=one.message_id,
            )
            for one in row.items
        ]
        unread = Item(n=0, outcome=Outcome.PENDING, reason=None, external_id=None, ticket=None, message=None)
        return cls(
            id=row.id,
            channel=channel.name,
            kind=channel.kind,
            address=channel.id,
            received_at=row.received_at,
            bytes=row.size,
            sha256=row.sha256,
            erased_at=row.erased_at,
            items=items or [unread],
        )


class Replayed(Shape):
    """What a replay of many did."""

    replayed: int = Field(description="How many arrivals the worker reads again.")
    left: list[int] = Field(description="Those that stay as they are, for their signature is still wrong.")


class LedgerRow(Shape):
    """One channel on one local day: everything that was received is accounted for, item by item."""

    channel: str = Field(description="The configured channel's name.")
    kind: str
    address: str = Field(description="The configured channel's id.")
    day: dt.date = Field(description="In the desk's time zone.")
    received: int
    pending: int
    message: int
    status: int
    duplicate: int
    ignored: dict[str, int] = Field(description="How many by reason.")
    quarantined: int
    balanced: bool = Field(description="received = pending + the sum of the outcomes.")

    @classmethod
    def of(cls, line: Line) -> LedgerRow:
        """The shape of a line of the ledger."""
        return cls(
            channel=line.channel,
            kind=line.kind,
            address=line.address,
            day=line.day,
            received=line.received,
            pending=line.pending,
            message=line.message,
            status=line.status,
            duplicate=line.duplicate,
            ignored=dict(line.ignored),
            quarantined=line.quarantined,
            balanced=line.balanced,
        )
