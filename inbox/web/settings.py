"""The settings: each section as a page, the desk's own form, and what every section's form shares."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from babel.numbers import get_currency_name
from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import get_locale, ngettext
from flask_babel import gettext as _

from inbox.actions import desk, sample
from inbox.errors import Invalid
from inbox.reading import channels as channel_facts
from inbox.reading import costs as cost_figures
from inbox.reading import fields as field_words
from inbox.reading import journal as arrivals
from inbox.reading import macros as macro_words
from inbox.reading import promises as promised
from inbox.reading import routing as routed
from inbox.reading import rules as ruled
from inbox.reading import settings as reading
from inbox.reading import surveys as survey_words
from inbox.reading.pages import ChannelsPage, Choice, CostsPage, Form, GeneralPage, SettingsIndex
from inbox.store import Work
from inbox.web import catalogue, checks
from inbox.web.gate import frame, right, store, who
from inbox.web.setups import NAMES, kinds, zones
from inbox.web.wording import errors

__all__ = ["blueprint", "cursor", "day", "done", "drawn", "general_view", "priced", "typed", "whole"]

blueprint = Blueprint("settings", __name__)
#: What a desk is likely to count in; any other can be set by the command line.
CURRENCIES = (
    *("EUR", "USD", "GBP", "CHF", "SEK", "NOK", "DKK", "PLN", "CZK", "HUF", "RON", "BGN", "TRY"),
    *("CAD", "AUD", "NZD", "JPY", "INR", "BRL", "MXN", "ZAR"),
)
UNTYPED = ("csrf_token", "password")


def drawn(template: str, view: Callable[[Work], Any], status: int = 200) -> tuple[str, int]:
    """A settings page: its view is read in one look together with the frame around it."""
    with store().reading() as work:
        return render_template(template, **frame(work, "settings"), page=view(work)), status


def done(words: str, endpoint: str, **values: Any) -> Any:
    """After a change: says so on the page that follows."""
    flash(words, "ok")
    return redirect(url_for(endpoint, **values), 303)


def typed() -> dict[str, str]:
    """What was typed, to be shown again; never a password, and what may be chosen several times joined by commas."""
    form = request.form
    return {
        name: ",".join(form.getlist(name)) for name in form if name not in UNTYPED and not name.startswith("config.")
    }


def cursor() -> int | None:
    """The key in ``?after=``."""
    after = request.args.get("after", "")
    return int(after) if after.isascii() and after.isdigit() and len(after) < 16 else None


def day(name: str) -> dt.date:
    """A date of the form. Raises :class:`Invalid`."""
    try:
        return dt.date.fromisoformat(request.form.get(name, ""))
    except ValueError:
        text = _("Choose a day.")
        raise Invalid(text, fields={name: text}) from None


def whole(text: str) -> Any:
    """A whole number where it is one, else the text for the action to refuse."""
    clean = text.strip()
    return int(clean) if clean.isascii() and clean.isdigit() and len(clean) < 10 else clean


@blueprint.get("/settings")
def index() -> Any:
    """All sections that this person may open."""
    query = request.args.get("q", "").strip()[:100]
    hits = catalogue.search(query)
    return drawn("settings/index.html", lambda work: SettingsIndex(reading.nav(work, who()), query, hits))


# --- the desk ---------------------------------------------------------------------------------------------------


def general_view(
    work: Work, form: Form | None = None, *, brand: Form | None = None, agreed: Form | None = None
) -> GeneralPage:
    """The page of the desk's own settings; each form is what was typed where it was refused."""
    page = reading.general(work, who())
    return replace(
        page,
        form=form or page.form,
        brand=brand or page.brand,
        agreed=agreed or page.agreed,
        languages=tuple(Choice(key, name) for key, name in NAMES.items()),
        zones=zones(),
    )


@blueprint.route("/settings/general", methods=["GET", "POST"])
@right("settings.change")
def general() -> Any:
    """Name, language, zone, closing, undo, privacy."""
    return _save_general() if request.method == "POST" else drawn("settings/general.html", general_view)


def _save_general() -> Any:
    """Saves the desk's own settings, all or none."""
    form = request.form
    undo, target = form.get("undo_s", "").strip(), form.get("fcr_target", "").strip()
    values = {
        "desk.name": form.get("name", ""),
        "desk.language": form.get("language", ""),
        "desk.timezone": form.get("timezone", ""),
        "desk.close_after_d": whole(form.get("close_after_d", "")),
        "reply.undo_s": whole(undo) if undo else None,
        "report.fcr_target": whole(target) if target else None,
        "sentiment.run": whole(form.get("unhappy_run", "")),
        "handling.correct_d": whole(form.get("correct_d", "")),
        "push.names": bool(form.get("push_names")),
    }
    try:
        with store().transaction() as work:
            desk.put_all(work, who(), values)
    except Invalid as problem:
        wrong = Form(typed(), errors(problem))
        return drawn("settings/general.html", lambda work: general_view(work, wrong), problem.status)
    return done(_("Saved."), "settings.general")


@blueprint.post("/settings/demo/remove")
@right("settings.change")
def demo_remove() -> Any:
    """Takes the sample data out of the desk."""
    with store().transaction() as work:
        tickets = sample.remove(work, who())
    words = ngettext(
        "%(num)s invented ticket is gone. The desk is yours.",
        "%(num)s invented tickets are gone. The desk is yours.",
        tickets,
    )
    return done(words, "settings.general")


# --- the other sections -----------------------------------------------------------------------------------------


@blueprint.get("/settings/people")
@right("people.change")
def people() -> Any:
    """Who answers, and what each may do."""
    return drawn("settings/people.html", lambda work: reading.people(work, who()))


@blueprint.get("/settings/teams")
@right("people.change")
def teams() -> Any:
    """Groups that tickets are given to."""
    return drawn("settings/teams.html", lambda work: reading.teams(work, who()))


@blueprint.get("/settings/channels")
@right("settings.change")
def channels() -> Any:
    """The channels and their health, and the kinds that can be added."""

    def view(work: Work) -> ChannelsPage:
        rows = tuple(checks.row(one) for one in channel_facts.facts_of_all(work))
        return ChannelsPage(reading.nav(work, who()), rows, kinds())

    return drawn("settings/channels.html", view)


@blueprint.get("/settings/promises")
@right("settings.change")
def promises() -> Any:
    """Opening hours, and how long answers may take."""
    return drawn("settings/promises.html", lambda work: promised.page(work, who()))


@blueprint.get("/settings/routing")
@right("settings.change")
def routing() -> Any:
    """How tickets are given to people."""
    return drawn("settings/routing.html", lambda work: routed.page(work, who()))


@blueprint.get("/settings/canned")
@right("canned.change")
def canned() -> Any:
    """Answers written once."""
    return drawn("settings/canned.html", lambda work: reading.canned(work, who()))


@blueprint.get("/settings/macros")
@right("macro.own")
def macros() -> Any:
    """Several things under one name: everybody's and one's own; ``?after`` names the one that stands open."""
    return drawn("settings/macros.html", lambda work: macro_words.page(work, who(), cursor()))


@blueprint.get("/settings/rules")
@right("rules.change")
def rules() -> Any:
    """What the desk does by itself."""
    return drawn("settings/rules.html", lambda work: ruled.rules(work, who()))


@blueprint.get("/settings/reasons")
@right("reasons.change")
def reasons() -> Any:
    """Why customers write, and the tags in use."""
    return drawn("settings/reasons.html", lambda work: reading.reasons(work, who()))


@blueprint.get("/settings/fields")
@right("settings.change")
def fields() -> Any:
    """What the desk wants to know of each ticket besides."""
    return drawn("settings/fields.html", lambda work: field_words.page(work, who()))


@blueprint.get("/settings/surveys")
@right("settings.change")
def surveys() -> Any:
    """What customers are asked, and what came of it."""
    return drawn("settings/surveys.html", lambda work: survey_words.settings(work, who()))


def priced(work: Work) -> CostsPage:
    """The page of costs with its currencies in words."""
    page = cost_figures.page(work, who())
    codes = dict.fromkeys((page.currency, *CURRENCIES, *page.missing))
    locale = get_locale()
    return replace(
        page,
        currencies=tuple(Choice(code, f"{code} · {get_currency_name(code, locale=locale)}") for code in codes),
    )


@blueprint.get("/settings/costs")
@right("costs.change")
def costs() -> Any:
    """Hourly rates, fees, exchange rates, the currency."""
    return drawn("settings/costs.html", priced)


@blueprint.get("/settings/journal")
@right("journal.see")
def journal() -> Any:
    """The ledger, and what arrived with what became of it."""
    chosen = arrivals.Chosen(**{name: request.args.get(name, "") for name in ("channel", "outcome", "reason", "day")})
    return drawn("settings/journal.html", lambda work: arrivals.page(work, who(), chosen, after=cursor()))


@blueprint.get("/settings/audit")
@right("settings.change")
def audit() -> Any:
    """Who changed which setting."""
    return drawn("settings/audit.html", lambda work: arrivals.audit(work, who(), after=cursor()))
