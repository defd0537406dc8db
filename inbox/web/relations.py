"""Following a ticket, and linking two of them."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for

from inbox.actions import followers, relating, undo
from inbox.actions.who import find_ticket
from inbox.errors import Invalid
from inbox.reading import relations as reading
from inbox.web.gate import store, wants_streams, who
from inbox.web.tickets import streams

__all__ = ["blueprint"]

blueprint = Blueprint("relations", __name__)


@blueprint.post("/tickets/<int:id>/follow")
def follow(id: int) -> Any:
    """Lets whoever asks hear of a ticket, or no more."""
    with store().transaction() as work:
        followers.follow(work, who(), id, on=request.form.get("op") != "remove")
    return _again(id)


@blueprint.post("/tickets/<int:id>/links")
def link(id: int) -> Any:
    """Links another ticket, or takes the link back."""
    typed = request.form.get("to", "").strip().removeprefix("#")
    with store().transaction() as work:
        find_ticket(work, who(), id)
        if not (typed.isascii() and typed.isdigit() and len(typed) < 16):
            msg = "write the number of the other ticket"
            raise Invalid(msg, fields={"to": msg})
        if request.form.get("op") != "remove":
            relating.link(work, who(), id, int(typed))
        elif (row := relating.linked(work, id, int(typed))) is not None:
            undo.undo(work, who(), row.event)
    return _again(id)


def _again(id: int) -> Any:
    if not wants_streams():
        return redirect(url_for("tickets.show", id=id), 303)
    with store().reading() as work:
        relations = reading.relations(work, who(), find_ticket(work, who(), id))
        return streams(render_template("tickets/streams/relations.html", relations=relations))
