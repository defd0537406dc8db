"""What can be done to a ticket in one step, by name: the one table behind macros and behind rules.

A step is stored as ``{"do": name, "what": value}`` (JSON); :func:`checked` says whether it may be stored, :func:`run`
does it. What each step is called is a matter of the screen: ``templates/macros/steps.html`` has its words. What only a
rule does stands in ``steps_alone``.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Final

from inbox import clock
from inbox.actions import automatic, bands, calls, holding, moments, reasons, reply, steps_alone, tickets, variables
from inbox.actions.step_values import ME, NOBODY, TAKES, Takes
from inbox.actions.surveys import asking, forms
from inbox.actions.who import Who, find_living
from inbox.errors import Invalid
from inbox.store import Agent, Canned, Event, Message, Team, Ticket, Work
from inbox.terms import Actor

__all__ = ["ME", "MOST", "NOBODY", "STEPS", "TAKES", "Doing", "Step", "checked", "offered", "run", "told"]

MOST = 20
#: What came in after an outage is answered by people: nobody is told of closed doors the day before yesterday.
STALE: Final = timedelta(days=1)


@dataclass
class Doing:
    """One run of steps on one ticket. ``seen`` as a reply's; ``key`` makes what is sent idempotent."""

    work: Work
    who: Who
    number: int
    key: str = ""
    seen: int | None = None
    inserted: list[str] = field(default_factory=list)  # texts for the composer
    messages: list[Message] = field(default_factory=list)  # what was sent or noted
    answers: Message | None = None  # what an automatic answer answers
    rule: str = ""  # the name of the rule that does it
    withheld: list[str] = field(default_factory=list)  # why an automatic answer was not sent: a word or a sentence
    did: list[dict[str, str]] = field(default_factory=list)  # the steps that changed something

    @property
    def next_key(self) -> str | None:
        """The key of the next message."""
        return f"{self.key}-{len(self.messages)}" if self.key else None

    @property
    def ticket(self) -> Ticket:
        """The ticket as it is now."""
        return find_living(self.work, self.who, self.number)


@dataclass(frozen=True)
class Step:
    """``takes``: what its value is, see :data:`TAKES`. ``alone``: it can be done with nobody at the screen; ``screen``:
    also with somebody there."""

    takes: Takes
    run: Callable[[Doing, str], Any]
    alone: bool = True
    screen: bool = True


# --- steps ------------------------------------------------------------------------------------------------------


def _whole(doing: Doing, canned: str) -> variables.Filled:
    row = doing.work.get(Canned, int(canned))
    return variables.fill(doing.work, doing.who, doing.ticket, row.text if row is not None else "")


def _insert(doing: Doing, canned: str) -> None:
    doing.inserted.append(_whole(doing, canned).text)  # what is empty is the writer's to fill


def _send(doing: Doing, canned: str) -> None:
    work, who = doing.work, doing.who
    text = _whole(doing, canned).text
    if who.kind is not Actor.AGENT:
        _by_itself(doing, text)
        return
    channel, _identity = reply.choose(work, doing.ticket)
    message, _new = reply.reply(
        work,
        who,
        doing.number,
        text=text,
        client_key=doing.next_key,
        seen=doing.seen,
        undo_s=holding.undo_s(work, who, work.store.connectors[channel.kind]),
    )
    doing.messages.append(message)


def _by_itself(doing: Doing, text: str) -> None:
    """An automatic answer, which may be withheld: what else is to be done is done all the same."""
    if doing.answers is not None and clock.now() - doing.answers.at > STALE:
        doing.withheld.append("old")
        return
    filled = variables.fill(doing.work, doing.who, doing.ticket, text).text
    key = doing.next_key or uuid.uuid4().hex
    message, why = automatic.answer(doing.work, doing.who, doing.number, filled, key=key, answers=doing.answers)
    if message is None:
        doing.withheld.append(why)
    else:
        doing.messages.append(message)


def _note(doing: Doing, text: str) -> None:
    filled = variables.fill(doing.work, doing.who, doing.ticket, text)
    message, _new = reply.note(doing.work, doing.who, doing.number, text=filled.text, client_key=doing.next_key)
    doing.messages.append(message)


def _survey(doing: Doing, form: str) -> None:
    """A rule's waits as long as the survey says; somebody who asks at the screen asks now."""
    due = clock.now() + (forms.wait(doing.work, form) if doing.rule else timedelta())
    mark = doing.next_key or uuid.uuid4().hex
    asking.plan(doing.work, doing.ticket, form, due=due, mark=mark, who=doing.who)


def _assign(doing: Doing, agent: str) -> Event | None:
    wanted = (doing.who.id if agent == ME else agent) or None
    return tickets.assign(doing.work, doing.who, doing.number, agent=wanted)


#: Every step by its name; add, never rename: they are stored.
STEPS: Final[dict[str, Step]] = {
    "status": Step("status", lambda d, v: tickets.set_status(d.work, d.who, d.number, v)),
    "snooze": Step(
        "moment",
        lambda d, v: tickets.set_status(d.work, d.who, d.number, "snoozed", until=moments.moment(d.work, v)),
    ),
    "assign": Step("agent", _assign),
    "transfer": Step("team", lambda d, v: tickets.assign(d.work, d.who, d.number, team=v or None)),
    "tag": Step("tag", lambda d, v: tickets.tag(d.work, d.who, d.number, v)),
    "untag": Step("tag", lambda d, v: tickets.tag(d.work, d.who, d.number, v, op="remove")),
    "priority": Step("priority", lambda d, v: tickets.prioritise(d.work, d.who, d.number, v)),
    "reason": Step("reason", lambda d, v: tickets.set_reason(d.work, d.who, d.number, v)),
    "note": Step("text", _note),
    "insert": Step("canned", _insert, alone=False),
    "send": Step("canned", _send),
    "reply": Step("answer", _by_itself, screen=False),
    "notify": Step("person", steps_alone.notify, screen=False),
    "band": Step("band", lambda d, v: bands.set_band(d.work, d.who, d.number, v), screen=False),
    "webhook": Step("url", calls.queue, screen=False),
    "survey": Step("survey", _survey),
    "finish": Step("days", steps_alone.finish, screen=False),
}


def offered(*, alone: bool = False) -> dict[str, Step]:
    """The steps that a macro has, or with ``alone`` a rule."""
    return {name: step for name, step in STEPS.items() if (step.alone if alone else step.screen)}


def checked(work: Work, steps: Sequence[Any], *, alone: bool = False) -> list[dict[str, str]]:
    """The steps as they are stored. ``alone``: nobody will be at the screen. Raises :class:`Invalid`."""
    if not 0 < len(steps) <= MOST:
        msg = f"choose 1 to {MOST} steps"
        raise Invalid(msg, fields={"steps": msg})
    known = offered(alone=alone)
    found = []
    for each in steps:
        name = str(each.get("do", "")) if isinstance(each, dict) else ""
        step, what = known.get(name), str(each.get("what", "")) if isinstance(each, dict) else ""
        if step is None or (alone and what == ME):
            msg = f"a step does one of {', '.join(known)}"
            raise Invalid(msg, fields={"steps": msg})
        try:
            found.append({"do": name, "what": TAKES[step.takes](work, what)})
        except Invalid as problem:
            raise Invalid(problem.detail, fields={"steps": problem.detail}) from None
    return found


def run(doing: Doing, steps: Sequence[dict[str, str]]) -> list[Event]:
    """Does the steps in their order, each checked again first: all or none, if the caller's transaction ends with an
    exception. Gives the events that they appended."""
    before = len(doing.work.events)
    for each in checked(doing.work, steps, alone=doing.who.kind is not Actor.AGENT):
        so_far = len(doing.work.events)
        STEPS[each["do"]].run(doing, each["what"])
        if len(doing.work.events) > so_far:
            doing.did.append(each)
    return doing.work.events[before:]


def told(work: Work, steps: Sequence[dict[str, str]]) -> tuple[tuple[str, str, str], ...]:
    """(name, value, what the value is called) of each step: names of agents, teams and canned replies are looked up."""
    return tuple((each["do"], each["what"], _called(work, each)) for each in steps)


def _called(work: Work, step: dict[str, str]) -> str:
    known = STEPS.get(step["do"])
    value = step["what"]
    if known is not None and known.takes == "survey":
        return str((forms.find(work, value) or {}).get("name", value))
    if known is not None and known.takes == "reason":
        return next((one.called for one in reasons.every(work) if one.name == value), value)
    rows: dict[str, tuple[type[Any], Any]] = {"agent": (Agent, value), "person": (Agent, value), "team": (Team, value)}
    if known is not None and known.takes == "canned" and value.isdigit():
        rows["canned"] = (Canned, int(value))
    table, key = rows.get(known.takes if known is not None else "", (None, None))
    row = work.get(table, key) if table is not None and value not in {ME, NOBODY} else None
    return str(row.name) if row is not None else value
