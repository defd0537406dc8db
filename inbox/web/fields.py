"""Custom fields: filled in on a ticket, and defined by the admin."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from inbox.actions import fields as verbs
from inbox.actions.who import find_ticket
from inbox.errors import Conflict, Invalid, Problem
from inbox.reading import fields as reading
from inbox.reading import rows
from inbox.reading.pages import Form
from inbox.store import Ticket
from inbox.web.gate import right, store, wants_streams, who
from inbox.web.settings import done, drawn, typed
from inbox.web.tickets import streams
from inbox.web.wording import errors

__all__ = ["blueprint"]

blueprint = Blueprint("fields", __name__)


@blueprint.post("/tickets/<int:id>/fields", endpoint="fill")
def fill(id: int) -> Any:
    """Fills in what the panel shows; a tick that is not sent is none."""
    try:
        with store().transaction() as work:
            find_ticket(work, who(), id)
            known = {one.id: verbs.key(one.id) for one in verbs.active(work)}
            sent = set(request.form.getlist("fields"))
            given = {field: request.form.get(name, "") for field, name in known.items() if name in sent}
            verbs.set_values(work, who(), id, given)
    except Invalid as problem:
        if wants_streams():
            return _section(id, Form(typed(), errors(problem)), 422)
        raise
    if wants_streams():
        return _section(id)
    flash(_("Saved."), "ok")
    return redirect(url_for("tickets.show", id=id), 303)


def _section(id: int, form: Form | None = None, status: int = 200) -> Any:
    """The fields again; as they are saved now, the row of the list too."""
    with store().reading() as work:
        ticket = work.get_one(Ticket, id)
        shown = reading.shown(work, id, form)
        html = render_template("tickets/streams/fields.html", fields=shown, ticket=id, saved=form is None)
        if form is None:
            html += render_template("tickets/streams/row.html", row=rows.row(work, ticket))
    return streams(html, status)


@blueprint.post("/settings/fields/create", endpoint="create")
@right("settings.change")
def create() -> Any:
    """Defines a field."""
    form = request.form
    try:
        with store().transaction() as work:
            verbs.add(
                work, who(), name=form.get("name", ""), kind=form.get("kind", ""), choices=form.get("choices", "")
            )
    except (Invalid, Conflict) as problem:
        return _again(problem, None)
    return done(_("Saved."), "settings.fields")


@blueprint.post("/settings/fields/<int:id>", endpoint="update")
@right("settings.change")
def update(id: int) -> Any:
    """Another name, other values."""
    try:
        with store().transaction() as work:
            verbs.change(work, who(), id, name=request.form.get("name", ""), choices=request.form.get("choices", ""))
    except (Invalid, Conflict) as problem:
        return _again(problem, id)
    return done(_("Saved."), "settings.fields")


@blueprint.post("/settings/fields/<int:id>/remove", endpoint="remove")
@right("settings.change")
def archive(id: int) -> Any:
    """Takes a field from the tickets' panel."""
    with store().transaction() as work:
        verbs.archive(work, who(), id)
    return done(_("Archived. What tickets had in it is kept."), "settings.fields")


@blueprint.post("/settings/fields/<int:id>/restore", endpoint="restore")
@right("settings.change")
def restore(id: int) -> Any:
    """Brings a field back with all that it held."""
    try:
        with store().transaction() as work:
            verbs.archive(work, who(), id, back=True)
    except Conflict as problem:
        return _again(problem, None)
    return done(_("Saved."), "settings.fields")


def _again(problem: Problem, editing: int | None) -> Any:
    form = Form(typed(), errors(problem))
    parts: dict[str, Any] = {"new": form} if editing is None else {"editing": editing, "edit": form}
    return drawn("settings/fields.html", lambda work: replace(reading.page(work, who()), **parts), problem.status)
