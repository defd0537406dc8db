"""The search page and what the palette shows."""

from __future__ import annotations

from flask import Blueprint, render_template, request

from inbox.reading import searching
from inbox.web.gate import frame, store, who

__all__ = ["blueprint"]

blueprint = Blueprint("search", __name__)


@blueprint.get("/search")
def index() -> str:
    """The page, or the palette's lines for its frame."""
    args = request.args
    query = args.get("q", "")[:500]
    with store().reading() as work:
        if request.headers.get("Turbo-Frame") == "palette-results" or args.get("palette"):
            found = searching.results(work, who(), query)
            return render_template("search/results.html", **frame(work, "search"), results=found)
        chosen = {key: args[key] for key in ("status", "channel", "assignee", "tag") if args.get(key)}
        after = args.get("after", "")
        page = searching.page(work, who(), query, chosen, after=int(after) if after.isdigit() else 0)
        return render_template("search/index.html", **frame(work, "search"), page=page)
