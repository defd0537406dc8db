"""What is remembered of the desk's health: what is wrong and who was told, when each mailbox last proved its intake."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from inbox.store.columns import Base, Fk

__all__ = ["Alert", "Canary"]


class Alert(Base, kw_only=True):
    """One thing that is wrong, or was: admins are told once when it begins and once when it is over."""

    __tablename__ = "alerts"

    key: Mapped[str] = mapped_column(String(80), primary_key=True)
    code: Mapped[str] = mapped_column(String(40))
    channel_id: Mapped[str | None] = mapped_column(String(32), Fk("channels.id", cascade=True), default=None)
    detail: Mapped[str] = mapped_column(default="")
    since: Mapped[dt.datetime]
    told_at: Mapped[dt.datetime | None] = mapped_column(default=None)
    over_at: Mapped[dt.datetime | None] = mapped_column(default=None)
    over_told_at: Mapped[dt.datetime | None] = mapped_column(default=None)


class Canary(Base, kw_only=True):
    """A mailbox's probe: ``since`` when it is sent, the last one that left, the last one that came back."""

    __tablename__ = "canaries"

    channel_id: Mapped[str] = mapped_column(String(32), Fk("channels.id", cascade=True), primary_key=True)
    since: Mapped[dt.datetime]
    sent_at: Mapped[dt.datetime | None] = mapped_column(default=None)
    proved_at: Mapped[dt.datetime | None] = mapped_column(default=None)
    took_ms: Mapped[int | None] = mapped_column(default=None)
    problem: Mapped[str] = mapped_column(default="")
