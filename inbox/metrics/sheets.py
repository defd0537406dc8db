"""The sheet of a fact: its counts and durations by local day, channel, agent and team, under its reason and tags.

Reports and roll-ups are nothing but sums of sheets, and a fact leaves them by subtracting what its sheet had added.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

__all__ = [
    "AGENT",
    "ANY",
    "BOTH",
    "NEVER",
    "TEAM",
    "TIMES",
    "WHOLE",
    "CaseName",
    "Entry",
    "Heard",
    "Key",
    "OpenSpan",
    "Sheet",
]

NEVER = 1 << 62

#: Every measure of durations.
TIMES = frozenset({"frt", "frt_bh", "frt_handoff", "rt", "km", "ttr_first", "ttr_full", "ttr_net", "aht"})

# For which filters an entry speaks: bit 0 for none on people, 1 for an agent, 2 for a team, 3 for both.
WHOLE, AGENT, TEAM, BOTH = 0b0001, 0b0010, 0b0100, 0b1000
ANY = 0b1111


# Where an entry is anchored and whom it belongs to (section 4.4): local day, channel, agent, team, due, scope.
# ``due`` is the instant from which its counts hold (maturity is a cut on the anchor, 7.3); None is at once.
Key = tuple[int, str | None, str | None, str | None, int | None, int]


@dataclass(slots=True)
class Entry:
    """``counts`` (of an entry with a ``due``: outcomes); ``times`` in ms; ``since`` is what has not ended yet."""

    counts: dict[str, int] = field(default_factory=dict)
    times: list[tuple[str, int]] = field(default_factory=list)
    since: list[tuple[str, int]] = field(default_factory=list)

    def count(self, measure: str, n: int = 1) -> None:
        self.counts[measure] = self.counts.get(measure, 0) + n

    def time(self, measure: str, ms: int) -> None:
        self.times.append((measure, ms))


class OpenSpan(NamedTuple):
    """A stretch in which a case was open, for the backlog; an end of None is still open."""

    begin: int
    end: int | None
    t0: int
    channel: str | None
    agent: str | None
    team: str | None
    reason: str | None
    tags: tuple[str, ...]

    def age(self, at: int) -> int:
        """How old the case is at an instant of the stretch: since t0, or since its opening if t0 is yet to come."""
        return at - (self.t0 if self.t0 <= at else self.begin)


class Heard(NamedTuple):
    """An inbound interaction of a customer with a contract, for the silence link: judged from ``due`` on."""

    day: int
    customer: str
    due: int
    unanswered: bool


class Came(NamedTuple):
    """When an inbound interaction began, on its local day, and whose it is."""

    day: int
    start: int
    channel: str | None
    agent: str | None
    team: str | None


class CaseName(NamedTuple):
    """Which case a sheet is of: its id, its ticket, when it began and on which channel."""

    id: str
    root: str
    t0: int
    channel: str | None


class Sheet:
    """All entries of one fact; facts without a case have neither reason nor tags. ``came`` is when inbound interactions
    began."""

    __slots__ = ("came", "case", "entries", "heard", "reason", "spans", "tags")

    def __init__(self, reason: str | None = None, tags: Iterable[str] = ()) -> None:
        self.reason = reason
        self.tags = tuple(tags)
        self.entries: dict[Key, Entry] = {}
        self.spans: list[OpenSpan] = []
        self.heard: list[Heard] = []
        self.came: list[Came] = []
        self.case: CaseName | None = None

    def at(
        self,
        day: int,
        channel: str | None,
        agent: str | None = None,
        team: str | None = None,
        due: int | None = None,
        scope: int = ANY,
    ) -> Entry:
        """The entry of an anchor and its people."""
        key = (day, channel, agent, team, due, scope)
        entry = self.entries.get(key)
        if entry is None:
            entry = self.entries[key] = Entry()
        return entry

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Sheet):
            return NotImplemented
        mine = self.case, self.reason, self.tags, self.entries, self.spans, self.heard, self.came
        return mine == (*(other.case, other.reason, other.tags, other.entries, other.spans, other.heard, other.came),)

    __hash__ = None  # type: ignore[assignment]
