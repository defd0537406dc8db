"""What was promised on a case: which hours count and how much of them a clock may take, by what held at each moment."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from inbox.metrics.cases import Case, Terms
from inbox.metrics.config import Config
from inbox.metrics.hours import Hours, OpeningHours

__all__ = ["Promise", "opening_time", "promised", "used_up"]

Span = tuple[int, int | None]  # half-open; an end of None is still running


@dataclass(frozen=True, slots=True)
class Promise:
    """From ``since`` on a clock may run for ``allowance`` ms of these hours; None is from ever."""

    since: int | None
    hours: OpeningHours
    allowance: int

    def part(self, share: float) -> Promise:
        """The same for a share of the allowance."""
        return Promise(self.since, self.hours, int(self.allowance * share))


def promised(case: Case, clock: str, channel: str, address: str | None, config: Config, hours: Hours) -> list[Promise]:
    """What holds for a clock of a case, one after the other: priority, team and band may change under way."""
    found: list[Promise] = []
    for since, terms in case.terms or [(0, Terms())]:
        facts = {**terms._asdict(), "address": address}
        own = hours.of(channel, facts)
        allowance = config.allowance(clock, channel, facts)
        if not found or found[-1].hours is not own or found[-1].allowance != allowance:
            found.append(Promise(since if found else None, own, allowance))
    return found


def used_up(spans: Iterable[Span], promises: Sequence[Promise]) -> int | None:
    """The instant after which a clock that runs in ``spans`` has run for more than what is promised then.

    None where it never does as things stand. A promise that becomes shorter than what has run already is broken at
    that moment.
    """
    spent = 0
    for begin, end in spans:
        for promise, start, stop in _pieces(begin, end, promises):
            left = promise.allowance - spent
            at = start if left < 0 else promise.hours.used_up(start, left)
            if at is not None and (stop is None or at < stop):
                return at
            if stop is not None:
                spent += promise.hours.between(start, stop)
    return None


def opening_time(case: Case, channel: str, begin: int, end: int, config: Config, hours: Hours) -> int:
    """The opening time of [begin, end) in ms, by the hours that were promised on the case at each moment."""
    promises = promised(case, "frt_s", channel, case.address, config, hours)
    return sum(one.hours.between(start, stop or start) for one, start, stop in _pieces(begin, end, promises))


def _pieces(begin: int, end: int | None, promises: Sequence[Promise]) -> Iterator[tuple[Promise, int, int | None]]:
    """A span cut where another promise begins: (promise, from, to)."""
    for n, promise in enumerate(promises):
        after = promises[n + 1].since if n + 1 < len(promises) else None
        start = begin if promise.since is None else max(begin, promise.since)
        stop = end if after is None else after if end is None else min(end, after)
        if stop is None or start < stop:
            yield promise, start, stop
