"""One thing done to many tickets: the run with its progress, and each ticket's part in it."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import Index, String
from sqlalchemy.orm import Mapped, mapped_column

from inbox import clock
from inbox.store.columns import Base, Created, Fk, Json, Serial

__all__ = ["BulkItem", "BulkRun"]


class BulkRun(Base, kw_only=True):
    """``state``: ``running``, ``done``, ``stopped``, ``undoing``, ``undone``. ``at`` is the ticket it has come to."""

    __tablename__ = "bulk_runs"
    __table_args__ = (Index("ix_bulk_runs_state", "state"), Index("ix_bulk_runs_agent", "agent_id", "id"))

    id: Mapped[Serial] = mapped_column(init=False)
    agent_id: Mapped[str] = mapped_column(String(32), Fk("agents.id", cascade=True))
    action: Mapped[str] = mapped_column(String(24))
    data: Mapped[Json] = mapped_column(default_factory=dict)
    state: Mapped[str] = mapped_column(String(16), default="running")
    total: Mapped[int] = mapped_column(default=0)
    done: Mapped[int] = mapped_column(default=0)
    failed: Mapped[int] = mapped_column(default=0)
    back: Mapped[int] = mapped_column(default=0)  # how many were taken back
    at: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[Created] = mapped_column(default_factory=clock.now)
    ended_at: Mapped[dt.datetime | None] = mapped_column(default=None)


class BulkItem(Base, kw_only=True):
    """A ticket of a run. ``outcome``: nothing yet, ``done``, ``same`` (it stood like this), ``failed``, ``undone``,
    ``kept`` (it could not be taken back). ``events`` are what it wrote into the log, ``was`` what undo cannot read
    from there."""

    __tablename__ = "bulk_items"
    __table_args__ = (Index("ix_bulk_items_ticket", "ticket_id"),)

    run_id: Mapped[int] = mapped_column(Fk("bulk_runs.id", cascade=True), primary_key=True)
    ticket_id: Mapped[int] = mapped_column(Fk("tickets.id", cascade=True), primary_key=True)
    outcome: Mapped[str] = mapped_column(String(8), default="")
    problem: Mapped[str] = mapped_column(default="")
    events: Mapped[Json] = mapped_column(default_factory=list)
    was: Mapped[Json] = mapped_column(default_factory=dict)
