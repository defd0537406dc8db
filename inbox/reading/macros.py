"""Macros as they are offered on a ticket, and as they are made: which steps there are, and what each can take."""

from __future__ import annotations

from sqlalchemy import func, select

from inbox.actions import desk, macros, moments, steps
from inbox.actions.step_values import Takes
from inbox.actions.steps_alone import ASSIGNEE, DAYS
from inbox.actions.surveys import forms as surveys
from inbox.actions.who import Who, may
from inbox.reading import once, settings
from inbox.reading.pages import Choice, MacrosPage, StepGroup
from inbox.reading.parts import MacroView, StepView
from inbox.store import Agent, Canned, Macro, Team, Work
from inbox.terms import Priority

__all__ = ["TYPED", "groups", "mine", "page", "steps_of"]

#: Kinds of value that are typed.
TYPED = frozenset({"tag", "text", "answer", "url"})


def steps_of(work: Work, stored: list[dict[str, str]]) -> tuple[StepView, ...]:
    """Stored steps with the names of what they name."""
    return tuple(StepView(*one) for one in steps.told(work, stored))


def _view(work: Work, row: Macro) -> MacroView:
    return MacroView(row.id, row.name, row.agent_id is None, steps_of(work, row.steps))


def mine(work: Work, who: Who) -> tuple[MacroView, ...]:
    """The macros that this agent can run."""
    return tuple(_view(work, row) for row in macros.mine(work, who))


def groups(work: Work, *, alone: bool = False) -> tuple[StepGroup, ...]:
    """Every step with the values to choose from; none where one is typed. ``alone``: only those that need nobody."""
    rows = work.execute(select(Agent.id, Agent.name).where(Agent.active).order_by(func.lower(Agent.name)))
    people = tuple((str(id), str(name)) for id, name in rows)
    teams = work.execute(select(Team.id, Team.name).order_by(func.lower(Team.name)))
    canned = work.execute(select(Canned.id, Canned.name).order_by(Canned.name))
    choices: dict[Takes, tuple[tuple[str, str], ...]] = {
        "status": tuple((one, one) for one in ("open", "pending", "resolved", "closed")),
        "moment": tuple((one, one) for one in moments.MOMENTS),
        "agent": (*(() if alone else ((steps.ME, steps.ME),)), (steps.NOBODY, ""), *people),
        "person": ((ASSIGNEE, ASSIGNEE), *people),
        "band": (("", ""), *((band, band) for band in desk.get(work, "routing.bands"))),
        "days": tuple((one, one) for one in DAYS),
        "team": ((steps.NOBODY, ""), *((id, name) for id, name in teams)),
        "priority": tuple((one.value, one.value) for one in Priority),
        "reason": tuple((one.name, one.called) for one in once.reasons(work).values() if one.open),
        "canned": tuple((str(id), name) for id, name in canned),
        "survey": tuple((id, one["name"]) for id, one in surveys.all_of(work).items()),
    }
    return tuple(
        StepGroup(name, tuple(Choice(*one) for one in choices.get(step.takes, ())), typed=step.takes in TYPED)
        for name, step in steps.offered(alone=alone).items()
    )


def page(work: Work, who: Who, editing: int | None = None) -> MacrosPage:
    """The macros of everybody and of one's own, one of them open to be changed."""
    may_share = may(who, "macro.share")
    found = mine(work, who)
    open_now = next((one for one in found if one.id == editing and (may_share or not one.shared)), None)
    return MacrosPage(
        nav=settings.nav(work, who),
        macros=found,
        groups=groups(work),
        may_share=may_share,
        editing=open_now.id if open_now is not None else None,
    )
