"""Who writes to us: customers and their identities, one address on one kind of channel each."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from inbox import clock
from inbox.store.columns import Base, Created, Fk, Id, Json, Name, Serial, surrogate

__all__ = ["Customer", "Handover", "Identity", "Unneeded", "Upload", "Visitor"]


class Customer(Base, kw_only=True):
    """A person. ``id`` is the surrogate that the event log knows them by; the name lives only here."""

    __tablename__ = "customers"
    __table_args__ = (Index("ix_customers_language", "language"),)

    id: Mapped[Id] = mapped_column(default_factory=surrogate)
    name: Mapped[Name] = mapped_column(default="")
    sample: Mapped[bool] = mapped_column(default=False)
    band: Mapped[str] = mapped_column(String(40), default="")  # what they are worth to us: promises and routing look
    company: Mapped[Name] = mapped_column(default="")
    language: Mapped[str] = mapped_column(String(8), default="")  # as they first wrote, or as somebody wrote it down
    attributes: Mapped[Json] = mapped_column(default_factory=dict)  # name → text
    created_at: Mapped[Created] = mapped_column(default_factory=clock.now)
    erased_at: Mapped[dt.datetime | None] = mapped_column(default=None)  # since then only their numbers are known
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
    """A web chat visitor's session: the browser holds the token, the table its digest. ``id`` is their identity: the
    sessions of one signed-in customer, whom the site knows as ``user_id``, share it.

    ``consent`` is the text that was agreed to, ``page`` where they are now: ``{"url", "title"}``.
    """

    __tablename__ = "visitors"
    __table_args__ = (Index(None, "id"), Index("ix_visitors_user", "channel_id", "user_id"))

    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    id: Mapped[str] = mapped_column(String(32), default_factory=surrogate)
    channel_id: Mapped[str] = mapped_column(String(32), Fk("channels.id"))
    email: Mapped[str] = mapped_column(String(254), default="")
    user_id: Mapped[str] = mapped_column(String(200), default="")
    language: Mapped[str] = mapped_column(String(8), default="")
    consent: Mapped[str] = mapped_column(String(500), default="")
    consent_at: Mapped[dt.datetime | None] = mapped_column(default=None)
    page: Mapped[Json] = mapped_column(default_factory=dict)
    page_at: Mapped[dt.datetime | None] = mapped_column(default=None)
    created_at: Mapped[Created] = mapped_column(default_factory=clock.now)
    seen_at: Mapped[Created] = mapped_column(default_factory=clock.now)


class Upload(Base, kw_only=True):
    """A file that a visitor has chosen; its bytes lie in the files. What no message takes up is forgotten in a day."""

    __tablename__ = "uploads"
    __table_args__ = (Index("ix_uploads_visitor", "visitor", "at"), Index("ix_uploads_unused", "used", "at"))

    id: Mapped[Serial] = mapped_column(init=False)
    visitor: Mapped[str] = mapped_column(String(32))
    name: Mapped[str] = mapped_column(String(255))
    content_type: Mapped[str] = mapped_column(String(120))
    size: Mapped[int]
    sha256: Mapped[str] = mapped_column(String(64))
    used: Mapped[bool] = mapped_column(default=False)
    at: Mapped[Created] = mapped_column(default_factory=clock.now)


class Handover(Base, kw_only=True):
    """A visitor's way to another channel: the link holds a code, the table its digest. Good once, for a day."""

    __tablename__ = "handovers"

    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    visitor: Mapped[str] = mapped_column(String(32))
    kind: Mapped[str] = mapped_column(String(32))
    expires_at: Mapped[dt.datetime]
    used_at: Mapped[dt.datetime | None] = mapped_column(default=None)


class Unneeded(Base, kw_only=True):
    """Bytes of somebody who was erased, until they are gone from the disk."""

    __tablename__ = "unneeded"

    sha256: Mapped[str] = mapped_column(String(64), primary_key=True)
    at: Mapped[Created] = mapped_column(default_factory=clock.now)
