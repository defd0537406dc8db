"""The business's own system beside the customer: its frame, fetched after the page, and its form in the settings."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from flask import Blueprint, render_template, request
from flask_babel import gettext as _

from inbox.actions import outside
from inbox.errors import Invalid
from inbox.reading import fields as reading
from inbox.reading.pages import Form
from inbox.rendering.sentences import said
from inbox.web.gate import right, store, who
from inbox.web.settings import done, drawn, typed
from inbox.web.wording import errors

__all__ = ["blueprint"]

blueprint = Blueprint("outside", __name__)


@blueprint.get("/tickets/<int:id>/outside")
def show(id: int) -> Any:
    """What the business's own system says of the customer. It is asked outside of every look at the store; what is new
    of contracts and revenue in its answer is kept."""
    with store().reading() as work:
        asked = outside.question(work, who(), id)
    found = outside.ask(asked, again="again" in request.args) if asked is not None else outside.Answer()
    failed = isinstance(found, outside.Failure)
    left = [] if asked is None or isinstance(found, outside.Failure) else outside.keep(store(), asked, found)
    page = render_template(
        "tickets/outside.html", ticket=id, found=found, failed=failed, left=[said(why) for why in left]
    )
    return page, 200, {"Cache-Control": "no-store"}


@blueprint.post("/settings/outside")
@right("settings.change")
def save() -> Any:
    """Says which system is asked, and asks it about somebody who is not."""
    form = request.form
    try:
        with store().transaction() as work:
            outside.save(
                work,
                who(),
                **{name: form.get(name, "") for name in ("url", "secret", "timeout_s", "cache_min")},
            )
            trial = outside.trial(work)
    except Invalid as problem:
        wrong = Form({name: value for name, value in typed().items() if name != "secret"}, errors(problem))
        return drawn("settings/fields.html", lambda work: replace(reading.page(work, who()), outside=wrong), 422)
    if trial is None:
        return done(_("Switched off."), "settings.fields")
    found = outside.ask(trial, again=True)
    if isinstance(found, outside.Failure):
        return done(_("Saved, but it did not answer as it should: %(code)s.", code=found.code), "settings.fields")
    return done(_("Saved. Your system answers."), "settings.fields")
