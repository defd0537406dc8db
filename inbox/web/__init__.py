"""The agent's pages: HTML over HTTP, every action a form that also works without scripts."""

from __future__ import annotations

from pathlib import Path

from flask import Flask
from flask_wtf import CSRFProtect

from inbox.store import Store
from inbox.throttle import Throttle
from inbox.web import (
    agents,
    agreements,
    answers,
    attachments,
    boards,
    brandings,
    bulk,
    channels,
    costs,
    customers,
    days,
    drafts,
    erasing,
    fields,
    gate,
    health,
    journals,
    macros,
    mails,
    maturity,
    messages,
    notices,
    outside,
    people,
    portables,
    profile,
    promises,
    pwa,
    reasons,
    regrouping,
    relations,
    reports,
    routing,
    rules,
    searches,
    sessions,
    settings,
    setups,
    sign_ins,
    starting,
    stops,
    surveys,
    tickets,
    trials,
    views,
    widgets,
    words,
)
from inbox.web.gate import locale, timezone

__all__ = ["FOLDER", "TRANSLATIONS", "locale", "register", "timezone"]

FOLDER = Path(__file__).resolve().parent.parent
TRANSLATIONS = str(FOLDER / "translations")
PAGES = (
    *(
        starting.blueprint,
        tickets.blueprint,
        views.blueprint,
        bulk.blueprint,
        regrouping.blueprint,
        messages.blueprint,
        macros.blueprint,
        drafts.blueprint,
        attachments.blueprint,
        agents.blueprint,
        searches.blueprint,
        notices.blueprint,
        profile.blueprint,
        days.blueprint,
        pwa.blueprint,
    ),
    *(boards.blueprint, reports.blueprint, mails.blueprint, stops.blueprint),
    *(sessions.blueprint, setups.blueprint, health.blueprint),
    *(settings.blueprint, channels.blueprint, trials.blueprint, people.blueprint, people.teams, words.canned),
    *(reasons.blueprint, fields.blueprint, rules.blueprint, relations.blueprint, customers.blueprint),
    *(erasing.blueprint, outside.blueprint, brandings.blueprint, portables.blueprint, agreements.blueprint),
    *(sign_ins.blueprint, promises.blueprint, routing.blueprint),
    *(costs.blueprint, journals.blueprint, widgets.blueprint),
    *(surveys.blueprint, answers.blueprint, maturity.blueprint),
)


def register(app: Flask, store: Store, throttle: Throttle, csrf: CSRFProtect) -> None:
    """Hangs every page's blueprint in, behind the gate."""
    del store
    csrf.exempt(answers.answer)  # customers have no session either: the signed link is the key
    csrf.exempt(stops.stop)  # nor have those who are sent reports
    csrf.exempt(widgets.upload)  # strangers have no session here: the visitor's token is the key
    app.extensions["throttle"] = throttle
    gate.guard(app)
    for blueprint in PAGES:
        app.register_blueprint(blueprint)
