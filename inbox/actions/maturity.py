"""The maturity self-assessment (docs/metrics.md M14): ten questions on two axes, each answer an event."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any, Final, Literal

from sqlalchemy import select

from inbox.actions import voids
from inbox.actions.who import Who, require
from inbox.errors import Invalid
from inbox.store import Event, Work

__all__ = ["ITEMS", "LEVELS", "Axis", "answer", "answers", "latest"]

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


def answers(work: Work) -> list[tuple[dt.datetime, dict[str, Any]]]:
    """When each answer that holds was given, and what it says, the oldest first; none later than it was recorded."""
    told = select(Event.id, Event.ts, Event.rec, Event.data).where(Event.kind == "smi.answer").order_by(Event.seq)
    lines = work.execute(told).all()
    void = voids.gone(work, [id for id, *_ in lines])
    found = [(min(ts, rec), data) for id, ts, rec, data in lines if id not in void]
    return sorted(found, key=lambda one: one[0])


def latest(work: Work) -> dict[str, str]:
    """The last answer to each item, as one of :data:`LEVELS`."""
    return {str(one["item"]): format(float(one["score"]), "g") for _, one in answers(work)}


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
    before = latest(work)
    changed = {item: level for item, level in given.items() if before.get(item) != level}
    for item, level in changed.items():
        work.append("smi.answer", actor=who.actor, item=item, axis=ITEMS[item], weight=1, score=float(level))
    return len(changed)
