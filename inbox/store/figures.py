"""What is kept of the figures: derived from the event log alone, and made anew from it whenever that is better.

Everything belongs to a generation: reports read the current one while the next is built beside it.
"""

from __future__ import annotations

import datetime as dt

from sqlalchemy import Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from inbox import clock
from inbox.store.columns import Base, Created, Json

__all__ = [
    "KEPT",
    "FigureCell",
    "FigureCustomer",
    "FigureDay",
    "FigureFact",
    "FigureFamily",
    "FigureLine",
    "FigureName",
    "FigureState",
    "FigureTicket",
    "FigureWork",
]


class FigureState(Base, kw_only=True):
    """A generation: how far into the log it goes, and by which configuration (``raw``, with its digest) it was made.

    What concerns everybody (rates, contracts, who is whom) is in it from the start as far as ``seeded``. While it is
    made from nothing its cells wait until all facts stand: they are summed before the local day ``summed``, and with
    None for good, from when on each batch keeps them.
    """

    __tablename__ = "figure_states"

    generation: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    seq: Mapped[int] = mapped_column(default=0)
    seeded: Mapped[int] = mapped_column(default=0)
    last_rec: Mapped[int] = mapped_column(default=0)
    summed: Mapped[int | None] = mapped_column(default=None)
    config: Mapped[str] = mapped_column(String(64))
    definition: Mapped[int]
    raw: Mapped[Json] = mapped_column(default_factory=dict)
    current: Mapped[bool] = mapped_column(default=False)
    why: Mapped[str] = mapped_column(String(40), default="")
    began_at: Mapped[Created] = mapped_column(default_factory=clock.now)
    moved_at: Mapped[dt.datetime] = mapped_column(default_factory=clock.now)


class FigureCell(Base, kw_only=True):
    """One cell of the roll-ups; the texts are JSON as the engine packs it."""

    __tablename__ = "figure_cells"
    __table_args__ = (Index("ix_figure_cells_values", "generation", "unit", "grain", "value", "channel"),)

    generation: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    unit: Mapped[str] = mapped_column(String(16), primary_key=True)
    grain: Mapped[str] = mapped_column(String(24), primary_key=True)
    moment: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    value: Mapped[str] = mapped_column(primary_key=True)
    channel: Mapped[str] = mapped_column(primary_key=True)
    plain: Mapped[str]
    due: Mapped[str]
    times: Mapped[str]


class FigureLine(Base, kw_only=True):
    """What time alone still changes, found by position (a day)."""

    __tablename__ = "figure_lines"

    generation: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    name: Mapped[str] = mapped_column(String(16), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    owner: Mapped[str] = mapped_column(primary_key=True)
    data: Mapped[str]
    __table_args__ = (Index("ix_figure_lines_owner", "generation", "owner"),)


class FigureFact(Base, kw_only=True):
    """What one fact adds on one local day; ``owner`` is what it belongs to.

    ``until`` is the last instant at which that case was open, on one of its days; 0 on the others.
    """

    __tablename__ = "figure_facts"

    generation: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    day: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    owner: Mapped[str] = mapped_column(primary_key=True)
    place: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    until: Mapped[int]
    data: Mapped[str]
    __table_args__ = (
        Index("ix_figure_facts_owner", "generation", "owner"),
        Index(
            "ix_figure_facts_until",
            "generation",
            "until",
            sqlite_where=text("until > 0"),
            postgresql_where=text("until > 0"),
        ),
    )


class FigureFamily(Base, kw_only=True):
    """A family of tickets: the verdicts of its cases, and its tickets where there are several."""

    __tablename__ = "figure_families"

    generation: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    name: Mapped[str] = mapped_column(primary_key=True)
    tickets: Mapped[Json] = mapped_column(default_factory=list)
    verdicts: Mapped[Json] = mapped_column(default_factory=dict)


class FigureTicket(Base, kw_only=True):
    """A ticket whose family is called by another one."""

    __tablename__ = "figure_tickets"

    generation: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    ticket: Mapped[str] = mapped_column(primary_key=True)
    family: Mapped[str]


class FigureCustomer(Base, kw_only=True):
    """A customer has a case in a family."""

    __tablename__ = "figure_customers"

    generation: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    customer: Mapped[str] = mapped_column(primary_key=True)
    family: Mapped[str] = mapped_column(primary_key=True)
    __table_args__ = (Index("ix_figure_customers_family", "generation", "family"),)


class FigureWork(Base, kw_only=True):
    """A piece of work on each local day that it touches, with its agent's share of the time."""

    __tablename__ = "figure_work"

    generation: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    agent: Mapped[str] = mapped_column(primary_key=True)
    day: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    item: Mapped[str] = mapped_column(primary_key=True)
    ticket: Mapped[str]
    data: Mapped[str]
    __table_args__ = (Index("ix_figure_work_ticket", "generation", "ticket"),)


class FigureDay(Base, kw_only=True):
    """A change of an agent's state, by the local day on which it was."""

    __tablename__ = "figure_days"

    generation: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    agent: Mapped[str] = mapped_column(primary_key=True)
    day: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    seq: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)


class FigureName(Base, kw_only=True):
    """Where the log speaks of something that the event's own ticket does not lead to.

    ``kind`` is ticket (an event that is filed elsewhere and concerns it), cost, survey, post, mention, call, session or
    msg; or ``price CCY``, whose name is a cost and whose ``day`` that of the service.
    """

    __tablename__ = "figure_names"

    generation: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    kind: Mapped[str] = mapped_column(String(16), primary_key=True)
    name: Mapped[str] = mapped_column(primary_key=True)
    seq: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    day: Mapped[int] = mapped_column(default=0)


#: Every table of a generation, its state aside.
KEPT = (
    FigureCell,
    FigureLine,
    FigureFact,
    FigureFamily,
    FigureTicket,
    FigureCustomer,
    FigureWork,
    FigureDay,
    FigureName,
)
