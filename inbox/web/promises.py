"""Opening hours and targets: changed by forms that show what is wrong where it was typed."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

from flask import Blueprint, request
from flask_babel import gettext as _

from inbox.actions import promises
from inbox.errors import Invalid
from inbox.reading import promises as reading
from inbox.reading.pages import Form
from inbox.store.columns import surrogate
from inbox.terms import Priority
from inbox.web.gate import right, store, who
from inbox.web.settings import done, drawn, typed
from inbox.web.wording import errors

__all__ = ["blueprint"]

blueprint = Blueprint("promises", __name__)
_LONG = re.compile(r"(?:(\d{1,4})\s*h)?\s*(?:(\d{1,5})\s*m(?:in)?)?")
OTHER = "other"  # the patron's day is typed


@blueprint.post("/settings/promises/calendars/<id>")
@right("settings.change")
def calendar(id: str) -> Any:
    """Keeps a calendar; ``new`` is one that is not there yet."""
    form = request.form
    patron = form.get("patron", "")
    values = {
        "name": form.get("name", ""),
        "week": {day: form.get(f"week-{day}", "") for day in promises.DAYS},
        "italy": bool(form.get("italy")),
        "patron": form.get("patron_day", "") if patron == OTHER else patron,
        "special": _special(),
        "channels": form.getlist("channels"),
        "teams": form.getlist("teams"),
    }
    try:
        with store().transaction() as work:
            promises.save_calendar(work, who(), surrogate() if id == "new" else id, values)
    except Invalid as problem:
        return _again(problem, id)
    return done(_("Saved. The clocks of open tickets follow in a moment."), "settings.promises")


def _special() -> dict[str, dict[str, str]]:
    """The special days that were typed; a row without a day is none."""
    form = request.form
    rows = zip(form.getlist("special-day"), form.getlist("special-name"), form.getlist("special-hours"), strict=False)
    gone = set(form.getlist("special-gone"))
    return {day: {"name": name, "hours": hours} for day, name, hours in rows if day and day not in gone}


@blueprint.post("/settings/promises/calendars/<id>/remove")
@right("settings.change")
def remove_calendar(id: str) -> Any:
    """Takes a calendar away."""
    with store().transaction() as work:
        promises.remove_calendar(work, who(), id)
    return done(_("Removed."), "settings.promises")


@blueprint.post("/settings/promises/targets")
@right("settings.change")
def targets() -> Any:
    """Keeps the targets of a scope."""
    scope = request.form.get("scope", "")
    try:
        with store().transaction() as work:
            promises.save_targets(work, who(), scope, _targets())
    except Invalid as problem:
        return _again(problem, scope if scope in _known() else "new-targets")
    return done(_("Saved. The clocks of open tickets follow in a moment."), "settings.promises")


def _known() -> set[str]:
    with store().reading() as work:
        return set(promises.targets(work))


def _targets() -> dict[str, dict[str, int | None]]:
    """The durations that were typed. Raises :class:`Invalid`."""
    wrong: dict[str, str] = {}
    found: dict[str, dict[str, int | None]] = {}
    for clock in promises.CLOCKS:
        for priority in Priority:
            text = request.form.get(f"{clock}-{priority}", "").strip().lower()
            match = _LONG.fullmatch(text)
            if match is None:
                wrong[f"{clock}-{priority}"] = _("Write how long it may take, like 4h or 30m.")
            elif text:
                found.setdefault(clock, {})[priority] = int(match[1] or 0) * 3600 + int(match[2] or 0) * 60
    if wrong:
        raise Invalid("; ".join(dict.fromkeys(wrong.values())), fields=wrong)
    return found


@blueprint.post("/settings/promises/targets/remove")
@right("settings.change")
def remove_targets() -> Any:
    """Takes the targets of a scope away."""
    with store().transaction() as work:
        promises.remove_targets(work, who(), request.form.get("scope", ""))
    return done(_("Removed."), "settings.promises")


def _again(problem: Invalid, editing: str) -> Any:
    """The page again, with what is wrong in the form that was sent."""
    form = Form(typed(), errors(problem))
    return drawn(
        "settings/promises.html",
        lambda work: replace(reading.page(work, who()), editing=editing, edit=form),
        problem.status,
    )
