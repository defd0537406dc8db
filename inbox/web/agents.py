"""What an agent says of themselves."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from flask import Blueprint, Response, redirect, render_template, request, url_for
from flask_babel import gettext as _

from inbox.actions import people
from inbox.web.gate import STREAM, store, wants_streams, who
from inbox.web.sessions import safe_next

__all__ = ["blueprint"]

blueprint = Blueprint("agents", __name__)


@blueprint.post("/me/state")
def status() -> Any:
    """Available or away; the log keeps it, the screens hear of it."""
    with store().transaction() as work:
        people.set_state(work, who().id or "", request.form.get("state", ""))
    return Response(status=204) if wants_streams() else redirect(url_for("tickets.index"), 303)


@blueprint.post("/me/language")
def language() -> Any:
    """Reads the desk in a language of their own from now on, on the page where they were."""
    with store().transaction() as work:
        people.change_agent(work, who(), who().id or "", language=request.form.get("language", ""))
    came_from = urlsplit(request.referrer or "")
    return redirect(safe_next(came_from.path + (f"?{came_from.query}" if came_from.query else "")), 303)


@blueprint.post("/me/undo")
def undo() -> Any:
    """How long one's own answers can be taken back; empty is as the desk has it."""
    with store().transaction() as work:
        people.change_agent(work, who(), who().id or "", undo_s=request.form.get("undo_s", ""))
    if not wants_streams():
        return redirect(url_for("tickets.index"), 303)
    html = render_template("tickets/streams/toast.html", text=_("Saved."))
    return Response(html, content_type=f"{STREAM}; charset=utf-8")
