"""What agents write with: canned replies, macros, drafts with their files, and who was mentioned where."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import Index, String
from sqlalchemy.orm import Mapped, mapped_column

from inbox import clock
from inbox.store.columns import Base, Created, Fk, Json, Name, Serial

__all__ = ["Canned", "Draft", "DraftFile", "FirstDraft", "Macro", "Mention"]


class Canned(Base, kw_only=True):
    """A canned reply; ``{customer.name}`` and the like are filled in the composer. ``team_id`` None: everybody's."""

    __tablename__ = "canned_replies"

    id: Mapped[Serial] = mapped_column(init=False)
    name: Mapped[Name] = mapped_column(unique=True)
    text: Mapped[str]
    team_id: Mapped[str | None] = mapped_column(String(32), Fk("teams.id", cascade=True), default=None)
    created_at: Mapped[Created] = mapped_column(default_factory=clock.now)


class Macro(Base, kw_only=True):
    """Several things done at once. ``agent_id`` None: everybody's. ``steps``: what ``inbox.actions.steps`` knows."""

    __tablename__ = "macros"
    __table_args__ = (Index(None, "agent_id"),)

    id: Mapped[Serial] = mapped_column(init=False)
    name: Mapped[Name]
    agent_id: Mapped[str | None] = mapped_column(String(32), Fk("agents.id", cascade=True), default=None)
    steps: Mapped[Json] = mapped_column(default_factory=list)
    created_at: Mapped[Created] = mapped_column(default_factory=clock.now)


class Mention(Base, kw_only=True):
    """A note that names an agent, by themself or by a team of theirs; read once they have had the ticket open."""

    __tablename__ = "mentions"
    __table_args__ = (Index("ix_mentions_unread", "agent_id", "read_at", "message_id"),)

    message_id: Mapped[int] = mapped_column(Fk("messages.id", cascade=True), primary_key=True)
    agent_id: Mapped[str] = mapped_column(String(32), Fk("agents.id", cascade=True), primary_key=True)
    team_id: Mapped[str | None] = mapped_column(String(32), Fk("teams.id", cascade=True), default=None)
    at: Mapped[Created] = mapped_column(default_factory=clock.now)
    read_at: Mapped[dt.datetime | None] = mapped_column(default=None)


class Draft(Base, kw_only=True):
    """What an agent has written and not sent. ``mode``: ``reply`` or ``note``."""

    __tablename__ = "drafts"
    __table_args__ = (Index(None, "ticket_id"),)

    agent_id: Mapped[str] = mapped_column(String(32), Fk("agents.id", cascade=True), primary_key=True)
    ticket_id: Mapped[int] = mapped_column(Fk("tickets.id", cascade=True), primary_key=True)
    mode: Mapped[str] = mapped_column(String(8), primary_key=True)
    text: Mapped[str]
    at: Mapped[Created] = mapped_column(default_factory=clock.now)


class FirstDraft(Base, kw_only=True):
    """A first message that an agent has written and not sent. ``about``: to whom it was begun, or empty."""

    __tablename__ = "first_drafts"

    agent_id: Mapped[str] = mapped_column(String(32), Fk("agents.id", cascade=True), primary_key=True)
    about: Mapped[str] = mapped_column(String(320), primary_key=True)
    fields: Mapped[Json] = mapped_column(default_factory=dict)
    at: Mapped[Created] = mapped_column(default_factory=clock.now)


class DraftFile(Base, kw_only=True):
    """A file that an agent put to a draft: stored as it is dropped, taken by the message that leaves with it.
    Without ``ticket_id`` it is one of a :class:`FirstDraft`."""

    __tablename__ = "draft_files"
    __table_args__ = (
        Index("ix_draft_files_draft", "agent_id", "ticket_id"),
        Index(None, "ticket_id"),
        Index(None, "at"),
    )

    id: Mapped[Serial] = mapped_column(init=False)
    agent_id: Mapped[str] = mapped_column(String(32), Fk("agents.id", cascade=True))
    ticket_id: Mapped[int | None] = mapped_column(Fk("tickets.id", cascade=True))
    mode: Mapped[str] = mapped_column(String(8))
    about: Mapped[str] = mapped_column(String(320), default="")
    name: Mapped[str] = mapped_column(String(255))
    content_type: Mapped[str] = mapped_column(String(120))
    sha256: Mapped[str] = mapped_column(String(64))
    size: Mapped[int]
    at: Mapped[Created] = mapped_column(default_factory=clock.now)
