"""People and teams: added and changed by forms that show what is wrong where it was typed."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from flask import Blueprint, request, session
from flask_babel import gettext as _

from inbox.actions import people as verbs
from inbox.errors import Conflict, Invalid, Problem
from inbox.reading import settings as reading
from inbox.reading.pages import Form
from inbox.web.gate import address, right, store, who
from inbox.web.settings import done, drawn, typed
from inbox.web.wording import errors

__all__ = ["blueprint", "teams"]

blueprint = Blueprint("people", __name__)
teams = Blueprint("teams", __name__)
CAPACITY = 200


def _capacity() -> int:
    text = request.form.get("capacity", "").strip()
    if not (text.isascii() and text.isdigit() and len(text) < 5 and 1 <= int(text) <= CAPACITY):
        words = _("Write a number from 1 to %(n)s.", n=CAPACITY)
        raise Invalid(words, fields={"capacity": words})
    return int(text)


@blueprint.post("/settings/people/create")
@right("people.change")
def create() -> Any:
    """Adds a person who can sign in at once."""
    form = request.form
    try:
        with store().transaction() as work:
            agent = verbs.add_agent(
                work,
                who(),
                email=form.get("email", ""),
                name=form.get("name", ""),
                role=form.get("role", ""),
                password=_first_password(),
                teams=form.getlist("teams"),
                capacity=_capacity(),
            )
    except (Invalid, Conflict) as problem:
        new = Form(typed(), errors(problem))
        return drawn("settings/people.html", lambda work: replace(reading.people(work, who()), new=new), problem.status)
    return done(_("%(name)s can sign in now.", name=agent.name), "settings.people")


def _first_password() -> str:
    password = request.form.get("password", "")
    if not password:  # the action takes none for people who are to sign in later
        words = _("Give a first password.")
        raise Invalid(words, fields={"password": words})
    return password


@blueprint.post("/settings/people/<id>")
@right("people.change")
def update(id: str) -> Any:
    """Changes a person; a new password ends all their sign-ins but, for oneself, this one."""
    form = request.form
    me = id == who().id
    password = form.get("password", "")
    try:
        with store().transaction() as work:
            if me and not form.get("active"):
                raise Conflict(_("Nobody switches themselves off: ask another admin."))
            agent = verbs.change_agent(
                work,
                who(),
                id,
                name=form.get("name", ""),
                role=form.get("role", ""),
                password=password or None,
                active=bool(form.get("active")),
                teams=form.getlist("teams"),
                capacity=_capacity(),
            )
        if me and password:
            _stay(agent.email, password)
    except (Invalid, Conflict) as problem:
        edit = Form(typed(), errors(problem))
        return drawn(
            "settings/people.html",
            lambda work: replace(reading.people(work, who()), editing=id, edit=edit),
            problem.status,
        )
    return done(_("Saved."), "settings.people")


def _stay(email: str, password: str) -> None:
    """Who gave themselves a new password is signed in with it, here."""
    with store().transaction() as work:
        _agent, token = verbs.sign_in(work, email, password, browser=request.user_agent.string, address=address())
    session["token"] = token


@teams.post("/settings/teams/create", endpoint="create")
@right("people.change")
def add() -> Any:
    """Adds a team."""
    form = request.form
    try:
        with store().transaction() as work:
            team = verbs.add_team(
                work,
                who(),
                form.get("name", ""),
                private=bool(form.get("private")),
                members=form.getlist("members"),
            )
    except (Invalid, Conflict) as problem:
        return _teams_again(problem, None)
    return done(_("The team %(name)s is there now.", name=team.name), "settings.teams")


@teams.post("/settings/teams/<id>", endpoint="update")
@right("people.change")
def change(id: str) -> Any:
    """Changes a team and who is in it."""
    form = request.form
    try:
        with store().transaction() as work:
            verbs.change_team(
                work,
                who(),
                id,
                name=form.get("name", ""),
                private=bool(form.get("private")),
                members=form.getlist("members"),
            )
    except (Invalid, Conflict) as problem:
        return _teams_again(problem, id)
    return done(_("Saved."), "settings.teams")


def _teams_again(problem: Problem, editing: str | None) -> Any:
    """The page again, with what is wrong in the form that was sent."""
    form = Form(typed(), errors(problem))
    parts: dict[str, Any] = {"new": form} if editing is None else {"editing": editing, "edit": form}
    return drawn("settings/teams.html", lambda work: replace(reading.teams(work, who()), **parts), problem.status)
