"""A ticket as JSON."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from pydantic import Field

from inbox import store
from inbox.shapes.base import Shape, Time
from inbox.terms import Priority, Status

__all__ = ["Customer", "Due", "Ticket"]


class Customer(Shape):
    """Whose request it is; ``id`` is a surrogate that tells nothing of the person."""

    id: str
    name: str | None


class Due(Shape):
    """The promised time that runs out first, in opening hours: of the first answer, the next one or the solution."""

    clock: Literal["first", "next", "resolve"]
    since: Time
    soon_at: Time | None = Field(description="When most of the time is used.")
    at: Time = Field(description="When all of it is used; in the past it is overdue.")

    @classmethod
    def of(cls, row: store.Ticket) -> Due | None:
        """The shape of a ticket's clock, None where none runs."""
        if row.due_at is None or row.due_from is None or not row.is_open:
            return None
        return cls(clock=row.due_clock, since=row.due_from, soon_at=row.due_soon_at, at=row.due_at)


class Ticket(Shape):
    """One customer's request, first message to close."""

    id: int
    number: int = Field(description="What people call it: #4821.")
    subject: str | None
    status: Status
    channel: str = Field(description="The kind of channel on which it began, as in events: email, sms, chat …")
    address: str = Field(description="The id of the configured channel on which it began.")
    customer: Customer | None
    assignee: str | None = Field(description="The id of the agent who has it.")
    team: str | None = Field(description="The id of the team that has it.")
    tags: list[str]
    priority: Priority
    reason: str | None = Field(description="The contact reason.")
    fields: dict[str, str] = Field(
        description="The desk's own fields by name: a decimal number, a day as 2026-03-31, a tick as yes."
    )
    band: str | None = Field(description="What the customer is worth to the desk, one of its bands.")
    due: Due | None = Field(description="The promised time that runs out first; null where none runs.")
    merged_into: int | None
    linked_to: int | None = Field(description="The ticket that this one follows or was split from.")
    created_at: Time
    updated_at: Time

    @classmethod
    def of(cls, row: store.Ticket, fields: Mapping[str, str] | None = None) -> Ticket:
        """The shape of a row, with what it has in the desk's own fields by their names."""
        customer = row.customer
        return cls(
            id=row.id,
            number=row.number,
            subject=row.subject or None,
            status=row.status,
            channel=row.kind,
            address=row.channel_id,
            customer=Customer(id=customer.id, name=customer.name or None) if customer is not None else None,
            assignee=row.assignee_id,
            team=row.team_id,
            tags=[one.tag for one in row.tags],
            priority=row.priority,
            reason=row.reason,
            fields=dict(fields or {}),
            band=(customer.band or None) if customer is not None else None,
            due=Due.of(row),
            merged_into=row.merged_into,
            linked_to=row.linked_to,
            created_at=row.created_at,
            updated_at=row.updated_at,
        )
