"""Merge, split, move, and what was suggested or done taken back: forms of the open ticket."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, redirect, request, url_for

from inbox.actions import merging, splitting, suggestions, undo
from inbox.errors import Invalid
from inbox.store import Event
from inbox.web.gate import store, who

__all__ = ["blueprint"]

blueprint = Blueprint("regrouping", __name__)


def _number(field: str) -> int:
    """A ticket as people write it: ``#4821`` or ``4821``. Raises :class:`Invalid`."""
    written = request.form.get(field, "").strip().lstrip("#")
    if not (written.isascii() and written.isdigit() and len(written) < 16):
        msg = "write the number of the other ticket, like #4821"
        raise Invalid(msg, fields={field: msg})
    return int(written)


def _messages() -> list[int]:
    return [int(one) for one in request.form.getlist("messages") if one.isascii() and one.isdigit() and len(one) < 16]


def _shown(number: int) -> Any:
    """The ticket, freshly drawn: too much of it has changed for parts."""
    return redirect(url_for("tickets.show", id=number), 303)


@blueprint.post("/tickets/<int:id>/merge")
def merge(id: int) -> Any:
    """This ticket becomes part of another one, which is shown."""
    into = _number("into")
    with store().transaction() as work:
        merging.merge(work, who(), id, into)
    return _shown(into)


@blueprint.post("/tickets/<int:id>/split")
def split(id: int) -> Any:
    """The chosen messages become a ticket of their own, which is shown."""
    with store().transaction() as work:
        event = splitting.split(work, who(), id, _messages())
    return _shown(event.ticket_id or id)


@blueprint.post("/tickets/<int:id>/move")
def move(id: int) -> Any:
    """The chosen messages go to another ticket; this one stays on the screen."""
    to = _number("to")
    with store().transaction() as work:
        splitting.move(work, who(), id, _messages(), to)
    return _shown(id)


@blueprint.post("/messages/<int:id>/suggestion")
def suggestion(id: int) -> Any:
    """Follows the desk's guess where a message belongs, or lets go of it."""
    join = request.form.get("join") == "yes"
    with store().transaction() as work:
        event = suggestions.answer(work, who(), id, join=join)
    return _shown(_place(event))


@blueprint.post("/events/<id>/undo", endpoint="undo")
def take_back(id: str) -> Any:
    """It never happened."""
    with store().transaction() as work:
        event = undo.undo(work, who(), id)
    return _shown(event.ticket_id or 0)


def _place(event: Event) -> int:
    """Where the message is that an event moved."""
    return int(event.data["into"]) if event.kind == "ticket.merged" else event.ticket_id or 0
