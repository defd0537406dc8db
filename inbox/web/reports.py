"""The report page."""

from __future__ import annotations

from flask import Blueprint, render_template, request

from inbox.reading import figures, reports
from inbox.web.gate import frame, right, store, who

__all__ = ["blueprint"]

blueprint = Blueprint("reports", __name__)


@blueprint.before_request
def bring_up() -> None:
    """What was appended since counts on the page."""
    figures.bring_up(store())


@blueprint.get("/reports")
@right("reports.see")
def index() -> str:
    """Figures of a period; the address says all of it."""
    args = request.args
    with store().reading() as work:
        page = reports.page(
            work, who(), first=args.get("from", ""), end=args.get("to", ""), by=args.get("by", "channel")
        )
        return render_template("reports/index.html", **frame(work, "reports"), page=page)
