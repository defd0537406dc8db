"""The settings as a YAML file: downloaded, compared with the desk, read back whole or not at all."""

from __future__ import annotations

from typing import Any

import yaml
from flask import Blueprint, Response, request
from flask_babel import gettext as _

from inbox import clock
from inbox.actions import importing, portable
from inbox.errors import Invalid
from inbox.reading.pages import ImportPage
from inbox.reading.settings import nav
from inbox.web.gate import right, store, who
from inbox.web.settings import done, drawn
from inbox.web.wording import worded

__all__ = ["blueprint"]

blueprint = Blueprint("portable", __name__)


@blueprint.get("/settings/export")
@right("settings.change")
def export() -> Response:
    """The settings as a file to keep."""
    with store().reading() as work:
        text = portable.written(work, who())
    name = f"sportello-settings-{clock.now().date().isoformat()}.yaml"
    response = Response(text, content_type="application/yaml; charset=utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


@blueprint.post("/settings/import")
@right("settings.change")
def take() -> Any:
    """Compares a file with the desk, and takes it over where that was asked for."""
    sent, form = request.files.get("file"), request.form
    text = sent.read(portable.MOST + 1).decode("utf-8", "replace") if sent is not None else form.get("text", "")
    text = text.replace("\r\n", "\n")
    try:
        outcome = portable.run(store(), who(), text, importing.apply, dry=not form.get("apply"))
    except Invalid as problem:
        return _page(text, (), ((0, "", worded(problem.detail)),))
    if outcome.done:
        return done(_("The settings are taken over."), "settings.general", _anchor="file")
    faults = tuple((one.line, one.where, worded(one.why)) for one in outcome.faults)
    return _page(text, tuple((one.where, _shown(one.was), _shown(one.now)) for one in outcome.changes), faults)


def _page(text: str, changes: tuple[tuple[str, str, str], ...], faults: tuple[tuple[int, str, str], ...]) -> Any:
    status = 422 if faults else 200
    return drawn("settings/import.html", lambda work: ImportPage(nav(work, who()), text, changes, faults), status)


def _shown(value: Any) -> str:
    """A value as the file writes it."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, dict) and set(value) == {"type", "data"}:
        return str(_("a picture"))
    return (
        str(yaml.safe_dump(value, allow_unicode=True, default_flow_style=True, width=10_000))
        .removesuffix("...\n")
        .strip()
    )
