"""The first visit."""

from __future__ import annotations

import ipaddress
import zoneinfo
from dataclasses import replace
from typing import Any, cast
from urllib.parse import urlsplit

from flask import Blueprint, current_app, g, redirect, render_template, request, session, url_for

from inbox.actions import desk as settings
from inbox.actions import people, promises, sample
from inbox.actions import setup as set_up
from inbox.actions.rules import keeping
from inbox.actions.rules.ready import READY
from inbox.errors import Conflict, Forbidden, Invalid, Problem
from inbox.reading import desk
from inbox.reading.pages import ChannelKind, Choice, Form, SetupPage
from inbox.rendering.figures import weekday
from inbox.store import Work
from inbox.web.gate import address, locale, store, timezone, who
from inbox.web.wording import errors

__all__ = ["NAMES", "blueprint", "kinds", "zones"]

blueprint = Blueprint("setup", __name__)
NAMES = {"en": "English", "it": "Italiano"}
STEPS = ("business", "admin", "hours", "team", "channel")
#: What comes once the admin is signed in; each can be left out.
AFTER = STEPS[2:]
#: How many colleagues the form takes at once.
COLLEAGUES = 3
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
    usual = {} if form.values else _usual(step)
    values = {"language": locale(), "timezone": "Europe/Rome", **usual, **stored, **form.values}
    page = SetupPage(
        step=cast("Any", step),
        form=Form(values, form.errors),
        needs_code=not near(),
        languages=tuple(Choice(key, name) for key, name in NAMES.items()),
        zones=zones(),
        kinds=kinds(),
        business=stored.get("name", ""),
        admin=stored.get("email", ""),
        colleagues=COLLEAGUES,
    )
    with store().reading() as work:
        if step == "hours":
            page = replace(page, closed=_closed(str(settings.get(work, "desk.name"))))
        return render_template("setup/show.html", page=page, desk=desk.desk(work, values["language"])), status


def _closed(name: str) -> str:
    """The ready-made answer outside hours, as a customer would read it."""
    text = str(READY["hours"](locale())["steps"][0]["what"])
    said = {"{desk.opens}": f"{weekday(0, wide=True)} 09:00", "{ticket.number}": "4821", "{desk.name}": name}
    for variable, value in said.items():
        text = text.replace(variable, value)
    return text


def _usual(step: str) -> dict[str, str]:
    """What most businesses would type at that step: the office's hours, and Italy's holidays where it is there."""
    if step != "hours":
        return {}
    week = {f"week-{day}": ", ".join(spans) for day, spans in promises.OFFICE["week"].items()}
    return {**week, "italy": "on" if timezone() == "Europe/Rome" else ""}


def _done(work: Work) -> bool:
    return settings.is_set_up(work)


@blueprint.get("/setup")
def show() -> Any:
    """The first step, or the one that a half-done set-up stands at."""
    with store().reading() as work:
        if _done(work):
            return redirect(
                url_for("tickets.index") if session.get("setup_step") not in AFTER else url_for("sessions.new")
            )
    step = request.args.get("step", "")
    reached = session.get("setup_step", "business")
    return _drawn(step if step in STEPS and STEPS.index(step) <= STEPS.index(reached) else reached, Form())


@blueprint.post("/setup")
def save() -> Any:
    """One step; the admin is made at the second one, and is signed in from then on."""
    form = {key: value for key, value in request.form.items() if key != "csrf_token" and not key.startswith("password")}
    step = form.get("step", "business")
    try:
        if step == "business":
            return _business(form)
        if step == "admin":
            return _admin(form)
        if g.agent is None:
            return redirect(url_for("sessions.new"), 303)
        return {"hours": _hours, "team": _team}.get(step, _channel)(form)
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
    if session.get("setup_step") not in STEPS[1:] or not stored:
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
    session["setup_step"] = AFTER[0]
    session.permanent = True
    return _following("admin")


@blueprint.get("/setup/<any(hours, team, channel):step>")
def after(step: str) -> Any:
    """The steps that follow once the admin is signed in."""
    if g.agent is None:
        return redirect(url_for("sessions.new"))
    return _drawn(step, Form())


def _following(step: str) -> Any:
    return redirect(url_for("setup.after", step=STEPS[STEPS.index(step) + 1]), 303)


def _hours(form: dict[str, str]) -> Any:
    if "skip" not in form:
        week = {day: form.get(f"week-{day}", "") for day in promises.DAYS}
        with store().transaction() as work:
            promises.save_calendar(work, who(), "default", {"week": week, "italy": bool(form.get("italy"))})
            if form.get("answer") and not any(rule.ready == "hours" for rule in keeping.all_of(work)):
                keeping.add_ready(work, who(), "hours")
    return _following("hours")


def _team(form: dict[str, str]) -> Any:
    if "skip" not in form:
        with store().transaction() as work:
            for n in range(COLLEAGUES):
                if form.get(f"email-{n}", "").strip():
                    _colleague(work, form, n)
    return _following("team")


def _colleague(work: Work, form: dict[str, str], n: int) -> None:
    """Adds the person of that row. Raises with the row's own fields."""
    try:
        people.add_agent(
            work,
            who(),
            email=form.get(f"email-{n}", ""),
            name=form.get(f"name-{n}", ""),
            role=form.get(f"role-{n}", "agent"),
            password=request.form.get(f"password-{n}", ""),
        )
    except (Invalid, Conflict) as problem:
        fields = {f"{name}-{n}": text for name, text in problem.fields.items()}
        raise Invalid(problem.detail, fields=fields or {"": problem.detail}) from None


def _channel(form: dict[str, str]) -> Any:
    session.pop("setup_step", None)
    first = form.get("first", "later")
    if first == "sample":
        with store().transaction() as work:
            sample.fill(work, who())
        return redirect(url_for("tickets.index"), 303)
    if first in store().connectors:
        return redirect(url_for("channels.new", kind=first, wizard=1), 303)
    return redirect(url_for("tickets.index"), 303)
