"""The figures as they were known at an earlier instant (rule 4): what is kept, taken back event by event.

What was recorded after the instant is made void, the newest first and batch by batch, by the same engine that took it
in. What that changes lies in a scratch beside what is kept; what nothing has touched since is read as it stands. So the
work is that of the events since, and memory that of a batch.
"""

from __future__ import annotations

import datetime as dt
import weakref
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace

from sqlalchemy import ColumnElement, and_, func, or_, select

from inbox.figures.changed import ChangedRolls
from inbox.figures.facts import FactChanges
from inbox.figures.filing import Batch, Filing, at_home, prepare
from inbox.figures.kept import work_of
from inbox.figures.overlaid import Mark, OverlaidFacts, OverlaidPages
from inbox.figures.parts import parts
from inbox.figures.rolls import StoredRolls
from inbox.figures.scratch import Scratch
from inbox.metrics.book import Dirty
from inbox.metrics.collector import uncollected
from inbox.metrics.config import Config
from inbox.metrics.filed import Filed, day_of_text
from inbox.metrics.log import Event as Told
from inbox.metrics.outcomes import cohort
from inbox.metrics.paged import PagedBook, TooMuch
from inbox.metrics.rolled import RolledUp
from inbox.metrics.rollup import WORKED, RollUp
from inbox.metrics.settling import settle
from inbox.metrics.sheets import NEVER, Sheet
from inbox.metrics.storage import RollsInMemory
from inbox.metrics.times import Days
from inbox.metrics.wanted import Wanted
from inbox.store import Event, FigureState, Work

__all__ = ["Earlier", "Progress"]

Progress = Callable[[int, int], None]  # how many events were taken back, of how many

BATCH = 5_000  # events in memory at once
_LOG = Event.__table__.c
_AT_ONCE = 500
_WINDOW = 30  # local days of everybody, where a rate of long ago changes them all
_LEFT = cohort("unanswered")
_JUDGED = frozenset(map(cohort, ("answered", "bot", "unanswered")))


class _Source(Filed):
    """A report's source that reads no roll-ups, as those are of now."""

    def __init__(self, book: PagedBook, facts: OverlaidFacts, pages: OverlaidPages, period: tuple[int, int]) -> None:
        super().__init__(book, RollsInMemory(), facts, period)
        self._rows, self._pages = facts, pages

    def values(self, dimension: str, where: Mapping[str, str]) -> Iterable[str]:
        return self.of_period(dimension, where)

    def worked(self, first: int, end: int) -> Mapping[int, Mapping[str, int]]:
        days: dict[int, dict[str, int]] = {}
        for day, text in self._rows.by_day(first, end, [f'"{word}"' for word in WORKED]):
            for about, _, entry in day_of_text(text).entries:
                spent = sum(entry.counts.get(measure, 0) for measure in WORKED)
                if spent and about.channel is not None:
                    channels = days.setdefault(day, {})
                    channels[about.channel] = channels.get(about.channel, 0) + spent
        return days

    def heard(self, first: int, end: int, as_of: int) -> tuple[set[str], set[str]]:
        """Whoever wrote is known by the case; whether it was answered, by the outcome that falls due."""
        wrote: set[str] = set()
        left: set[str] = set()
        covered = self.context.covered
        if not covered:
            return wrote, left
        told = map(day_of_text, self._rows.days(first, end, ['"vol|']))
        for part in parts((day for day in told if day.case is not None), _AT_ONCE):
            customers = self._pages.customers_of({day.case.root for day in part if day.case is not None})
            for day in part:
                customer = customers.get(day.case.id) if day.case is not None else None
                if customer in covered:
                    for _, due, entry in day.entries:
                        if not _JUDGED.isdisjoint(entry.counts):
                            wrote.add(customer)
                            if _LEFT in entry.counts and due is not None and due <= as_of:
                                left.add(customer)
        return wrote, left

    def first_day(self) -> int | None:
        return self._rows.first_day()


class _Wide(Exception):  # no fault: these of a batch have to go by themselves
    """What rates change is too much at once: the lines that tell or void them, and the first local day changed."""

    def __init__(self, batch: Iterable[Told], dirty: Dirty) -> None:
        super().__init__()
        rates = {event.id for event in (*dirty.rates, *dirty.exchange)}
        self.seqs = tuple(e.seq for e in batch if e.id in rates or (e.kind == "void" and e.body["target"] in rates))
        self.first = min(event.body.get("from", event.body.get("date")) for event in (*dirty.rates, *dirty.exchange))


class Earlier:
    """The figures as of an instant. ``progress`` is told how far the taking back is."""

    def __init__(
        self, work: Work, state: FigureState, config: Config, as_of: int, progress: Progress | None = None
    ) -> None:
        self.config, self.as_of = config, as_of
        self._line, self._state = work.connection(), state
        self._scratch = Scratch(state.generation)
        weakref.finalize(self, self._scratch.close)
        self._taken = 0
        self._rolls = ChangedRolls(StoredRolls(self._line, state.generation))
        mark = self._take_back(progress or (lambda _done, _goal: None))
        self._cut(mark)
        self._pages = self._pages_at(mark)
        self._book = PagedBook(config, self._pages)
        self._book.note_shifts(as_of)

    def rolled(self, wanted: Wanted) -> RolledUp | None:
        """What a report within a grain is made from where nothing was taken back, only cut; else None."""
        return None if self._taken else RolledUp(self._book, self._rolls, wanted)

    def opened(self) -> PagedBook:
        """A book as it was known then, for whoever opens pages of it."""
        return PagedBook(self.config, self._pages)

    def facts(self) -> OverlaidFacts:
        """The facts as they were known."""
        return OverlaidFacts(self._line, self._state.generation, self._scratch, self._pages)

    def source(self, first: int, end: int) -> Filed:
        """What a report of the local days [first, end) is made from."""
        return _Source(self._book, self.facts(), self._pages, (first, end))

    def _pages_at(self, mark: Mark) -> OverlaidPages:
        return OverlaidPages(self._line, self._state, self._scratch, mark)

    def _take_back(self, progress: Progress) -> Mark:
        """Make void what was recorded after the instant; returns where that ended."""
        mark = Mark(self.as_of, dt.datetime.max.replace(tzinfo=dt.UTC), 0)
        known = _LOG.seq <= self._state.seq
        if self.as_of >= self._state.last_rec:
            return mark  # there is only work under way
        goal = self._line.execute(select(func.count()).select_from(Event).where(mark.since, known)).scalar() or 0
        self._taken, done = goal, 0
        while done < goal:
            progress(done, goal)
            query = select(_LOG.rec, _LOG.seq).where(mark.since, mark.upto, known)
            part = self._line.execute(query.order_by(_LOG.rec.desc(), _LOG.seq.desc()).limit(BATCH)).fetchall()
            if not part:
                break
            rec, seq = part[-1]
            before = or_(_LOG.rec > rec, and_(_LOG.rec == rec, _LOG.seq >= seq))
            after = Mark(self.as_of, rec, seq - 1)
            self._void(mark, after, mark.since, mark.upto, known, before)
            mark = after
            done += len(part)
        progress(goal, goal)
        return mark

    def _void(self, mark: Mark, after: Mark, *which: ColumnElement[bool]) -> None:
        """Make one batch void. Rates of long ago change what everybody did since: they go by themselves, and reach a
        month after the other."""
        try:
            self._void_within(mark, which)
        except _Wide as rates:
            self._void_within(mark, (*which, _LOG.seq.not_in(rates.seqs)))
            alone = replace(after, also=rates.seqs)
            for first in range(rates.first, self._days.of(self._state.last_rec) + _WINDOW, _WINDOW):
                self._void_within(alone, (_LOG.seq.in_(rates.seqs),), (first, first + _WINDOW))

    @uncollected()
    def _void_within(
        self, mark: Mark, which: Iterable[ColumnElement[bool]], window: tuple[int, int] | None = None
    ) -> None:
        pages = self._pages_at(mark)
        pages.window = window
        batch = Batch(at_home(pages, pages.placed(*which)).new, [])
        pages.taken = {event.id: (home, event) for home, event, _ in batch.new}
        prepare(pages, batch, self.config)
        book, facts = self._opened(pages)
        try:
            book.take_placed((home, _void_of(event), filed) for home, event, filed in batch.new)
        except TooMuch:
            if window is not None:
                raise
            raise _Wide([event for _, event, _ in batch.new], book.dirty) from None
        self._settle(book, facts, NEVER)

    @uncollected()
    def _cut(self, mark: Mark) -> None:
        """What had not ended at the instant reaches until then and no farther."""
        items = (work_of(text)[0] for text in self._pages_at(mark).of_day(self._days.of(self.as_of)))
        unfinished = [item for item in items if item.until > self.as_of]
        for part in parts(unfinished, _AT_ONCE):
            pages = self._pages_at(mark)
            pages.prepare(item.ticket for item in part)
            book, facts = self._opened(pages)
            rollup = RollUp(self._rolls, book.context.days)

            def told(owner: str, old: list[Sheet], new: list[Sheet]) -> None:
                facts.told(owner, old, new)  # noqa: B023 - it is settled within this round
                rollup.told(owner, old, new)  # noqa: B023

            book.told = told
            for item in part:
                record = book.record_of(item.ticket)
                if item.is_leg:
                    book.dirty.families[record.name] = None
                else:
                    book.dirty.sessions[item.id.removeprefix("session ")] = None
            self._settle(book, facts, self.as_of)
            rollup.flush(self._state.last_rec)

    def _opened(self, pages: OverlaidPages) -> tuple[PagedBook, FactChanges]:
        facts = FactChanges()
        return PagedBook(self.config, pages, facts.told), facts

    def _settle(self, book: PagedBook, facts: FactChanges, now: int) -> None:
        dirty = settle(book, now)
        self._scratch.write(Filing(book, dirty, Batch([], []), NEVER), facts)
        book.close()

    @property
    def _days(self) -> Days:
        return Days(self.config.zone)


def _void_of(event: Told) -> Told:
    """What takes an event back."""
    return Told(f"void of {event.id}", event.seq, event.at, event.rec, "void", {"target": event.id})
