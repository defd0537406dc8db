"""Rules: listed, read, written, switched, tried on the last days."""

from __future__ import annotations

from typing import Any

from flask import Response
from pydantic import ConfigDict, Field

from inbox import shapes
from inbox.actions.rules import keeping
from inbox.actions.who import require
from inbox.api.answers import page, shape, write
from inbox.api.routes import Body, Call, Nothing, Paging, Routes
from inbox.reading.rehearsal import rehearse
from inbox.store import Rule, Work

__all__ = ["routes"]

routes = Routes()


class AskedIn(Body):
    """One thing that is asked; words are alternatives, conditions add up."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    field: str
    contrary: bool = Field(False, alias="not")
    words: list[str]


class StepIn(Body):
    """One thing that is done."""

    do: str
    what: str = ""


class RuleIn(Body):
    """A rule as it is to be; ids of agents, teams, channels and canned replies are the desk's own."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    name: str
    when: str
    wait: int = 0
    conditions: list[AskedIn] = Field(default=[], alias="if")
    steps: list[StepIn] = Field(alias="then")
    most: int = keeping.USUAL

    @property
    def facts(self) -> dict[str, Any]:
        """As the action takes it."""
        return {
            "name": self.name,
            "event": self.when,
            "wait": self.wait,
            "conditions": [{"field": one.field, "not": one.contrary, "words": one.words} for one in self.conditions],
            "steps": [{"do": one.do, "what": one.what} for one in self.steps],
            "most": self.most,
        }


def _shape(work: Work, row: Rule) -> shapes.Rule:
    return shapes.Rule.of(row, keeping.problem(work, row))


class SwitchedIn(Body):
    """On or off."""

    on: bool


@routes.get("/rules", shapes.Page[shapes.Rule], query=Paging, right=keeping.RIGHT)
def list_rules(call: Call[Paging, Nothing]) -> Response:
    """Every rule, in the order in which they act."""
    after, limit = call.query.after or 0, call.query.limit
    with call.store.reading() as work:
        rows = keeping.all_of(work)[after : after + limit + 1]
        more = after + limit if len(rows) > limit else None
        return page([_shape(work, row) for row in rows[:limit]], more)


@routes.post("/rules/try", shapes.Trial, body=RuleIn, right=keeping.RIGHT)
def try_rule(call: Call[Nothing, RuleIn]) -> Response:
    """What such a rule would have met in the last 30 days. Nothing is done and nothing kept."""
    require(call.who, keeping.RIGHT)
    with call.store.reading() as work:
        found = rehearse(work, Rule(**keeping.drafted(work, call.body.facts, taken=True)))
        items = [
            shapes.TrialTicket(ticket=one.ticket.id, at=one.at, times=one.times, withheld=one.withheld or None)
            for one in found.rows
        ]
        facts = {name: getattr(found, name) for name in ("looked", "met", "tickets", "busiest", "since", "cut")}
        return shape(shapes.Trial(**facts, items=items))


@routes.get("/rules/{number}", shapes.Rule, right=keeping.RIGHT)
def show_rule(call: Call[Nothing, Nothing], number: int) -> Response:
    """One rule."""
    with call.store.reading() as work:
        return shape(_shape(work, keeping.find(work, call.who, number)))


@routes.post("/rules", {201: shapes.Rule}, body=RuleIn, right=keeping.RIGHT)
def add_rule(call: Call[Nothing, RuleIn]) -> Response:
    """Adds a rule at the end, switched off: try it, then switch it on."""

    def do(work: Work) -> shapes.Rule:
        return _shape(work, keeping.add(work, call.who, call.body.facts))

    return shape(write(call.store, do), 201)


@routes.post("/rules/{number}", shapes.Rule, body=RuleIn, right=keeping.RIGHT)
def change_rule(call: Call[Nothing, RuleIn], number: int) -> Response:
    """Changes a rule to what is given, all of it; from here on it acts as it reads now."""

    def do(work: Work) -> shapes.Rule:
        return _shape(work, keeping.change(work, call.who, number, call.body.facts))

    return shape(write(call.store, do))


@routes.post("/rules/{number}/switch", shapes.Rule, body=SwitchedIn, right=keeping.RIGHT)
def switch_rule(call: Call[Nothing, SwitchedIn], number: int) -> Response:
    """Switches a rule on, from now on, or off."""

    def do(work: Work) -> shapes.Rule:
        return _shape(work, keeping.switch(work, call.who, number, on=call.body.on))

    return shape(write(call.store, do))
