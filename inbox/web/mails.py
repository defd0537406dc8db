"""Reports by mail: the list, the form of one, and what can be done with it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, render_template, request
from flask_babel import gettext as _

from inbox.actions import report_mails as verbs
from inbox.errors import Forbidden, Invalid, Withheld
from inbox.reading import asking, figures
from inbox.reading import report_mails as reading
from inbox.reading.pages import Form
from inbox.store import Work
from inbox.web.gate import frame, right, store, who
from inbox.web.settings import done, typed
from inbox.web.wording import errors, sentence

__all__ = ["blueprint"]

blueprint = Blueprint("mails", __name__)
#: What a page of figures gives to the form of a new one.
CARRIED = ("page", "period", "name", *verbs.FILTERS)


def _drawn(editing: str = "", form: Form | None = None, status: int = 200) -> Any:
    with store().reading() as work:
        view = reading.page(work, who(), editing, form)
        return render_template("reports/mails.html", **frame(work, "reports"), page=view), status


@blueprint.get("/reports/mails")
@right("reports.see")
def index() -> Any:
    """Every report that leaves by mail."""
    return _drawn()


@blueprint.get("/reports/mails/new")
@right("reports.see")
def new() -> Any:
    """The form of a new one, about the page and the filters in the address."""
    given = {name: request.args[name] for name in CARRIED if request.args.get(name)}
    return _drawn("new", Form({"people": who().id or "", **given}))


@blueprint.get("/reports/mails/<id>")
@right("reports.see")
def show(id: str) -> Any:
    """The form of one."""
    return _drawn(id)


@blueprint.post("/reports/mails/<id>")
@right("reports.see")
def save(id: str) -> Any:
    """Keeps one; ``new`` is one that is not there yet."""
    values = {**request.form, "people": request.form.getlist("people")}
    try:
        with store().transaction() as work:
            _let_through(work, values)
            verbs.save(work, who(), None if id == "new" else id, values)
    except Invalid as problem:
        return _drawn(id, Form(typed(), errors(problem)), problem.status)
    except Withheld as problem:
        return _drawn(id, Form(typed(), {"": sentence(problem.detail)}), problem.status)
    except Forbidden as problem:
        return _drawn(id, Form(typed(), {"addresses": sentence(problem.detail)}), problem.status)
    return done(_("Saved."), "mails.index")


def _let_through(work: Work, values: Mapping[str, Any]) -> None:
    """Raises :class:`Withheld` for what the gate of figures per person would keep from leaving."""
    by = str(values.get("by", "")) if values.get("page", "overview") == "overview" else ""
    figures.guard(work, by or None, {name: str(values[name]) for name in asking.FILTERS if values.get(name)})


@blueprint.post("/reports/mails/<id>/pause")
@right("reports.see")
def pause(id: str) -> Any:
    """Stops one, or lets it go on."""
    with store().transaction() as work:
        verbs.pause(work, who(), id, on=bool(request.form.get("on")))
    return done(_("Saved."), "mails.index")


@blueprint.post("/reports/mails/<id>/send")
@right("reports.see")
def send(id: str) -> Any:
    """Lets one leave now."""
    with store().transaction() as work:
        verbs.ask(work, who(), id)
    return done(_("It leaves in a moment."), "mails.index")


@blueprint.post("/reports/mails/<id>/remove")
@right("reports.see")
def remove(id: str) -> Any:
    """Takes one away."""
    with store().transaction() as work:
        verbs.remove(work, who(), id)
    return done(_("Removed."), "mails.index")
