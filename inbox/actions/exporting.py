"""Everything that an admin sets, as plain values with names in place of ids, in a steady order; no secrets."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import groupby
from typing import Any, Final

from sqlalchemy import select

from inbox import clock
from inbox.actions import (
    costs,
    desk,
    fields,
    outside,
    promises,
    reasons,
    report_mails,
    report_readers,
    report_stops,
    routing,
)
from inbox.actions.naming import Names
from inbox.actions.rules import keeping
from inbox.actions.surveys import forms
from inbox.errors import Invalid
from inbox.store import Agent, Canned, Channel, Macro, ReportMail, Rule, Team, TicketField, Work

__all__ = ["DESK", "EVERYBODY", "FORM", "WHOLE", "exported"]

#: The form of the text; another one is refused.
FORM: Final = 1
#: What stands under ``desk``, by the name of its setting.
DESK: Final = {
    "name": "desk.name",
    "language": "desk.language",
    "timezone": "desk.timezone",
    "currency": "desk.currency",
    "close_after_d": "desk.close_after_d",
    "undo_s": "reply.undo_s",
    "fcr_target": "report.fcr_target",
    "agent_time": "report.agent_time",
    "unhappy_run": "sentiment.run",
    "correct_own_day_d": "handling.correct_d",
    "push_names": "push.names",
    "survey_quiet_d": "surveys.quiet_d",
    "survey_keep_m": "surveys.keep_m",
    "survey_privacy_url": "surveys.privacy_url",
    "ask_reason": "reasons.ask",
    "colour": "desk.colour",
    "logo": "desk.logo",
}
#: In the place of a person or a kind of channel: the rate of everybody, the fee of the desk as a whole.
EVERYBODY: Final = "everybody"
WHOLE: Final = "desk"


def exported(work: Work) -> dict[str, Any]:
    """The settings as plain values."""
    names = Names(work)
    values = {
        "sportello": FORM,
        "desk": {key: desk.get(work, name) for key, name in DESK.items()},
        "teams": {one.name: {"private": one.private} for one in work.scalars(select(Team).order_by(Team.name))},
        "people": {one.email: _person(one, names) for one in work.scalars(select(Agent).order_by(Agent.email))},
        "canned": {
            one.name: {"text": one.text, "team": names.named(one.team_id)}
            for one in work.scalars(select(Canned).order_by(Canned.name))
        },
        "reasons": {node.called: {"exempt": node.own_exempt} for node in reasons.every(work) if node.open},
        "fields": {one.name: _field(one) for one in fields.active(work)},
        "channels": {one.name: _channel(work, one, names) for one in _channels(work)},
        "calendars": {id: names.named(dict(one)) for id, one in sorted(promises.calendars(work).items())},
        "targets": names.named(dict(sorted(promises.targets(work).items()))),
        "bands": list(desk.get(work, "routing.bands")),
        "band_values": dict(desk.get(work, "routing.values")),
        "routing": names.named(dict(sorted(routing.rules(work).items()))),
        "surveys": {id: names.named(one) for id, one in sorted(forms.all_of(work).items())},
        "report_mails": {one.name: _report_mail(work, one, names) for one in report_mails.all_of(work)},
        "outside": _outside(work),
        "costs": {"rates": _rates(work, names), "fees": _fees(work), "exchange": _exchange(work)},
        "macros": {
            one.name: names.steps(list(one.steps))
            for one in work.scalars(select(Macro).where(Macro.agent_id.is_(None)).order_by(Macro.name))
        },
        "rules": {one.name: _rule(one, names) for one in keeping.all_of(work)},
    }
    plain: dict[str, Any] = json.loads(json.dumps(values))  # words in place of the members of enumerations
    return plain


def _report_mail(work: Work, one: ReportMail, names: Names) -> dict[str, Any]:
    """A page of figures that leaves by mail; people by their addresses, filters as they stand in an address. Who may
    see no reports, and addresses that stopped it, are left out: another desk would not take them, or begin anew."""
    able = {each.id for each in report_readers.offered(work)}
    stopped = report_stops.stops(work, one)
    return {
        "page": one.page,
        "period": one.period,
        "every": one.every,
        "weekday": one.weekday,
        "at": one.at,
        "people": names.named([each for each in one.people if each in able]),
        "addresses": [each for each in one.addresses if each not in stopped],
        "paused": one.paused,
        "filters": names.named(dict(one.asked)),
    }


def _channels(work: Work) -> Iterator[Channel]:
    """Those whose wizard was finished."""
    rows = work.scalars(select(Channel).where(Channel.removed_at.is_(None)).order_by(Channel.name)).all()
    yield from (one for one in rows if not one.draft)


def _person(agent: Agent, names: Names) -> dict[str, Any]:
    told: dict[str, Any] = {
        "name": agent.name,
        "role": agent.role.value,
        "active": agent.active,
        "capacity": agent.capacity,
        "teams": [team.name for team in agent.teams],
        "skills": list(agent.skills),
        "speaks": list(agent.speaks),
        "capacities": dict(sorted(agent.capacities.items())),
    }
    if agent.away_until is not None and agent.away_until > clock.now():
        told["away"] = {"until": clock.iso(agent.away_until), "deputy": names.named(agent.deputy_id)}
    return told


def _field(row: TicketField) -> dict[str, Any]:
    return {"kind": row.kind, **({"choices": list(row.choices)} if row.choices else {})}


def _channel(work: Work, row: Channel, names: Names) -> dict[str, Any]:
    try:
        left = sorted(name for name, value in work.store.seal.open(row.secrets).items() if value)
    except Invalid:
        left = []
    return {
        "kind": row.kind,
        "title": row.title,
        "team": names.named(row.team_id),
        "enabled": row.enabled,
        "settings": dict(row.config),
        "left_out": left,
    }


def _outside(work: Work) -> dict[str, Any]:
    set_up = dict(desk.get(work, outside.NAME))
    left = ["secret"] if set_up.pop("sealed", "") else []
    return {**set_up, "left_out": left} if set_up else {}


def _rule(row: Rule, names: Names) -> dict[str, Any]:
    return {
        "when": row.event,
        "wait": row.wait,
        "if": names.asked(row.conditions),
        "then": names.steps(row.steps),
        "most": row.most,
        "on": row.active,
        "ready": row.ready,
    }


# --- what things cost -------------------------------------------------------------------------------------------


def _rates(work: Work, names: Names) -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = {}
    for team, rates in costs.team_rates(work).items():
        whose = str(names.named(team)).removeprefix("@team/")
        found[f"{costs.TEAM}{whose}"] = {day.isoformat(): amount for day, amount in rates.items()}
    for line in costs.lines(work, "cost.rate"):
        if line.data.get("of"):  # follows from the team's, or from everybody's
            continue
        agent = line.data.get("agent")
        whose = str(names.named(agent)).removeprefix("@agent/") if agent else EVERYBODY
        found.setdefault(whose, {})[str(line.data["from"])] = str(line.data["per_hour"])
    return {whose: dict(sorted(each.items())) for whose, each in sorted(found.items())}


def _fees(work: Work) -> dict[str, dict[str, Any]]:
    """By kind and month: one that repeats stands at the month from which it is the same."""
    found: dict[str, dict[str, Any]] = {}
    said = sorted(((kind or WHOLE, month), line) for (kind, month), line in costs.fees(work).items())
    for kind, lines in groupby(said, key=lambda one: one[0][0]):
        before: dict[str, Any] = {}
        for (_kind, month), line in lines:
            now = {"amount": str(line.data["amount"]), "currency": str(line.data["currency"])}
            now["each"] = "month" if line.data.get("repeats") else "once"
            if now != before or now["each"] == "once":
                found.setdefault(kind, {})[month] = now
            before = now
    return found


def _exchange(work: Work) -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = {}
    for line in costs.lines(work, "fx.rate"):
        found.setdefault(str(line.data["ccy"]), {})[str(line.data["date"])] = str(line.data["rate"])
    return {money: dict(sorted(each.items())) for money, each in sorted(found.items())}
