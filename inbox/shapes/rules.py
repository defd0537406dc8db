"""A rule as JSON, and what its dry run found."""

from __future__ import annotations

from pydantic import Field

from inbox import store
from inbox.shapes.base import Shape, Time

__all__ = ["Condition", "Rule", "Step", "Trial", "TrialTicket"]


class Condition(Shape):
    """One thing that a rule asks; its words are alternatives."""

    field: str = Field(description="text, subject, sender, channel, hours, first, language, mood, band, tag …")
    contrary: bool = Field(False, alias="not", description="It asks for the contrary.")
    words: list[str]


class Step(Shape):
    """One thing that a rule does, and with what."""

    do: str = Field(description="tag, assign, transfer, priority, status, reply, send, note, notify, webhook …")
    what: str


class Rule(Shape):
    """What the desk does by itself: when something happens, if all of this is so, then these steps."""

    id: int
    name: str
    when: str = Field(description="message, created, sent, status, assigned, tagged, soon, late, silent …")
    wait: int = Field(description="Days or hours, of rules of time; else 0.")
    conditions: list[Condition] = Field(alias="if")
    steps: list[Step] = Field(alias="then")
    most: int = Field(description="Tickets a day beyond which it is paused.")
    on: bool
    problem: str | None = Field(description="Why it was paused, or what it asks for and this desk does not have.")
    created_at: Time

    @classmethod
    def of(cls, row: store.Rule, problem: str) -> Rule:
        """The shape of a row, with what is wrong with it or ""."""
        return cls(
            id=row.id,
            name=row.name,
            when=row.event,
            wait=row.wait,
            conditions=[
                Condition(field=one["field"], contrary=bool(one["not"]), words=one["words"]) for one in row.conditions
            ],
            steps=[Step(**one) for one in row.steps],
            most=row.most,
            on=row.active,
            problem=problem or None,
            created_at=row.created_at,
        )


class TrialTicket(Shape):
    """A ticket that the rule would have acted on."""

    ticket: int
    at: Time = Field(description="The last time.")
    times: int
    withheld: str | None = Field(description="Why an automatic answer would not have left.")


class Trial(Shape):
    """What a rule would have met in the last days. Nothing was done."""

    looked: int = Field(description="So many events were looked at.")
    met: int
    tickets: int
    busiest: int = Field(description="The most tickets of one day.")
    since: Time
    cut: bool = Field(description="There was more than is looked at.")
    items: list[TrialTicket] = Field(description="The newest of the tickets.")
