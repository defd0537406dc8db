"""Surveys at the desk: set up by forms, and the list of those who were unhappy and wait for somebody."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from flask import Blueprint, redirect, request, url_for
from flask_babel import gettext as _

from inbox import clock
from inbox.actions.surveys import answering, forms
from inbox.actions.surveys.words import LANGUAGES, SCALES
from inbox.errors import Invalid
from inbox.reading import surveys as reading
from inbox.reading.pages import Form
from inbox.store.columns import surrogate
from inbox.web.gate import page, right, store, who
from inbox.web.settings import done, drawn, typed, whole
from inbox.web.wording import errors

__all__ = ["blueprint"]

blueprint = Blueprint("surveys", __name__)


@blueprint.post("/settings/surveys/<id>")
@right("settings.change")
def save(id: str) -> Any:
    """Keeps a survey; ``new`` is one that is not there yet."""
    form = request.form
    values = {
        "name": form.get("name", ""),
        "touchpoint": form.get("touchpoint", ""),
        "asks": form.getlist("asks"),
        "channels": form.getlist("channels"),
        "delay_h": whole(form.get("delay_h", "")),
        "on": bool(form.get("on")),
        "texts": {ask: {each: form.get(f"text-{ask}-{each}", "") for each in LANGUAGES} for ask in SCALES},
    }
    try:
        with store().transaction() as work:
            forms.save(work, who(), surrogate() if id == "new" else id, values)
    except Invalid as problem:
        wrong = Form(typed(), errors(problem))
        return drawn(
            "settings/surveys.html",
            lambda work: replace(reading.settings(work, who()), editing=id, edit=wrong),
            problem.status,
        )
    return done(_("Saved."), "settings.surveys")


@blueprint.post("/settings/surveys/<id>/remove")
@right("settings.change")
def remove(id: str) -> Any:
    """Takes a survey away; its answers stay."""
    with store().transaction() as work:
        forms.remove(work, who(), id)
    return done(_("Removed."), "settings.surveys")


@blueprint.post("/settings/surveys-rules")
@right("settings.change")
def rules() -> Any:
    """How often a customer is asked, and how long their words are kept."""
    form = request.form
    try:
        with store().transaction() as work:
            quiet_d, keep_m = (whole(form.get(name, "")) for name in ("quiet_d", "keep_m"))
            forms.save_rules(
                work, who(), quiet_d=quiet_d, keep_m=keep_m, privacy_url=form.get("privacy_url", "").strip()
            )
    except Invalid as problem:
        wrong = Form(typed(), errors(problem))
        view = lambda work: replace(reading.settings(work, who()), rules=wrong)  # noqa: E731
        return drawn("settings/surveys.html", view, problem.status)
    return done(_("Saved."), "settings.surveys")


@blueprint.get("/follow-ups")
def index() -> Any:
    """Customers who would not recommend us and have heard from nobody."""
    try:
        after = clock.parse(request.args["after"]) if request.args.get("after") else None
    except ValueError:
        after = None
    with store().reading() as work:
        found = reading.follow_ups(work, who(), after)
    return page("surveys/index.html", "reports", page=found)


@blueprint.post("/follow-ups/<id>")
def followed(id: str) -> Any:
    """Somebody has spoken with them."""
    with store().transaction() as work:
        answering.follow_up(work, who(), id)
    return redirect(url_for("surveys.index"), 303)
