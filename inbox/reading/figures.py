"""Figures of the desk: from the roll-ups that are kept, and from the log itself where those cannot tell."""

from __future__ import annotations

import datetime as dt
import threading
import zoneinfo
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import cached_property

from sqlalchemy import func, select

from inbox import clock
from inbox.actions import agreements, promises
from inbox.errors import Invalid, Unavailable, Withheld
from inbox.figures import keeper
from inbox.figures.asking import kept
from inbox.metrics import Book, Report, Request, book_of
from inbox.metrics.behind import Behind, behind
from inbox.metrics.factual import Facts
from inbox.metrics.report import report_of
from inbox.store import Event, Membership, Store, Work

__all__ = ["EXACT", "FRESH", "Source", "bring_up", "guard", "lines", "looking", "report", "source"]

#: How long one derivation serves while nothing was appended: only what matures with time can be that old.
FRESH = dt.timedelta(seconds=60)
#: Up to so many events the command line and the API derive the log anew, so that percentiles are exact as well.
EXACT = 50_000
#: Events that a page waits for.
AT_THE_DOOR = 2_000
TEAM_AT_LEAST = 5
_AGENT_WORDS = (
    "figures of handling time per agent are switched off: settings, General says what they need (art. 4 L. 300/1970)"
)


class Source:
    """The figures as one unit of work sees them: the roll-ups that are kept, else the log derived as a whole."""

    def __init__(self, work: Work, as_of: dt.datetime | None = None) -> None:
        self.as_of = as_of or clock.now()
        self.seq = work.scalar(select(func.max(Event.seq))) or 0
        self._work = work
        self._then = as_of
        self._kept = kept(work)
        self.progress = keeper.progress(work)

    @cached_property
    def book(self) -> Book:
        """Every fact of the log, in memory: what is listed one by one, and what no roll-up answers."""
        return _derived(self._work, self._then, self.seq)

    def ask(
        self,
        first: dt.date,
        end: dt.date,
        *,
        exact: bool = False,
        **more: str | Iterable[str] | Mapping[str, str] | None,
    ) -> Report:
        """A report of the local days [first, end); ``exact`` where percentiles are not to be those of roll-ups."""
        request = Request.of(first.isoformat(), end.isoformat(), self.as_of, **more)  # type: ignore[arg-type]
        return self.answer(request, exact=exact)

    def answer(self, request: Request, *, exact: bool = False) -> Report:
        """The report that a request asks for."""
        if self._kept is not None and not exact and self._kept.answers(request):
            return self._kept.report(request)
        return report_of(Facts(self.book), request)

    def cases(
        self, figure: str, first: dt.date, end: dt.date, where: Mapping[str, str] | None = None
    ) -> Iterator[Behind]:
        """The cases behind a figure. Raises :class:`Invalid` for one behind which there are none."""
        try:
            request = Request.of(first.isoformat(), end.isoformat(), self.as_of, where=where)
            yield from behind(self.book, figure, request)
        except ValueError as problem:
            raise Invalid(str(problem)) from None

    def heat(
        self, first: dt.date, end: dt.date, zone: zoneinfo.ZoneInfo, where: Mapping[str, str] | None = None
    ) -> tuple[tuple[int, ...], ...]:
        """What came in by weekday (Monday first) and hour of the local days [first, end)."""
        counts = [[0] * 24 for _ in range(7)]
        for one in self.cases("vol.inbound", first, end, where):
            for each in one.fact.talk.interactions:
                at = dt.datetime.fromtimestamp(each.start / 1000, zone)
                if each.inbound and first <= at.date() < end:
                    counts[at.weekday()][at.hour] += 1
        return tuple(tuple(day) for day in counts)


_lock = threading.Lock()
_last: dict[str, tuple[Book, int, dt.datetime]] = {}


def lines(work: Work) -> Iterator[dict[str, object]]:
    """The log as the engine reads it."""
    for event in work.scalars(select(Event).order_by(Event.seq).execution_options(yield_per=2000)):
        yield event.as_dict()


def bring_up(store: Store) -> None:
    """Take in what was appended since, before a page looks at the figures; what is much is left to the worker."""
    with store.reading() as work:
        definitions = promises.config(work)
    with suppress(Unavailable):  # somebody writes for long: the figures are those of a moment ago
        keeper.catch_up(store, definitions, most=AT_THE_DOOR)


@contextmanager
def looking(store: Store) -> Iterator[Work]:
    """One state of the desk in which what was appended until now counts, whatever is written meanwhile."""
    bring_up(store)
    with store.reading() as work:
        keeper.snapshot(work)
        yield work


def source(work: Work, as_of: dt.datetime | None = None) -> Source:
    """The figures as they are now, or as they were known at an instant."""
    return Source(work, as_of)


def _derived(work: Work, as_of: dt.datetime | None, seq: int) -> Book:
    """The derived log, kept while nothing new was appended."""
    definitions = promises.config(work)
    now = as_of or clock.now()
    key = f"{work.store.settings.url}|{definitions.digest}"
    with _lock:
        known = _last.get(key)
        if as_of is None and known is not None and known[1] == seq and now - known[2] < FRESH:
            return known[0]
        book = book_of(lines(work), int(now.timestamp() * 1000), definitions)
        if as_of is None:
            _last.clear()
            _last[key] = book, seq, now
        return book


def guard(work: Work, by: str | None, where: Mapping[str, str]) -> None:
    """The gate of metrics.md section 8 at every door: raises :class:`Withheld` for slices that show single people."""
    if agreements.current(work) is not None:
        return
    if by == "agent" or "agent" in where:
        raise Withheld(_AGENT_WORDS)
    if by == "team" or "team" in where:
        sizes = dict(work.execute(select(Membership.team_id, func.count()).group_by(Membership.team_id)).all())
        asked = [where["team"]] if "team" in where else list(sizes)
        if any(sizes.get(team, 0) < TEAM_AT_LEAST for team in asked):
            msg = f"figures per team need at least {TEAM_AT_LEAST} people in each team (metrics, section 8)"
            raise Withheld(msg)


def report(
    work: Work,
    *,
    first: str,
    end: str,
    by: str | None = None,
    where: Mapping[str, str] | None = None,
    compare: str | None = None,
    as_of: str | None = None,
    keys: Iterable[str] = (),
) -> Report:
    """The report that CLI and API give over the database. Raises :class:`Invalid`, :class:`Withheld`."""
    guard(work, by, where or {})
    try:
        moment = clock.parse(as_of) if as_of else None
        known = source(work, moment)
        request = Request.of(first, end, known.as_of, by=by, where=where, compare=compare, keys=keys)
    except ValueError as problem:
        raise Invalid(str(problem)) from None
    return known.answer(request, exact=known.seq <= EXACT)
