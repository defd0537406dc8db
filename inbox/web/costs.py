"""What work and channels cost: rates, fees, exchange rates and the currency, set by forms."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from flask import Blueprint, flash, request
from flask_babel import gettext as _
from flask_babel import ngettext

from inbox.actions import costs as verbs
from inbox.actions import desk, ecb, telling
from inbox.errors import Invalid
from inbox.reading.pages import Form
from inbox.rendering.sentences import said
from inbox.web.gate import right, store, who
from inbox.web.settings import day, done, drawn, priced, typed
from inbox.web.wording import errors

__all__ = ["blueprint"]

blueprint = Blueprint("costs", __name__)
FAULTS = 10  # so many wrong lines are named


def _again(problem: Invalid, part: str, **renamed: str) -> Any:
    """The page again; ``renamed`` are fields that the action calls otherwise."""
    wrong = {renamed.get(name, name): text for name, text in errors(problem).items()}
    form = Form(typed(), wrong)
    parts: dict[str, Any] = {part: form}
    return drawn("settings/costs.html", lambda work: replace(priced(work), **parts), problem.status)


@blueprint.post("/settings/costs/rate")
@right("costs.change")
def rate() -> Any:
    """The hourly rate of everybody or of one person, from a day on."""
    form = request.form
    try:
        since = day("since")
        with store().transaction() as work:
            agent, per_hour = form.get("agent", ""), form.get("per_hour", "")
            if agent.startswith("team:"):
                verbs.team_rate(work, who(), per_hour=per_hour, start=since, team=agent.removeprefix("team:"))
            else:
                verbs.rate(work, who(), per_hour=per_hour, start=since, agent=agent or None)
    except Invalid as problem:
        return _again(problem, "rate")
    return done(_("The hourly rate is set."), "settings.costs")


@blueprint.post("/settings/costs/fee")
@right("costs.change")
def fee() -> Any:
    """What a kind of channel costs each month, from a month on."""
    form = request.form
    try:
        with store().transaction() as work:
            verbs.standing_fee(
                work,
                who(),
                month=form.get("since", "").strip(),
                amount=form.get("amount", ""),
                kind=form.get("channel") or None,
            )
    except Invalid as problem:
        return _again(problem, "fee", month="since")
    return done(_("The monthly fee is set."), "settings.costs")


@blueprint.post("/settings/costs/exchange")
@right("costs.change")
def exchange() -> Any:
    """What one unit of another currency is worth, said for a day."""
    form = request.form
    try:
        of = day("day")
        with store().transaction() as work:
            verbs.exchange(work, who(), currency=form.get("currency", ""), rate=form.get("rate", ""), day=of)
    except Invalid as problem:
        return _again(problem, "exchange")
    return done(_("The exchange rate is set."), "settings.costs")


@blueprint.post("/settings/costs/exchange/file")
@right("costs.change")
def rates_file() -> Any:
    """Daily rates out of the ECB's file; lines that cannot be believed are named, the others taken."""
    form, sent = request.form, request.files.get("file")
    try:
        since = day("since")
        data = sent.read(ecb.MOST_BYTES + 1) if sent is not None else b""
        with store().transaction() as work:
            found = ecb.bring(work, who(), data, form.get("currencies", "").replace(";", ",").split(","), since)
    except Invalid as problem:
        return _again(problem, "rates_file")
    _name(found.faults)
    words = ngettext("%(num)s exchange rate is set", "%(num)s exchange rates are set", found.added)
    return done(words + " · " + _("%(num)s were there already.", num=found.known), "settings.costs", _anchor="exchange")


@blueprint.post("/settings/costs/sheet")
@right("costs.change")
def sheet() -> Any:
    """Contracts and revenue out of a sheet; lines that are wrong are named, the others taken."""
    sent = request.files.get("file")
    data = sent.read(telling.MOST_BYTES + 1) if sent is not None else b""
    try:
        with store().transaction() as work:
            found = telling.tell(work, who(), telling.rows_of_csv(data))
    except Invalid as problem:
        return _again(problem, "sheet")
    _name(found.faults)
    words = ngettext("%(num)s line is taken", "%(num)s lines are taken", found.added)
    return done(words + " · " + _("%(num)s were there already.", num=found.known), "settings.costs", _anchor="worth")


def _name(faults: list[tuple[int, str]]) -> None:
    """Says on the next page what was left out, the first ones by their lines."""
    for line, why in faults[:FAULTS]:
        flash(_("Line %(line)s: %(why)s", line=line, why=said(why)) if line else said(why), "warn")
    more = len(faults) - FAULTS
    if more > 0:
        flash(ngettext("%(num)s further line was left out.", "%(num)s further lines were left out.", more), "warn")


@blueprint.post("/settings/costs/currency")
@right("costs.change")
def currency() -> Any:
    """The currency of the reports; ``meant`` says that what is here already was meant in it."""
    form = request.form
    code, meant = form.get("currency", "").strip().upper(), bool(form.get("meant"))
    try:
        with store().transaction() as work:
            desk.put(work, who(), "desk.currency", code, meant=meant)
    except Invalid as problem:
        return _again(problem, "money")
    return done(_("Saved."), "settings.costs")
