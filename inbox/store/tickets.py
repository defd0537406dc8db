"""The ticket and what hangs on it: its lifecycle as a table, tags, reasons, read marks."""

from __future__ import annotations

import datetime as dt
from typing import Final

from sqlalchemy import Index, String, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from inbox import clock
from inbox.store.columns import Base, Created, Fk, Serial, word
from inbox.store.customers import Customer
from inbox.terms import Move, Priority, Status

__all__ = ["LIFECYCLE", "LOG_STATUS", "TROUBLED", "ReadMark", "Reason", "Ticket", "TicketTag", "after"]

S, M = Status, Move

#: ``(status, move) → status``; what is missing here cannot happen.
LIFECYCLE: Final[dict[tuple[Status, Move], Status]] = {
    **{(status, M.OPEN): S.OPEN for status in (S.NEW, S.PENDING, S.SNOOZED)},
    **{(status, M.PENDING): S.PENDING for status in (S.NEW, S.OPEN, S.SNOOZED)},
    **{(status, M.SNOOZE): S.SNOOZED for status in (S.NEW, S.OPEN, S.PENDING, S.SNOOZED)},
    **{(status, M.RESOLVE): S.RESOLVED for status in (S.NEW, S.OPEN, S.PENDING, S.SNOOZED)},
    **{(status, M.REOPEN): S.OPEN for status in (S.RESOLVED, S.CLOSED)},
    **{(status, M.CUSTOMER_WROTE): S.OPEN for status in (S.OPEN, S.PENDING, S.SNOOZED, S.RESOLVED)},
    (S.NEW, M.CUSTOMER_WROTE): S.NEW,
    **{(status, M.AGENT_WROTE): S.OPEN for status in (S.NEW, S.OPEN, S.SNOOZED)},
    (S.PENDING, M.AGENT_WROTE): S.PENDING,
    (S.RESOLVED, M.AGENT_WROTE): S.RESOLVED,
    (S.CLOSED, M.AGENT_WROTE): S.CLOSED,
    (S.SNOOZED, M.WAKE): S.OPEN,
    (S.RESOLVED, M.CLOSE): S.CLOSED,
}

#: What the event log calls a status (metrics.md section 2).
LOG_STATUS: Final[dict[Status, str]] = {
    S.NEW: "open",
    S.OPEN: "open",
    S.PENDING: "pending",
    S.SNOOZED: "hold",
    S.RESOLVED: "resolved",
    S.CLOSED: "closed",
}


def after(status: Status, move: Move) -> Status | None:
    """The status that ``move`` leads to from ``status``, or None where that cannot happen."""
    return LIFECYCLE.get((status, move))


#: The few tickets that need attention, in the words of their own index: a bound value would not find it.
TROUBLED: Final = text("attention <> ''")
#: The few that follow another one or were split from it.
LINKED: Final = text("linked_to IS NOT NULL")


class Ticket(Base, kw_only=True):
    """One customer's request, first message to close; ``id`` is also the number people say."""

    __tablename__ = "tickets"
    __table_args__ = (
        Index("ix_tickets_status_recent", "status", "active_at", "id"),
        Index("ix_tickets_assignee_recent", "assignee_id", "status", "active_at", "id"),
        Index("ix_tickets_customer", "customer_id", "id"),
        Index("ix_tickets_channel_recent", "channel_id", "status", "active_at", "id"),
        Index("ix_tickets_team_recent", "team_id", "status", "active_at", "id"),
        Index("ix_tickets_waiting", "status", "waiting_since"),
        Index("ix_tickets_snoozed", "snoozed_until"),
        # all that the figures of the views ask for, so that counting looks at the index alone
        Index(
            "ix_tickets_tally",
            *(
                "status",
                "assignee_id",
                "team_id",
                "channel_id",
                "waiting_since",
                "due_soon_at",
                "due_at",
                "merged_into",
            ),
        ),
        Index("ix_tickets_priority", "status", "priority", "active_at", "id"),
        Index("ix_tickets_trouble", "attention_at", "id", sqlite_where=TROUBLED, postgresql_where=TROUBLED),
        Index("ix_tickets_due", "status", "due_at", "id"),
        Index("ix_tickets_closing", "status", "imported", "resolved_at"),
        Index("ix_tickets_rules", "status", "due_rules"),
        Index("ix_tickets_linked", "linked_to", sqlite_where=LINKED, postgresql_where=LINKED),
    )

    id: Mapped[Serial] = mapped_column(init=False)
    subject: Mapped[str] = mapped_column(String(500), default="")
    status: Mapped[Status] = mapped_column(word(Status), default=Status.NEW)
    priority: Mapped[Priority] = mapped_column(word(Priority), default=Priority.NORMAL)
    channel_id: Mapped[str] = mapped_column(String(32), Fk("channels.id"))
    kind: Mapped[str] = mapped_column(String(32))
    customer_id: Mapped[str | None] = mapped_column(String(32), Fk("customers.id"), default=None)
    assignee_id: Mapped[str | None] = mapped_column(String(32), Fk("agents.id"), default=None)
    team_id: Mapped[str | None] = mapped_column(String(32), Fk("teams.id"), default=None)
    reason: Mapped[str | None] = mapped_column(String(120), default=None)
    merged_into: Mapped[int | None] = mapped_column(Fk("tickets.id"), default=None)
    linked_to: Mapped[int | None] = mapped_column(Fk("tickets.id"), default=None)
    imported: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[Created] = mapped_column(default_factory=clock.now)
    updated_at: Mapped[Created] = mapped_column(default_factory=clock.now)
    active_at: Mapped[Created] = mapped_column(
        default_factory=clock.now
    )  # of the last message either way: the list's order
    waiting_since: Mapped[dt.datetime | None] = mapped_column(default=None)  # the oldest unanswered inbound
    last_in_id: Mapped[int | None] = mapped_column(default=None)  # what an agent's reply must have seen
    preview: Mapped[str] = mapped_column(String(200), default="")
    preview_direction: Mapped[str] = mapped_column(String(8), default="")
    preview_kind: Mapped[str] = mapped_column(String(32), default="")
    attention: Mapped[str] = mapped_column(String(40), default="")  # "failed", "unknown": on top of the list
    attention_at: Mapped[dt.datetime | None] = mapped_column(default=None)  # since when: the newest stands on top
    resolved_at: Mapped[dt.datetime | None] = mapped_column(default=None)
    snoozed_until: Mapped[dt.datetime | None] = mapped_column(default=None)
    due_clock: Mapped[str] = mapped_column(String(8), default="")  # "first", "next", "resolve": which is due first
    due_from: Mapped[dt.datetime | None] = mapped_column(default=None)  # when that clock started
    due_soon_at: Mapped[dt.datetime | None] = mapped_column(default=None)
    due_at: Mapped[dt.datetime | None] = mapped_column(default=None)  # None: nothing was promised, or it stands still
    due_told: Mapped[str] = mapped_column(String(8), default="")  # "soon", "late": what the log has of this clock
    due_rules: Mapped[str] = mapped_column(String(16), default="")  # the digest of what it was set by
    version: Mapped[int] = mapped_column(init=False, default=1)
    customer: Mapped[Customer | None] = relationship(lazy="joined", init=False, foreign_keys=[customer_id])
    tags: Mapped[list[TicketTag]] = relationship(
        lazy="selectin", order_by="TicketTag.tag", default_factory=list, cascade="all, delete-orphan"
    )

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012

    @property
    def number(self) -> int:
        """What people call it: ``#4821``."""
        return self.id

    @property
    def is_open(self) -> bool:
        """True until it is resolved."""
        return self.status not in {Status.RESOLVED, Status.CLOSED}


class TicketTag(Base, kw_only=True):
    """A tag on a ticket."""

    __tablename__ = "ticket_tags"
    __table_args__ = (Index(None, "tag"),)

    ticket_id: Mapped[int] = mapped_column(Fk("tickets.id", cascade=True), primary_key=True, default=None)
    tag: Mapped[str] = mapped_column(String(60), primary_key=True)


class Reason(Base, kw_only=True):
    """A contact reason that can be chosen at resolve. ``name`` is what tickets and the log know it by and never
    changes; ``label`` is what people read where they called it something else since."""

    __tablename__ = "reasons"

    id: Mapped[Serial] = mapped_column(init=False)
    name: Mapped[str] = mapped_column(String(120), unique=True)
    active: Mapped[bool] = mapped_column(default=True)
    label: Mapped[str] = mapped_column(String(120), default="")
    parent_id: Mapped[int | None] = mapped_column(default=None)  # a reason, which is never deleted but with a sample
    exempt: Mapped[bool] = mapped_column(default=False)  # it counts for no net FCR (metrics.md)

    @property
    def called(self) -> str:
        """What people read."""
        return self.label or self.name


class ReadMark(Base, kw_only=True):
    """How far an agent has read a ticket: the id of the last message seen."""

    __tablename__ = "read_marks"
    agent_id: Mapped[str] = mapped_column(String(32), Fk("agents.id", cascade=True), primary_key=True)
    ticket_id: Mapped[int] = mapped_column(Fk("tickets.id", cascade=True), primary_key=True)
    message_id: Mapped[int]
