"""What the desk knows of a customer besides addresses: notes, what they agreed to, and who was found to be them."""

from __future__ import annotations

from sqlalchemy import Index, String
from sqlalchemy.orm import Mapped, mapped_column

from inbox import clock
from inbox.store.columns import Base, Created, Fk, Json, Serial

__all__ = ["Apart", "Consent", "CustomerMerge", "CustomerNote"]


class CustomerNote(Base, kw_only=True):
    """A note on a customer, seen beside each of their tickets by agents only."""

    __tablename__ = "customer_notes"
    __table_args__ = (Index(None, "customer_id"),)

    id: Mapped[Serial] = mapped_column(init=False)
    customer_id: Mapped[str] = mapped_column(String(32), Fk("customers.id", cascade=True))
    agent_id: Mapped[str | None] = mapped_column(String(32))
    text: Mapped[str]
    at: Mapped[Created] = mapped_column(default_factory=clock.now)


class Consent(Base, kw_only=True):
    """What a customer agreed to or took back, when, and where that is known from."""

    __tablename__ = "consents"
    __table_args__ = (Index(None, "customer_id"),)

    id: Mapped[Serial] = mapped_column(init=False)
    customer_id: Mapped[str] = mapped_column(String(32), Fk("customers.id", cascade=True))
    agent_id: Mapped[str | None] = mapped_column(String(32))
    what: Mapped[str] = mapped_column(String(200))
    given: Mapped[bool]
    source: Mapped[str] = mapped_column(String(200), default="")
    at: Mapped[Created] = mapped_column(default_factory=clock.now)


class CustomerMerge(Base, kw_only=True):
    """Two customers who became one: what the first had, so that they can be parted again. ``customer_id`` is no more
    while this row is there; ``moved`` are the numbers of what was theirs, by table."""

    __tablename__ = "customer_merges"
    __table_args__ = (Index(None, "into_id"),)

    event: Mapped[str] = mapped_column(String(80), primary_key=True)
    customer_id: Mapped[str] = mapped_column(String(32))
    into_id: Mapped[str] = mapped_column(String(32), Fk("customers.id", cascade=True))
    agent_id: Mapped[str | None] = mapped_column(String(32))
    facts: Mapped[Json]
    gave: Mapped[Json]
    moved: Mapped[Json]
    at: Mapped[Created] = mapped_column(default_factory=clock.now)


class Apart(Base, kw_only=True):
    """Two customers of whom somebody said that they are not one person, in the order of their ids. ``evidence`` is what
    had suggested it (``why:proof``): that suggests nothing any more, something new does."""

    __tablename__ = "customers_apart"
    __table_args__ = (Index(None, "other_id"),)

    one_id: Mapped[str] = mapped_column(String(32), Fk("customers.id", cascade=True), primary_key=True)
    other_id: Mapped[str] = mapped_column(String(32), Fk("customers.id", cascade=True), primary_key=True)
    evidence: Mapped[Json] = mapped_column(default_factory=list)
    event: Mapped[str] = mapped_column(String(80), default="")
    agent_id: Mapped[str | None] = mapped_column(String(32), default=None)
    at: Mapped[Created] = mapped_column(default_factory=clock.now)
