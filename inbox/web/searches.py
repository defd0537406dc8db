"""The search page and what the palette shows."""

from __future__ import annotations

from dataclasses import replace

from flask import Blueprint, render_template, request

from inbox.reading import searching
from inbox.web import catalogue
from inbox.web.gate import frame, store, who
from inbox.web.wording import worded

__all__ = ["blueprint"]

blueprint = Blueprint("search", __name__)


def _number(value: str) -> int | None:
    return int(value) if value.isascii() and value.isdigit() and len(value) < 16 else None


@blueprint.get("/search")
def index() -> str:
    """The page, or the palette's lines for its frame."""
    args = request.args
    query = args.get("q", "")[:500]
    with store().reading() as work:
        if request.headers.get("Turbo-Frame") == "palette-results" or args.get("palette"):
            found = searching.results(work, who(), query)
            settings = catalogue.search(query, most=catalogue.FEW)
            return render_template("search/results.html", **frame(work, "search"), results=found, settings=settings)
        chosen = {key: args[key] for key in ("status", "channel", "assignee", "tag") if args.get(key)}
        after, before = (_number(args.get(name, "")) for name in ("after", "before"))
        page = searching.page(work, who(), query, chosen, after=after or 0, before=before)
        page = replace(page, problem=worded(page.problem))
        return render_template("search/index.html", **frame(work, "search"), page=page)
