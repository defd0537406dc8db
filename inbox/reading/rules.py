"""What the settings show of rules: the list, one of them as a form, what it did, and what it would have done."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any, Final

from sqlalchemy import func, select

from connectors.line import target
from inbox import clock
from inbox.actions import calls, desk, steps
from inbox.actions.rules import conditions, keeping
from inbox.actions.rules.kinds import WHEN
from inbox.actions.rules.ready import READY
from inbox.actions.who import Who, may
from inbox.reading import fields, once
from inbox.reading.macros import TYPED, groups, steps_of
from inbox.reading.pages import Choice, Form
from inbox.reading.pages.rules import (
    AskGroup,
    AskView,
    CallLine,
    RuleLine,
    RulePage,
    RulesPage,
    RunLine,
    Trial,
    TrialRow,
)
from inbox.reading.rehearsal import rehearse
from inbox.reading.rows import customer_chip
from inbox.reading.settings import nav
from inbox.reading.views import filters
from inbox.reading.views.labels import NAMES
from inbox.store import Rule, RuleCall, RuleRun, Ticket, Work
from inbox.terms import Priority

__all__ = ["asks", "page", "rules", "trial", "values_of"]

LOG: Final = 50
RECENT: Final = dt.timedelta(days=30)
SPARE: Final = 2  # empty lines after those that are filled
LEAST: Final = 3


def rules(work: Work, who: Who) -> RulesPage:
    """Every rule in its order, and the ready-made ones that are not there yet."""
    rows = keeping.all_of(work)
    told = {row.id: row for row in work.execute(_counts())}
    there = {row.ready for row in rows}
    return RulesPage(
        nav=nav(work, who),
        rules=tuple(_line(work, row, told.get(row.id)) for row in rows),
        ready=tuple(name for name in READY if name not in there),
        secret=calls.secret(work) if may(who, "settings.change") and desk.get(work, calls.NAME) else "",
    )


def _counts() -> Any:
    """Per rule, when it last acted and on how many tickets it did lately."""
    acted = RuleRun.outcome != "skipped"
    recent = RuleRun.at > clock.now() - RECENT
    return (
        select(
            RuleRun.rule_id.label("id"),
            func.max(RuleRun.at).label("last_at"),
            func.count(RuleRun.ticket_id.distinct()).label("runs"),
        )
        .where(acted, recent)
        .group_by(RuleRun.rule_id)
    )


def _line(work: Work, row: Rule, told: Any = None) -> RuleLine:
    return RuleLine(
        id=row.id,
        name=row.name,
        event=row.event,
        wait=row.wait,
        conditions=tuple(_ask(work, one) for one in row.conditions),
        steps=steps_of(work, row.steps),
        active=row.active,
        problem=row.problem,
        most=row.most,
        last_at=told.last_at if told is not None else None,
        runs=told.runs if told is not None else 0,
    )


def _ask(work: Work, one: Mapping[str, Any]) -> AskView:
    named = NAMES.get(one["field"])
    words = tuple((word, "" if named is None else named(work, word)) for word in one["words"])
    return AskView(one["field"], words, bool(one["not"]), conditions.lost(work, one))


def asks(work: Work, kept: Sequence[Mapping[str, Any]] = ()) -> tuple[AskGroup, ...]:
    """Every field of the conditions with the words to choose from; also those that some conditions name and that are
    no more, or whoever saves the form would drop them unseen."""
    agents = [(one.id, one.name) for one in once.agents(work).values() if one.active]
    channels = [(one.id, one.title or one.name) for one in once.channels(work).values() if one.removed_at is None]
    own: dict[str, list[tuple[str, str]]] = {
        "channel": channels,
        "team": [("none", ""), *((one.id, one.name) for one in once.teams(work).values())],
        "agent": [("none", ""), *agents],
        "priority": [(one.value, "") for one in Priority],
        "reason": [("none", ""), *((one.name, one.called) for one in once.reasons(work).values() if one.open)],
        "field": [(word, called) for word, called in fields.filterable(work)],
        "band": [("none", ""), *((one, one) for one in desk.get(work, "routing.bands"))],
        "due": [(one, "") for one in filters.FIELDS["due"].known or ()],
    }
    for one in kept:
        own.get(one["field"], []).extend((word, word) for word in conditions.lost(work, one))
    return tuple(
        AskGroup(
            name, tuple(Choice(*one) for one in own.get(name, [(word, "") for word in field.known or ()])), field.typed
        )
        for name, field in conditions.FIELDS.items()
    )


def values_of(rule: Rule) -> dict[str, str]:
    """A rule as its form has it."""
    values = {"name": rule.name, "event": rule.event, "wait": str(rule.wait or ""), "most": str(rule.most)}
    n = 0
    for one in rule.conditions:
        typed = conditions.FIELDS[one["field"]].typed
        for word in [", ".join(one["words"])] if typed else one["words"]:
            n += 1
            values[f"if-{n}"] = f"{one['field']}:{'' if typed else word}"
            values[f"words-{n}"] = word if typed else ""
            if one["not"]:
                values[f"not-{n}"] = "on"
    for n, each in enumerate(rule.steps, 1):
        typed = steps.STEPS[each["do"]].takes in TYPED
        values[f"step-{n}"] = f"{each['do']}:{'' if typed else each['what']}"
        values[f"text-{n}"] = each["what"] if typed else ""
    return values


def _room(values: Mapping[str, str]) -> tuple[int, int]:
    """So many lines of conditions and of steps the form has: those that are filled, and some more."""
    filled = {
        kind: max(
            (int(name[len(kind) :]) for name, value in values.items() if name.startswith(kind) and value), default=0
        )
        for kind in ("if-", "step-")
    }
    asked = min(max(filled["if-"] + SPARE, LEAST), conditions.MOST)
    return asked, min(max(filled["step-"] + SPARE, LEAST), steps.MOST)


def page(work: Work, who: Who, number: int | None, *, form: Form | None = None, after: int | None = None) -> RulePage:
    """One rule, or the form of a new one; ``form`` is what was typed instead of what is kept."""
    row = keeping.find(work, who, number) if number is not None else None
    told = work.execute(_counts().where(RuleRun.rule_id == number)).first() if row is not None else None
    shown = form or Form(values_of(row) if row is not None else {"event": "message", "most": str(keeping.USUAL)})
    runs = _runs(work, row, after) if row is not None else []
    made = _calls(work, row, [run for run, _subject in runs]) if row is not None else {}
    return RulePage(
        nav=nav(work, who),
        form=shown,
        events=tuple(WHEN),
        asks=asks(work, row.conditions if row is not None else ()),
        groups=groups(work, alone=True),
        variables=tuple(keeping.braces()),
        rule=_line(work, row, told) if row is not None else None,
        runs=tuple(_run(work, *one, made) for one in runs[:LOG]),
        older=runs[LOG - 1][0].id if len(runs) > LOG else None,
        lines=_room(shown.values),
    )


def _runs(work: Work, row: Rule, after: int | None) -> Sequence[tuple[RuleRun, str]]:
    query = (
        select(RuleRun, Ticket.subject).join(Ticket, Ticket.id == RuleRun.ticket_id).where(RuleRun.rule_id == row.id)
    )
    if after is not None:
        query = query.where(RuleRun.id < after)
    return [(run, subject) for run, subject in work.execute(query.order_by(RuleRun.id.desc()).limit(LOG + 1))]


def _calls(work: Work, row: Rule, runs: Sequence[RuleRun]) -> dict[str, tuple[CallLine, ...]]:
    """What came of the calls of some runs, by the name that a run has among them."""
    names = [f"rule-{row.id}-{run.mark}" for run in runs]
    found: dict[str, tuple[CallLine, ...]] = {}
    query = select(RuleCall).where(RuleCall.rule_id == row.id, RuleCall.run.in_(names)).order_by(RuleCall.id)
    for one in work.scalars(query):
        line = CallLine(target(one.url).host, one.state, one.code, one.attempts, one.next_at)
        found[one.run] = (*found.get(one.run, ()), line)
    return found


def _run(work: Work, run: RuleRun, subject: str, made: Mapping[str, tuple[CallLine, ...]]) -> RunLine:
    calls = made.get(f"rule-{run.rule_id}-{run.mark}", ())
    return RunLine(run.ticket_id, subject, run.at, run.outcome, run.detail, steps_of(work, run.did), calls)


def trial(work: Work, values: dict[str, Any]) -> Trial:
    """The dry run of a rule as it was checked (``keeping.drafted``); nothing is done and nothing kept."""
    rule = Rule(**values)
    found = rehearse(work, rule)
    return Trial(
        looked=found.looked,
        met=found.met,
        tickets=found.tickets,
        rows=tuple(
            TrialRow(
                one.ticket.id,
                one.ticket.subject,
                customer_chip(one.ticket.customer).name,
                one.at,
                one.times,
                one.withheld,
            )
            for one in found.rows
        ),
        steps=steps_of(work, rule.steps),
        since=found.since,
        cut=found.cut,
        busiest=found.busiest,
        most=rule.most,
    )
