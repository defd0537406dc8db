"""A stage for the templates: a Flask application with their addresses and globals, and no desk behind it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from flask import Flask, Response, render_template, request
from flask_babel import Babel

from inbox.rendering import figures, markup, sentences

ROOT = Path(__file__).resolve().parents[2]
STATIC = ROOT / "inbox" / "web" / "static"

POLICY = (
    "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; "
    "font-src 'self'; connect-src 'self'; frame-src 'self'; object-src 'none'; base-uri 'none'; frame-ancestors 'none'"
)

#: Endpoint → rule: the addresses that the templates ask url_for about.
ADDRESSES = {
    "tickets.index": "/tickets",
    "tickets.rows": "/tickets/rows",
    "starting.new": "/tickets/new",
    "starting.create": "/tickets/new/in",
    "starting.keep": "/tickets/new/draft",
    "starting.attach": "/tickets/new/files",
    "bulk.begin": "/tickets/bulk",
    "bulk.count": "/tickets/count",
    "bulk.show": "/tickets/bulk/<int:id>",
    "bulk.stop": "/tickets/bulk/<int:id>/stop",
    "bulk.undo": "/tickets/bulk/<int:id>/undo",
    "bulk.dismiss": "/tickets/bulk/<int:id>/dismiss",
    "views.index": "/views",
    "views.filter": "/views/filter",
    "views.create": "/views/create",
    "views.update": "/views/<int:id>",
    "views.refilter": "/views/<int:id>/filter",
    "views.move": "/views/<int:id>/move",
    "views.remove": "/views/<int:id>/remove",
    "views.sort": "/views/sort",
    "tickets.show": "/tickets/<int:id>",
    "tickets.customer": "/tickets/<int:id>/customer",
    "tickets.dues": "/tickets/<int:id>/dues",
    "tickets.reply": "/tickets/<int:id>/replies",
    "tickets.note": "/tickets/<int:id>/notes",
    "tickets.assign": "/tickets/<int:id>/assign",
    "tickets.status": "/tickets/<int:id>/status",
    "tickets.tag": "/tickets/<int:id>/tags",
    "tickets.priority": "/tickets/<int:id>/priority",
    "tickets.read": "/tickets/<int:id>/read",
    "tickets.exempt": "/tickets/<int:id>/exempt",
    "regrouping.merge": "/tickets/<int:id>/merge",
    "regrouping.split": "/tickets/<int:id>/split",
    "regrouping.move": "/tickets/<int:id>/move",
    "regrouping.suggestion": "/messages/<int:id>/suggestion",
    "regrouping.undo": "/events/<id>/undo",
    "messages.pictures": "/messages/<int:id>/pictures",
    "messages.classify": "/messages/<int:id>/classify",
    "messages.cancel": "/messages/<int:id>/cancel",
    "messages.retry": "/messages/<int:id>/retry",
    "messages.arrived": "/messages/<int:id>/arrived",
    "messages.leave": "/messages/<int:id>/leave",
    "messages.schedule": "/messages/<int:id>/schedule",
    "messages.send_as": "/messages/<int:id>/send-as",
    "messages.edit": "/notes/<int:id>",
    "drafts.keep": "/tickets/<int:id>/draft",
    "drafts.attach": "/tickets/<int:id>/files",
    "messages.view": "/messages/<int:id>/view",
    "attachments.show": "/attachments/<int:id>",
    "macros.run": "/tickets/<int:id>/macros",
    "settings.macros": "/settings/macros",
    "search.index": "/search",
    "agents.status": "/me/state",
    "agents.language": "/me/language",
    "agents.undo": "/me/undo",
    "days.show": "/me/day",
    "days.correct": "/me/day/correct",
    "days.add": "/me/day/add",
    "agreements.change": "/settings/agent-times",
    "routing.absence": "/me/absence",
    "profile.notices": "/me/notices",
    "pwa.manifest": "/manifest.webmanifest",
    "pwa.worker": "/service-worker.js",
    "profile.keys": "/me/keys",
    "profile.rules": "/me/notices/rules",
    "notices.index": "/notices",
    "notices.read": "/notices/read",
    "tickets.band": "/tickets/<int:id>/band",
    "tickets.reason": "/tickets/<int:id>/reason",
    "fields.fill": "/tickets/<int:id>/fields",
    "relations.follow": "/tickets/<int:id>/follow",
    "relations.link": "/tickets/<int:id>/links",
    "customers.change": "/tickets/<int:id>/customer",
    "customers.note": "/tickets/<int:id>/customer/notes",
    "customers.join": "/tickets/<int:id>/customer/join",
    "customers.apart": "/tickets/<int:id>/customer/apart",
    "customers.part": "/tickets/<int:id>/customer/part",
    "outside.show": "/tickets/<int:id>/outside",
    "erasing.show": "/tickets/<int:id>/erase",
    "customers.agree": "/tickets/<int:id>/customer/consents",
    "customers.timeline": "/tickets/<int:id>/timeline",
    "customers.worth": "/tickets/<int:id>/worth",
    "customers.figures": "/tickets/<int:id>/figures",
    "surveys.index": "/follow-ups",
    "sessions.destroy": "/logout",
    "board.index": "/board",
    "reports.index": "/reports",
    "mails.index": "/reports/mails",
    "mails.new": "/reports/mails/new",
    "mails.show": "/reports/mails/<id>",
    "mails.save": "/reports/mails/<id>/save",
    "mails.pause": "/reports/mails/<id>/pause",
    "mails.send": "/reports/mails/<id>/send",
    "mails.remove": "/reports/mails/<id>/remove",
    "reports.show": "/reports/<name>",
    "reports.cases": "/reports/cases/<figure>",
    "reports.cases_file": "/reports/cases/<figure>/all.csv",
    "reports.card": "/reports/cards/<name>.<kind>",
    "settings.index": "/settings",
}


def asset(name: str) -> str:
    """The address of a built file by its plain name."""
    manifest: dict[str, str] = json.loads((STATIC / "manifest.json").read_text())
    return f"/static/{manifest[name]}"


def application(language: str = "en") -> Flask:
    """The stage in a language: templates, catalogues, addresses that answer nothing."""
    app = Flask("stage", template_folder=str(ROOT / "templates"), static_folder=str(STATIC))
    app.config.update(SECRET_KEY="stage", BABEL_TRANSLATION_DIRECTORIES=str(ROOT / "inbox" / "translations"))
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    Babel(app, locale_selector=lambda: request.args.get("lang", language), timezone_selector=lambda: "Europe/Rome")
    app.jinja_env.filters.update(figures.FILTERS, said=sentences.said, written=markup.written, noted=markup.noted)
    app.jinja_env.globals.update(asset=asset, csrf_token=lambda: "stage-token")
    for endpoint, rule in ADDRESSES.items():
        methods = ["GET", "POST"]
        app.add_url_rule(rule, endpoint=endpoint, view_func=lambda **_: Response(status=204), methods=methods)

    @app.after_request
    def guard(answer: Response) -> Response:
        answer.headers.setdefault("Content-Security-Policy", POLICY)
        return answer

    return app


def render(app: Flask, template: str, **values: Any) -> str:
    """A template's HTML on the stage."""
    with app.test_request_context("/tickets"):
        return render_template(template, **values)
