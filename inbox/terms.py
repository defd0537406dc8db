"""The words of the house, one per concept. Values are what is stored, logged and sent; add, never rename."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

__all__ = [
    "HEARTBEAT",
    "Actor",
    "Delivery",
    "Direction",
    "Move",
    "Outcome",
    "Priority",
    "Role",
    "Status",
]


#: What a worker's heartbeat is called among the leases, before its own name.
HEARTBEAT: Final = "worker:"


class Role(StrEnum):
    """Who a person is at this desk; each may do what the one before may."""

    AGENT = "agent"
    SUPERVISOR = "supervisor"
    ADMIN = "admin"


class Status(StrEnum):
    """Where a ticket stands."""

    NEW = "new"
    OPEN = "open"
    PENDING = "pending"
    SNOOZED = "snoozed"
    RESOLVED = "resolved"
    CLOSED = "closed"


class Move(StrEnum):
    """What may happen to a ticket's status."""

    OPEN = "open"
    PENDING = "pending"
    SNOOZE = "snooze"
    RESOLVE = "resolve"
    REOPEN = "reopen"
    CLOSE = "close"
    CUSTOMER_WROTE = "customer_wrote"
    AGENT_WROTE = "agent_wrote"
    WAKE = "wake"


class Priority(StrEnum):
    """How urgent; ``normal`` unless somebody says so."""

    LOW = "low"
    NORMAL = "normal"
    HIGH = "high"
    URGENT = "urgent"


class Direction(StrEnum):
    """Which way a message went; a note is seen by agents only."""

    IN = "in"
    OUT = "out"
    NOTE = "note"


class Delivery(StrEnum):
    """The states of an outgoing message; the message row is the outbox."""

    SCHEDULED = "scheduled"
    HELD = "held"
    QUEUED = "queued"
    CLAIMED = "claimed"
    SENDING = "sending"
    SENT = "sent"
    DELIVERED = "delivered"
    READ = "read"
    FAILED = "failed"
    UNKNOWN = "unknown"
    CANCELLED = "cancelled"


class Outcome(StrEnum):
    """How one item of a journal entry ended."""

    PENDING = "pending"
    MESSAGE = "message"
    STATUS = "status"
    DUPLICATE = "duplicate"
    IGNORED = "ignored"
    QUARANTINED = "quarantined"


class Actor(StrEnum):
    """Who did what an event tells."""

    AGENT = "agent"
    BOT = "bot"
    SYSTEM = "system"
    CUSTOMER = "customer"
