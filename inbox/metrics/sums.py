"""What a slice of a report adds up: counts and durations of the entries that its filter lets through."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import accumulate, groupby, product
from typing import NamedTuple

from inbox.metrics.formulas import midpoint
from inbox.metrics.outcomes import NOT_YET
from inbox.metrics.packing import bucket_of, codes_of, counted, middles
from inbox.metrics.runs import Runs
from inbox.metrics.sheets import ANY, Entry, Key, Sheet

__all__ = ["DIMENSIONS", "About", "Durations", "Filter", "Places", "Slice", "Sums", "scope_of"]

DIMENSIONS = ("channel", "agent", "team", "reason", "tag")


TOTAL = "#"  # after a measure of durations: their sum among the counts


@dataclass(slots=True)
class Durations:
    """Durations of one measure: exact values; or of a histogram, how many lie in each bucket and, packed, few more."""

    values: Runs = field(default_factory=Runs)
    buckets: dict[str, int] = field(default_factory=dict)
    few: list[str] = field(default_factory=list)

    @property
    def n(self) -> int:
        return len(self.values) + sum(self.buckets.values()) + sum(map(len, self.few))

    def fill(self, buckets: Mapping[str, int] | str) -> None:
        """Add a histogram."""
        if isinstance(buckets, str):
            self.few.append(buckets)
            return
        own = self.buckets
        if not own:
            own.update(buckets)
            return
        known = own.get
        for name, n in buckets.items():
            own[name] = known(name, 0) + n

    def join(self, other: Durations) -> None:
        """Add what another histogram holds."""
        self.fill(other.buckets)
        self.few += other.few

    def _fold(self) -> None:
        """Put the few among the others."""
        if self.few:
            self.fill(counted("".join(self.few)))
            self.few = []

    def percentiles(self, *ps: int) -> list[int | None]:
        """Nearest rank; from a histogram, the midpoint of the bucket."""
        if self.few and not self.buckets:
            codes = sorted(codes_of("".join(self.few)))
            return [midpoint(bucket_of(codes[-(-p * len(codes) // 100) - 1])) for p in ps]
        self._fold()
        if self.buckets:
            names = sorted(self.buckets)
            upto = list(accumulate(map(self.buckets.__getitem__, names)))
            return [midpoint(int(names[bisect_left(upto, -(-p * upto[-1] // 100))])) for p in ps]
        n = len(self.values)
        return [*self.values.at(*(-(-p * n // 100) - 1 for p in ps))] if n else [None for _ in ps]

    def counts(self) -> Iterator[tuple[int, int]]:
        """How many there are of each duration, the shortest first; a histogram's as midpoints."""
        if self.few and not self.buckets:
            yield from sorted(middles("".join(self.few)).items())
            return
        self._fold()
        if self.buckets:
            yield from sorted((midpoint(int(name)), n) for name, n in self.buckets.items())
            return
        for ms, same in groupby(self.values.in_order()):
            yield ms, sum(1 for _ in same)


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
            for outcome, n in entry.counts.items():
                name = NOT_YET + outcome
                counts[name] = counts.get(name, 0) + n
            return
        for measure, n in entry.counts.items():
            counts[measure] = counts.get(measure, 0) + n
        for measure, ms in entry.times:
            self.durations.setdefault(measure, Durations()).values.append(ms)
            counts[measure + TOTAL] = counts.get(measure + TOTAL, 0) + ms
        for measure, at in entry.since:
            self.since.setdefault(measure, []).append(at)

    def add_all(self, other: Sums) -> None:
        """Add other sums that hold no exact values."""
        counts = self.counts
        for measure, n in other.counts.items():
            counts[measure] = counts.get(measure, 0) + n
        for measure, durations in other.durations.items():
            self.durations.setdefault(measure, Durations()).join(durations)


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


def scope_of(dimensions: Iterable[str]) -> int:
    """The bit of a key's scope that a filter on some dimensions asks for."""
    asked = set(dimensions)
    return 1 << (("agent" in asked) + 2 * ("team" in asked))


@dataclass(frozen=True)
class Filter:
    """Which entries belong to a slice: a value for some of the dimensions."""

    values: Mapping[str, str] = field(default_factory=dict)

    def lets(self, one: About) -> bool:
        return self.matches(one) and bool(one.scope & scope_of(self.values))

    def matches(self, one: About) -> bool:
        """The same, whatever filters the entry speaks for."""
        return all(value in one.values(name) for name, value in self.values.items())

    def only(self, *dimensions: str) -> bool:
        """Whether nothing but these dimensions is filtered."""
        return self.values.keys() <= set(dimensions)


@dataclass(slots=True, eq=False)
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


class Places:
    """Which slices something belongs to; most things resemble one that was asked about before."""

    def __init__(self, slices: list[Slice]) -> None:
        self._known: dict[About, list[Slice]] = {}
        self._slices: dict[tuple[str, ...], dict[tuple[str, ...], list[Slice]]] = {}
        for one in slices:
            asked = one.filter.values
            self._slices.setdefault(tuple(asked), {}).setdefault(tuple(asked.values()), []).append(one)

    def of(self, about: About) -> list[Slice]:
        found = self._known.get(about)
        if found is None:
            found = self._known[about] = []
            for dimensions, by_values in self._slices.items():
                if about.scope & scope_of(dimensions):
                    for values in product(*(about.values(name) for name in dimensions)):
                        found += by_values.get(values, ())
        return found
