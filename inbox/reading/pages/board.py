"""Views of the live board: agents, their load, and what waits (``board/index.html``, ``board/_lanes.html``)."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Literal

from inbox.reading.pages.common import Choice
from inbox.reading.parts import AgentChip, Due

__all__ = ["Board", "BoardCard", "BoardFigures", "Lane"]


@dataclass(frozen=True)
class BoardCard:
    """A ticket on the board. ``waiting_since`` is the customer's oldest unanswered message, None when we are waited for
    by nobody; ``state`` is that of its clock."""

    id: int
    customer: str
    subject: str
    kind: str
    state: Literal["late", "soon", ""] = ""
    waiting_since: dt.datetime | None = None
    due: Due | None = None
    priority: str = "normal"
    failed: bool = False


@dataclass(frozen=True)
class Lane:
    """A column: an agent's open tickets, or the unassigned ones (``agent`` None). Cards come late first, then soon,
    then by wait; ``more`` counts those that are left out."""

    agent: AgentChip | None
    cards: tuple[BoardCard, ...]
    total: int
    late: int = 0
    soon: int = 0
    done_today: int = 0
    oldest: dt.datetime | None = None
    more: int = 0


@dataclass(frozen=True)
class BoardFigures:
    """The strip on top; None draws a dash."""

    waiting: int
    unassigned: int
    longest_since: dt.datetime | None
    longest_channel: str
    late: int
    soon: int
    online: int
    agents: int
    resolved_today: int
    arrived_today: int
    unsent: int = 0


@dataclass(frozen=True)
class Board:
    """``page`` of ``board/index.html`` and of the frame. GET ``team`` narrows it. ``moving`` is the card of
    ``?move=<ticket>``: the menu "Move to" as a page for a browser without scripts. A move is POST ``tickets.assign``
    with ``agent`` (id or empty) and ``next``. ``may_move`` is a right."""

    figures: BoardFigures
    unassigned: Lane
    lanes: tuple[Lane, ...]
    teams: tuple[Choice, ...]
    now: dt.datetime
    team: str = ""
    may_move: bool = True
    moving: BoardCard | None = None
