"""Arrivals: the bytes as they came, and reading one again."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, flash, redirect, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext

from inbox.actions import journal as verbs
from inbox.errors import Conflict, NotFound
from inbox.reading import feeds
from inbox.reading import journal as arrivals
from inbox.web.attachments import safe_headers
from inbox.web.gate import right, store, who
from inbox.web.sessions import safe_next
from inbox.web.wording import worded

__all__ = ["blueprint"]

blueprint = Blueprint("journal", __name__)


@blueprint.get("/settings/journal/<int:id>/raw")
@right("journal.see")
def raw(id: int) -> Response:
    """The body of an arrival, byte-exact; always a download."""
    with store().reading() as work:
        entry, channel = feeds.entry(work, id)
        try:
            body = verbs.body_of(work, entry)
        except FileNotFoundError:
            msg = "the bytes of this arrival are no longer here"
            raise NotFound(msg) from None
    ending = "eml" if channel.kind == "email" else "bin"
    headers = safe_headers(f"journal-{id}.{ending}", "application/octet-stream", download=True)
    return Response(body, headers={**headers, "Cache-Control": "no-store"})


@blueprint.post("/settings/journal/<int:id>/replay")
@right("journal.replay")
def replay(id: int) -> Any:
    """Lets the worker read an arrival again; what is a message or a status stays as it is."""
    try:
        with store().transaction() as work:
            verbs.replay(work, who(), id)
    except Conflict as problem:
        flash(worded(problem.detail), "bad")
    else:
        flash(_("Arrival %(n)s is read again.", n=id), "ok")
    back = url_for("settings.journal", _anchor=f"entry-{id}")
    return redirect(safe_next(request.form.get("next", ""), back), 303)


@blueprint.post("/settings/journal/replay")
@right("journal.replay")
def replay_all() -> Any:
    """Lets the worker read all arrivals again that fit the choice: after a fix."""
    form = request.form
    chosen = arrivals.Chosen(**{name: form.get(name, "") for name in ("channel", "outcome", "reason", "day")})
    with store().reading() as work:
        numbers = chosen.numbers(work)
    left = verbs.replay_all(store(), who(), numbers)
    again = len(numbers) - len(left)
    flash(ngettext("%(num)s arrival is read again.", "%(num)s arrivals are read again.", again), "ok")
    if left:
        words = ngettext(
            "%(num)s arrival stays as it is: its signature is still wrong.",
            "%(num)s arrivals stay as they are: their signature is still wrong.",
            len(left),
        )
        flash(words, "bad")
    return redirect(url_for("settings.journal", channel=chosen.channel or None, _anchor="entries"), 303)
