"""Who is here, who looks at what, who is writing: said over sockets, kept nowhere else."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field
from typing import Any

__all__ = ["Presence", "Seat"]

AWAY_AFTER = 60.0
#: How long a sign of writing holds; the browser repeats it more often, and hides it after as long.
WRITING_FOR = 7.0


@dataclass
class Seat:
    """One browser tab of an agent."""

    agent: str
    name: str
    language: str
    rooms: set[str] = field(default_factory=set)
    ticket: int | None = None
    session: str = ""
    away: bool = False  # nobody touched this tab for five minutes
    writing: dict[str, Any] = field(default_factory=dict)  # its last sign, as the others got it
    signed: float = 0.0  # when that was


class Presence:
    """The tabs of this process. ``lost`` gives the agents whose last tab went away a while ago."""

    def __init__(self) -> None:
        self._seats: dict[str, Seat] = {}
        self._left: dict[str, float] = {}
        self._lock = threading.Lock()

    def sit(self, sid: str, seat: Seat) -> bool:
        """A tab came; True where it is the agent's first."""
        with self._lock:
            first = all(one.agent != seat.agent for one in self._seats.values())
            known = self._left.pop(seat.agent, None) is not None
            self._seats[sid] = seat
            return first and not known

    def seat(self, sid: str) -> Seat | None:
        """The tab behind a socket."""
        return self._seats.get(sid)

    def leave(self, sid: str) -> Seat | None:
        """A tab went."""
        with self._lock:
            seat = self._seats.pop(sid, None)
            if seat is not None and all(one.agent != seat.agent for one in self._seats.values()):
                self._left[seat.agent] = time.monotonic()
            return seat

    def lost(self, after: float = AWAY_AFTER) -> list[str]:
        """Agents gone for ``after`` seconds; each is named once."""
        now = time.monotonic()
        with self._lock:
            gone = [agent for agent, since in self._left.items() if now - since > after]
            for agent in gone:
                del self._left[agent]
            return gone

    def viewing(self, ticket: int) -> list[dict[str, str]]:
        """Who has a ticket open, each once."""
        with self._lock:
            seats = {seat.agent: seat.name for seat in self._seats.values() if seat.ticket == ticket}
        return [{"id": agent, "name": name} for agent, name in sorted(seats.items(), key=lambda one: one[1])]

    def writing(self, ticket: int, but: str) -> list[dict[str, Any]]:
        """The signs of those who write in a ticket right now, without the tab ``but``."""
        since = time.monotonic() - WRITING_FOR
        with self._lock:
            seats = [seat for sid, seat in self._seats.items() if sid != but and seat.signed > since]
        return [seat.writing for seat in seats if seat.writing["ticket"] == ticket]

    def all_away(self, agent: str) -> bool:
        """True where an agent has tabs open and is at none of them."""
        with self._lock:
            tabs = [seat.away for seat in self._seats.values() if seat.agent == agent]
            return bool(tabs) and all(tabs)

    def agents(self) -> set[str]:
        """Everybody with a tab open."""
        with self._lock:
            return {seat.agent for seat in self._seats.values()}

    def sids(self, agent: str) -> list[str]:
        """An agent's sockets."""
        with self._lock:
            return [sid for sid, seat in self._seats.items() if seat.agent == agent]
