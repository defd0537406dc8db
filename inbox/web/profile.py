"""What somebody chooses for themselves about notices, devices and keys."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from flask import Blueprint, render_template, request, session
from flask_babel import gettext as _

from inbox.actions import devices, habits, people
from inbox.actions import keys as own_keys
from inbox.actions.keys import KEYS
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
    public = devices.keys(store()).public
    with store().reading() as work:
        page = profile.notices_page(work, work.get_one(Agent, who().id))
        page = replace(page, zones=zones(), form=form or Form(), public=public)
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


@blueprint.post("/me/devices")
def device() -> Any:
    """This browser takes notices from now on; ``old`` is the address that its push service replaced by another."""
    form = request.form
    parts = [form.get(name, "") for name in ("endpoint", "key", "secret")]
    here = {
        "browser": browser_name(request.user_agent.string),
        "sign_in": people.digest(session.get("token", "")),
    }
    try:
        with store().transaction() as work:
            if form.get("old"):
                devices.replaced(work, who(), form["old"])
            devices.subscribe(work, who(), *parts, **here)
    except Invalid as problem:
        return _notices(Form(typed(), errors(problem))), problem.status
    return done(_("This device takes notices now."), "profile.notices")


@blueprint.post("/me/devices/<int:id>/ring")
def ring(id: int) -> Any:
    """Has a device ring, to see that it does."""
    with store().transaction() as work:
        devices.ring(work, who(), id)
    return done(_("It rings in a moment."), "profile.notices")


@blueprint.post("/me/devices/<int:id>/forget")
def forget(id: int) -> Any:
    """Stops a device from ringing."""
    with store().transaction() as work:
        devices.forget(work, who(), id)
    return done(_("Removed."), "profile.notices")


#: What a browser's own description holds, the first that fits.
_BROWSERS = (("Edg", "Edge"), ("OPR", "Opera"), ("Firefox", "Firefox"), ("Chrome", "Chrome"), ("Safari", "Safari"))
_SYSTEMS = (
    *(("iPhone", "iPhone"), ("iPad", "iPad"), ("Android", "Android"), ("Windows", "Windows")),
    *(("Mac", "Mac"), ("Linux", "Linux")),
)


def browser_name(agent: str) -> str:
    """A browser in two words that its owner knows it by: Firefox · Android."""
    found = [next((name for sign, name in signs if sign in agent), "") for signs in (_BROWSERS, _SYSTEMS)]
    return " · ".join(one for one in found if one)


@blueprint.route("/me/keys", methods=["GET", "POST"])
def keys() -> Any:
    """One's own keys."""
    return _save_keys() if request.method == "POST" else _keys()


def _keys(form: Form | None = None) -> str:
    with store().reading() as work:
        page = profile.keys_page(work.get_one(Agent, who().id), form)
        return render_template("settings/keys.html", **frame(work, ""), page=page)


def _save_keys() -> Any:
    form = request.form
    reset = bool(form.get("reset"))
    chosen = KEYS if reset else {name: form[f"key.{name}"] for name in KEYS if f"key.{name}" in form}
    try:
        with store().transaction() as work:
            own_keys.save(work, who(), chosen, single=reset or bool(form.get("single")))
    except Invalid as problem:
        return _keys(Form(typed(), errors(problem))), problem.status
    return done(_("Saved."), "profile.keys")
