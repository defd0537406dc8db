"""Routing: how tickets are given to people, what each can take, who is out of office."""

from __future__ import annotations

import datetime as dt
import zoneinfo
from dataclasses import replace
from typing import Any

from flask import Blueprint, render_template, request
from flask_babel import gettext as _

from inbox.actions import people, routing
from inbox.actions import worth as values
from inbox.errors import Invalid
from inbox.reading import routing as reading
from inbox.reading.pages import Form
from inbox.store import Agent
from inbox.web.gate import frame, right, store, timezone, who
from inbox.web.settings import done, drawn, typed, whole
from inbox.web.wording import errors

__all__ = ["blueprint"]

blueprint = Blueprint("routing", __name__)


@blueprint.post("/settings/routing/rules")
@right("settings.change")
def rule() -> Any:
    """Says how tickets of everybody, a team or a channel are given to people."""
    form = request.form
    with store().transaction() as work:
        routing.save_rule(work, who(), form.get("scope", ""), form.get("way", ""), sticky=bool(form.get("sticky")))
    return done(_("Saved."), "settings.routing")


@blueprint.post("/settings/routing/rules/remove")
@right("settings.change")
def remove_rule() -> Any:
    """Takes a rule away."""
    with store().transaction() as work:
        routing.remove_rule(work, who(), request.form.get("scope", ""))
    return done(_("Removed."), "settings.routing")


@blueprint.post("/settings/routing/bands")
@right("settings.change")
def bands() -> Any:
    """Names the bands of customers."""
    try:
        with store().transaction() as work:
            routing.save_bands(work, who(), request.form.get("bands", "").split(","))
    except Invalid as problem:
        return _again(problem, "bands")
    return done(_("Saved."), "settings.routing")


@blueprint.post("/settings/routing/people/<id>")
@right("people.change")
def able(id: str) -> Any:
    """What routing knows of a person, and when they are out of office."""
    form = request.form
    try:
        with store().transaction() as work:
            people.set_abilities(
                work,
                who(),
                id,
                skills=form.get("skills", "").split(","),
                speaks=form.get("speaks", "").split(","),
                capacities=_capacities(),
            )
            people.set_absence(work, who(), id, _away_until(), form.get("deputy") or None)
    except Invalid as problem:
        return _again(problem, id)
    return done(_("Saved."), "settings.routing")


def _capacities() -> dict[str, int]:
    """Kind of channel → tickets at a time, of those that were filled in. Raises :class:`Invalid`."""
    found: dict[str, int] = {}
    for name, text in request.form.items():
        if name.startswith("capacity-") and text.strip():
            most = whole(text)
            if not isinstance(most, int):
                words = _("Write a number from 1 to %(n)s.", n=people.CAPACITY_MOST)
                raise Invalid(words, fields={"capacities": words})
            found[name.removeprefix("capacity-")] = most
    return found


def _away_until() -> dt.datetime | None:
    """The end of the last day away, None where no day was chosen. Raises :class:`Invalid`."""
    text = request.form.get("away_until", "").strip()
    if not text:
        return None
    try:
        day = dt.date.fromisoformat(text) + dt.timedelta(days=1)
    except (ValueError, OverflowError):
        words = _("Choose a day.")
        raise Invalid(words, fields={"away_until": words}) from None
    return dt.datetime.combine(day, dt.time(), zoneinfo.ZoneInfo(timezone())).astimezone(dt.UTC)


@blueprint.post("/settings/routing/values")
@right("settings.change")
def worth() -> Any:
    """From which lifetime value a customer is in which band."""
    form = request.form
    try:
        with store().transaction() as work:
            typed_in = dict(zip(form.getlist("band"), form.getlist("value"), strict=False))
            values.save_values(work, who(), typed_in)
    except Invalid as problem:
        return _again(problem, "values")
    return done(_("Saved."), "settings.routing")


def _again(problem: Invalid, editing: str) -> Any:
    """The page again, with what is wrong in the form that was sent."""
    form = Form(typed(), errors(problem))
    return drawn(
        "settings/routing.html",
        lambda work: replace(reading.page(work, who()), editing=editing, edit=form),
        problem.status,
    )


@blueprint.route("/me/absence", methods=["GET", "POST"])
def absence() -> Any:
    """My own days out of office, and who stands in."""
    if request.method == "GET":
        return _mine()
    try:
        with store().transaction() as work:
            people.set_absence(work, who(), who().id or "", _away_until(), request.form.get("deputy") or None)
    except Invalid as problem:
        return _mine(Form(typed(), errors(problem))), problem.status
    return done(_("Saved."), "routing.absence")


def _mine(form: Form | None = None) -> str:
    with store().reading() as work:
        mine = reading.absence(work, work.get_one(Agent, who().id))
        return render_template("settings/absence.html", **frame(work, ""), absence=mine, form=form)
