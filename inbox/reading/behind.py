"""The tickets behind a figure, each with what it adds and, for first contact resolution, why it counted or not."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from sqlalchemy import select

from inbox.actions.who import Who, visible
from inbox.metrics.behind import Behind
from inbox.metrics.times import iso
from inbox.reading import asking, figures
from inbox.reading.cards import PAGES
from inbox.reading.definitions import DEFINITIONS, family, unit
from inbox.reading.pages import Asked
from inbox.store import Ticket, Work

__all__ = ["CaseRow", "CasesPage", "Part", "cases", "listed", "page"]

PART: Final = 50
FIGURES: Final = 8  # of a page's number


@dataclass(frozen=True)
class CaseRow:
    """A case. ``ticket`` and ``subject`` only where the reader may open it; ``amount`` by the figure's unit;
    ``held`` whether it counts among the good ones; ``verdict``, ``why`` and ``matures`` for FCR."""

    case: str
    ticket: int | None
    subject: str
    channel: str | None
    reason: str | None
    began: dt.datetime
    amount: float
    held: bool | None
    verdict: str
    why: str
    matures: dt.datetime | None


class Part(NamedTuple):
    """``cases`` of ``total``; ``held`` is how many of all counted as good, None where there is no such thing."""

    total: int
    held: int | None
    cases: list[Behind]


@dataclass(frozen=True)
class CasesPage:
    """``page`` of ``reports/cases.html``: one part of the list, newest first. ``back`` is the page that opened it,
    ``row`` the filter that its row added there, ``by`` how the overview was grouped."""

    figure: str
    family: str
    known: bool
    unit: str
    asked: Asked
    rows: tuple[CaseRow, ...]
    total: int
    held: int | None
    part: int
    parts: int
    currency: str
    back: str = "overview"
    row: str = ""
    by: str = ""

    def address(self, **more: str | None) -> dict[str, str]:
        """The parameters that show the same list, with some changed."""
        return self.asked.address(page=self.back, row=self.row, by=self.by, **more)

    def way_back(self) -> dict[str, str]:
        """The parameters of the page from which the list was opened: without what its row added."""
        gone: dict[str, str | None] = {self.row: None} if self.row else {}
        return self.asked.address(**{"by": self.by, **gone})


def listed(
    work: Work,
    figure: str,
    first: dt.date,
    end: dt.date,
    where: Mapping[str, str],
    cut: Callable[[int], slice],
    as_of: dt.datetime | None = None,
) -> Part:
    """How many cases are behind a figure, how many of them counted as good, and a part of them, the newest first.

    Raises :class:`Invalid`, :class:`Forbidden` (section 8).
    """
    figures.guard(work, None, where)
    source = figures.source(work, as_of)
    every = source.cases(figure, first, end, where)
    judged = [one.held for one in every if one.held is not None]
    return Part(len(every), sum(judged) if judged else None, source.judged(figure, every[cut(len(every))]))


def page(work: Work, who: Who, figure: str, args: Mapping[str, str]) -> CasesPage:
    """One part of the list behind a figure. Raises :class:`Invalid` for a figure that has none."""
    asked = asking.asked(work, args)
    wanted = args.get("part", "1")
    number = max(1, int(wanted)) if wanted.isdecimal() and len(wanted) < FIGURES else 1

    def cut(total: int) -> slice:
        begin = (min(number, _parts(total)) - 1) * PART
        return slice(begin, begin + PART)

    found = listed(work, figure, asked.period.start, asked.period.end, asked.where, cut)
    return CasesPage(
        figure=figure,
        family=family(figure),
        known=family(figure) in DEFINITIONS,
        unit=unit(figure),
        asked=asked,
        rows=tuple(_rows(work, who, found.cases, unit(figure))),
        total=found.total,
        held=found.held,
        part=min(number, _parts(found.total)),
        parts=_parts(found.total),
        currency=asking.currency(work),
        back=back if (back := args.get("page", "")) in PAGES else "overview",
        row=row if (row := args.get("row", "")) in asking.FILTERS else "",
        by=by if (by := args.get("by", "")) in asking.FILTERS else "",
    )


def _parts(total: int) -> int:
    return max(1, -(-total // PART))


def _rows(work: Work, who: Who, some: list[Behind], measured: str) -> list[CaseRow]:
    numbers = [number for one in some if (number := _number(one)) is not None]
    known = dict(work.execute(select(Ticket.id, Ticket.subject).where(Ticket.id.in_(numbers), visible(who))).all())
    return [
        CaseRow(
            case=one.case.id,
            ticket=number if (number := _number(one)) in known else None,
            subject=known.get(number or 0) or "",
            channel=one.case.channel,
            reason=one.reason,
            began=_moment(one.case.t0),
            amount=one.amount / 1_000_000 if measured == "money" else one.amount,
            held=one.held,
            verdict=one.verdict,
            why=one.why,
            matures=None if one.matures is None else _moment(one.matures),
        )
        for one in some
    ]


def cases(some: list[Behind]) -> list[dict[str, Any]]:
    """The same for programs."""
    return [
        {
            "case": one.case.id,
            "ticket": _number(one),
            "channel": one.case.channel,
            "reason": one.reason,
            "t0": iso(one.case.t0),
            "amount": one.amount,
            "counted": one.held,
            "class": one.verdict or None,
            "why": one.why or None,
            "matures": None if one.matures is None else iso(one.matures),
        }
        for one in some
    ]


def _number(one: Behind) -> int | None:
    root = one.case.root
    return int(root) if root.isdecimal() and root.isascii() and len(root) < 19 else None


def _moment(ms: int) -> dt.datetime:
    return dt.datetime.fromtimestamp(ms / 1000, dt.UTC)
