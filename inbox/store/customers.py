"""Who writes to us: customers and their identities, one address on one kind of channel each."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from inbox import clock
from inbox.store.columns import Base, Created, Fk, Id, Name, Serial, surrogate

__all__ = ["Customer", "Identity", "Visitor"]


class Customer(Base, kw_only=True):
    """A person. ``id`` is the surrogate that the event log knows them by; the name lives only here."""

    __tablename__ = "customers"

    id: Mapped[Id] = mapped_column(default_factory=surrogate)
    name: Mapped[Name] = mapped_column(default="")
    sample: Mapped[bool] = mapped_column(default=False)
    band: Mapped[str] = mapped_column(String(40), default="")  # what they are worth to us: promises and routing look
    created_at: Mapped[Created] = mapped_column(default_factory=clock.now)
    identities: Mapped[list[Identity]] = relationship(
        lazy="selectin", order_by="Identity.id", default_factory=list, cascade="all, delete-orphan"
    )


class Identity(Base, kw_only=True):
    """One address of a customer on one kind of channel; ``value`` is canonical (E.164, lower-case mail, PSID)."""

    __tablename__ = "identities"
    __table_args__ = (UniqueConstraint("kind", "value"), Index(None, "customer_id"))

    id: Mapped[Serial] = mapped_column(init=False)
    customer_id: Mapped[str] = mapped_column(String(32), Fk("customers.id", cascade=True), default="")
    kind: Mapped[str] = mapped_column(String(32))
    value: Mapped[str] = mapped_column(String(320))
    name: Mapped[Name] = mapped_column(default="")
    undeliverable_at: Mapped[dt.datetime | None] = mapped_column(default=None)
    opted_out_at: Mapped[dt.datetime | None] = mapped_column(default=None)
    pictures_at: Mapped[dt.datetime | None] = mapped_column(default=None)  # their mails may fetch pictures since then
    created_at: Mapped[Created] = mapped_column(default_factory=clock.now)


class Visitor(Base, kw_only=True):
    """A web chat visitor's session: the browser holds the token, the table its digest. ``id`` is their identity."""

    __tablename__ = "visitors"
    __table_args__ = (Index(None, "id"),)

    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    id: Mapped[str] = mapped_column(String(32), default_factory=surrogate)
    channel_id: Mapped[str] = mapped_column(String(32), Fk("channels.id"))
    email: Mapped[str] = mapped_column(String(254), default="")
    created_at: Mapped[Created] = mapped_column(default_factory=clock.now)
    seen_at: Mapped[Created] = mapped_column(default_factory=clock.now)
