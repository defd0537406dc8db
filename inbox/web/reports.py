"""The report pages, the tickets behind each figure, and cards as files."""

from __future__ import annotations

import csv
import io
from typing import Any

from flask import Blueprint, Response, render_template, request
from flask_babel import gettext as _

from inbox.errors import Withheld
from inbox.reading import asking, behind, figures, reports, sheets
from inbox.reading.definitions import defined
from inbox.web.gate import frame, right, store, who

__all__ = ["blueprint"]

blueprint = Blueprint("reports", __name__)
#: With these a spreadsheet would read a text as a formula.
FORMULA = ("=", "+", "-", "@", "\t", "\r")


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


@blueprint.get("/reports/cards/<name>.csv")
@right("reports.see")
def card(name: str) -> Response:
    """A card as a table for spreadsheets: raw figures, the share as 0 to 1, times in ms, and n of each."""
    with figures.looking(store()) as work:
        asked = asking.asked(work, request.args)
        by = request.args.get("by", "") if name == "figures" else ""
        found = sheets.sheet(work, figures.source(work), name, asked, by if by in asking.FILTERS else "")
        if found.refused:
            raise Withheld(found.refused)
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow([_("Name"), *(word for key in found.card.keys for word in (key, f"{key} n"))])
    for line in found.lines:
        cells = [value for cell in line.cells for value in (cell.value, cell.n)]
        writer.writerow([_guarded(line.label or _("All")), *cells])
    saved = f"{name}-{asked.period.start}-{asked.period.end}.csv"
    headers = {"Content-Disposition": f'attachment; filename="{saved}"'}
    return Response("\ufeff" + out.getvalue(), content_type="text/csv; charset=utf-8", headers=headers)


def _guarded(text: Any) -> str:
    """A text that no spreadsheet takes for a formula."""
    words = str(text)
    return f"'{words}" if words.startswith(FORMULA) else words
