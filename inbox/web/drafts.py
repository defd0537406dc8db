"""Drafts: what is being written is kept as it is written, its files as they are dropped."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, jsonify, redirect, request, url_for
from sqlalchemy import select

from inbox.actions import drafts
from inbox.actions.reply import Upload
from inbox.errors import Invalid
from inbox.store import Message, Work
from inbox.web.gate import store, who

__all__ = ["blueprint", "files_of", "numbers", "one_upload", "uploads"]

blueprint = Blueprint("drafts", __name__)


def uploads() -> list[Upload]:
    """The files of the form, each with a name that says nothing of the disk it came from."""
    found = []
    for file in request.files.getlist("files[]") + request.files.getlist("files"):
        name = (file.filename or "").replace("\\", "/").rpartition("/")[2]
        if name:
            found.append(Upload(name, file.mimetype or "application/octet-stream", file.read()))
    return found


def one_upload() -> Upload:
    """The one file of the form. Raises :class:`Invalid`."""
    files = uploads()
    if len(files) != 1:
        msg = "send one file at a time"
        raise Invalid(msg, fields={"files": msg})
    return files[0]


def numbers(name: str) -> list[int]:
    """The ids of a control that may stand several times."""
    return [int(one) for one in request.form.getlist(name) if one.isascii() and one.isdigit() and len(one) < 16]


def files_of(work: Work, number: int) -> list[Upload]:
    """What goes with the message of this form: files that were dropped before, then those that came with it. None
    where the form was taken already: its files are with that message."""
    key = request.form.get("client_key") or ""
    if key and work.scalar(select(Message.id).where(Message.ticket_id == number, Message.client_key == key)):
        return []
    return [*drafts.take(work, who(), number, numbers("uploads")), *uploads()]


@blueprint.post("/tickets/<int:id>/draft")
def keep(id: int) -> Any:
    """Keeps what is written so far; an empty text forgets it."""
    form = request.form
    store().write(lambda work: drafts.keep(work, who(), id, form.get("mode", ""), form.get("text", "")))
    if request.headers.get("X-Requested-With"):
        return Response(status=204)
    return redirect(url_for("tickets.show", id=id), 303)


@blueprint.post("/tickets/<int:id>/files")
def attach(id: int) -> Any:
    """Stores one file at once; gives its id."""
    file = one_upload()
    with store().transaction() as work:
        row = drafts.attach(work, who(), id, request.form.get("mode", ""), file)
    return jsonify(id=row.id, name=row.name, bytes=row.size), 201


@blueprint.post("/uploads/<int:id>/remove")
def detach(id: int) -> Any:
    """Takes a file out of a draft."""
    with store().transaction() as work:
        drafts.detach(work, who(), id)
    return Response(status=204)
