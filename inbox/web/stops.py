"""The page behind the link that stops a report by mail: no sign-in, no session; looking at it changes nothing."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, render_template

from inbox.actions import report_stops
from inbox.errors import NotFound
from inbox.reading import desk
from inbox.reading import report_mails as reading
from inbox.web.gate import locale, store

__all__ = ["blueprint", "stop"]

blueprint = Blueprint("stops", __name__)


@blueprint.get("/stop/<token>")
def show(token: str) -> Any:
    """One button: programs that look at the links of a mail press none."""
    return _drawn(token)


@blueprint.post("/stop/<token>")
def stop(token: str) -> Any:
    """Stops it, for the button and for mail programs (RFC 8058), which want neither a page nor to be led elsewhere."""
    try:
        with store().transaction() as work:
            report_stops.stop(work, token)
    except NotFound:
        pass  # the page says so
    return _drawn(token)


def _drawn(token: str) -> Any:
    with store().reading() as work:
        view = reading.stopping(work, token)
        html = render_template("reports/stop.html", page=view, desk=desk.desk(work, locale()))
    return html, 200 if view.name else 404
