"""Writing first: the form of a new ticket, and what becomes of it."""

from __future__ import annotations

import uuid
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for

from inbox.actions import starting
from inbox.errors import Invalid
from inbox.reading.pages import Form
from inbox.reading.starting import new_ticket
from inbox.store import Message, Work
from inbox.web.drafts import uploads
from inbox.web.gate import frame, store, who
from inbox.web.settings import typed
from inbox.web.wording import errors

__all__ = ["blueprint"]

blueprint = Blueprint("starting", __name__)


@blueprint.get("/tickets/new")
def new() -> str:
    """An empty form; the address may say to whom."""
    return _form(Form({"to": request.args.get("to", ""), "client_key": uuid.uuid4().hex}))


def _form(form: Form) -> str:
    with store().reading() as work:
        return render_template("tickets/new.html", **frame(work, "new"), page=new_ticket(work, who(), form))


@blueprint.post("/tickets/new")
def create() -> Any:
    """Sends the first message and shows its ticket; what was typed stays where something is wrong with it."""
    form, files = request.form, uploads()

    def do(work: Work) -> Message:
        return starting.start(
            work,
            who(),
            channel=form.get("channel", ""),
            to=form.get("to", "").strip(),
            name=form.get("name", "").strip(),
            subject=form.get("subject", ""),
            text=form.get("text", ""),
            files=files,
            then=form.get("then") or None,
            client_key=form.get("client_key") or None,
            held=True,
        )[0]

    try:
        message = store().write(do)
    except Invalid as problem:
        return _form(Form(typed(), errors(problem))), problem.status
    return redirect(url_for("tickets.show", id=message.ticket_id), 303)
