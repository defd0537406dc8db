"""What binds tickets to each other and to agents who only look on."""

from __future__ import annotations

from sqlalchemy import Index, String
from sqlalchemy.orm import Mapped, mapped_column

from inbox import clock
from inbox.store.columns import Base, Created, Fk

__all__ = ["Follower", "TicketLink"]


class Follower(Base, kw_only=True):
    """An agent who wants to hear of a ticket that is not theirs."""

    __tablename__ = "followers"
    __table_args__ = (Index("ix_followers_agent", "agent_id", "ticket_id"),)

    ticket_id: Mapped[int] = mapped_column(Fk("tickets.id", cascade=True), primary_key=True)
    agent_id: Mapped[str] = mapped_column(String(32), Fk("agents.id", cascade=True), primary_key=True)
    at: Mapped[Created] = mapped_column(default_factory=clock.now)


class TicketLink(Base, kw_only=True):
    """Two tickets that somebody linked by hand; read both ways."""

    __tablename__ = "ticket_links"
    __table_args__ = (Index(None, "other_id"),)

    ticket_id: Mapped[int] = mapped_column(Fk("tickets.id", cascade=True), primary_key=True)
    other_id: Mapped[int] = mapped_column(Fk("tickets.id", cascade=True), primary_key=True)
    event: Mapped[str] = mapped_column(String(80))  # the id of the line that can be undone
