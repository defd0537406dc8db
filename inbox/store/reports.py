"""Pages of figures that leave by mail on a schedule, and what left of each."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import Index, String
from sqlalchemy.orm import Mapped, mapped_column

from inbox import clock
from inbox.store.columns import Base, Created, Fk, Json, UtcDateTime, surrogate

__all__ = ["ReportMail", "ReportSending"]


class ReportMail(Base, kw_only=True):
    """One page with its filters, to some people, every so often. ``next_at`` is when it is due by itself, None while it
    is paused; ``asked_at`` is a time at which somebody wanted it at once."""

    __tablename__ = "report_mails"
    __table_args__ = (Index(None, "next_at"), Index(None, "asked_at"))

    id: Mapped[str] = mapped_column(String(12), primary_key=True, default_factory=lambda: surrogate()[:12])
    name: Mapped[str] = mapped_column(String(60), unique=True)
    page: Mapped[str] = mapped_column(String(20))
    asked: Mapped[Json] = mapped_column(default_factory=dict)  # comparison, grouping and filters, as in an address
    period: Mapped[str] = mapped_column(String(12))
    every: Mapped[str] = mapped_column(String(8))
    weekday: Mapped[int] = mapped_column(default=0)  # 0 is Monday
    at: Mapped[str] = mapped_column(String(5), default="08:00")  # in the desk's zone
    people: Mapped[Json] = mapped_column(default_factory=list)  # ids of agents
    addresses: Mapped[Json] = mapped_column(default_factory=list)
    paused: Mapped[bool] = mapped_column(default=False)
    made_by: Mapped[str | None] = mapped_column(String(32), default=None)
    made_at: Mapped[Created] = mapped_column(default_factory=clock.now)
    next_at: Mapped[dt.datetime | None] = mapped_column(default=None)
    asked_at: Mapped[dt.datetime | None] = mapped_column(default=None)
    retry_at: Mapped[dt.datetime | None] = mapped_column(default=None)
    tries: Mapped[int] = mapped_column(default=0)
    last_at: Mapped[dt.datetime | None] = mapped_column(default=None)
    last_sent: Mapped[int] = mapped_column(default=0)
    last_failed: Mapped[int] = mapped_column(default=0)
    problem: Mapped[str] = mapped_column(String(300), default="")


class ReportSending(Base, kw_only=True):
    """That a mail left for one address at one due time: written right before it does, so that it never leaves twice.
    Or that its reader stopped the report, at that time."""

    __tablename__ = "report_sendings"

    mail_id: Mapped[str] = mapped_column(String(12), Fk("report_mails.id", cascade=True), primary_key=True)
    due_at: Mapped[dt.datetime] = mapped_column(UtcDateTime, primary_key=True)
    address: Mapped[str] = mapped_column(String(254), primary_key=True)
    at: Mapped[Created] = mapped_column(default_factory=clock.now)
    problem: Mapped[str] = mapped_column(String(300), default="")
