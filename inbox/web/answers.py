"""The customer's page of a survey: no sign-in, no session, no script needed; looking at it answers nothing."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, g, redirect, render_template, request, url_for
from flask_babel import refresh

from inbox.actions.surveys import answering
from inbox.errors import Conflict, Invalid, NotFound
from inbox.reading import surveys as reading
from inbox.reading.pages.surveys import SurveyPage
from inbox.web.gate import store

__all__ = ["answer", "blueprint"]

blueprint = Blueprint("survey", __name__)
STATUS = {"unknown": 404, "over": 410}


@blueprint.get("/s/<token>")
def show(token: str) -> Any:
    """The questions. A score in the address is chosen, and kept only once the customer presses the button: programs
    that look at the links of a mail send no form."""
    with store().reading() as work:
        return _drawn(reading.page(work, token, request.args, done="done" in request.args))


@blueprint.post("/s/<token>")
def answer(token: str) -> Any:
    """Keeps the answers that came; a script sends one at a time, the button all of them."""
    alone = request.accept_mimetypes.best == "application/json"
    given = {name: text for name, text in request.form.items() if name != "comment" and text}
    try:
        with store().transaction() as work:
            answering.answer(work, token, given, request.form.get("comment"))
    except (NotFound, Conflict):
        pass  # the page says which
    except Invalid as problem:
        with store().reading() as work:
            return _drawn(reading.page(work, token, {}, error=problem.detail), problem.status)
    if alone:
        with store().reading() as work:
            state = reading.page(work, token, {}).state
        return {"kept": state == "open"}, STATUS.get(state, 200)
    return redirect(url_for("survey.show", token=token, done=1), 303)


def _drawn(page: SurveyPage, status: int = 200) -> Any:
    g.language = page.lang
    refresh()
    return render_template("survey/show.html", page=page), STATUS.get(page.state, status)
