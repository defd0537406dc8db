"""Saved views, and what an agent has made of a view: its order, its place among the others."""

from __future__ import annotations

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from inbox import clock
from inbox.store.columns import Base, Created, Fk, Json, Name, Serial

__all__ = ["SavedView", "ViewHabit"]


class SavedView(Base, kw_only=True):
    """A filter with a name. ``audience`` is ``me``, ``team`` (then ``team_id``) or ``all``; ``filter`` holds lists of
    words by field, as the address has them."""

    __tablename__ = "views"

    id: Mapped[Serial] = mapped_column(init=False)
    name: Mapped[Name]
    owner_id: Mapped[str] = mapped_column(String(32), Fk("agents.id", cascade=True))
    audience: Mapped[str] = mapped_column(String(8), default="me")
    team_id: Mapped[str | None] = mapped_column(String(32), Fk("teams.id", cascade=True), default=None)
    filter: Mapped[Json] = mapped_column(default_factory=dict)
    sort: Mapped[str] = mapped_column(String(16), default="newest")
    created_at: Mapped[Created] = mapped_column(default_factory=clock.now)


class ViewHabit(Base, kw_only=True):
    """How one agent looks at one view: the order they chose last, and where it stands among their saved ones."""

    __tablename__ = "view_habits"

    agent_id: Mapped[str] = mapped_column(String(32), Fk("agents.id", cascade=True), primary_key=True)
    view: Mapped[str] = mapped_column(String(48), primary_key=True)
    sort: Mapped[str] = mapped_column(String(16), default="")
    place: Mapped[int | None] = mapped_column(default=None)
