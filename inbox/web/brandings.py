"""The business's colour and logo: the form that sets them, and the files that pages without a sign-in show."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, request
from flask_babel import gettext as _

from inbox.actions import branding
from inbox.errors import Invalid, NotFound
from inbox.reading.pages import Form
from inbox.web.gate import right, store, who
from inbox.web.settings import done, drawn, general_view
from inbox.web.wording import errors

__all__ = ["blueprint"]

blueprint = Blueprint("brand", __name__)
#: The address carries the picture's mark, so it never changes.
KEPT = "public, max-age=31536000, immutable"


@blueprint.post("/settings/branding")
@right("settings.change")
def change() -> Any:
    """Keeps the colour and the logo."""
    form, sent = request.form, request.files.get("logo")
    picture = sent.read(branding.LOGO_BYTES + 1) if sent is not None else b""
    chosen = form.get("colour", "") if form.get("coloured") else ""
    try:
        with store().transaction() as work:
            branding.change(work, who(), chosen=chosen, picture=picture, without=bool(form.get("without")))
    except Invalid as problem:
        wrong = Form({"colour": chosen}, errors(problem))
        return drawn("settings/general.html", lambda work: general_view(work, brand=wrong), problem.status)
    return done(_("Saved."), "settings.general", _anchor="branding")


@blueprint.get("/brand/logo/<mark>")
def logo(mark: str) -> Response:
    """The logo's picture."""
    with store().reading() as work:
        found = branding.logo(work) if mark == branding.mark(work) else None
    if found is None:
        msg = "there is no logo of this name"
        raise NotFound(msg)
    kind, data = found
    response = Response(data, content_type=kind)
    response.headers["Cache-Control"] = KEPT
    response.headers["Content-Security-Policy"] = "default-src 'none'"
    return response


@blueprint.get("/brand/<colour>.css")
def sheet(colour: str) -> Response:
    """The colour as a sheet of style: the pages' policy takes none within the page."""
    try:
        shade = branding.readable(f"#{colour}")
    except ValueError:
        msg = "there is no sheet of this name"
        raise NotFound(msg) from None
    rule = f".auth .btn-primary,.auth .logo{{background:{shade};border-color:{shade};color:#fff}}"
    response = Response(rule, content_type="text/css; charset=utf-8")
    response.headers["Cache-Control"] = KEPT
    return response
