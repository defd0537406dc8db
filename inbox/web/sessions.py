"""Signing in and out."""

from __future__ import annotations

import re
from typing import Any

from flask import Blueprint, current_app, g, redirect, render_template, request, session, url_for
from flask_babel import gettext as _

from inbox.actions import branding, people, sample
from inbox.actions import desk as desk_settings
from inbox.actions.desk import LANGUAGES
from inbox.actions.who import Who
from inbox.errors import Busy, Forbidden
from inbox.reading import desk
from inbox.reading.pages import DemoAccount, Form, LoginPage
from inbox.throttle import Throttle
from inbox.web.gate import address, locale, store

__all__ = ["blueprint", "safe_next"]

blueprint = Blueprint("sessions", __name__)
PER_ADDRESS, PER_NAME = "20/minute", "5/minute"
#: A path of ours. Browsers read ``//host`` and ``/\\host`` as another site, and drop tabs and newlines before that.
INSIDE = re.compile(r"/(?![/\\])[^\x00-\x20\x7f]*")


def safe_next(target: str, otherwise: str = "") -> str:
    """Where to go on: only a path of ours, else ``otherwise`` or the inbox."""
    return target if INSIDE.fullmatch(target) else otherwise or url_for("tickets.index")


def _drawn(form: Form, status: int = 200) -> Any:
    with store().reading() as work:
        around = desk.desk(work, locale())
        demo = tuple(DemoAccount(one.name, one.email, sample.PASSWORD) for one in sample.sign_ins(work))
        view = LoginPage(
            business=around.name,
            form=form,
            next=request.values.get("next", ""),
            logo=branding.mark(work),
            colour=branding.colour(work).removeprefix("#"),
            demo=demo,
        )
        return render_template("sessions/new.html", page=view, desk=around), status


@blueprint.get("/login")
def new() -> Any:
    """The form; whoever is signed in already goes on."""
    with store().reading() as work:
        if not desk_settings.is_set_up(work):
            return redirect(url_for("setup.show"))
    if g.agent is not None:
        return redirect(url_for("tickets.index"))
    return _drawn(Form())


@blueprint.post("/login")
def create() -> Any:
    """Signs in; five wrong passwords a minute for one name, twenty for one address, then it waits."""
    email = request.form.get("email", "").strip().lower()
    throttle: Throttle = current_app.extensions["throttle"]
    try:
        throttle.hit(PER_ADDRESS, "login", address())
        throttle.hit(PER_NAME, "login", email)
        with store().transaction() as work:
            found, token = people.sign_in(
                work, email, request.form.get("password", ""), browser=request.user_agent.string, address=address()
            )
            if request.args.get("lang", "") in LANGUAGES:  # they chose it on this page
                people.change_agent(work, Who.of(found), found.id, language=request.args["lang"])
    except Forbidden:
        return _drawn(Form({"email": email}, {"": _("Mail address or password is wrong.")}), 401)
    except Busy as busy:
        wait = int(busy.extra.get("retry_after", 60))
        text = _("Too many tries. Wait %(n)s seconds.", n=wait)
        return _drawn(Form({"email": email}, {"": text}), 429)
    throttle.clear(PER_NAME, "login", email)
    session.clear()
    session["token"] = token
    session.permanent = request.form.get("remember") == "on"
    g.agent = found
    return redirect(safe_next(request.form.get("next", "")), 303)


@blueprint.post("/logout")
def destroy() -> Any:
    """Ends this sign-in."""
    with store().transaction() as work:
        people.sign_out(work, session.get("token", ""))
        if g.agent is not None:
            people.set_state(work, g.agent.id, "offline")
    session.clear()
    return redirect(url_for("sessions.new"), 303)
