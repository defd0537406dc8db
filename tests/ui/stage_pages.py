"""The stage set for the pages outside the inbox: their addresses, and every page with believable values."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from flask import Flask, render_template
from flask_babel import get_locale

from inbox.reading import pages
from inbox.reading.cards import PAGES as FIGURES
from inbox.reading.definitions import defined
from inbox.rendering import charts, figures
from tests.ui import samples, stage
from tests.ui import samples_board as boards
from tests.ui import samples_days as days
from tests.ui import samples_erasure as gone
from tests.ui import samples_mails as mail
from tests.ui import samples_notices as told
from tests.ui import samples_pages as our
from tests.ui import samples_reports as figure
from tests.ui import samples_rules as ruled
from tests.ui import samples_sheets as sheet
from tests.ui import samples_surveys as asked
from tests.ui import samples_views as view

__all__ = ["PAGES", "Page", "application", "html"]

ADDRESSES = {
    "sessions.new": "/login",
    "sessions.create": "/login/in",
    "setup.show": "/setup",
    "setup.save": "/setup/save",
    "erasing.erase": "/tickets/<int:id>/erase/in",
    "erasing.export": "/tickets/<int:id>/customer/export",
    "settings.general": "/settings/general",
    "settings.channels": "/settings/channels",
    "settings.people": "/settings/people",
    "settings.teams": "/settings/teams",
    "settings.canned": "/settings/canned",
    "settings.reasons": "/settings/reasons",
    "settings.fields": "/settings/fields",
    "settings.promises": "/settings/promises",
    "promises.calendar": "/settings/promises/calendars/<id>",
    "promises.remove_calendar": "/settings/promises/calendars/<id>/remove",
    "promises.targets": "/settings/promises/targets",
    "promises.remove_targets": "/settings/promises/targets/remove",
    "settings.routing": "/settings/routing",
    "routing.rule": "/settings/routing/rules",
    "routing.remove_rule": "/settings/routing/rules/remove",
    "routing.bands": "/settings/routing/bands",
    "routing.able": "/settings/routing/people/<id>",
    "settings.rules": "/settings/rules",
    "rules.new": "/settings/rules/new",
    "rules.show": "/settings/rules/<int:id>",
    "rules.create": "/settings/rules/create",
    "rules.update": "/settings/rules/<int:id>/update",
    "rules.trial": "/settings/rules/try",
    "rules.ready": "/settings/rules/ready",
    "rules.switch": "/settings/rules/<int:id>/switch",
    "rules.secret": "/settings/rules/secret",
    "rules.move": "/settings/rules/<int:id>/move",
    "rules.remove": "/settings/rules/<int:id>/remove",
    "settings.costs": "/settings/costs",
    "settings.journal": "/settings/journal",
    "settings.audit": "/settings/audit",
    "settings.demo_remove": "/settings/demo/remove",
    "portable.export": "/settings/export",
    "portable.take": "/settings/import",
    "brand.change": "/settings/branding",
    "brand.logo": "/brand/logo/<mark>",
    "brand.sheet": "/brand/<colour>.css",
    "channels.new": "/settings/channels/new",
    "channels.create": "/settings/channels/create",
    "channels.show": "/settings/channels/<id>",
    "channels.update": "/settings/channels/<id>/update",
    "channels.check": "/settings/channels/<id>/check",
    "trials.go_on": "/settings/channels/<id>/trial",
    "channels.remove": "/settings/channels/<id>/remove",
    "people.create": "/settings/people/create",
    "people.update": "/settings/people/<id>",
    "teams.create": "/settings/teams/create",
    "teams.update": "/settings/teams/<id>",
    "macros.create": "/settings/macros/create",
    "macros.update": "/settings/macros/<int:id>",
    "macros.remove": "/settings/macros/<int:id>/remove",
    "canned.create": "/settings/canned/create",
    "canned.update": "/settings/canned/<int:id>",
    "canned.remove": "/settings/canned/<int:id>/remove",
    "reasons.create": "/settings/reasons/create",
    "outside.save": "/settings/outside",
    "fields.create": "/settings/fields/create",
    "fields.update": "/settings/fields/<int:id>",
    "fields.remove": "/settings/fields/<int:id>/remove",
    "fields.restore": "/settings/fields/<int:id>/restore",
    "reasons.update": "/settings/reasons/<int:id>",
    "reasons.remove": "/settings/reasons/<int:id>/remove",
    "reasons.restore": "/settings/reasons/<int:id>/restore",
    "reasons.ask": "/settings/reasons/ask",
    "costs.rate": "/settings/costs/rate",
    "costs.fee": "/settings/costs/fee",
    "costs.exchange": "/settings/costs/exchange",
    "costs.currency": "/settings/costs/currency",
    "costs.rates_file": "/settings/costs/exchange/file",
    "costs.sheet": "/settings/costs/sheet",
    "routing.worth": "/settings/routing/values",
    "settings.surveys": "/settings/surveys",
    "surveys.save": "/settings/surveys/<id>",
    "surveys.remove": "/settings/surveys/<id>/remove",
    "surveys.rules": "/settings/surveys-rules",
    "surveys.followed": "/follow-ups/<id>",
    "survey.show": "/s/<token>",
    "stops.stop": "/stop/<token>",
    "survey.answer": "/s/<token>/in",
    "maturity.index": "/reports/maturity",
    "maturity.answer": "/reports/maturity/in",
    "journal.raw": "/settings/journal/<int:id>/raw",
    "journal.replay": "/settings/journal/<int:id>/replay",
    "journal.replay_all": "/settings/journal/replay",
    "profile.hours": "/me/notices/hours",
    "profile.device": "/me/devices",
    "profile.ring": "/me/devices/<int:id>/ring",
    "profile.forget": "/me/devices/<int:id>/forget",
    "board.lanes": "/board/lanes",
    "board.balance": "/board/balance",
    "board.balance_undo": "/board/balance/<id>/undo",
    "widget.loader": "/widget.js",
    "widget.try": "/widget/<site>/try",
}


@dataclass(frozen=True)
class Page:
    """A template with what it takes; ``current`` marks the sidebar, "" where there is none."""

    template: str
    page: Any
    current: str = ""


PAGES = {
    "login": Page("sessions/new.html", our.login),
    "login-failed": Page("sessions/new.html", our.login_failed),
    "setup-business": Page("setup/show.html", our.setup_business),
    "setup-business-failed": Page("setup/show.html", our.setup_business_failed),
    "setup-admin": Page("setup/show.html", our.setup_admin),
    "setup-hours": Page("setup/show.html", our.setup_hours),
    "setup-team": Page("setup/show.html", our.setup_team),
    "setup-channel": Page("setup/show.html", our.setup_channel),
    "new-ticket": Page("tickets/new.html", view.new_ticket, "new"),
    "new-ticket-failed": Page("tickets/new.html", view.new_ticket_failed, "new"),
    "settings": Page("settings/index.html", our.index, "settings"),
    "settings-found": Page("settings/index.html", our.index_found, "settings"),
    "settings-file": Page("settings/import.html", our.import_changes, "settings"),
    "settings-file-wrong": Page("settings/import.html", our.import_faults, "settings"),
    "general": Page("settings/general.html", our.general, "settings"),
    "general-agreed": Page("settings/general.html", our.general_agreed, "settings"),
    "day": Page("days/show.html", days.day, "day"),
    "day-wrong": Page("days/show.html", days.wrong, "day"),
    "day-closed": Page("days/show.html", days.closed, "day"),
    "erase": Page("tickets/erase.html", gone.free, "all"),
    "erase-waiting": Page("tickets/erase.html", gone.waiting, "all"),
    "erase-done": Page("tickets/erase.html", gone.done, "all"),
    "channels": Page("settings/channels.html", our.channels, "settings"),
    "channel-new": Page("settings/channel.html", our.new_sms, "settings"),
    "channel-new-mailbox": Page("settings/channel.html", our.new_mailbox, "settings"),
    "channel-trial": Page("settings/channel.html", our.trial_mailbox, "settings"),
    "channel-new-chat": Page("settings/channel.html", our.new_chat, "settings"),
    "channel-account": Page("settings/channel.html", our.edit_sms, "settings"),
    "channel-connect": Page("settings/channel.html", our.connect_sms, "settings"),
    "channel-chat": Page("settings/channel.html", our.connect_chat, "settings"),
    "channel-test": Page("settings/channel.html", our.test_telegram, "settings"),
    "channel-routing": Page("settings/channel.html", our.routing_email, "settings"),
    "people": Page("settings/people.html", our.people, "settings"),
    "teams": Page("settings/teams.html", our.teams, "settings"),
    "macros": Page("settings/macros.html", our.macros, "settings"),
    "canned": Page("settings/canned.html", our.canned, "settings"),
    "reasons": Page("settings/reasons.html", our.reasons, "settings"),
    "fields": Page("settings/fields.html", our.fields, "settings"),
    "promises": Page("settings/promises.html", our.promises, "settings"),
    "promises-failed": Page("settings/promises.html", our.promises_failed, "settings"),
    "routing": Page("settings/routing.html", our.routing, "settings"),
    "routing-failed": Page("settings/routing.html", our.routing_failed, "settings"),
    "rules": Page("settings/rules.html", ruled.rules, "settings"),
    "rules-none": Page("settings/rules.html", ruled.none, "settings"),
    "rule": Page("settings/rule.html", ruled.rule, "settings"),
    "rule-tried": Page("settings/rule.html", ruled.tried, "settings"),
    "costs": Page("settings/costs.html", our.costs, "settings"),
    "costs-empty": Page("settings/costs.html", our.costs_empty, "settings"),
    "survey": Page("survey/show.html", asked.survey),
    "survey-proposed": Page("survey/show.html", asked.survey_proposed),
    "survey-answered": Page("survey/show.html", asked.survey_answered),
    "survey-wrong": Page("survey/show.html", asked.survey_wrong),
    "survey-done": Page("survey/show.html", asked.survey_done),
    "survey-over": Page("survey/show.html", asked.survey_over),
    "survey-unknown": Page("survey/show.html", asked.survey_unknown),
    "surveys": Page("settings/surveys.html", asked.surveys, "settings"),
    "surveys-failed": Page("settings/surveys.html", asked.surveys_failed, "settings"),
    "surveys-none": Page("settings/surveys.html", asked.surveys_none, "settings"),
    "follow-ups": Page("surveys/index.html", asked.follow_ups, "follow-ups"),
    "follow-ups-none": Page("surveys/index.html", asked.nobody_unhappy, "follow-ups"),
    "maturity": Page("maturity/index.html", asked.maturity, "reports"),
    "maturity-none": Page("maturity/index.html", asked.maturity_none, "reports"),
    "journal": Page("settings/journal.html", our.journal, "settings"),
    "audit": Page("settings/audit.html", our.audit, "settings"),
    "board": Page("board/index.html", boards.board, "board"),
    "board-moving": Page("board/index.html", boards.board_moving, "board"),
    "balance": Page("board/balance.html", boards.balance, "board"),
    "balance-even": Page("board/balance.html", boards.balance_even, "board"),
    "board-empty": Page("board/index.html", boards.board_empty, "board"),
    "reports": Page("reports/index.html", figure.reports, "reports"),
    "reports-no-rate": Page("reports/index.html", figure.reports_no_rate, "reports"),
    "reports-empty": Page("reports/index.html", figure.reports_empty, "reports"),
    **{f"reports-{name}": Page("reports/sheets.html", sheet.page(name), "reports") for name in FIGURES},
    "reports-filtered": Page("reports/sheets.html", sheet.page("reasons", sheet.FILTERED), "reports"),
    "reports-refused": Page("reports/sheets.html", sheet.refused, "reports"),
    "reports-mails": Page("reports/mails.html", mail.mails, "reports"),
    "reports-mails-new": Page("reports/mails.html", mail.new, "reports"),
    "reports-mails-none": Page("reports/mails.html", mail.none, "reports"),
    "reports-stop": Page("reports/stop.html", mail.stop),
    "reports-stopped": Page("reports/stop.html", mail.stopped),
    "reports-stop-unknown": Page("reports/stop.html", mail.stop_unknown),
    "reports-cases": Page("reports/cases.html", sheet.cases, "reports"),
    "reports-left": Page("reports/cases.html", sheet.left, "reports"),
    "reports-divided": Page("reports/cases.html", sheet.divided, "reports"),
    "reports-reason": Page("reports/index.html", figure.reports_by_reason, "reports"),
    "views": Page("views/index.html", view.views, "views"),
    "views-filter": Page("views/filter.html", view.filter_form, "views"),
    "notices": Page("notices/index.html", told.notices, "notices"),
    "notices-none": Page("notices/index.html", told.nothing, "notices"),
    "my-notices": Page("settings/notices.html", told.chosen, "settings"),
    "my-keys": Page("settings/keys.html", told.own_keys, "settings"),
    "offline": Page("errors/offline.html", None),
    "error-403": Page("errors/403.html", pages.ErrorPage(403)),
    "error-404": Page("errors/404.html", pages.ErrorPage(404)),
    "error-429": Page("errors/429.html", pages.ErrorPage(429, retry_s=30)),
    "error-500": Page("errors/500.html", pages.ErrorPage(500, reference="7f3a-21c9")),
    "widget-frame": Page("widget/frame.html", our.frame),
    "widget-entry": Page("widget/frame.html", our.entry),
    "widget-try": Page("widget/try.html", our.widget_try),
}


def application(language: str = "en") -> Flask:
    """The stage with the pages on it: each at ``/page/<name>``."""
    app = stage.application(language)
    app.jinja_env.globals.update(charts=charts, figures=figures, defined=defined)
    app.jinja_env.filters.update(figures.FILTERS)
    for endpoint, rule in ADDRESSES.items():
        app.add_url_rule(rule, endpoint=endpoint, view_func=lambda **_: ("", 204), methods=["GET", "POST"])

    @app.get("/page/<name>")
    def show(name: str) -> str:
        return render_template(PAGES[name].template, **_given(PAGES[name], str(get_locale())))

    return app


#: One stage for each language: a new one would compile every template anew.
_stage = cache(application)


@cache
def html(name: str, language: str = "en") -> str:
    """A page's HTML in a language."""
    with _stage(language).test_client() as client:
        answer = client.get(f"/page/{name}")
    assert answer.status_code == 200, answer.text
    return answer.text


def _given(page: Page, language: str) -> dict[str, Any]:
    """What the layouts take beside the page's own view."""
    given: dict[str, Any] = {"page": page.page, "desk": samples.desk(language)}
    if page.current:
        given |= {"me": samples.me, "directory": samples.directory, "rooms": ()}
        given["sidebar"] = replace(samples.sidebar, current=page.current)
        given["alerts"] = our.alerts if page.page is our.channels else ()
    return given
