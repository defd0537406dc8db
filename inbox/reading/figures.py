"""Figures of the desk: from the roll-ups that are kept, and from the log itself where those cannot tell."""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final, NamedTuple

from sqlalchemy import func, select

from inbox import clock
from inbox.actions import agreements, promises
from inbox.errors import Invalid, Unavailable, Withheld
from inbox.figures import keeper
from inbox.figures.asking import KeptFigures, kept
from inbox.figures.earlier import Progress
from inbox.figures.worth import Worths
from inbox.metrics import Book, Config, Figures, Report, Request, book_of, explain
from inbox.metrics.behind import Behind, behind, name_of
from inbox.metrics.factual import Facts
from inbox.metrics.filed import FiledDay, day_of_text, rows_of
from inbox.metrics.loyalty import Cover
from inbox.metrics.published import refuse_unknown
from inbox.metrics.report import report_of
from inbox.metrics.sheets import WHOLE, CaseName
from inbox.metrics.sums import About, Filter
from inbox.metrics.times import Days
from inbox.metrics.value import Margin, Ratios, margin_of, overhead, ratios_of, worth_of
from inbox.store import Event, Membership, Store, Work

__all__ = [
    "EXACT",
    "FRESH",
    "Answer",
    "Basis",
    "Source",
    "answer",
    "basis",
    "bring_up",
    "facts",
    "guard",
    "lines",
    "looking",
    "report",
    "source",
    "worth",
]

#: How long one derivation serves while nothing was appended: only what matures with time can be that old.
FRESH = dt.timedelta(seconds=60)
#: Up to so many events percentiles of the command line and the API are exact without being asked for: it takes no time.
EXACT = 50_000
#: Of more events than that nobody derives all facts at once while what is kept is made: some 4 kB each.
MOST = 250_000
#: So many events that were recorded later are taken back while somebody waits: some 20 s.
TAKEN_BACK = 50_000
#: Events that a page waits for.
AT_THE_DOOR = 2_000
TEAM_AT_LEAST = 5
#: The years of instants that a customer's worth is told of.
EARLIEST, LATEST = 1972, 9000


@dataclass(frozen=True)
class Basis:
    """What figures were made from: the log up to ``seq``, as it was known at ``as_of``, and the settings ``config``.

    ``rebuilt`` is None, or how many percent of the new figures are worked out beside which these old ones are shown.
    """

    seq: int
    as_of: dt.datetime
    config: Config
    rebuilt: int | None = None


class Answer(NamedTuple):
    """A report, and what it was made from."""

    report: Report
    basis: Basis


class Source:
    """The figures as one unit of work sees them: the roll-ups that are kept, else the log derived as a whole."""

    def __init__(self, work: Work, as_of: dt.datetime | None = None, progress: Progress | None = None) -> None:
        self.as_of = as_of or clock.now()
        self._end = work.scalar(select(func.max(Event.seq))) or 0
        self._work = work
        self._then = as_of
        if as_of is not None and progress is None:
            _not_too_early(work, as_of)
        self._kept = kept(work, progress)
        #: Up to where the log counts: new figures that are worked out leave the old ones where they are.
        self.seq = self._end if self._kept is None else self._kept.state.seq

    @cached_property
    def basis(self) -> Basis:
        """What the figures were made from."""
        wanted = promises.config(self._work)
        if self._kept is None:
            return Basis(self.seq, self.as_of, wanted)
        under_way = keeper.progress(self._work)
        rebuilt = None
        if under_way is not None:
            rebuilt = under_way.percent
        elif keeper.stale(self._kept.state, wanted):
            rebuilt = 0
        return Basis(self.seq, self.as_of, self._kept.config, rebuilt)

    @cached_property
    def book(self) -> Book:
        """Every fact of the log, in memory: where nothing is kept yet.

        Raises :class:`Unavailable` for a log of which that would be too much, while it is worked through.
        """
        if self._end > MOST:
            msg = "the figures are being worked out from the log; look again in a few minutes"
            raise Unavailable(msg)
        return _derived(self._work, self._then, self._end)

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

    def told(self, first: dt.date, end: dt.date, **more: Any) -> Report:
        """A report as people read it: before the log began nobody counted anything, which is unknown and not 0."""
        found = self.ask(first, end, **more)
        if self.knows(end):
            return found
        return {name: {key: None if _is_count(key) else row[key] for key in row} for name, row in found.items()}

    def knows(self, end: dt.date) -> bool:
        """Whether the log had begun before a local day."""
        return self.begins is not None and self.begins < end

    def before(self, first: dt.date, end: dt.date, **more: Any) -> Report:
        """A report of an earlier period to compare with: nothing but None where the log begins later than that."""
        found = self.ask(first, end, **more)
        begins = self.begins
        if begins is not None and first >= begins:
            return found
        return {name: dict.fromkeys(row) for name, row in found.items()}

    @cached_property
    def begins(self) -> dt.date | None:
        """The first local day on which anything counts."""
        day = self._kept.first_day() if self._kept is not None else Facts(self.book).first_day()
        return None if day is None else dt.date.fromordinal(day)

    def answer(self, request: Request, *, exact: bool = False) -> Report:
        """The report that a request asks for."""
        if self._kept is not None and (not exact or self._kept.has_facts) and self._kept.answers(request):
            return self._kept.report(request, exact=exact)
        return report_of(Facts(self.book), request)

    def cases(
        self, figure: str, first: dt.date, end: dt.date, where: Mapping[str, str] | None = None
    ) -> Iterator[Behind]:
        """The cases behind a figure, a stream in no order; what ``judged`` adds is left out.

        Raises :class:`Invalid` for a figure behind which there are none.
        """
        try:
            request = Request.of(first.isoformat(), end.isoformat(), self.as_of, where=where)
            refuse_unknown([figure], self.basis.config)
            name_of(figure)
        except ValueError as problem:
            raise Invalid(str(problem)) from None
        if self._facts is not None:
            return self._facts.cases(figure, request)
        return behind(self.book, figure, request)

    def judged(self, figure: str, some: Iterable[Behind]) -> list[Behind]:
        """Some of ``cases`` with their class and why, where the figure is one of first contact resolution."""
        known = None if "book" in vars(self) else self._kept
        return list(some) if known is None else known.judged(figure, some, _ms(self.as_of))

    def heat(self, first: dt.date, end: dt.date, where: Mapping[str, str] | None = None) -> tuple[tuple[int, ...], ...]:
        """What came in by weekday (Monday first) and hour of the local days [first, end)."""
        known = self._facts
        if known is not None and self._then is None:
            return tuple(map(tuple, known.heat(first.toordinal(), end.toordinal(), where or {})))
        counts, filter = [[0] * 24 for _ in range(7)], Filter(where or {})
        days = self.book.context.days
        for sheet in self.book.sheets():
            for one in sheet.came:
                about = About(one.channel, one.agent, one.team, sheet.reason, sheet.tags)
                if first.toordinal() <= one.day < end.toordinal() and filter.lets(about):
                    counts[(one.day - 1) % 7][days.hour(one.start)] += 1
        return tuple(map(tuple, counts))

    def at_hour(
        self, first: dt.date, end: dt.date, where: Mapping[str, str], hour: tuple[int, int]
    ) -> Iterator[Behind]:
        """The cases of what the heat map counts in one cell, in no order: ``hour`` is the weekday, Monday 0, and the
        hour."""
        filter, days, found = Filter(where), self.days, dict[CaseName, Behind]()
        weekday, at = hour
        for day in range(first.toordinal(), end.toordinal()):
            if (day - 1) % 7 != weekday:
                continue
            for case, reason, start, about in self._came(day):
                if case is not None and filter.lets(about) and days.hour(start) == at:
                    before = found.get(case, Behind(case, reason, 0))
                    found[case] = before._replace(amount=before.amount + 1)
        yield from found.values()

    def _came(self, day: int) -> Iterator[tuple[CaseName | None, str | None, int, About]]:
        """The contacts that came in on a local day: their case, its reason, when, and whose they are."""
        if self._facts is not None:
            for told in map(day_of_text, self._facts.facts(_ms(self.as_of)).days(day, day + 1)):
                yield from ((told.case, told.reason, start, about) for start, about in told.came)
            return
        for sheet in self.book.sheets():
            for one in sheet.came:
                if one.day == day:
                    about = About(one.channel, one.agent, one.team, sheet.reason, sheet.tags)
                    yield sheet.case, sheet.reason, one.start, about

    def spent(self, root: str) -> dict[str, dict[str, int]]:
        """What the cases of a ticket add up to, by channel and measure."""
        known = self._facts
        if known is not None:
            entries = [one for day in known.facts().of_ticket(root) for one in day.entries]
            counts = [(about.channel, entry.counts) for about, _, entry in entries if about.scope & WHOLE]
        else:
            sheets = [sheet for sheet in self.book.sheets() if sheet.case is not None and sheet.case.root == root]
            counts = [(key[1], e.counts) for sheet in sheets for key, e in sheet.entries.items() if key[5] & WHOLE]
        found: dict[str, dict[str, int]] = {}
        for channel, each in counts:
            sums = found.setdefault(channel or "", {})
            for measure, n in each.items():
                sums[measure] = sums.get(measure, 0) + n
        return found

    def margin(self, customer: str) -> Margin:
        """What one customer brought until now: of their tickets nothing is read."""
        with self._opened() as book:
            return margin_of(book, customer, _ms(self.as_of))

    def worth(self, customer: str, at: int | None = None) -> Figures:
        """``clv.*`` of one customer at an instant in ms, now without any, and ``cost.direct`` and ``cost.full`` of
        serving them until then. Their tickets are derived anew, some 1,500 in a second."""
        as_of = _ms(self.as_of)
        with self._opened() as book:
            return worth_of(book, customer, as_of if at is None else at, as_of, self.answer)

    @contextmanager
    def _opened(self) -> Iterator[Book]:
        """A book in which some pages can be looked at."""
        known = self._facts
        if known is None:
            yield self.book
            return
        book = known.opened(_ms(self.as_of))
        try:
            yield book
        finally:
            book.close()

    def ratios(self, at: int | None = None) -> Ratios:
        """By channel, how many times its direct cost the full cost of the 365 days before an instant is."""
        as_of = _ms(self.as_of)
        days = Days(self.basis.config.zone)
        return ratios_of(self.answer(overhead(days, as_of if at is None else at, as_of)))

    @property
    def cover(self) -> Cover:
        """Who had a contract when."""
        return self.book.cover if self._kept is None else self._kept.book(_ms(self.as_of)).cover

    @property
    def days(self) -> Days:
        """The local days of the desk."""
        return self.book.context.days if self._kept is None else Days(self._kept.config.zone)

    @property
    def config(self) -> Config:
        """By which definitions the figures are made."""
        return self.book.context.config if self._kept is None else self._kept.config

    def sides(self, first: dt.date, end: dt.date) -> dict[str, set[str]]:
        """The customers on each side of the silence link in a period: ``exposed`` and ``unexposed``."""
        request = Request.of(first.isoformat(), end.isoformat(), self.as_of)
        whole = Facts(self.book) if self._kept is None else self._kept.whole(request)
        wrote, left = map(whole.roots, whole.heard(request.first, request.end, request.as_of))
        return whole.cover().sides(wrote, left, self.days.start(request.first))

    def posts(self, first: dt.date, end: dt.date) -> Iterator[tuple[dt.date, str, FiledDay]]:
        """What posts and mentions add on the local days [first, end): the day, the owner, and what that is."""
        request = Request.of(first.isoformat(), end.isoformat(), self.as_of)
        if self._facts is not None:
            owned = self._facts.facts(request.as_of).owned(request.first, request.end, ['"social.'])
            yield from ((dt.date.fromordinal(day), owner, day_of_text(text)) for day, owner, text in owned)
            return
        for owner, some in self.book.loose.items():
            for row in rows_of(some) if owner.startswith(("post ", "mention ")) else ():
                if request.first <= row.day < request.end:
                    yield dt.date.fromordinal(row.day), owner, day_of_text(row.text)

    def worths(self, end: dt.date) -> Worths | None:
        """What customers are worth at the end of a period, or now if that is earlier; None until facts are filed."""
        known = self._facts
        if known is None or self._then is not None:
            return None
        now = _ms(self.as_of)
        return Worths(known, min(now, Days(known.config.zone).start(end.toordinal())), now)

    @property
    def _facts(self) -> KeptFigures | None:
        """The figures that are kept, where facts are filed by day in them."""
        return self._kept if self._kept is not None and self._kept.has_facts else None


#: What is counted, as keys begin and end; contracts are told of from before the log began.
_SUMS, _NUMBERS = ("vol.", "case.", "backlog.", "aht.untracked"), (".n", ".k", ".pending")
_OF_CONTRACTS: Final = ("ret.", "silence.", "clv.", "smi.")


def _is_count(key: str) -> bool:
    """Whether a key counts what happened, or says how that differs from another period."""
    key = key.removeprefix("prev:").removeprefix("yoy:")
    return key.startswith(_SUMS) or (key.endswith(_NUMBERS) and not key.startswith(_OF_CONTRACTS))


def _ms(moment: dt.datetime) -> int:
    return int(moment.timestamp() * 1000)


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


def _not_too_early(work: Work, as_of: dt.datetime) -> None:
    """Raises :class:`Invalid` for an instant that would keep whoever asks, and a connection, for minutes."""
    later = select(Event.seq).where(Event.rec > as_of).limit(TAKEN_BACK + 1).subquery()
    if (work.scalar(select(func.count()).select_from(later)) or 0) > TAKEN_BACK:
        msg = (
            f"more than {TAKEN_BACK:,} events were recorded since then, and each has to be taken back: ask for a later"
            " instant, or run sportello report --as-of on the desk's machine, which takes its time"
        )
        raise Invalid(msg, fields={"as_of": msg})


def source(work: Work, as_of: dt.datetime | None = None, progress: Progress | None = None) -> Source:
    """The figures as they are now, or as they were known at an instant; ``progress`` is told how far that is."""
    return Source(work, as_of, progress)


def basis(work: Work, as_of: dt.datetime | None = None) -> Basis:
    """What figures of now, or as they were known at an instant, are made from."""
    return Source(work, as_of).basis


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
        msg = "figures per person are switched off: Settings, General says what allows them (art. 4 L. 300/1970)"
        raise Withheld(msg)
    if by == "team" or "team" in where:
        sizes = dict(work.execute(select(Membership.team_id, func.count()).group_by(Membership.team_id)).all())
        asked = [where["team"]] if "team" in where else list(sizes)
        if any(sizes.get(team, 0) < TEAM_AT_LEAST for team in asked):
            least = TEAM_AT_LEAST
            msg = f"figures per team need at least {least} people in each team, so that nobody is told from the others"
            raise Withheld(msg)


def worth(
    work: Work, customer: str, at: dt.datetime, as_of: dt.datetime | None = None, progress: Progress | None = None
) -> Figures:
    """What one customer is worth and has cost at an instant, as CLI and API give it over the database.

    Raises :class:`Invalid` for an instant of which there is no year before.
    """
    if not EARLIEST <= at.year <= LATEST:
        msg = f"choose an instant between the years {EARLIEST} and {LATEST}"
        raise Invalid(msg, fields={"at": msg})
    return source(work, as_of, progress).worth(customer, _ms(at))


def facts(work: Work, as_of: dt.datetime) -> list[dict[str, Any]]:
    """Each case as :func:`inbox.metrics.explain` tells it, from the whole log in memory. Who answered and for
    how long is None while figures per person are switched off."""
    found = explain(lines(work), _ms(as_of), basis(work).config)
    return found if agreements.current(work) is not None else [_without_people(case) for case in found]


def _without_people(case: Mapping[str, Any]) -> dict[str, Any]:
    parts = {
        "closings": [{**one, "agent": None} for one in case["closings"]],
        "interactions": [{**one, "responder": None, "handled_ms": None} for one in case["interactions"]],
    }
    return {**case, **parts, "first_responder": None, "resolver": None}


def report(work: Work, **asked: Any) -> Report:
    """The report alone of :func:`answer`."""
    return answer(work, **asked).report


def answer(
    work: Work,
    *,
    first: str,
    end: str,
    as_of: str | None = None,
    exact: bool = False,
    progress: Progress | None = None,
    **more: Any,
) -> Answer:
    """The report that CLI and API give over the database; ``exact`` percentiles also of a long log. ``more`` is by,
    where, compare and keys of :class:`Request`.

    Raises :class:`Invalid`, :class:`Withheld`.
    """
    guard(work, more.get("by"), more.get("where") or {})
    try:
        moment = clock.parse(as_of) if as_of else None
        Request.of(first, end, moment or clock.now(), **more)  # before anything is read for it
        known = source(work, moment, progress)
        request = Request.of(first, end, known.as_of, **more)
        refuse_unknown(request.wanted.names, known.basis.config)
    except (ValueError, OverflowError) as problem:
        raise Invalid(str(problem)) from None
    return Answer(known.answer(request, exact=exact or known.seq <= EXACT), known.basis)
