"""Writing first: the form of a new ticket, and what becomes of it."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, jsonify, redirect, render_template, request, url_for
from sqlalchemy import select

from inbox.actions import drafts, starting
from inbox.actions.reply import Upload
from inbox.errors import Invalid
from inbox.reading.pages import Form
from inbox.reading.starting import new_ticket
from inbox.store import Message, Work
from inbox.web.drafts import numbers, one_upload, uploads
from inbox.web.gate import frame, store, who
from inbox.web.settings import typed
from inbox.web.wording import errors

__all__ = ["blueprint"]

blueprint = Blueprint("starting", __name__)


@blueprint.get("/tickets/new")
def new() -> str:
    """An empty form; the address may say to whom."""
    return _form(Form({"to": _about()}), _about())


def _form(form: Form, about: str) -> str:
    with store().reading() as work:
        return render_template("tickets/new.html", **frame(work, "new"), page=new_ticket(work, who(), form, about))


@blueprint.post("/tickets/new")
def create() -> Any:
    """Sends the first message and shows its ticket; what was typed stays where something is wrong with it."""
    form, about = request.form, _about()

    def do(work: Work) -> Message:
        message, _new = starting.start(
            work,
            who(),
            channel=form.get("channel", ""),
            to=form.get("to", "").strip(),
            name=form.get("name", "").strip(),
            subject=form.get("subject", ""),
            text=form.get("text", ""),
            files=_files(work),
            then=form.get("then") or None,
            client_key=form.get("client_key") or None,
            held=True,
        )
        drafts.drop(work, who(), about, "reply", numbers("uploads"))
        return message

    try:
        message = store().write(do)
    except Invalid as problem:
        return _form(Form(typed(), errors(problem)), about), problem.status
    return redirect(url_for("tickets.show", id=message.ticket_id), 303)


def _about() -> str:
    """To whom this form was begun: which of one's drafts it is."""
    return request.args.get("to", "").strip()


def _files(work: Work) -> list[Upload]:
    """What was dropped before, then what came with the form; none where it was taken already."""
    key = request.form.get("client_key") or ""
    if key and work.scalar(select(Message.id).where(Message.agent_id == who().id, Message.client_key == key).limit(1)):
        return []
    return [*drafts.take(work, who(), _about(), numbers("uploads")), *uploads()]


@blueprint.post("/tickets/new/draft")
def keep() -> Response:
    """Keeps what is written so far; without a word it is forgotten."""
    store().write(lambda work: drafts.keep_first(work, who(), _about(), request.form))
    return Response(status=204)


@blueprint.post("/tickets/new/files")
def attach() -> Any:
    """Stores one file at once; gives its id."""
    file = one_upload()
    with store().transaction() as work:
        row = drafts.attach(work, who(), _about(), "reply", file)
    return jsonify(id=row.id, name=row.name, bytes=row.size), 201
