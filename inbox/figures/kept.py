"""How facts are written down: a piece of work with its shares, and the verdicts of a family's cases."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import fields
from operator import attrgetter
from typing import Any

import orjson

from inbox.metrics.facts import CaseFact
from inbox.metrics.fcr import Judged, Neighbour, Verdict
from inbox.metrics.paged import KeptCase, KeptWork
from inbox.metrics.work import Atom, WorkItem

__all__ = ["cases_of", "customers_of", "verdicts_as_json", "verdicts_of", "work_as_text", "work_of"]

#: All of a neighbour but its id, in the order of its fields; its sets of tickets are lists in JSON.
_NAMES = [one.name for one in fields(Neighbour) if one.name != "id"]
_ESSENCE = attrgetter(*_NAMES)
_CUSTOMER = _NAMES.index("customer")


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
    """The verdicts of cases by their ids: window, kind, success and why; whether the customer came back; and what a
    verdict depends on."""
    return {
        fact.case.id: [
            [[window, one.kind, one.success, one.why] for window, one in fact.verdicts.items()],
            fact.came_back,
            _ESSENCE(fact.neighbour),
        ]
        for fact in facts
    }


def verdicts_of(told: Mapping[str, Any]) -> dict[str, Judged]:
    """What ``verdicts_as_json`` wrote."""
    return {
        case: ({window: Verdict(kind, success, why) for window, kind, success, why in windows}, came_back)
        for case, (windows, came_back, *_) in told.items()
    }


def customers_of(told: Mapping[str, Any]) -> frozenset[str]:
    """The customers of the cases that ``verdicts_as_json`` wrote down."""
    found = (essence[0][_CUSTOMER] for _, _, *essence in told.values() if essence)  # earlier versions kept none
    return frozenset(customer for customer in found if customer is not None)


def cases_of(told: Mapping[str, Any]) -> list[KeptCase]:
    """The cases that ``verdicts_as_json`` wrote down, as far as verdicts go."""
    return [
        KeptCase(
            Neighbour(case, *essence),
            {window: Verdict(kind, success, why) for window, kind, success, why in windows},
            came_back,
        )
        for case, (windows, came_back, essence) in told.items()
    ]
