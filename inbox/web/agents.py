"""What an agent says of themselves."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from flask import Blueprint, Response, redirect, request, url_for

from inbox.actions import people
from inbox.web.gate import store, wants_streams, who
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
