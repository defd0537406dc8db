"""Figures per person: switched on by naming what allows them, and off again."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, request
from flask_babel import gettext as _

from inbox.actions import agreements
from inbox.errors import Invalid
from inbox.reading.pages import Form
from inbox.web.gate import right, store, who
from inbox.web.settings import done, drawn, general_view, typed
from inbox.web.wording import errors

__all__ = ["blueprint"]

blueprint = Blueprint("agreements", __name__)


@blueprint.post("/settings/agent-times")
@right("settings.change")
def change() -> Any:
    """On with an authorisation, or off."""
    form = request.form
    on = form.get("on") == "yes"
    named = {
        name: form.get(field, "") for name, field in (("kind", "kind"), ("day", "date"), ("reference", "reference"))
    }
    try:
        with store().transaction() as work:
            if on:
                agreements.allow(work, who(), **named)
            else:
                agreements.end(work, who())
    except Invalid as problem:
        wrong = Form(typed(), errors(problem))
        return drawn("settings/general.html", lambda work: general_view(work, agreed=wrong), problem.status)
    words = _("Figures per person are on.") if on else _("Figures per person are off.")
    return done(words, "settings.general", _anchor="agent-times")
