"""The backlog in cells: which cases are open at an instant, without looking at those that are not.

What has ended is a segment tree over local midnights: a stretch lies in the few blocks of 2**k midnights that it
covers, and a midnight lies in one block of each size. What has not ended lies under the season in which it began.
Every name in a cell is an open case: from when on its age counts, and when it opened where that differs.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from inbox.metrics.sheets import OpenSpan
from inbox.metrics.times import DAY, Days

__all__ = ["LATE", "OPEN", "ages_at", "ages_of", "blocks_at", "late", "season_of", "stretches"]

OPEN = "open"  # the unit of what has not ended, by season
LATE = "open late"  # the index of what ends after the last record: an instant within that day may lie before its end
_DIGITS = 14  # of an instant in a name: all have as many
_LEVELS = 12  # blocks of up to 4,096 midnights
_SEASON = 120 * DAY  # any length will do: the longer, the fewer cells to read and the more names in one to write

Stretch = tuple[str, int, str]  # unit, when, name in the cell


def stretches(span: OpenSpan, days: Days) -> Iterator[Stretch]:
    """The cells of a span. Before its t0 a case ages from its opening (D: contacts that are yet to come)."""
    begin, end, t0 = span[:3]
    if t0 <= begin:
        yield from _stretches(begin, end, t0, days)
    else:
        turn = t0 if end is None else min(t0, end)
        yield from _stretches(begin, turn, begin, days)
        if end is None or t0 < end:
            yield from _stretches(t0, end, t0, days)


def _stretches(begin: int, end: int | None, since: int, days: Days) -> Iterator[Stretch]:
    if end is None:
        yield OPEN, season_of(begin), _digits(since) if since == begin else f"{_digits(since)} {begin}"
    else:
        for level, block in _blocks(_midnight_from(begin, days), _midnight_from(end, days)):
            yield f"{OPEN} {level}", block, _digits(since)


def _digits(at: int) -> str:
    return f"{at:0{_DIGITS}}"


def season_of(at: int) -> int:
    """The number of the season in which a case was opened that is open still."""
    return at // _SEASON


def _midnight_from(at: int, days: Days) -> int:
    """The first local day that begins at or after an instant."""
    return days.of(at - 1) + 1


def _blocks(low: int, high: int) -> Iterator[tuple[int, int]]:
    """The days [low, high) as the largest aligned blocks: (level, number of the block)."""
    while low < high:
        level = min((low & -low).bit_length() - 1, (high - low).bit_length() - 1, _LEVELS)
        yield level, low >> level
        low += 1 << level


def blocks_at(day: int) -> Iterator[tuple[str, int]]:
    """The unit and number of every block that holds the first instant of a local day."""
    return ((f"{OPEN} {level}", day >> level) for level in range(_LEVELS + 1))


def ages_of(names: Mapping[str, int], at: int) -> list[int]:
    """The ages at an instant of the cases that a cell names, all of which had opened then."""
    ages = [at - int(name[:_DIGITS]) for name in names]
    if sum(names.values()) > len(names):
        ages += [age for age, n in zip(ages, names.values(), strict=True) for _ in range(n - 1)]
    return ages


def ages_at(names: Mapping[str, int], at: int) -> list[int]:
    """The ages of the cases that a cell names, of those that had opened at an instant."""
    return ages_of({name: n for name, n in names.items() if int(name[_DIGITS:] or name) <= at}, at)


def late(spans: Iterable[OpenSpan], after: int) -> list[tuple[int, OpenSpan]]:
    """The rows of what ends after an instant: (UTC day of the end, the span)."""
    return [(span.end // DAY, span) for span in spans if span.end is not None and span.end > after]
