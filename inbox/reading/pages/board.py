"""Views of the live board: agents, their load, and what waits (``board/index.html``, ``board/_lanes.html``)."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Literal

from inbox.reading.pages.common import Choice
from inbox.reading.parts import AgentChip, Due

__all__ = ["BalancePage", "Board", "BoardCard", "BoardFigures", "Lane", "Place", "Queue", "Shift"]


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
    absent: bool = False  # out of office


@dataclass(frozen=True)
class Queue:
    """What waits for a team ("" those of no team) or on a channel; ``here`` of ``people`` are at the desk, both None
    for a channel."""

    name: str
    kind: str
    waiting: int
    unassigned: int
    oldest: dt.datetime | None
    soon: int
    late: int
    here: int | None = None
    people: int | None = None


@dataclass(frozen=True)
class Shift:
    """A move that balancing proposes: ``value`` is what the form sends; ``source`` "" is the queue."""

    value: str
    ticket: int
    customer: str
    subject: str
    kind: str
    due: Due | None
    source: str
    target: str


@dataclass(frozen=True)
class Place:
    """A person's load before and after the proposed moves."""

    person: AgentChip
    before: int
    after: int
    here: bool


@dataclass(frozen=True)
class BalancePage:
    """``page`` of ``board/balance.html``. POST ``board.balance``: ``moves`` (repeated values), ``team``."""

    shifts: tuple[Shift, ...]
    places: tuple[Place, ...]
    team: str = ""


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
    queues: tuple[Queue, ...]
    channels: tuple[Queue, ...]
    teams: tuple[Choice, ...]
    now: dt.datetime
    team: str = ""
    may_move: bool = True
    moving: BoardCard | None = None
