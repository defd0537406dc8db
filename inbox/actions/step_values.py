"""What the value of a step may be, by its kind: checked as it is stored, and again as it is done."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final, Literal

from inbox.actions import calls, desk, moments, reasons, steps_alone, variables
from inbox.actions.surveys import forms
from inbox.errors import Invalid
from inbox.store import Agent, Canned, Team, Work
from inbox.terms import Priority

__all__ = ["ME", "NOBODY", "TAKES", "Takes"]

#: In the place of an agent: whoever runs it; in the place of an agent or a team: nobody.
ME, NOBODY = "me", ""
LONGEST: Final = 2_000

Takes = Literal[
    "status",
    "moment",
    "agent",
    "team",
    "tag",
    "priority",
    "reason",
    "canned",
    "text",
    "answer",
    "person",
    "band",
    "days",
    "url",
    "survey",
]


def _among(words: Iterable[str]) -> Callable[[Work, str], str]:
    known = tuple(words)

    def check(_work: Work, value: str) -> str:
        if value not in known:
            msg = f"choose one of these: {', '.join(known)}"
            raise Invalid(msg, fields={"what": msg})
        return value

    return check


def _agent(work: Work, agent: str) -> str:
    if agent in {ME, NOBODY}:
        return agent
    found = work.get(Agent, agent)
    if found is None or not found.active:
        msg = f"there is no active agent {agent!r}"
        raise Invalid(msg, fields={"what": msg})
    return agent


def _team(work: Work, team: str) -> str:
    if team != NOBODY and work.get(Team, team) is None:
        msg = f"there is no team {team!r}"
        raise Invalid(msg, fields={"what": msg})
    return team


def _tag(_work: Work, value: str) -> str:
    wanted = " ".join(value.split()).lower()
    if not 0 < len(wanted) <= 60:
        msg = "a tag has 1 to 60 letters"
        raise Invalid(msg, fields={"what": msg})
    return wanted


def _reason(work: Work, wanted: str) -> str:
    return reasons.find(work, wanted).name if wanted else wanted


def _canned(work: Work, value: str) -> str:
    if not value.isdigit() or len(value) > 15 or work.get(Canned, int(value)) is None:
        msg = "choose one of the canned replies"
        raise Invalid(msg, fields={"what": msg})
    return value


def _text(_work: Work, value: str) -> str:
    wanted = value.replace("\r\n", "\n").strip()
    if not 0 < len(wanted) <= LONGEST:
        msg = f"write a text of up to {LONGEST} letters"
        raise Invalid(msg, fields={"what": msg})
    return wanted


def _answer(work: Work, value: str) -> str:
    """A text that leaves with nobody at the screen, so that nobody of ours is named in it."""
    wanted = _text(work, value)
    gap = variables.gap(wanted)
    if "{agent." in wanted:
        msg = "nobody is at the screen when a rule writes: leave the agent's name out"
        raise Invalid(msg, fields={"what": msg})
    if gap and gap[1:-1] not in variables.VARIABLES:
        msg = f"{gap} is no variable of this desk"
        raise Invalid(msg, fields={"what": msg})
    return wanted


def _person(work: Work, value: str) -> str:
    return value if value == steps_alone.ASSIGNEE else _agent(work, value or "-")


def _band(work: Work, value: str) -> str:
    return _among(("", *desk.get(work, "routing.bands")))(work, value)


def _survey(work: Work, value: str) -> str:
    if forms.find(work, value) is None:
        msg = "choose one of the surveys"
        raise Invalid(msg, fields={"what": msg})
    return value


#: Kind of value → what makes it one: gives it as it is stored. Raises :class:`Invalid`.
TAKES: Final[dict[Takes, Callable[[Work, str], str]]] = {
    "status": _among(("open", "pending", "resolved", "closed")),
    "moment": _among(moments.MOMENTS),
    "agent": _agent,
    "team": _team,
    "tag": _tag,
    "priority": _among(Priority),
    "reason": _reason,
    "canned": _canned,
    "text": _text,
    "answer": _answer,
    "person": _person,
    "band": _band,
    "days": _among(steps_alone.DAYS),
    "url": calls.address,
    "survey": _survey,
}
