"""A report from the roll-ups in the store, where they can answer it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from sqlalchemy import select

from inbox.figures import keeper
from inbox.figures.earlier import Earlier, Progress
from inbox.figures.facts import StoredFacts
from inbox.figures.filing import UNFINISHED
from inbox.figures.pages import StoredPages
from inbox.figures.rolls import StoredRolls
from inbox.metrics.behind import BACKLOG, Behind, closes, counted, marks_of, name_of, still_open, window_of
from inbox.metrics.collector import uncollected
from inbox.metrics.config import Config
from inbox.metrics.filed import Filed, day_of_text
from inbox.metrics.paged import PagedBook
from inbox.metrics.report import Report, Source, report_of
from inbox.metrics.request import Request
from inbox.metrics.rolled import RolledUp
from inbox.metrics.rollup import ALL, HOUR
from inbox.metrics.sums import Filter
from inbox.metrics.times import Days
from inbox.store import FigureState, Store, Work
from inbox.store.figures import FigureName

__all__ = ["KeptFigures", "kept", "warm"]

_WITH_FACTS = 2  # the version of the definitions since which facts are filed by day


@dataclass(frozen=True)
class KeptFigures:
    """The current generation as one unit of work sees it: everything up to ``seq``."""

    work: Work
    state: FigureState
    config: Config
    books: dict[int, PagedBook] = field(default_factory=dict, compare=False, repr=False)
    known: dict[int, bool] = field(default_factory=dict, compare=False, repr=False)
    before: dict[int, Earlier] = field(default_factory=dict, compare=False, repr=False)
    progress: Progress | None = field(default=None, compare=False, repr=False)

    @property
    def has_facts(self) -> bool:
        """Whether facts are filed by day; a generation of an older version serves without until the new one is made."""
        return self.state.definition >= _WITH_FACTS

    def knows(self, as_of: int) -> bool:
        """Whether what is kept is the truth at an instant: it lies after the last record, and there is no work of which
        only time will tell how long it was."""
        if as_of not in self.known:
            self.known[as_of] = self._knows(as_of)
        return self.known[as_of]

    def _knows(self, as_of: int) -> bool:
        if as_of < self.state.last_rec:
            return False
        under_way = select(FigureName.seq).where(
            FigureName.generation == self.state.generation, FigureName.kind == UNFINISHED, FigureName.day > as_of
        )
        return self.work.execute(under_way.limit(1)).first() is None

    def answers(self, request: Request) -> bool:
        """Whether what is kept can tell it."""
        return self.has_facts or (_in_a_grain(request) and self.knows(request.as_of))

    def report(self, request: Request, *, exact: bool = False) -> Report:
        """The report; ask ``answers`` first. Filters within a grain read roll-ups, unless percentiles are to be
        ``exact``, and others the facts of the period; at an earlier instant what is known since is taken back first."""
        if not self.knows(request.as_of):
            then = self.earlier(request.as_of)
            rolled = then.rolled(request.wanted) if _in_a_grain(request) and not exact else None
            return report_of(rolled or then.source(request.first, request.end), request)
        with uncollected():
            book = self.book(request.as_of)
            rolls = StoredRolls(self.work.connection(), self.state.generation)
            if _in_a_grain(request) and not exact:
                return report_of(RolledUp(book, rolls, request.wanted), request)
        return report_of(Filed(book, rolls, self.facts(), (request.first, request.end)), request)

    def earlier(self, as_of: int) -> Earlier:
        """The figures as they were known at an instant; ask ``has_facts`` first."""
        if as_of not in self.before:
            self.before[as_of] = Earlier(self.work, self.state, self.config, as_of, self.progress)
        return self.before[as_of]

    def book(self, as_of: int) -> PagedBook:
        """What a report needs beside the roll-ups, as of an instant: opened once for all reports of a page."""
        if as_of not in self.books:
            pages = StoredPages(self.work.connection(), self.state.generation, self.state.seq)
            book = self.books[as_of] = PagedBook(self.config, pages)
            book.note_shifts(as_of)
        return self.books[as_of]

    def opened(self, as_of: int) -> PagedBook:
        """A book of an instant for whoever opens pages of it, to be closed; ask ``has_facts`` first."""
        if not self.knows(as_of):
            return self.earlier(as_of).opened()
        return PagedBook(self.config, StoredPages(self.work.connection(), self.state.generation, self.state.seq))

    def facts(self, as_of: int | None = None) -> StoredFacts:
        """The facts one by one, those that are kept or those of an instant; ask ``has_facts`` first."""
        if as_of is not None and not self.knows(as_of):
            return self.earlier(as_of).facts()
        return StoredFacts(self.work.connection(), self.state.generation)

    def cases(self, figure: str, request: Request) -> Iterator[Behind]:
        """The cases behind a figure, a stream in no order; ask ``has_facts`` first. Raises ``ValueError``."""
        if name_of(figure) == BACKLOG:
            at = closes(request, Days(self.config.zone))
            return still_open(self.facts(request.as_of).open_after(at), figure, request.where, at)
        rows = self.facts(request.as_of).owners(request.first, request.end, marks_of(figure))
        return counted(rows, figure, request)

    def judged(self, figure: str, some: Iterable[Behind], as_of: int) -> list[Behind]:
        """The same cases, for first contact resolution with their class and why."""
        some = list(some)
        window = window_of(name_of(figure))
        if window is None:
            return some
        verdicts = self.facts(as_of).verdicts([one.case.root for one in some])
        return [one.judged(verdicts[one.case.id][window]) for one in some]

    def whole(self, request: Request) -> Source:
        """What the figures of the whole desk are made from."""
        if not self.knows(request.as_of):
            then = self.earlier(request.as_of)
            return then.rolled(request.wanted) or then.source(request.first, request.end)
        return RolledUp(self.book(request.as_of), StoredRolls(self.work.connection(), self.state.generation))

    def first_day(self) -> int | None:
        """The first local day on which anything counts."""
        return StoredRolls(self.work.connection(), self.state.generation).first("day", ALL)

    def heat(self, first: int, end: int, where: Mapping[str, str]) -> list[list[int]]:
        """What came in by weekday, Monday first, and hour on the local days [first, end)."""
        counts = [[0] * 24 for _ in range(7)]
        if where:
            filter, days = Filter(where), Days(self.config.zone)
            for text in self.facts().days(first, end):
                for start, about in day_of_text(text).came:
                    if filter.lets(about):
                        counts[(days.of(start) - 1) % 7][days.hour(start)] += 1
            return counts
        for place, cell in StoredRolls(self.work.connection(), self.state.generation).cells("day", HOUR, first, end):
            for hour, n in cell.plain.items():
                counts[(place.when - 1) % 7][int(hour)] += n
        return counts


def _in_a_grain(request: Request) -> bool:
    return RolledUp.answers([*request.where, *([request.by] if request.by is not None else [])])


def kept(work: Work, progress: Progress | None = None) -> KeptFigures | None:
    """The figures that are kept, by the settings by which they were made; None until they are complete once.

    ``progress`` is told how far it is where earlier figures are asked for.
    """
    state = keeper.current(work)
    return None if state is None else KeptFigures(work, state, Config.of(state.raw), progress=progress)


def warm(store: Store) -> None:
    """Reads once what each report needs beside the roll-ups: contracts, rates and the like. The first reader of a large
    desk would wait for it (1.7 s at a million tickets)."""
    with store.reading() as work, uncollected():
        figures = kept(work)
        if figures is not None:
            figures.book(figures.state.last_rec)
