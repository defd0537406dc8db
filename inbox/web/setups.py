"""The first visit."""

from __future__ import annotations

import ipaddress
import zoneinfo
from typing import Any, cast
from urllib.parse import urlsplit

from flask import Blueprint, current_app, g, redirect, render_template, request, session, url_for

from inbox.actions import desk as settings
from inbox.actions import people, sample
from inbox.actions import setup as set_up
from inbox.errors import Forbidden, Problem
from inbox.reading import desk
from inbox.reading.pages import ChannelKind, Choice, Form, SetupPage
from inbox.store import Work
from inbox.web.gate import address, locale, store, who
from inbox.web.wording import errors

__all__ = ["NAMES", "blueprint", "kinds", "zones"]

blueprint = Blueprint("setup", __name__)
NAMES = {"en": "English", "it": "Italiano"}
STEPS = ("business", "admin", "channel")
TRIES = "10/minute"
#: What a proxy tells of whom it speaks for.
PROXIED = ("X-Forwarded-For", "Forwarded", "X-Real-IP")


def kinds() -> tuple[ChannelKind, ...]:
    """The kinds of channel that can be connected."""
    return tuple(
        ChannelKind(kind, connector.title, (type(connector).__doc__ or "").strip().partition("\n")[0])
        for kind, connector in store().connectors.items()
    )


def near() -> bool:
    """True from this very machine: a loopback address, no proxy in between, and called by a name of this machine.

    A page elsewhere can make a visitor's browser call a loopback address under the page's own name.
    """
    if any(request.headers.get(name) for name in PROXIED):
        return False
    try:
        called = urlsplit(f"//{request.host}").hostname or ""
        return _loopback(request.remote_addr or "") and (called == "localhost" or _loopback(called))
    except ValueError:
        return False


def _loopback(address: str) -> bool:
    return ipaddress.ip_address(address).is_loopback


def zones() -> tuple[Choice, ...]:
    """The time zones of the world's places."""
    return tuple(
        Choice(zone, zone)
        for zone in sorted(zoneinfo.available_timezones())
        if "/" in zone and not zone.startswith("Etc/")
    )


def _drawn(step: str, form: Form, status: int = 200) -> Any:
    stored = session.get("setup", {})
    values = {"language": locale(), "timezone": "Europe/Rome", **stored, **form.values}
    page = SetupPage(
        step=cast("Any", step),
        form=Form(values, form.errors),
        needs_code=not near(),
        languages=tuple(Choice(key, name) for key, name in NAMES.items()),
        zones=zones(),
        kinds=kinds(),
        business=stored.get("name", ""),
        admin=stored.get("email", ""),
    )
    with store().reading() as work:
        return render_template("setup/show.html", page=page, desk=desk.desk(work, values["language"])), status


def _done(work: Work) -> bool:
    return settings.is_set_up(work)


@blueprint.get("/setup")
def show() -> Any:
    """The first step, or the one that a half-done set-up stands at."""
    with store().reading() as work:
        if _done(work):
            return redirect(
                url_for("tickets.index") if session.get("setup_step") != "channel" else url_for("sessions.new")
            )
    step = request.args.get("step", "")
    reached = session.get("setup_step", "business")
    return _drawn(step if step in STEPS and STEPS.index(step) <= STEPS.index(reached) else reached, Form())


@blueprint.post("/setup")
def save() -> Any:
    """One step; the admin is made at the second one, and is signed in from then on."""
    form = {key: value for key, value in request.form.items() if key not in {"csrf_token", "password"}}
    step = form.get("step", "business")
    try:
        if step == "business":
            return _business(form)
        if step == "admin":
            return _admin(form)
        return _channel(form)
    except Problem as problem:
        return _drawn(step if step in STEPS else "business", Form(form, errors(problem)), problem.status)


def _business(form: dict[str, str]) -> Any:
    with store().reading() as work:
        if _done(work):
            return redirect(url_for("sessions.new"), 303)
    if not near():
        current_app.extensions["throttle"].hit(TRIES, "setup", address())
        try:
            set_up.require_code(store(), form.get("code", ""))
        except Forbidden as problem:
            raise Problem(problem.detail, fields={"code": problem.detail}) from None
    for name in ("name", "language", "timezone"):
        settings.CHECKS[f"desk.{name}"](form.get(name, ""))
    session["setup"] = {name: form[name] for name in ("name", "language", "timezone")}
    session["setup_step"] = "admin"
    return redirect(url_for("setup.show", step="admin", lang=form["language"]), 303)


def _admin(form: dict[str, str]) -> Any:
    stored = session.get("setup")
    if session.get("setup_step") not in {"admin", "channel"} or not stored:
        return redirect(url_for("setup.show"), 303)
    first = set_up.FirstDesk(
        **stored,
        admin_name=form.get("name", ""),
        email=form.get("email", ""),
        password=request.form.get("password", ""),
    )
    with store().transaction() as work:
        set_up.create(work, first)
    with store().transaction() as work:
        _agent, token = people.sign_in(
            work, first.email, first.password, browser=request.user_agent.string, address=address()
        )
    session.clear()
    session["token"] = token
    session["setup_step"] = "channel"
    session.permanent = True
    return redirect(url_for("setup.channel"), 303)


@blueprint.get("/setup/channel")
def channel() -> Any:
    """The last step: by then the admin is signed in."""
    if g.agent is None:
        return redirect(url_for("sessions.new"))
    return _drawn("channel", Form())


def _channel(form: dict[str, str]) -> Any:
    if g.agent is None:
        return redirect(url_for("sessions.new"), 303)
    session.pop("setup_step", None)
    first = form.get("first", "later")
    if first == "sample":
        with store().transaction() as work:
            sample.fill(work, who())
        return redirect(url_for("tickets.index"), 303)
    if first in store().connectors:
        return redirect(url_for("channels.new", kind=first, wizard=1), 303)
    return redirect(url_for("tickets.index"), 303)
