"""The event log: append-only, one line per thing that happened, the spine of everything else."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterable
from typing import Any, Final

from sqlalchemy import ColumnElement, Index, String, TextClause, and_, literal_column, text
from sqlalchemy.orm import Mapped, mapped_column

from inbox import clock
from inbox.store.columns import Base, Fk, Json, Serial, UtcDateTime

__all__ = ["PLACED", "Beat", "Event", "Focus", "names"]

#: Marks a line from outside that names no ticket itself: its column only says where it belongs.
PLACED = "@ticket"

#: Fields of the kinds' own by which lines are looked up, and the kinds that are: each has an index of its own, so that
#: what is told of one message or one customer is found without reading what is told of all.
NAMED: Final = {
    "msg": ("msg.in", "msg.out"),
    "call": ("call.started",),
    "session": ("handle.start", "handle.span"),
    "cost": ("cost.provider",),
    "survey": ("survey.sent", "survey.answered"),
    "customer": ("survey.sent", "revenue"),
    "contract": ("contract.started",),
}


def _field(name: str) -> str:
    return f"(data ->> '{name}')"


def _kinds(name: str) -> TextClause:
    return text(f"(kind || '') IN ({', '.join(map(repr, NAMED[name]))})")


def names(name: str, values: Iterable[str], *kinds: str) -> ColumnElement[bool]:
    """Lines of ``kinds`` whose field ``name`` is one of the values. Both databases use an index of an expression and
    of some rows only where a statement says the same in the same words, so none of them is a parameter; and the kind
    stands in an expression, or SQLite would rather read all of that kind.

    Raises ``KeyError`` for a field that has no index, ``ValueError`` for a kind that is not in it.
    """
    if missing := set(kinds) - {*NAMED[name]}:
        raise ValueError(f"{', '.join(sorted(missing))} is not in the index of {name}")
    named: ColumnElement[Any] = literal_column(_field(name), String)
    return and_(_kinds(name), named.in_(sorted(set(values))), Event.kind.concat("").in_(kinds))


class Event(Base, kw_only=True):
    """One line. ``seq`` is the append order and every reader's cursor; ``id`` the idempotency key.

    No name, address or body ever stands here: people by their surrogate ids, messages by their numbers.
    """

    __tablename__ = "events"
    __table_args__ = (
        Index(None, "ticket_id", "seq"),
        Index(None, "kind", "seq"),
        Index("ix_events_rec", "rec", "seq"),
        *(
            Index(f"ix_events_{name}", text(_field(name)), sqlite_where=_kinds(name), postgresql_where=_kinds(name))
            for name in NAMED
        ),
    )

    seq: Mapped[Serial] = mapped_column(init=False)
    id: Mapped[str] = mapped_column(String(80), unique=True, default_factory=lambda: uuid.uuid4().hex)
    ts: Mapped[dt.datetime] = mapped_column(UtcDateTime, default_factory=clock.now)
    rec: Mapped[dt.datetime] = mapped_column(UtcDateTime, default_factory=clock.now)
    kind: Mapped[str] = mapped_column(String(40))
    actor_kind: Mapped[str] = mapped_column(String(16), default="system")
    actor_id: Mapped[str | None] = mapped_column(String(80), default=None)
    actor_team: Mapped[str | None] = mapped_column(String(80), default=None)
    ticket_id: Mapped[int | None] = mapped_column(default=None)
    data: Mapped[Json] = mapped_column(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        """The line as metrics.md section 2 has it: envelope, ``ticket`` as text, then the kind's own fields."""
        line: dict[str, Any] = {
            "seq": self.seq,
            "id": self.id,
            "ts": clock.iso(self.ts),
            "rec": clock.iso(self.rec),
            "kind": self.kind,
            "actor": {"kind": self.actor_kind, "id": self.actor_id, "team": self.actor_team},
        }
        if self.ticket_id is not None and PLACED not in self.data:
            line["ticket"] = str(self.ticket_id)
        return {**line, **{name: value for name, value in self.data.items() if name != PLACED}}


class Focus(Base, kw_only=True):
    """A browser's stay on a ticket while it lasts; at its end one ``handle.span`` is appended and this row goes."""

    __tablename__ = "focuses"

    session: Mapped[str] = mapped_column(String(64), primary_key=True)
    ticket_id: Mapped[int] = mapped_column(Fk("tickets.id", cascade=True))
    agent_id: Mapped[str] = mapped_column(String(32), Fk("agents.id", cascade=True))
    team_id: Mapped[str | None] = mapped_column(String(32), default=None)
    kind: Mapped[str] = mapped_column(String(32))
    started_at: Mapped[dt.datetime]
    seen_at: Mapped[dt.datetime]
    ended_at: Mapped[dt.datetime | None] = mapped_column(default=None)


class Beat(Base, kw_only=True):
    """One beat of a focus, every 15 s; ``idle`` covers nothing."""

    __tablename__ = "beats"

    session: Mapped[str] = mapped_column(String(64), Fk("focuses.session", cascade=True), primary_key=True)
    at: Mapped[dt.datetime] = mapped_column(UtcDateTime, primary_key=True)
    idle: Mapped[bool] = mapped_column(default=False)
