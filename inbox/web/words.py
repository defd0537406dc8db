"""Canned replies: added, changed and removed by forms."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from flask import Blueprint, request
from flask_babel import gettext as _

from inbox.actions import words as verbs
from inbox.errors import Conflict, Invalid, Problem
from inbox.reading import settings as reading
from inbox.reading.pages import Form
from inbox.web.gate import right, store, who
from inbox.web.settings import done, drawn, typed
from inbox.web.wording import errors

__all__ = ["canned"]

canned = Blueprint("canned", __name__)


def _typed() -> dict[str, str]:
    return {name: request.form.get(name, "") for name in ("name", "text", "team")}


@canned.post("/settings/canned/create", endpoint="create")
@right("canned.change")
def add_canned() -> Any:
    """Adds a canned reply."""
    try:
        with store().transaction() as work:
            row = verbs.add_canned(work, who(), **_typed())
    except (Invalid, Conflict) as problem:
        return _canned_again(problem, None)
    return done(_("/%(name)s is there now.", name=row.name), "settings.canned")


@canned.post("/settings/canned/<int:id>", endpoint="update")
@right("canned.change")
def change_canned(id: int) -> Any:
    """Changes a canned reply."""
    try:
        with store().transaction() as work:
            verbs.change_canned(work, who(), id, **_typed())
    except (Invalid, Conflict) as problem:
        return _canned_again(problem, id)
    return done(_("Saved."), "settings.canned")


@canned.post("/settings/canned/<int:id>/remove", endpoint="remove")
@right("canned.change")
def remove_canned(id: int) -> Any:
    """Removes a canned reply."""
    with store().transaction() as work:
        verbs.remove_canned(work, who(), id)
    return done(_("Removed."), "settings.canned")


def _canned_again(problem: Problem, editing: int | None) -> Any:
    form = Form(typed(), errors(problem))
    parts: dict[str, Any] = {"new": form} if editing is None else {"editing": editing, "edit": form}
    return drawn("settings/canned.html", lambda work: replace(reading.canned(work, who()), **parts), problem.status)
