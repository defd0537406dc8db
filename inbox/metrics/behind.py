"""The cases behind a figure: those that add something to it in a period, and for FCR why each counted or not."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from heapq import nlargest, nsmallest
from typing import NamedTuple

from inbox.metrics.attribution import sheet_of
from inbox.metrics.book import Book
from inbox.metrics.fcr import Verdict
from inbox.metrics.filed import FiledDay, day_of_text, rows_of
from inbox.metrics.outcomes import NOT_YET, spelt_out
from inbox.metrics.request import Request
from inbox.metrics.sheets import CaseName
from inbox.metrics.sums import TOTAL, About, Filter
from inbox.metrics.times import Days

__all__ = [
    "BACKLOG",
    "BEHIND",
    "Behind",
    "Part",
    "Place",
    "behind",
    "closes",
    "counted",
    "marks_of",
    "name_of",
    "part_of",
    "still_open",
    "window_of",
]

Place = tuple[int, str]

BACKLOG = "backlog"
_TOUCHPOINT = re.compile(r"(nps\[.*\])(?:\.(?:(promoters|passives|detractors)|\w+))?")
_TIMES = ("frt", "frt_bh", "frt_handoff", "rt", "ttr_first", "ttr_full", "ttr_net", "aht")
_RATES = ("containment", "reopen", "one_reply", "sla_frt", "sla_ttr", "csat", "ces", "fcr_survey", "nps_loop")
_WINDOWS = (1, 3, 7, 30)

#: The measures of which a case behind a figure has some; figures are named as in section 12, without their leaf.
BEHIND: dict[str, tuple[str, ...]] = {
    "vol.inbound": ("inbound",),
    "vol.handled": ("handled_in", "handled_out"),
    "vol.closed_no_reply": ("closed_no_reply",),
    "vol.abandoned": ("abandoned",),
    "vol.answered": ("vol.answered",),
    "vol.unanswered": ("vol.unanswered",),
    "vol.pending": ("vol.pending",),
    "vol.bot": ("vol.bot",),
    "case.created": ("created",),
    "case.first_resolved": ("first_resolved",),
    "case.resolved": ("resolved",),
    "backlog": (),  # read from when cases were open, not from what they add
    "ipc": ("ipc.n",),
    "nps": ("nps.n",),
    **{f"nps.{kind}": (f"nps.{kind}",) for kind in ("promoters", "passives", "detractors")},
    "sent": ("sent.n",),
    **{f"sent.{mood}": (f"sent.{mood}",) for mood in ("pos", "neu", "neg")},
    "cost": ("labour_direct", "provider"),
    "cost.per_resolution": ("resolved",),
    **{name: (name + TOTAL,) for name in _TIMES},
    **{name: (f"{name}.n",) for name in _RATES},
    **{f"fcr{w}": ("first_resolved",) for w in _WINDOWS},
    **{f"fcr{w}_net": (f"fcr{w}_net.n",) for w in _WINDOWS},
    **{f"fcr{w}_strict": (f"fcr{w}_strict.n",) for w in _WINDOWS},
}

#: Figures with an n in which no case is better than another.
_UNJUDGED = frozenset({"nps", "sent", "ipc"})

_NO_VERDICT = Verdict("", False, "")
_JUDGED = ("candidate", "unanswered")  # classes that may still change until they mature


class Behind(NamedTuple):
    """A case behind a figure. ``amount`` is what it adds: a count, ms or micro-units of money; ``held`` whether it
    counts among the good ones, None where there is no such thing. For FCR ``verdict`` is its class (also ``pending``,
    until ``matures``, in ms) and ``why`` one sentence."""

    case: CaseName
    reason: str | None
    amount: int
    held: bool | None = None
    matures: int | None = None
    verdict: str = ""
    why: str = ""

    @property
    def place(self) -> Place:
        """Where it stands among others: when it began, and its id."""
        return self.case.t0, self.case.id

    def judged(self, verdict: Verdict) -> Behind:
        """The same with its class and why, which are looked up only for what is shown."""
        if self.matures is not None and verdict.kind in _JUDGED:
            return self._replace(verdict="pending", why="")
        return self._replace(verdict=verdict.kind, why=verdict.why, matures=None)


class Part(NamedTuple):
    """``cases``, the newest first, of ``total``: there are ``first`` newer ones. ``held`` is how many of all counted as
    good, None where there is no such thing."""

    total: int
    held: int | None
    first: int
    cases: list[Behind]


def name_of(figure: str) -> str:
    """The figure without its leaf. Raises ``ValueError`` where no case can be behind it."""
    touchpoint = _TOUCHPOINT.fullmatch(figure)
    if touchpoint is not None:
        return f"{touchpoint[1]}.{touchpoint[2]}" if touchpoint[2] else touchpoint[1]
    name = figure if figure in BEHIND else figure.rpartition(".")[0] or figure
    name = name if name in BEHIND else name.partition(".")[0]
    if name not in BEHIND:
        raise ValueError(f"there is no list of cases behind {figure!r}")
    return name


def measures_of(name: str) -> tuple[str, ...]:
    """The measures of a figure without its leaf; NPS of one touchpoint has those of NPS under its own name."""
    if name.startswith("nps["):
        return (name if _TOUCHPOINT.fullmatch(name)[2] else f"{name}.n",)  # type: ignore[index]
    return BEHIND[name]


def window_of(name: str) -> int | None:
    """The window in days of a figure of first contact resolution, None for any other."""
    window = name.removeprefix("fcr").partition("_")[0]
    return int(window) if name.startswith("fcr") and window.isdigit() else None


def marks_of(figure: str) -> list[str]:
    """Words of which a filed row has one where it adds to a figure: rows without them need not be read.

    Raises ``ValueError`` where no case can be behind it.
    """
    name = name_of(figure)
    if name.startswith("vol.") and BEHIND[name] == (name,):
        return ['"vol|']
    own = [measure for measure in measures_of(name) if "." not in measure and TOTAL not in measure]
    return [f'"{measure}"' for measure in own] or [f'"{name.removesuffix("_net")}']


@dataclass(slots=True)
class _Case:
    """What a case added so far, of what is asked for."""

    reason: str | None
    counts: dict[str, int] = field(default_factory=dict)
    matures: int | None = None


class _Wanted(dict[str, bool]):
    """Of each count that an entry may have whether it speaks of a figure: few do, and each is looked at once."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self._measures = {*measures_of(name), f"{name}.n", f"{name}.k"}
        self.has_times = any(TOTAL in measure for measure in self._measures)

    def __missing__(self, count: str) -> bool:
        self[count] = not self._measures.isdisjoint(spelt_out({count: 1}))
        return self[count]


def counted(owners: Iterable[Iterable[str]], figure: str, request: Request) -> Iterator[Behind]:
    """The cases behind a figure, in no order, from the filed rows of the period's days, those of each owner together.

    Memory is taken by one owner alone. Why each counted is ``Behind.judged`` with its verdict. Raises ``ValueError``.
    """
    name = name_of(figure)
    window = window_of(name)
    outcome = f"{name.removesuffix('_net')}|" if window is not None else None
    whole, wanted, measures = Filter(request.where), _Wanted(name), measures_of(name)
    judged = name.partition("[")[0] not in _UNJUDGED
    for rows in owners:
        cases: dict[CaseName, _Case] = {}
        for text in rows:
            day = day_of_text(text)
            if day.case is not None:
                _add(cases, day.case, day, whole, wanted, request.as_of, outcome)
        for case, one in cases.items():
            counts = spelt_out(one.counts)
            if any(measure in counts for measure in measures):
                amount = sum(counts.get(measure, 0) for measure in measures)
                held = bool(counts.get(f"{name}.k")) if f"{name}.n" in counts and judged else None
                matures = one.matures
                yield Behind(case, one.reason, amount, held if matures is None else None, matures)


def still_open(texts: Iterable[str], figure: str, where: Mapping[str, str], at: int) -> Iterator[Behind]:
    """The cases open at an instant, in no order, from filed rows; ``amount`` is 1, or in ms how old each is."""
    whole = Filter(where)
    for text in texts:
        day = day_of_text(text)
        for span in day.spans:
            about = About(span.channel, span.agent, span.team, span.reason, span.tags)
            is_open = span.begin <= at and (span.end is None or at < span.end)
            if day.case is not None and is_open and whole.lets(about):
                yield Behind(day.case, day.reason, span.age(at) if figure.endswith("_ms") else 1)


def closes(request: Request, days: Days) -> int:
    """The instant of which a period tells what was open: its end, or when it is looked at."""
    return min(days.start(request.end), request.as_of)


def part_of(every: Iterable[Behind], limit: int, place: Place | None = None, *, newer: bool = False) -> Part:
    """Up to ``limit`` cases next to a place in the order of the newest first: the older ones, or the ``newer``.

    Memory is taken by these alone, however many there are; what comes in meanwhile moves no place.
    """
    total = good = judged = beyond = 0

    def beside() -> Iterator[Behind]:
        nonlocal total, good, judged, beyond
        for one in every:
            total += 1
            judged += one.held is not None
            good += bool(one.held)
            if place is None or (one.place > place if newer else one.place < place):
                yield one
            else:
                beyond += 1

    if newer:
        cases = nsmallest(limit, beside(), key=_place)[::-1]
        return Part(total, good if judged else None, total - beyond - len(cases), cases)
    cases = nlargest(limit, beside(), key=_place)
    return Part(total, good if judged else None, beyond, cases)


def _place(one: Behind) -> Place:
    return one.place


def _add(
    cases: dict[CaseName, _Case],
    case: CaseName,
    day: FiledDay,
    whole: Filter,
    wanted: _Wanted,
    as_of: int,
    outcome: str | None,
) -> None:
    for due, entry in day.added(whole):
        one = cases.get(case)
        if one is None:
            one = cases[case] = _Case(day.reason)
        not_yet = NOT_YET if due is not None and due > as_of else ""
        for name, n in entry.counts.items():
            if wanted[not_yet + name]:
                one.counts[not_yet + name] = one.counts.get(not_yet + name, 0) + n
        if wanted.has_times and not not_yet:
            for measure, ms in entry.times:
                if wanted[measure + TOTAL]:
                    one.counts[measure + TOTAL] = one.counts.get(measure + TOTAL, 0) + ms
        if outcome is not None and not_yet and any(map(_begins(outcome), entry.counts)):
            one.matures = due


def _begins(outcome: str) -> Callable[[str], bool]:
    return lambda name: name.startswith(outcome)


def behind(book: Book, figure: str, request: Request) -> Iterator[Behind]:
    """The same of a whole book, the newest first, each with its class and why."""
    verdicts: dict[str, Mapping[int, Verdict]] = {fact.case.id: fact.verdicts for fact in book.facts()}
    name = name_of(figure)
    if name == BACKLOG:
        own = (row.text for fact in book.facts() for row in rows_of([sheet_of(fact, book.context)]))
        some = still_open(own, figure, request.where, closes(request, book.context.days))
        yield from sorted(some, key=_place, reverse=True)
        return
    window = window_of(name)
    rows = (rows_of([sheet_of(fact, book.context)]) for fact in book.facts())
    owners = ((row.text for row in own if request.first <= row.day < request.end) for own in rows)
    for one in sorted(counted(owners, figure, request), key=_place, reverse=True):
        yield one if window is None else one.judged(verdicts[one.case.id].get(window, _NO_VERDICT))
