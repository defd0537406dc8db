"""Contact reasons: added, called something else, archived and brought back by forms; how they are asked for."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from flask import Blueprint, request
from flask_babel import gettext as _

from inbox.actions import reasons as verbs
from inbox.errors import Conflict, Invalid, Problem
from inbox.reading import settings as reading
from inbox.reading.pages import Form
from inbox.web.gate import right, store, who
from inbox.web.settings import done, drawn, typed
from inbox.web.wording import errors

__all__ = ["blueprint"]

blueprint = Blueprint("reasons", __name__)


@blueprint.post("/settings/reasons/create", endpoint="create")
@right("reasons.change")
def add() -> Any:
    """Adds a reason, below another where the form names one."""
    parent = request.form.get("parent", "")
    try:
        with store().transaction() as work:
            above = int(parent) if parent.isascii() and parent.isdigit() and len(parent) < 16 else None
            row = verbs.add(work, who(), request.form.get("name", ""), above)
    except (Invalid, Conflict) as problem:
        return _again(problem, None)
    return done(_("%(name)s can be chosen now.", name=row.called), "settings.reasons")


@blueprint.post("/settings/reasons/<int:id>", endpoint="update")
@right("reasons.change")
def change(id: int) -> Any:
    """Calls it something else, or keeps it out of the net FCR."""
    try:
        with store().transaction() as work:
            verbs.change(
                work, who(), id, label=request.form.get("name", ""), exempt=bool(request.form.get("exempt", ""))
            )
    except (Invalid, Conflict) as problem:
        return _again(problem, id)
    return done(_("Saved."), "settings.reasons")


@blueprint.post("/settings/reasons/<int:id>/remove", endpoint="remove")
@right("reasons.change")
def archive(id: int) -> Any:
    """Takes a reason, and those below it, from what can be chosen."""
    with store().transaction() as work:
        verbs.archive(work, who(), id)
    return done(_("Archived. Old tickets keep it."), "settings.reasons")


@blueprint.post("/settings/reasons/<int:id>/restore", endpoint="restore")
@right("reasons.change")
def bring_back(id: int) -> Any:
    """Lets an archived reason be chosen again."""
    with store().transaction() as work:
        row = verbs.archive(work, who(), id, back=True)
    return done(_("%(name)s can be chosen now.", name=row.called), "settings.reasons")


@blueprint.post("/settings/reasons/ask", endpoint="ask")
@right("settings.change")
def ask() -> Any:
    """Whether resolving asks for a reason."""
    with store().transaction() as work:
        verbs.ask(work, who(), request.form.get("ask", ""))
    return done(_("Saved."), "settings.reasons")


def _again(problem: Problem, editing: int | None) -> Any:
    form = Form(typed(), errors(problem))
    parts: dict[str, Any] = {"new": form} if editing is None else {"editing": editing, "edit": form}
    return drawn("settings/reasons.html", lambda work: replace(reading.reasons(work, who()), **parts), problem.status)
