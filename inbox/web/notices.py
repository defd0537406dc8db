"""What the desk tells somebody: the list behind the bell, and marking it read."""

from __future__ import annotations

import datetime as dt
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from flask_babel import gettext as _

from inbox import clock
from inbox.actions import notices as verbs
from inbox.errors import NotFound
from inbox.reading import notices
from inbox.web.gate import frame, store, who

__all__ = ["blueprint"]

blueprint = Blueprint("notices", __name__)


def _before() -> dt.datetime | None:
    text = request.args.get("before", "")
    try:
        return clock.parse(text) if text else None
    except ValueError:
        raise NotFound(_("There is no such page of notices.")) from None


@blueprint.get("/notices")
def index() -> str:
    """The notices: a page of its own, or the pane under the bell."""
    pane = request.headers.get("Turbo-Frame") == "notices"
    with store().reading() as work:
        page = notices.page(work, who(), _before())
        if pane:
            return render_template("notices/_pane.html", page=page)
        return render_template("notices/index.html", **frame(work, "notices"), page=page)


@blueprint.post("/notices/read")
def read() -> Any:
    """Marks one notice or all of them read."""
    numbers = [int(one) for one in request.form.getlist("id") if one.isascii() and one.isdigit() and len(one) < 16]
    with store().transaction() as work:
        verbs.read_all(work, who(), numbers if request.form.getlist("id") else None)
    return redirect(url_for("notices.index"), 303)
