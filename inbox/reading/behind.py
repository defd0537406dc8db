"""The tickets behind a figure, each with what it adds and, for first contact resolution, why it counted or not."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import Any, Final, Literal, NamedTuple

from sqlalchemy import select

from inbox import clock
from inbox.actions.who import Who, visible
from inbox.errors import Invalid
from inbox.figures.parts import parts as in_parts
from inbox.figures.scratch import in_order
from inbox.metrics import Request
from inbox.metrics.behind import Behind, Part, Place, part_of
from inbox.reading import asking, counted, figures
from inbox.reading.cards import PAGES
from inbox.reading.definitions import DEFINITIONS, family, unit
from inbox.reading.pages import Asked
from inbox.store import Ticket, Work

__all__ = [
    "Beside",
    "CaseRow",
    "CasesPage",
    "Part",
    "cursor",
    "each",
    "listed",
    "number",
    "page",
    "position",
]

PART: Final = 50
#: What rows are about that are no filters.
SLICES: Final = ("touchpoint", "band", "hour", "cohort")
_HOUR: Final = re.compile(r"([1-7])-([01]\d|2[0-3])")
_DAY: Final = re.compile(r"\d{4}-\d\d-\d\d")
_SPAN: Final = re.compile(r"\d{4}-\d\d-\d\d~\d{4}-\d\d-\d\d")
LONGEST: Final = 20  # characters of an instant in a cursor


@dataclass(frozen=True)
class CaseRow:
    """A case, or a customer, post or mention where the figure counts those: ``subject`` is then the name and ``ticket``
    the newest one. ``ticket`` and ``subject`` only where the reader may open it; ``amount`` by the figure's unit;
    ``held`` whether it counts among the good ones; ``verdict``, ``why`` and ``matures`` for FCR; ``day`` is the local
    one of a mention."""

    case: str
    ticket: int | None
    subject: str
    channel: str | None
    reason: str | None
    began: dt.datetime | None
    amount: float | None
    held: bool | None
    verdict: str
    why: str
    matures: dt.datetime | None
    day: dt.date | None = None


@dataclass(frozen=True)
class CasesPage:
    """``page`` of ``reports/cases.html``: one part of the list, newest first; ``first`` is the number of its first row.
    ``newer`` and ``older`` are the parameters that show what lies beside it, None where nothing does.

    ``back`` is the page that opened it, ``row`` the filter that its row added there, ``by`` how the overview was
    grouped; ``span`` is that page's period where the list is about a part of it, ``slice`` what the row was that is no
    filter. ``kind`` is what is listed; ``parts`` are the figures that this one divides, which have the lists then.
    ``withheld``, what each adds is one person's time, which stays unsaid. ``rebuilt`` is how many percent of new
    figures are worked out where this is the list of old ones."""

    figure: str
    family: str
    known: bool
    unit: str
    asked: Asked
    rows: tuple[CaseRow, ...]
    total: int
    held: int | None
    first: int
    newer: dict[str, str] | None
    older: dict[str, str] | None
    currency: str
    back: str = "overview"
    row: str = ""
    by: str = ""
    rebuilt: int | None = None
    span: str = ""
    slice: Mapping[str, str] = field(default_factory=dict)
    kind: Literal["case", "customer", "post", "mention"] = "case"
    parts: tuple[str, ...] = ()
    withheld: bool = False

    @property
    def not_before(self) -> dt.date | None:
        """The day from which on it is known which of them count as good, None where it is."""
        return self.asked.not_before(self.figure)

    @property
    def cohort(self) -> tuple[dt.date, dt.date] | None:
        """The day before which the listed customers began, and the last one that is looked at; None of other lists."""
        before = _cohort(self.figure, self.slice)
        return None if before is None else (before, self.asked.period.end - dt.timedelta(days=1))

    def address(self, **more: str | None) -> dict[str, str]:
        """The parameters that show the same list, with some changed."""
        own = {"page": self.back, "row": self.row, "by": self.by, "span": self.span}
        return self.asked.address(**{**own, **self.slice, **more})

    def way_back(self) -> dict[str, str]:
        """The parameters of the page from which the list was opened: without what its row added."""
        gone: dict[str, str | None] = {self.row: None} if self.row else {}
        if self.span:
            gone |= dict(zip(("from", "to"), self.span.split("~"), strict=True))
        return self.asked.address(**{"by": self.by, **gone})


class Beside(NamedTuple):
    """Which part of a list: what follows a cursor, or the ``newer`` just before it; or what follows the first few."""

    cursor: str = ""
    newer: bool = False
    skip: int = 0


def listed(
    work: Work,
    figure: str,
    period: tuple[dt.date, dt.date],
    where: Mapping[str, str],
    *,
    limit: int,
    beside: Beside,
    as_of: dt.datetime | None = None,
    hour: tuple[int, int] | None = None,
) -> Part:
    """A part of the cases behind a figure, the newest first; with ``hour`` of what came in at that hour of the week.

    Raises :class:`Invalid`, :class:`Forbidden` (section 8).
    """
    figures.guard(work, None, where)
    place = _place(beside.cursor)
    try:
        first, end = (day.isoformat() for day in period)
        Request.of(first, end, as_of or clock.now())  # before anything is read for it
    except (ValueError, OverflowError) as problem:
        raise Invalid(str(problem)) from None
    source = figures.source(work, as_of)
    if hour is not None:
        return part_of(source.at_hour(*period, where, hour), limit, place, newer=beside.newer)
    part = part_of(source.cases(figure, *period, where), limit, place, newer=beside.newer)
    if beside.skip and place is None:
        every = in_order(source.cases(figure, *period, where))
        part = part._replace(first=beside.skip, cases=list(islice(every, beside.skip, beside.skip + limit)))
    return part._replace(cases=source.judged(figure, part.cases))


#: Figures of the time that people spend.
_TIMES: Final = ("aht.", "work.", "occ.")


def withheld(work: Work, figure: str) -> bool:
    """Whether what single cases add to a figure stays unsaid: on most of them it is one person's time, which section 8
    of docs/metrics.md keeps until figures per person are allowed."""
    return figure.startswith(_TIMES) and not asking.shown(work, "agent")


def each(work: Work, who: Who, figure: str, args: Mapping[str, str]) -> tuple[Asked, Iterator[tuple[CaseRow, ...]]]:
    """All cases behind a figure, the newest first, some at once: a stream that takes the memory of a part.

    Raises :class:`Invalid` for a figure that has none.
    """
    asked = asking.asked(work, args)
    figures.guard(work, None, asked.where)
    source, figure = figures.source(work), _named(figure, args)
    if counted.has(figure):
        asked = replace(asked, labels={}) if counted.is_whole(figure) else asked
        kind, own = counted.counted(source, figure, asked, args.get("band", ""), _cohort(figure, args))
        return asked, (
            tuple(_counted_rows(work, who, source, figure, asked, kind, part)) for part in in_parts(own, PART * 10)
        )
    period, hour = (asked.period.start, asked.period.end), _hour(figure, args)
    some = source.at_hour(*period, asked.where, hour) if hour else source.cases(figure, *period, asked.where)
    every = in_order(some)
    parts = (source.judged(figure, some) for some in in_parts(every, PART * 10))
    return asked, (tuple(_rows(work, who, some, figure)) for some in parts)


def page(work: Work, who: Who, figure: str, args: Mapping[str, str]) -> CasesPage:
    """One part of the list behind a figure. Raises :class:`Invalid` for a figure that has none."""
    asked = asking.asked(work, args)
    shown = CasesPage(
        figure=figure,
        family=family(figure),
        known=family(figure) in DEFINITIONS,
        unit=unit(figure),
        asked=asked,
        rows=(),
        total=0,
        held=None,
        first=1,
        newer=None,
        older=None,
        currency=asking.currency(work),
        back=back if (back := args.get("page", "")) in PAGES else "overview",
        row=row if (row := args.get("row", "")) in asking.FILTERS else "",
        by=by if (by := args.get("by", "")) in asking.FILTERS else "",
        rebuilt=figures.basis(work).rebuilt,
        span=span if _SPAN.fullmatch(span := args.get("span", "")) else "",
        slice={name: args[name] for name in SLICES if args.get(name) and _READ.get(name, _taken)(figure, args)},
        parts=counted.PARTS.get(figure, ()),
        withheld=withheld(work, figure),
    )
    if shown.parts:
        figures.guard(work, None, asked.where)
        return shown
    return _of_counted(work, who, shown, args) if counted.has(figure) else _of_cases(work, who, shown, args)


def _of_cases(work: Work, who: Who, shown: CasesPage, args: Mapping[str, str]) -> CasesPage:
    after, before = args.get("after", ""), args.get("before", "")
    asked = shown.asked
    period = asked.period.start, asked.period.end
    beside = Beside(after or before, newer=bool(before and not after))
    found = listed(
        work, _named(shown.figure, args), period, asked.where, limit=PART, beside=beside, hour=_hour(shown.figure, args)
    )
    rows = tuple(_rows(work, who, found.cases, shown.figure))
    shown = replace(shown, rows=rows, total=found.total, held=found.held, first=found.first + 1)
    older = found.first + len(rows) < found.total
    return replace(
        shown,
        newer=shown.address(before=cursor(found.cases[0])) if rows and found.first else None,
        older=shown.address(after=cursor(found.cases[-1])) if rows and older else None,
    )


def _of_counted(work: Work, who: Who, shown: CasesPage, args: Mapping[str, str]) -> CasesPage:
    figures.guard(work, None, shown.asked.where)
    source, asked = figures.source(work), shown.asked
    kind, some = counted.counted(source, shown.figure, asked, args.get("band", ""), _cohort(shown.figure, args))
    at = position(text) if (text := args.get("after", "")).isdecimal() else 0
    judged = [one.held for one in some if one.held is not None]
    return replace(
        shown,
        asked=replace(asked, labels={}) if counted.is_whole(shown.figure) else asked,
        rows=tuple(_counted_rows(work, who, source, shown.figure, asked, kind, some[at : at + PART])),
        total=len(some),
        held=judged.count(True) if judged else None,
        first=at + 1,
        newer=shown.address(after=str(max(at - PART, 0))) if at else None,
        older=shown.address(after=str(at + PART)) if at + PART < len(some) else None,
        kind=kind,
    )


def _counted_rows(
    work: Work,
    who: Who,
    source: figures.Source,
    figure: str,
    asked: Asked,
    kind: counted.What,
    some: list[counted.Counted],
) -> Iterator[CaseRow]:
    some = counted.worth_of(source, figure, asked, some)
    people = counted.known(work, who, [one.id for one in some]) if kind == "customer" else {}
    for one in some:
        person = people.get(one.id)
        began = _moment(one.at) if one.at is not None else person.since if person else None
        amount = one.amount / 1_000_000 if one.amount is not None and unit(figure) == "money" else one.amount
        name, ticket = (person.name, person.ticket) if person else ("", None)
        yield CaseRow(one.id, ticket, name, one.channel, None, began, amount, one.held, "", "", None, one.day)


def _named(figure: str, args: Mapping[str, str]) -> str:
    """The figure by the name that its cases have: NPS of one touchpoint has its own."""
    touchpoint = args.get("touchpoint", "")
    return figure.replace("nps.", f"nps[{touchpoint}].", 1) if touchpoint and figure.startswith("nps.") else figure


def _hour(figure: str, args: Mapping[str, str]) -> tuple[int, int] | None:
    """The weekday, Monday 0, and the hour to which what came in is narrowed."""
    found = _HOUR.fullmatch(args.get("hour", "")) if figure == "vol.inbound" else None
    return (int(found[1]) - 1, int(found[2])) if found else None


def _cohort(figure: str, args: Mapping[str, str]) -> dt.date | None:
    """The day before which the customers began to whom retention is narrowed."""
    if not figure.startswith("ret.retention") or not _DAY.fullmatch(text := args.get("cohort", "")):
        return None
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        return None


def _taken(_figure: str, _args: Mapping[str, str]) -> bool:
    return True


#: Slices that not every figure has, or that are not any text.
_READ: Final[Mapping[str, Callable[[str, Mapping[str, str]], Any]]] = {"hour": _hour, "cohort": _cohort}


def cursor(one: Behind) -> str:
    """Where a case stands in the list, as addresses say it."""
    return f"{one.case.t0}~{one.case.id}"


_UNKNOWN: Final = "that part of the list is not known; begin at its first page"


def position(text: str) -> int:
    """Where a part of a list of customers, posts or mentions begins. Raises :class:`Invalid`."""
    if not text.isascii() or not text.isdecimal() or len(text) >= LONGEST:
        raise Invalid(_UNKNOWN)
    return int(text)


def _place(text: str) -> Place | None:
    if not text:
        return None
    began, mark, case = text.partition("~")
    if not mark or not began.isascii() or not began.removeprefix("-").isdecimal() or len(began) > LONGEST:
        raise Invalid(_UNKNOWN)
    return int(began), case


def _rows(work: Work, who: Who, some: list[Behind], figure: str) -> list[CaseRow]:
    measured, unsaid = unit(figure), withheld(work, figure)
    numbers = [ticket for one in some if (ticket := number(one)) is not None]
    known = dict(work.execute(select(Ticket.id, Ticket.subject).where(Ticket.id.in_(numbers), visible(who))).all())
    return [
        CaseRow(
            case=one.case.id,
            ticket=ticket if (ticket := number(one)) in known else None,
            subject=known.get(ticket or 0) or "",
            channel=one.case.channel,
            reason=one.reason,
            began=_moment(one.case.t0),
            amount=None if unsaid else one.amount / 1_000_000 if measured == "money" else one.amount,
            held=one.held,
            verdict=one.verdict,
            why=one.why,
            matures=None if one.matures is None else _moment(one.matures),
        )
        for one in some
    ]


def number(one: Behind) -> int | None:
    """The number of a case's ticket, None where another system's log names it."""
    root = one.case.root
    return int(root) if root.isdecimal() and root.isascii() and len(root) < 19 else None


def _moment(ms: int) -> dt.datetime:
    return dt.datetime.fromtimestamp(ms / 1000, dt.UTC)
