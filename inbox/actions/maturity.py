"""The maturity self-assessment (docs/metrics.md M14): ten questions on two axes, each answer an event."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final, Literal

from inbox.actions import events
from inbox.actions.who import Who, require
from inbox.errors import Invalid
from inbox.figures.pages import placed
from inbox.metrics.log import Event as Told
from inbox.store import Event, Work

__all__ = ["ITEMS", "LEVELS", "Axis", "answer", "answers", "is_ours", "latest", "levels"]

Axis = Literal["investment", "innovation"]
#: Item → its axis. Each weighs the same; what each asks is a matter of the screen.
ITEMS: Final[dict[str, Axis]] = {
    "staff": "investment",
    "hours": "investment",
    "budget": "investment",
    "training": "investment",
    "executives": "investment",
    "networks": "innovation",
    "in_channel": "innovation",
    "handoff": "innovation",
    "proactive": "innovation",
    "integrated": "innovation",
}
#: How far a thing is true, from not at all to entirely.
LEVELS: Final = ("0", "0.25", "0.5", "0.75", "1")


def answers(work: Work) -> list[Told]:
    """Every answer that holds, as the figures read it, in the order in which they let it count."""
    told = [one for _, one in placed(work.connection(), Event.__table__.c.kind == "smi.answer")]
    void = events.gone(work, [one.id for one in told])
    return sorted((one for one in told if one.id not in void), key=lambda one: one.order)


def latest(told: Iterable[Told]) -> dict[str, Mapping[str, Any]]:
    """The last answer to each item, of whatever questionnaire."""
    return {one.body["item"]: one.body for one in told}


def is_ours(given: Mapping[str, Any]) -> bool:
    """Whether an answer is one to our questionnaire: a history from elsewhere may have its own."""
    return bool(ITEMS.get(given["item"]) == given["axis"] and given["weight"] == 1)


def levels(given: Mapping[str, Mapping[str, Any]]) -> dict[str, str]:
    """How far each thing of our questionnaire is true: from 0 to 1, the shortest way to write it."""
    return {item: format(float(one["score"]), "g") for item, one in given.items() if is_ours(one)}


def answer(work: Work, who: Who, given: Mapping[str, str]) -> int:
    """Keeps the answers that differ from the last ones; gives how many. Raises :class:`Invalid`."""
    require(who, "reports.see")
    wrong = {
        item: "choose one of the answers" for item, level in given.items() if item not in ITEMS or level not in LEVELS
    }
    if not given:
        wrong = {"": "answer at least one question"}
    if wrong:
        raise Invalid(next(iter(wrong.values())), fields=wrong)
    before = levels(latest(answers(work)))
    changed = {item: level for item, level in given.items() if before.get(item) != level}
    for item, level in changed.items():
        work.append("smi.answer", actor=who.actor, item=item, axis=ITEMS[item], weight=1, score=float(level))
    return len(changed)
