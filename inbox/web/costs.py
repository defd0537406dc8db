"""What work and channels cost: rates, fees, exchange rates and the currency, set by forms."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from flask import Blueprint, request
from flask_babel import gettext as _

from inbox.actions import costs as verbs
from inbox.actions import desk
from inbox.errors import Invalid
from inbox.reading.pages import Form
from inbox.web.gate import right, store, who
from inbox.web.settings import day, done, drawn, priced, typed
from inbox.web.wording import errors

__all__ = ["blueprint"]

blueprint = Blueprint("costs", __name__)


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
            verbs.rate(work, who(), per_hour=form.get("per_hour", ""), start=since, agent=form.get("agent") or None)
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


@blueprint.post("/settings/costs/currency")
@right("costs.change")
def currency() -> Any:
    """The currency of the reports."""
    try:
        with store().transaction() as work:
            desk.put(work, who(), "desk.currency", request.form.get("currency", "").strip().upper())
    except Invalid as problem:
        return _again(problem, "money")
    return done(_("Saved."), "settings.costs")
