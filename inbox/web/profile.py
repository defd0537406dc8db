"""What somebody chooses for themselves about notices."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from flask import Blueprint, render_template, request
from flask_babel import gettext as _

from inbox.actions import habits
from inbox.actions.notices import REASONS
from inbox.errors import Invalid
from inbox.reading import profile
from inbox.reading.pages import Form
from inbox.store import Agent
from inbox.web.gate import frame, store, who
from inbox.web.settings import done, typed, whole
from inbox.web.setups import zones
from inbox.web.wording import errors

__all__ = ["blueprint"]

blueprint = Blueprint("profile", __name__)


@blueprint.get("/me/notices")
def notices() -> str:
    """How and when one is told of things."""
    return _notices()


def _notices(form: Form | None = None) -> str:
    with store().reading() as work:
        page = profile.notices_page(work, work.get_one(Agent, who().id))
        page = replace(page, zones=zones(), form=form or Form())
        return render_template("settings/notices.html", **frame(work, ""), page=page)


@blueprint.post("/me/notices/rules")
def rules() -> Any:
    """By which ways one is told of what."""
    form = request.form
    try:
        with store().transaction() as work:
            chosen = {reason: form.getlist(f"way.{reason}") for reason in REASONS}
            habits.set_notices(work, who(), chosen, whole(form.get("digest_m", "")))
    except Invalid as problem:
        return _notices(Form(typed(), errors(problem))), problem.status
    return done(_("Saved."), "profile.notices")


@blueprint.post("/me/notices/hours")
def hours() -> Any:
    """When one may be reached outside the page."""
    form = request.form
    chosen = {"days": form.getlist("days"), **{name: form.get(name, "").strip() for name in ("from", "to", "zone")}}
    try:
        with store().transaction() as work:
            habits.set_hours(work, who(), chosen if form.get("on") else None)
    except Invalid as problem:
        return _notices(Form(typed(), errors(problem))), problem.status
    return done(_("Saved."), "profile.notices")
