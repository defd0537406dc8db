"""What a slice of a report adds up: counts and durations of the entries that its filter lets through."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from inbox.metrics.formulas import midpoint, percentile
from inbox.metrics.sheets import Entry, Key, OpenSpan

__all__ = ["DIMENSIONS", "Durations", "Filter", "Slice", "Sums", "values_of"]

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

    def add(self, key: Key, entry: Entry, as_of: int) -> None:
        """Add an entry of the period as it stands at ``as_of``."""
        counts = self.counts
        if key.due is not None and key.due > as_of:
            for measure, n in entry.waiting.items():
                counts[measure] = counts.get(measure, 0) + n
            return
        for measure, n in entry.counts.items():
            counts[measure] = counts.get(measure, 0) + n
        for measure, ms in entry.times:
            self.durations.setdefault(measure, Durations()).add(ms)
        for measure, at in entry.since:
            self.since.setdefault(measure, []).append(at)


@dataclass(frozen=True)
class Filter:
    """Which entries belong to a slice: a value for some of the dimensions."""

    values: Mapping[str, str] = field(default_factory=dict)

    @property
    def scope(self) -> int:
        """The bit of ``Key.scope`` that this filter asks for."""
        return 1 << (("agent" in self.values) + 2 * ("team" in self.values))

    def lets(self, key: Key) -> bool:
        return bool(key.scope & self.scope) and self.fits(key)

    def fits(self, one: Key | OpenSpan) -> bool:
        """Whether something has the values asked for."""
        return all(_is(one, name, value) for name, value in self.values.items())

    def only(self, *dimensions: str) -> bool:
        """Whether nothing but these dimensions is filtered."""
        return self.values.keys() <= set(dimensions)


def _is(key: Key | OpenSpan, dimension: str, value: str) -> bool:
    return value in key.tags if dimension == "tag" else getattr(key, dimension) == value


@dataclass(slots=True)
class Slice:
    """One slice of a report: its name, its filter and its sums."""

    name: str
    filter: Filter
    sums: Sums = field(default_factory=Sums)

    def note_open(self, span: OpenSpan, at: int) -> None:
        """Note the age of a case that is open at an instant."""
        if span.begin <= at and (span.end is None or at < span.end) and self.filter.fits(span):
            self.sums.since.setdefault("backlog", []).append(at - span.t0)


def values_of(key: Key, dimension: str) -> Iterable[str]:
    """The values of an entry in a dimension: none where it is unknown, several tags."""
    if dimension == "tag":
        return key.tags
    value = getattr(key, dimension)
    return () if value is None else (value,)
