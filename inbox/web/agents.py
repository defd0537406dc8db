"""What an agent says of themselves."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, redirect, request, url_for

from inbox.actions import people
from inbox.web.gate import store, wants_streams, who

__all__ = ["blueprint"]

blueprint = Blueprint("agents", __name__)


@blueprint.post("/me/state")
def status() -> Any:
    """Available or away; the log keeps it, the screens hear of it."""
    with store().transaction() as work:
        people.set_state(work, who().id or "", request.form.get("state", ""))
    return Response(status=204) if wants_streams() else redirect(url_for("tickets.index"), 303)
