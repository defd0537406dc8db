"""What customers were asked about a ticket, and what they answered."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import Index, String
from sqlalchemy.orm import Mapped, mapped_column

from inbox import clock
from inbox.store.columns import Base, Created, Fk, Json, surrogate

__all__ = ["Survey"]


class Survey(Base, kw_only=True):
    """One invitation: planned, sent, answered. ``asks`` are its questions in their order, ``scores`` the last answer to
    each; the words that came with them stand here and never in the log."""

    __tablename__ = "surveys"
    __table_args__ = (
        Index(None, "ticket_id"),
        Index(None, "due_at"),
        Index(None, "sent_at"),
        Index(None, "unhappy_at"),
    )

    id: Mapped[str] = mapped_column(String(12), primary_key=True, default_factory=lambda: surrogate()[:12])
    ticket_id: Mapped[int] = mapped_column(Fk("tickets.id", cascade=True))
    form: Mapped[str] = mapped_column(String(40))
    touchpoint: Mapped[str] = mapped_column(String(60))
    asks: Mapped[Json]
    mark: Mapped[str] = mapped_column(String(90), unique=True)  # what it was planned for: one invitation each
    language: Mapped[str] = mapped_column(String(8), default="")
    created_at: Mapped[Created] = mapped_column(default_factory=clock.now)
    due_at: Mapped[dt.datetime | None] = mapped_column(default=None)  # None once it was sent or withheld
    sent_at: Mapped[dt.datetime | None] = mapped_column(default=None)
    expires_at: Mapped[dt.datetime | None] = mapped_column(default=None)
    message_id: Mapped[int | None] = mapped_column(default=None)
    withheld: Mapped[str] = mapped_column(String(200), default="")
    scores: Mapped[Json] = mapped_column(default_factory=dict)
    comment: Mapped[str] = mapped_column(default="")
    answered_at: Mapped[dt.datetime | None] = mapped_column(default=None)
    unhappy_at: Mapped[dt.datetime | None] = mapped_column(default=None)  # a detractor nobody has answered yet
    followed_at: Mapped[dt.datetime | None] = mapped_column(default=None)
    followed_by: Mapped[str | None] = mapped_column(String(32), default=None)
