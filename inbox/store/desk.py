"""What a business sets at run time, and the audit of every change of it."""

from __future__ import annotations

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from inbox import clock
from inbox.store.columns import Base, Created, Fk, Json, Serial

__all__ = ["Audit", "Setting"]


class Setting(Base, kw_only=True):
    """One setting by its dotted name: ``desk.name``, ``desk.timezone``, ``metrics.currency``."""

    __tablename__ = "settings"

    name: Mapped[str] = mapped_column(String(80), primary_key=True)
    value: Mapped[Json]


class Audit(Base, kw_only=True):
    """Who changed which setting; secrets appear as names only."""

    __tablename__ = "audit"

    id: Mapped[Serial] = mapped_column(init=False)
    at: Mapped[Created] = mapped_column(default_factory=clock.now)
    agent_id: Mapped[str | None] = mapped_column(String(32), Fk("agents.id"), default=None)
    what: Mapped[str] = mapped_column(String(80))
    detail: Mapped[Json] = mapped_column(default_factory=dict)
