"""Who gets a ticket, and which ticket comes first: rules over plain values, a table of ways."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

__all__ = ["MANUAL", "WAYS", "Candidate", "Given", "Wanted", "choose", "has_room", "urgency"]

MANUAL: Final = "manual"
_NEVER = dt.datetime.min.replace(tzinfo=dt.UTC)
#: A clock that has used that share of its time comes before every band.
_NEAR: Final = 0.75
#: How much of a clock's time the best customers are ahead of the others.
_BOOST: Final = 0.5


@dataclass(frozen=True)
class Candidate:
    """Somebody who is at the desk. ``load`` are their open tickets, ``of_kind`` those on this kind of channel, whose
    ``kind_capacity`` is None where only ``capacity`` counts; ``given_at`` is when a rule last gave them one."""

    id: str
    load: int = 0
    capacity: int = 8
    of_kind: int = 0
    kind_capacity: int | None = None
    given_at: dt.datetime | None = None
    skills: frozenset[str] = frozenset()
    speaks: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Wanted:
    """What a ticket asks for: ``needs`` are its tags and reason, ``language`` that of the customer where it is known
    and not the desk's own, ``last_agent`` who had this customer last."""

    needs: frozenset[str] = frozenset()
    language: str = ""
    last_agent: str | None = None


@dataclass(frozen=True)
class Given:
    """To whom, and the word of why."""

    agent: str
    why: str


def has_room(one: Candidate) -> bool:
    """Whether somebody can take one more."""
    return one.load < one.capacity and (one.kind_capacity is None or one.of_kind < one.kind_capacity)


def _in_turn(free: Sequence[Candidate], _wanted: Wanted) -> Given:
    """Whoever was given one the longest ago."""
    return Given(min(free, key=lambda one: (one.given_at or _NEVER, one.id)).id, "round_robin")


def _most_room(free: Sequence[Candidate], _wanted: Wanted) -> Given:
    """Whoever is the least full."""
    key: Callable[[Candidate], tuple[float, int, dt.datetime, str]] = lambda one: (  # noqa: E731
        one.load / max(one.capacity, 1),
        one.load,
        one.given_at or _NEVER,
        one.id,
    )
    return Given(min(free, key=key).id, "least_busy")


def _able(free: Sequence[Candidate], wanted: Wanted) -> Given:
    """Who speaks the language, then who knows most of what it is about, then who has most room."""
    why = "least_busy"
    speakers = [one for one in free if wanted.language and wanted.language in one.speaks]
    if speakers:
        free, why = speakers, "language"
    best = max(len(one.skills & wanted.needs) for one in free)
    if best:
        free, why = [one for one in free if len(one.skills & wanted.needs) == best], "skill"
    return Given(_most_room(free, wanted).agent, why)


#: The word of a way, and the way.
WAYS: Final[dict[str, Callable[[Sequence[Candidate], Wanted], Given]]] = {
    "round_robin": _in_turn,
    "least_busy": _most_room,
    "skill": _able,
}


def choose(way: str, people: Sequence[Candidate], wanted: Wanted, *, sticky: bool = False) -> Given | None:
    """Who of those at the desk gets a ticket; None where it stays in the queue: by hand, or nobody has room."""
    rule = WAYS.get(way)
    free = [one for one in people if has_room(one)]
    if rule is None or not free:
        return None
    if sticky and wanted.last_agent in {one.id for one in free}:
        return Given(wanted.last_agent or "", "last_agent")
    return rule(free, wanted)


def urgency(share: float, rank: int | None, bands: int) -> float:
    """How soon a ticket's turn comes, more is sooner. ``share`` of its clock's time is gone; its customer stands at
    ``rank`` of so many ``bands``, 0 the best, None in none.

    A better band is ahead by a part of the time, never by all of it, and a clock that is near its end comes before
    every band: nobody waits beyond what was promised because others are worth more.
    """
    if share >= _NEAR:
        return 2 + share
    boost = 0.0 if rank is None or bands < 1 else _BOOST * (bands - rank) / bands
    return max(share, 0.0) + boost
