"""The customer beside a ticket: written down, noted, agreed; all that was said with them; what they are worth."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for

from inbox.actions import apart as knowing
from inbox.actions import joining, profiles
from inbox.actions.who import find_ticket
from inbox.errors import Invalid
from inbox.reading import profiles as reading
from inbox.reading import spent as spending
from inbox.reading.figures import looking
from inbox.web.gate import frame, store, who
from inbox.web.settings import cursor

__all__ = ["again", "blueprint"]

blueprint = Blueprint("customers", __name__)


def again(id: int) -> Any:
    """The panel once more, where a form of it was sent; else the ticket."""
    panel = request.headers.get("Turbo-Frame") == "customer"
    return redirect(url_for("tickets.customer" if panel else "tickets.show", id=id), 303)


@blueprint.post("/tickets/<int:id>/customer")
def change(id: int) -> Any:
    """Name, company, language and attributes."""
    form = request.form
    with store().transaction() as work:
        profiles.change(
            work,
            who(),
            id,
            name=form.get("name", ""),
            company=form.get("company", ""),
            language=form.get("language", ""),
            attributes=profiles.attributes_of(form.get("attributes", "")),
        )
    return again(id)


@blueprint.post("/tickets/<int:id>/customer/notes")
def note(id: int) -> Any:
    """Writes a note on the customer, or takes one away."""
    gone = request.form.get("remove", "")
    with store().transaction() as work:
        if gone.isascii() and gone.isdigit() and len(gone) < 16:
            profiles.remove_note(work, who(), id, int(gone))
        else:
            profiles.add_note(work, who(), id, request.form.get("text", ""))
    return again(id)


@blueprint.post("/tickets/<int:id>/customer/consents")
def agree(id: int) -> Any:
    """Writes down what the customer agreed to or took back."""
    form = request.form
    with store().transaction() as work:
        profiles.agree(
            work,
            who(),
            id,
            what=form.get("what", ""),
            given=form.get("given") != "no",
            source=form.get("source", ""),
        )
    return again(id)


@blueprint.get("/tickets/<int:id>/timeline")
def timeline(id: int) -> Any:
    """Everything that was said with the customer, over all channels and tickets."""
    with store().reading() as work:
        view = reading.timeline(work, who(), find_ticket(work, who(), id), cursor())
        return render_template("tickets/timeline.html", **frame(work, "all"), timeline=view)


@blueprint.get("/tickets/<int:id>/worth")
def worth(id: int) -> Any:
    """What the customer brought and cost, and how content they are: fetched after the ticket."""
    with looking(store()) as work:
        view = reading.worth(work, who(), find_ticket(work, who(), id))
        return render_template("tickets/worth.html", worth=view)


def _other() -> int:
    typed = request.form.get("other", "").strip().removeprefix("#")
    if not (typed.isascii() and typed.isdigit() and len(typed) < 16):
        msg = "write the number of the other ticket"
        raise Invalid(msg, fields={"other": msg})
    return int(typed)


@blueprint.get("/tickets/<int:id>/figures")
def figures(id: int) -> Any:
    """What the ticket has cost, for whoever may see costs, and what its customer said of it."""
    with looking(store()) as work:
        view = spending.spent(work, who(), find_ticket(work, who(), id))
        return render_template("tickets/figures.html", spent=view)


@blueprint.post("/tickets/<int:id>/customer/join")
def join(id: int) -> Any:
    """Makes the customer of another ticket one with this one's."""
    with store().transaction() as work:
        find_ticket(work, who(), id)
        joining.join_by_hand(work, who(), id, _other())
    return again(id)


@blueprint.post("/tickets/<int:id>/customer/apart")
def apart(id: int) -> Any:
    """Says that the customer of another ticket is somebody else, or takes that back."""
    event = request.form.get("event", "")
    with store().transaction() as work:
        find_ticket(work, who(), id)
        if event:
            knowing.suggest_again(work, who(), id, event)
        else:
            knowing.tell_apart(work, who(), id, _other())
    return again(id)


@blueprint.post("/tickets/<int:id>/customer/part")
def part(id: int) -> Any:
    """Parts two customers again."""
    with store().transaction() as work:
        joining.part(work, who(), id, request.form.get("event", ""))
    return again(id)
