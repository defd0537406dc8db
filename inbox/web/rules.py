"""Rules: written, tried on the last days, switched, put in order and removed, by forms."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from flask import Blueprint, request
from flask_babel import gettext as _

from inbox.actions import calls, steps
from inbox.actions.rules import conditions, keeping
from inbox.errors import Conflict, Invalid, Problem
from inbox.reading import rules as reading
from inbox.reading.pages import Form
from inbox.reading.pages.rules import RulePage
from inbox.store import Work
from inbox.web.gate import right, store, who
from inbox.web.settings import cursor, done, drawn, typed, whole
from inbox.web.wording import errors

__all__ = ["blueprint"]

blueprint = Blueprint("rules", __name__)


def _facts() -> dict[str, Any]:
    """The rule of the form. A line's choice is ``field:word`` or ``do:what``; where nothing is chosen to look for or to
    take, what is typed beside it stands."""
    form = request.form
    asked, done_ = [], []
    for n in range(1, conditions.MOST + 1):
        field, _colon, word = form.get(f"if-{n}", "").partition(":")
        if field:
            words = [word] if word else form.get(f"words-{n}", "").split(",")
            asked.append({"field": field, "not": bool(form.get(f"not-{n}")), "words": words})
    for n in range(1, steps.MOST + 1):
        do, _colon, what = form.get(f"step-{n}", "").partition(":")
        if do:
            done_.append({"do": do, "what": what or form.get(f"text-{n}", "").strip()})
    return {
        **{name: form.get(name, "") for name in ("name", "event")},
        **{name: whole(form.get(name, "")) for name in ("wait", "most")},
        "conditions": asked,
        "steps": done_,
    }


def _again(problem: Problem, number: int | None) -> Any:
    wrong = Form(typed(), errors(problem))
    return drawn("settings/rule.html", lambda work: reading.page(work, who(), number, form=wrong), problem.status)


@blueprint.get("/settings/rules/new")
@right(keeping.RIGHT)
def new() -> Any:
    """The form of a new rule."""
    return drawn("settings/rule.html", lambda work: reading.page(work, who(), None))


@blueprint.get("/settings/rules/<int:id>")
@right(keeping.RIGHT)
def show(id: int) -> Any:
    """One rule with its form and its log."""
    return drawn("settings/rule.html", lambda work: reading.page(work, who(), id, after=cursor()))


@blueprint.post("/settings/rules/create")
@right(keeping.RIGHT)
def create() -> Any:
    """Adds a rule and switches it on."""

    def do(work: Work) -> int:
        number = keeping.add(work, who(), _facts()).id
        keeping.switch(work, who(), number, on=True)
        return number

    try:
        number = store().write(do)
    except (Invalid, Conflict) as problem:
        return _again(problem, None)
    return done(_("The rule is on: it looks at what happens from now on."), "rules.show", id=number)


@blueprint.post("/settings/rules/<int:id>")
@right(keeping.RIGHT)
def update(id: int) -> Any:
    """Changes a rule."""
    try:
        store().write(lambda work: keeping.change(work, who(), id, _facts()))
    except (Invalid, Conflict) as problem:
        return _again(problem, id)
    return done(_("Saved."), "rules.show", id=id)


@blueprint.post("/settings/rules/try")
@right(keeping.RIGHT)
def trial() -> Any:
    """What the rule of the form would have done in the last days; nothing is done and nothing kept."""
    number = whole(request.form.get("rule", ""))
    known = number if isinstance(number, int) else None
    facts = _facts()
    facts["name"] = facts["name"] or "?"

    def view(work: Work) -> RulePage:
        page = reading.page(work, who(), known, form=Form(typed()))
        return replace(page, trial=reading.trial(work, keeping.drafted(work, facts, but=known)))

    try:
        return drawn("settings/rule.html", view)
    except (Invalid, Conflict) as problem:
        return _again(problem, known)


@blueprint.post("/settings/rules/ready")
@right(keeping.RIGHT)
def ready() -> Any:
    """Switches a ready-made rule on."""
    row = store().write(lambda work: keeping.add_ready(work, who(), request.form.get("ready", "")))
    return done(_("%(name)s is on.", name=row.name), "settings.rules")


@blueprint.post("/settings/rules/<int:id>/switch")
@right(keeping.RIGHT)
def switch(id: int) -> Any:
    """Switches a rule on or off."""
    on = bool(request.form.get("on"))
    row = store().write(lambda work: keeping.switch(work, who(), id, on=on))
    words = _("%(name)s is on.", name=row.name) if on else _("%(name)s is off.", name=row.name)
    return done(words, "settings.rules")


@blueprint.post("/settings/rules/<int:id>/move")
@right(keeping.RIGHT)
def move(id: int) -> Any:
    """Lets a rule act earlier or later than the others."""
    by = -1 if request.form.get("by") == "-1" else 1
    store().write(lambda work: keeping.move(work, who(), id, by))
    return done(_("Saved."), "settings.rules")


@blueprint.post("/settings/rules/<int:id>/remove")
@right(keeping.RIGHT)
def remove(id: int) -> Any:
    """Removes a rule and its log."""
    store().write(lambda work: keeping.remove(work, who(), id))
    return done(_("Removed."), "settings.rules")


@blueprint.post("/settings/rules/secret")
@right("settings.change")
def secret() -> Any:
    """Another secret for calls of other systems."""
    store().write(lambda work: calls.renew(work, who()))
    return done(_("Calls are signed with the new secret from now on."), "settings.rules", _anchor="calls")
