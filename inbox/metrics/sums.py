"""What a slice of a report adds up: counts and durations of the entries that its filter lets through."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from inbox.metrics.formulas import midpoint, percentile
from inbox.metrics.sheets import ANY, Entry, Key, OpenSpan, Sheet

__all__ = ["DIMENSIONS", "About", "Durations", "Filter", "Slice", "Sums"]

DIMENSIONS = ("channel", "agent", "team", "reason", "tag")


@dataclass(slots=True)
class Durations:
    """Durations of one measure: exact values, or a histogram of buckets with its exact sum."""

    values: list[int] = field(default_factory=list)
    buckets: dict[int, int] = field(default_factory=dict)
    total: int = 0
    n: int = 0

    def add(self, ms: int) -> None:
        self.values.append(ms)
        self.total += ms
        self.n += 1

    def percentiles(self, *ps: int) -> list[int | None]:
        """Nearest rank; from a histogram, the midpoint of the bucket."""
        if self.buckets:
            ordered = sorted(self.buckets.items())
            return [_rank(ordered, -(-p * self.n // 100)) for p in ps]
        values = sorted(self.values)
        return [percentile(values, p) for p in ps]

    def each(self) -> Iterator[int]:
        """Every duration, a histogram's as midpoints."""
        if self.buckets:
            for b, n in self.buckets.items():
                yield from [midpoint(b)] * n
        else:
            yield from self.values


def _rank(buckets: list[tuple[int, int]], rank: int) -> int | None:
    for b, n in buckets:
        rank -= n
        if rank <= 0:
            return midpoint(b)
    return None


@dataclass(slots=True)
class Sums:
    """The integer sums of one slice."""

    counts: dict[str, int] = field(default_factory=dict)
    durations: dict[str, Durations] = field(default_factory=dict)
    since: dict[str, list[int]] = field(default_factory=dict)

    def __getitem__(self, measure: str) -> int:
        return self.counts.get(measure, 0)

    def of(self, measure: str) -> Durations:
        return self.durations.get(measure) or Durations()

    def add(self, due: int | None, entry: Entry, as_of: int) -> None:
        """Add an entry of the period as it stands at ``as_of``."""
        counts = self.counts
        if due is not None and due > as_of:
            for measure, n in entry.waiting.items():
                counts[measure] = counts.get(measure, 0) + n
            return
        for measure, n in entry.counts.items():
            counts[measure] = counts.get(measure, 0) + n
        for measure, ms in entry.times:
            self.durations.setdefault(measure, Durations()).add(ms)
        for measure, at in entry.since:
            self.since.setdefault(measure, []).append(at)


class About(NamedTuple):
    """What a filter looks at."""

    channel: str | None
    agent: str | None
    team: str | None
    reason: str | None
    tags: tuple[str, ...]
    scope: int = ANY

    @classmethod
    def of(cls, key: Key, reason: str | None, tags: tuple[str, ...]) -> About:
        _, channel, agent, team, _, scope = key
        return cls(channel, agent, team, reason, tags, scope)

    def values(self, dimension: str) -> tuple[str, ...]:
        """The values in a dimension: none where it is unknown, several tags."""
        if dimension == "tag":
            return self.tags
        value: str | None = getattr(self, dimension)
        return () if value is None else (value,)


@dataclass(frozen=True)
class Filter:
    """Which entries belong to a slice: a value for some of the dimensions."""

    values: Mapping[str, str] = field(default_factory=dict)

    def lets(self, one: About) -> bool:
        scope = 1 << (("agent" in self.values) + 2 * ("team" in self.values))
        return bool(one.scope & scope) and all(value in one.values(name) for name, value in self.values.items())

    def only(self, *dimensions: str) -> bool:
        """Whether nothing but these dimensions is filtered."""
        return self.values.keys() <= set(dimensions)


@dataclass(slots=True)
class Slice:
    """One slice of a report: its name, its filter and its sums."""

    name: str
    filter: Filter
    sums: Sums = field(default_factory=Sums)

    def correct(self, old: Sheet | None, new: Sheet, first: int, end: int) -> None:
        """Take what one sheet of mere counts added on the local days [first, end), and add another."""
        for sheet, sign in ((old, -1), (new, 1)):
            for key, entry in sheet.entries.items() if sheet is not None else ():
                if first <= key[0] < end and self.filter.lets(About.of(key, None, ())):
                    for measure, n in entry.counts.items():
                        self.sums.counts[measure] = self.sums.counts.get(measure, 0) + sign * n

    def note_open(self, span: OpenSpan, at: int) -> None:
        """Note the age of a case that is open at an instant."""
        if span.begin <= at and (span.end is None or at < span.end):
            about = About(span.channel, span.agent, span.team, span.reason, span.tags)
            if self.filter.lets(about):
                self.sums.since.setdefault("backlog", []).append(at - span.t0)
