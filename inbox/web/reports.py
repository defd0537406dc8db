"""The report pages, the tickets behind each figure, and cards as files."""

from __future__ import annotations

import csv
import datetime as dt
import io
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from typing import Any

from flask import Blueprint, Response, render_template, request, stream_with_context
from flask_babel import gettext as _

from inbox import clock
from inbox.errors import NotFound, Withheld
from inbox.reading import asking, behind, cards, figures, reports, sheets
from inbox.reading.definitions import N_, defined
from inbox.reading.pages import Asked
from inbox.rendering import workbooks
from inbox.rendering.sentences import said
from inbox.web.gate import frame, right, store, who

__all__ = ["blueprint"]

blueprint = Blueprint("reports", __name__)
#: With these a spreadsheet would read a text as a formula.
FORMULA = ("=", "+", "-", "@", "\t", "\r")
#: What the lines of a card are about, as columns: a line of words above the heads would be one that no program reads,
#: and lines of several files stay apart once they stand in one sheet. ``to`` is exclusive; ``rebuilt`` is how much of
#: the new figures is worked out where these are old ones; ``provisional`` is 1 where figures may still change.
ABOUT = ("from", "to", "zone", "filters", "rebuilt", "provisional")


@blueprint.get("/reports")
@right("reports.see")
def index() -> str:
    """Figures of a period; the address says all of it."""
    with figures.looking(store()) as work:
        page = reports.page(work, who(), request.args)
        return render_template("reports/index.html", **frame(work, "reports"), page=page, defined=defined)


@blueprint.get("/reports/<name>")
@right("reports.see")
def show(name: str) -> str:
    """One page of cards."""
    with figures.looking(store()) as work:
        page = sheets.page(work, who(), name, request.args)
        return render_template("reports/sheets.html", **frame(work, "reports"), page=page, defined=defined)


@blueprint.get("/reports/cases/<figure>")
@right("reports.see")
def cases(figure: str) -> str:
    """The tickets behind a figure."""
    with figures.looking(store()) as work:
        page = behind.page(work, who(), figure, request.args)
        return render_template("reports/cases.html", **frame(work, "reports"), page=page, defined=defined)


@blueprint.get("/reports/cases/<figure>/all.csv")
@right("reports.see")
def cases_file(figure: str) -> Response:
    """All that is behind a figure for spreadsheets, as a stream: what each adds as a raw number, times in ms, when it
    began in UTC or, of a mention, the local day; and last in each line what they are about."""
    with ExitStack() as open_until_sent:
        work = open_until_sent.enter_context(figures.looking(store()))
        asked, every = behind.each(work, who(), figure, request.args)
        name = f"{figure}-{asked.period.start}-{asked.period.end}.csv"
        own = _about(asked, figures.basis(work).rebuilt)
        answer = _file(stream_with_context(_case_lines(every, own)), "text/csv; charset=utf-8", name)
        answer.call_on_close(open_until_sent.pop_all().close)
        return answer


_CASE_COLUMNS = (
    *(N_("Case"), N_("Ticket"), N_("Subject"), N_("Channel"), N_("Reason"), N_("Began"), N_("Adds"), N_("Counted")),
    *(N_("Class"), N_("Why"), N_("Not judged before")),
)


def _about(asked: Asked, rebuilt: int | None) -> tuple[str | dt.date | float, ...]:
    """The first of ``ABOUT``, which every line of a file says."""
    filters = "; ".join(f"{name}={asked.labels[name]}" for name in asked.where if name in asked.labels)
    return asked.period.start, asked.period.end, asked.zone, filters, "" if rebuilt is None else rebuilt / 100


def _case_lines(every: Iterator[tuple[behind.CaseRow, ...]], about: tuple[str | dt.date | float, ...]) -> Iterator[str]:
    yield "\ufeff" + _line((*map(_, _CASE_COLUMNS), *ABOUT[: len(about)]))
    for some in every:
        yield "".join(_line((*_case_cells(row), *about)) for row in some)


def _case_cells(row: behind.CaseRow) -> tuple[Any, ...]:
    counted = "" if row.held is None else int(row.held)
    judged = row.verdict, said(row.why) if row.why else "", "" if row.matures is None else clock.iso(row.matures)
    named = row.ticket or "", _guarded(row.subject), row.channel or "", _guarded(row.reason or "")
    began = row.day or ("" if row.began is None else clock.iso(row.began))
    return (_guarded(row.case), *named, began, row.amount, counted, *judged)


def _line(cells: Iterable[Any]) -> str:
    out = io.StringIO()
    csv.writer(out).writerow(cells)
    return out.getvalue()


@blueprint.get("/reports/cards/<name>.<kind>")
@right("reports.see")
def card(name: str, kind: str) -> Response:
    """A card for spreadsheets: ``csv`` has raw figures, the share as 0 to 1, times in ms, and n of each, and last in
    each line what they are about (``ABOUT``); ``xlsx`` the same as formatted numbers with what they mean. Figures of
    too few, and those that nobody knows yet, stay empty."""
    if kind not in ("csv", "xlsx"):
        msg = "cards come as csv or xlsx"
        raise NotFound(msg)
    with figures.looking(store()) as work:
        asked = asking.asked(work, request.args)
        by = request.args.get("by", "") if cards.has_ways(name) else ""
        source = figures.source(work)
        found = sheets.sheet(work, source, name, asked, by if by in asking.FILTERS else "", plots=False)
        currency, rebuilt = asking.currency(work), source.basis.rebuilt
        if found.refused:
            raise Withheld(found.refused)
    saved = f"{name}-{asked.period.start}-{asked.period.end}"
    if kind == "xlsx":
        about = workbooks.about(asked, _(cards.WORDS[cards.PAGE_OF[name]]), rebuilt)
        return _file(workbooks.workbook([found], about, currency), workbooks.TYPE, f"{saved}.xlsx")
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow([_("Name"), *(word for key in found.card.keys for word in (key, f"{key} n")), *ABOUT])
    own = _about(asked, rebuilt)
    for n, line in enumerate(found.lines):
        cells = [value for cell in line.cells for value in (cell.known, cell.n)]
        provisional = "1" if any(cell.provisional for cell in line.cells) else ""
        name_of = _guarded(workbooks.line_name(found, line, None, first=not n))
        writer.writerow([name_of, *cells, *own, provisional])
    return _file("\ufeff" + out.getvalue(), "text/csv; charset=utf-8", f"{saved}.csv")


def _file(content: str | bytes | Iterator[str], kind: str, name: str) -> Response:
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(content, content_type=kind, headers=headers)


def _guarded(text: Any) -> str:
    """A text that no spreadsheet takes for a formula."""
    words = str(text)
    return f"'{words}" if words.startswith(FORMULA) else words
