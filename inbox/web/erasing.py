"""A customer's own: all of it as an archive, and its erasure, which no undo takes back and is therefore a page."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from inbox.actions import erasing
from inbox.actions.profiles import customer_of
from inbox.actions.who import find_ticket
from inbox.errors import Conflict, Invalid
from inbox.reading import dossier
from inbox.reading.erasure import erasure
from inbox.shapes import files
from inbox.store import Work
from inbox.web.gate import frame, right, store, who
from inbox.web.wording import worded

__all__ = ["blueprint"]

blueprint = Blueprint("erasing", __name__)


@blueprint.get("/tickets/<int:id>/erase")
@right("customer.export")
def show(id: int) -> Any:
    """What can be handed out and what can be erased, with how much it is."""
    with store().reading() as work:
        return render_template("tickets/erase.html", **frame(work, "all"), page=erasure(work, who(), id))


@blueprint.post("/tickets/<int:id>/erase")
@right("customer.erase")
def erase(id: int) -> Any:
    """Erases the customer, or the words of the ticket. What stands in its way is said on the page."""
    if request.form.get("sure") != "yes":
        msg = "say that you know that nothing brings it back"
        raise Invalid(msg, fields={"sure": msg})
    whole = request.form.get("what") == "customer"

    def do(work: Work) -> None:
        ticket = find_ticket(work, who(), id)
        if whole:
            erasing.erase_customer(work, who(), ticket.customer_id or "")
        else:
            erasing.erase_ticket(work, who(), ticket.id, request.form.get("why", ""))

    try:
        store().write(do)
    except Conflict as problem:
        with store().reading() as work:
            page = erasure(work, who(), id)
            return render_template(
                "tickets/erase.html", **frame(work, "all"), page=page, problem=worded(problem.detail)
            ), 409
    flash(_("Erased."), "ok")
    return redirect(url_for("erasing.show", id=id), 303)


@blueprint.get("/tickets/<int:id>/customer/export")
@right("customer.export")
def export(id: int) -> Any:
    """All that the desk has about the ticket's customer."""
    with store().reading() as work:
        customer = customer_of(work, who(), id)
        archive = dossier.archive(work, who(), customer.id, notes=request.args.get("notes") == "yes")
        name = f"{customer.name or customer.id}.zip"
    return Response(files.chunks(archive), headers=files.headers(name, "application/zip"))
