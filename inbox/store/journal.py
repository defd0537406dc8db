"""The journal: everything that arrived, byte-exact, and how each of its items ended."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import Index, LargeBinary, String, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from inbox import clock
from inbox.store.columns import Base, Created, Fk, Json, Serial, word
from inbox.terms import Outcome

__all__ = ["JournalEntry", "JournalItem"]


class JournalEntry(Base, kw_only=True):
    """One arrival before anybody read it. ``body`` is in the row, or if large in a file, found by ``sha256``.

    ``nonce``: what a genuine call carries once only, where its signature says nothing of the content.
    """

    __tablename__ = "journal"
    __table_args__ = (
        Index("ix_journal_due", "done", "due_at"),
        Index("ix_journal_channel", "channel_id", "received_at"),
        Index(
            "ix_journal_nonce",
            "channel_id",
            "nonce",
            unique=True,
            sqlite_where=text("nonce IS NOT NULL"),
            postgresql_where=text("nonce IS NOT NULL"),
        ),
    )

    id: Mapped[Serial] = mapped_column(init=False)
    channel_id: Mapped[str] = mapped_column(String(32), Fk("channels.id"))
    method: Mapped[str] = mapped_column(String(8))
    url: Mapped[str]
    headers: Mapped[Json] = mapped_column(default_factory=list)
    body: Mapped[bytes | None] = mapped_column(LargeBinary, default=None)
    size: Mapped[int] = mapped_column(default=0)
    sha256: Mapped[str] = mapped_column(String(64), default="")
    imported: Mapped[bool] = mapped_column(default=False)
    received_at: Mapped[Created] = mapped_column(default_factory=clock.now)
    done: Mapped[bool] = mapped_column(default=False)
    due_at: Mapped[dt.datetime | None] = mapped_column(default=None)
    tries: Mapped[int] = mapped_column(default=0)
    things: Mapped[int | None] = mapped_column(default=None)  # how many items it has, told apart from their rows
    nonce: Mapped[str | None] = mapped_column(String(80), default=None)
    erased_at: Mapped[dt.datetime | None] = mapped_column(default=None)  # its content is gone, at somebody's wish
    items: Mapped[list[JournalItem]] = relationship(
        lazy="selectin", order_by="JournalItem.n", default_factory=list, cascade="all, delete-orphan"
    )


class JournalItem(Base, kw_only=True):
    """One thing an entry is about, with exactly one outcome. An entry without rows here counts as one pending item."""

    __tablename__ = "journal_items"
    __table_args__ = (Index("ix_journal_items_outcome", "outcome", "entry_id"),)

    entry_id: Mapped[int] = mapped_column(Fk("journal.id", cascade=True), primary_key=True, default=None)
    n: Mapped[int] = mapped_column(primary_key=True)
    outcome: Mapped[Outcome] = mapped_column(word(Outcome))
    reason: Mapped[str | None] = mapped_column(default=None)
    external_id: Mapped[str | None] = mapped_column(String(500), default=None)
    ticket_id: Mapped[int | None] = mapped_column(default=None)
    message_id: Mapped[int | None] = mapped_column(default=None)
