"""Saved views: the filter's form, kept under a name, shared, put in order, removed; and the order of a list."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from inbox.actions import views as verbs
from inbox.errors import Invalid
from inbox.reading.pages import Form
from inbox.reading.views import filters, pages
from inbox.reading.views.shown import CUSTOM, shown
from inbox.web.gate import frame, store, who
from inbox.web.settings import typed
from inbox.web.tickets import asked
from inbox.web.wording import errors

__all__ = ["blueprint"]

blueprint = Blueprint("views", __name__)


def _list(**args: Any) -> Any:
    return redirect(url_for("tickets.index", **args), 303)


def _words() -> dict[str, filters.Words]:
    return filters.of(request.form.to_dict(flat=False))


def _audience() -> dict[str, str]:
    """Whose a view is, as one word of a form: ``me``, ``all``, ``team:<id>``."""
    audience, _colon, team = request.form.get("audience", "me").partition(":")
    return {"audience": audience, "team": team}


@blueprint.get("/views")
def index() -> str:
    """The saved views, to be put in order, renamed, shared and removed."""
    with store().reading() as work:
        return render_template("views/index.html", **frame(work, "views"), page=pages.views_page(work, who()))


@blueprint.get("/views/filter", endpoint="filter")
def form() -> str:
    """What a list can be filtered by: for the list's popover, or as a page."""
    with store().reading() as work:
        page = pages.filter_page(work, who(), asked(request.args))
        template = "views/_filter.html" if request.headers.get("Turbo-Frame") == "filter" else "views/filter.html"
        return render_template(template, **frame(work, "views"), page=page)


@blueprint.post("/views/create")
def create() -> Any:
    """Keeps the filter of a list under a name, and shows it."""
    data = request.form
    with store().transaction() as work:
        sort = data.get("sort") or "newest"
        view = verbs.save(work, who(), name=data.get("name", ""), filter=_words(), sort=sort, **_audience())
    return _list(view=view.id)


@blueprint.post("/views/<int:id>")
def update(id: int) -> Any:
    """Another name, another audience."""
    try:
        with store().transaction() as work:
            verbs.change(work, who(), id, name=request.form.get("name", ""), **_audience())
    except Invalid as problem:
        with store().reading() as work:
            page = replace(pages.views_page(work, who()), failed=id, form=Form(typed(), errors(problem)))
            return render_template("views/index.html", **frame(work, "views"), page=page), problem.status
    flash(_("Saved."), "ok")
    return redirect(url_for("views.index"), 303)


@blueprint.post("/views/<int:id>/filter")
def refilter(id: int) -> Any:
    """The view holds from now on what the list shows."""
    with store().transaction() as work:
        verbs.refilter(work, who(), id, _words(), request.form.get("sort") or "newest")
    return _list(view=id)


@blueprint.post("/views/<int:id>/move")
def move(id: int) -> Any:
    """One place up or down, for whoever asks."""
    with store().transaction() as work:
        verbs.move(work, who(), id, -1 if request.form.get("by") == "up" else 1)
    return redirect(url_for("views.index"), 303)


@blueprint.post("/views/<int:id>/remove")
def remove(id: int) -> Any:
    """The view goes, its tickets stay."""
    with store().transaction() as work:
        verbs.remove(work, who(), id)
    flash(_("Removed. Its tickets are where they were."), "ok")
    return redirect(url_for("views.index"), 303)


@blueprint.post("/views/sort")
def sort() -> Any:
    """The order of a list, remembered for whoever chose it; a filter that nobody saved carries it in its address."""
    wanted = replace(asked(request.form), sort="", after="")
    chosen = request.form.get("sort", "")
    with store().transaction() as work:
        view = shown(work, who(), wanted)
        args = {**view.args, **({"q": wanted.query} if wanted.query else {})}
        if view.key == CUSTOM:
            return _list(**args, sort=chosen)
        verbs.remember(work, who(), view.key, chosen)
    return _list(**args)
