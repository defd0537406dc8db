"""How facts are written down: a piece of work with its shares, and the verdicts of a family's cases."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import orjson

from inbox.metrics.facts import CaseFact
from inbox.metrics.fcr import Verdict
from inbox.metrics.paged import Judged, KeptWork
from inbox.metrics.work import Atom, WorkItem

__all__ = ["verdicts_as_json", "verdicts_of", "work_as_text", "work_of"]


def work_as_text(item: WorkItem, atoms: Iterable[Atom]) -> str:
    """A piece of work as one line of JSON."""
    told = (
        *(item.id, item.agent, item.team, item.channel, item.ticket, item.start, item.end, item.spans),
        *(item.is_leg, item.until, item.nature, item.last_reply),
    )
    shares = [(atom.day, atom.ms, atom.wrap, atom.voice) for atom in atoms]
    return orjson.dumps((told, shares)).decode()


def work_of(text: str) -> KeptWork:
    """What ``work_as_text`` wrote."""
    told, shares = orjson.loads(text)
    id, agent, team, channel, ticket, start, end, spans, is_leg, until, nature, last_reply = told
    who = id, agent, team, channel, ticket, start, end
    item = WorkItem(*who, [tuple(span) for span in spans], is_leg, until=until, nature=nature, last_reply=last_reply)
    return item, [Atom(*share) for share in shares]


def verdicts_as_json(facts: Iterable[CaseFact]) -> dict[str, Any]:
    """The verdicts of cases by their ids: window, kind, success and why; and whether the customer came back."""
    return {
        fact.case.id: [
            [[window, one.kind, one.success, one.why] for window, one in fact.verdicts.items()],
            fact.came_back,
        ]
        for fact in facts
    }


def verdicts_of(told: Mapping[str, Any]) -> dict[str, Judged]:
    """What ``verdicts_as_json`` wrote."""
    return {
        case: ({window: Verdict(kind, success, why) for window, kind, success, why in windows}, came_back)
        for case, (windows, came_back) in told.items()
    }
