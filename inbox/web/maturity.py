"""The maturity self-assessment: ten questions, a picture, what to do next."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from inbox.actions import maturity as verbs
from inbox.errors import Invalid
from inbox.reading import maturity as reading
from inbox.reading.pages import Form
from inbox.web.gate import frame, right, store, who
from inbox.web.wording import errors

__all__ = ["blueprint"]

blueprint = Blueprint("maturity", __name__)


def _drawn(form: Form, status: int = 200) -> Any:
    with store().reading() as work:
        view = replace(reading.page(work), form=form)
        return render_template("maturity/index.html", **frame(work, "reports"), page=view), status


@blueprint.get("/reports/maturity")
@right("reports.see")
def index() -> Any:
    """Where the desk stands."""
    return _drawn(Form())


@blueprint.post("/reports/maturity")
@right("reports.see")
def answer() -> Any:
    """Keeps what was answered."""
    given = {name: level for name, level in request.form.items() if name in verbs.ITEMS and level}
    try:
        with store().transaction() as work:
            verbs.answer(work, who(), given)
    except Invalid as problem:
        return _drawn(Form(given, errors(problem)), problem.status)
    flash(_("Saved."), "ok")
    return redirect(url_for("maturity.index"), 303)
