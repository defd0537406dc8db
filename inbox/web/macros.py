"""Macros: run on the open ticket; made, changed and removed by forms."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from flask_babel import gettext as _

from inbox.actions import macros, steps, tickets
from inbox.errors import Conflict, Invalid, Problem
from inbox.reading import macros as reading
from inbox.reading import rows, threads
from inbox.reading.pages import Form
from inbox.store import Event, Message, Ticket, Work
from inbox.web.gate import right, store, wants_streams, who
from inbox.web.settings import done, drawn, typed
from inbox.web.tickets import streams
from inbox.web.wording import errors

__all__ = ["blueprint"]

blueprint = Blueprint("macros", __name__)


@blueprint.post("/tickets/<int:id>/macros")
def run(id: int) -> Any:
    """Does all that a macro says; what it only proposes comes back for the composer."""
    form = request.form
    macro, seen = form.get("macro", ""), form.get("seen", "")

    def do(work: Work) -> tuple[str, Event | None, tuple[str, ...], tuple[Message, ...]]:
        row = macros.find(work, who(), int(macro) if macro.isdigit() and len(macro) < 16 else 0)
        key, up_to = form.get("client_key", "")[:40], int(seen) if seen.isdigit() else None
        doing = macros.run(work, who(), id, row.id, key=key, seen=up_to)
        for message in doing.messages:
            tickets.read(work, who(), id, message.id)
        line = next((one for one in reversed(work.events) if one.kind == "macro.run"), None)
        return row.name, line, tuple(doing.inserted), tuple(doing.messages)

    name, line, inserted, messages = store().write(do)
    text = "\n\n".join(inserted)
    if not wants_streams():
        return redirect(url_for("tickets.show", id=id, text=text or None), 303)
    with store().reading() as work:
        ticket = work.get_one(Ticket, id)
        items = [threads.item_of_message(work, work.get_one(Message, one.id)) for one in messages]
        parts = [render_template("tickets/streams/item.html", ticket=id, item=item) for item in items]
        parts.append(render_template("tickets/streams/head.html", head=threads.head(work, ticket)))
        parts.append(render_template("tickets/streams/row.html", row=rows.row(work, ticket)))
    facts = {"ticket": id, "name": name, "text": text, "undo": line.id if line is not None else ""}
    parts.append(render_template("tickets/streams/macro.html", **facts))
    return streams("".join(parts))


# --- made and changed -------------------------------------------------------------------------------------------


def _steps() -> list[dict[str, str]]:
    """The steps of the form: ``step-1`` is ``do:what``, where nothing is chosen to take the typed text stands."""
    found = []
    for n in range(1, steps.MOST + 1):
        do, _colon, what = request.form.get(f"step-{n}", "").partition(":")
        if do:
            found.append({"do": do, "what": what or request.form.get(f"text-{n}", "").strip()})
    return found


def _facts() -> dict[str, Any]:
    form = request.form
    return {"name": form.get("name", ""), "what": _steps(), "shared": form.get("for") == "everybody"}


def _again(problem: Problem, editing: int | None) -> Any:
    wrong = Form(typed(), errors(problem))
    return drawn(
        "settings/macros.html", lambda work: replace(reading.page(work, who(), editing), form=wrong), problem.status
    )


@blueprint.post("/settings/macros/create")
@right("macro.own")
def create() -> Any:
    """Adds a macro."""
    try:
        row = store().write(lambda work: macros.add(work, who(), **_facts()))
    except (Invalid, Conflict) as problem:
        return _again(problem, None)
    return done(_("%(name)s can be run now.", name=row.name), "settings.macros")


@blueprint.post("/settings/macros/<int:id>")
@right("macro.own")
def update(id: int) -> Any:
    """Changes a macro."""
    try:
        store().write(lambda work: macros.change(work, who(), id, **_facts()))
    except (Invalid, Conflict) as problem:
        return _again(problem, id)
    return done(_("Saved."), "settings.macros")


@blueprint.post("/settings/macros/<int:id>/remove")
@right("macro.own")
def remove(id: int) -> Any:
    """Removes a macro."""
    store().write(lambda work: macros.remove(work, who(), id))
    return done(_("Removed."), "settings.macros")
