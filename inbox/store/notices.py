"""What people are told of, and the devices on which they hear it while no page of the desk is open."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import Index, String
from sqlalchemy.orm import Mapped, mapped_column

from inbox import clock
from inbox.store.columns import Base, Created, Fk, Serial

__all__ = ["Device", "Notice", "Post"]


class Notice(Base, kw_only=True):
    """One thing of one ticket that one agent should know, until they have read it or acted on the ticket.

    While it is unread, the same again is counted in it. ``push_at`` and ``mail_at`` say from when on it may leave that
    way; None: it does not, or has left.
    """

    __tablename__ = "notices"
    __table_args__ = (
        Index("ix_notices_list", "agent_id", "at"),
        Index("ix_notices_unread", "agent_id", "read_at", "ticket_id"),
        Index(None, "ticket_id"),
        Index(None, "event"),
        Index(None, "push_at"),
        Index(None, "mail_at"),
        Index(None, "at"),
    )

    id: Mapped[Serial] = mapped_column(init=False)
    agent_id: Mapped[str] = mapped_column(String(32), Fk("agents.id", cascade=True))
    ticket_id: Mapped[int] = mapped_column(Fk("tickets.id", cascade=True))
    reason: Mapped[str] = mapped_column(String(16))
    event: Mapped[str] = mapped_column(String(80))  # the id of the log's line behind it, the last one's if several
    message_id: Mapped[int | None] = mapped_column(default=None)  # where to open the ticket: the first one's
    by: Mapped[str | None] = mapped_column(String(32), default=None)  # the agent who did it
    count: Mapped[int] = mapped_column(default=1)
    page: Mapped[bool] = mapped_column(default=True)  # it stands in the list
    at: Mapped[Created] = mapped_column(default_factory=clock.now)
    read_at: Mapped[dt.datetime | None] = mapped_column(default=None)
    push_at: Mapped[dt.datetime | None] = mapped_column(default=None)
    mail_at: Mapped[dt.datetime | None] = mapped_column(default=None)


class Device(Base, kw_only=True):
    """A browser that takes notices by Web Push, as it described itself; ``digest`` is that of its address."""

    __tablename__ = "devices"
    __table_args__ = (Index(None, "agent_id"),)

    id: Mapped[Serial] = mapped_column(init=False)
    agent_id: Mapped[str] = mapped_column(String(32), Fk("agents.id", cascade=True))
    endpoint: Mapped[str]
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    key: Mapped[str] = mapped_column(String(120))  # its public key (P-256), base64url
    secret: Mapped[str] = mapped_column(String(40))  # its authentication secret, base64url
    browser: Mapped[str] = mapped_column(String(200), default="")
    sign_in: Mapped[str] = mapped_column(String(64), default="")  # that it was subscribed in: it ends with it
    problem: Mapped[str] = mapped_column(String(200), default="")
    created_at: Mapped[Created] = mapped_column(default_factory=clock.now)
    sent_at: Mapped[dt.datetime | None] = mapped_column(default=None)


class Post(Base, kw_only=True):
    """What is on its way to a device: one notice, or (without one) how many there are. Gone once it was taken."""

    __tablename__ = "posts"
    __table_args__ = (Index(None, "next_at"),)

    id: Mapped[Serial] = mapped_column(init=False)
    device_id: Mapped[int] = mapped_column(Fk("devices.id", cascade=True))
    notice_id: Mapped[int | None] = mapped_column(Fk("notices.id", cascade=True), default=None)
    next_at: Mapped[dt.datetime] = mapped_column(default_factory=clock.now)
    tries: Mapped[int] = mapped_column(default=0)
    at: Mapped[Created] = mapped_column(default_factory=clock.now)
