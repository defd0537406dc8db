"""The cases behind the figures: what each was, what counted, and for FCR why it counted or not."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from inbox.metrics.book import Book
from inbox.metrics.facts import CaseFact, Who
from inbox.metrics.interactions import Interaction
from inbox.metrics.times import DAY, iso

__all__ = ["explained"]


def explained(book: Book, as_of: int) -> Iterator[dict[str, Any]]:
    """One plain object per case in the order of t0: its times, interactions, contacts and FCR class per window."""
    for fact in sorted(book.facts(), key=lambda fact: (fact.case.t0, fact.case.id)):
        yield _case(fact, book, as_of)


def _case(fact: CaseFact, book: Book, as_of: int) -> dict[str, Any]:
    case = fact.case
    customer = case.customer
    return {
        "case": case.id,
        "customer": None if customer is None else book.people.root(customer),
        "channel": case.channel,
        "origin": "customer" if case.from_customer else "us",
        "reason": case.reason,
        "tags": list(case.tags),
        "t0": iso(case.t0),
        "closings": [{"at": iso(c.at), "how": c.how, "agent": c.agent} for c in case.closings],
        "open": case.is_open,
        "first_responder": _who(fact.owner),
        "resolver": _who(fact.resolver),
        "turns": len(fact.talk.turns),
        "interactions": [_interaction(fact, n, one) for n, one in enumerate(fact.talk.interactions)],
        "contacts": [iso(at) for at in fact.talk.contacts],
        "fcr": {str(window): _fcr(fact, window, as_of) for window in book.context.config.windows},
    }


def _who(who: Who) -> str | None:
    agent, team = who
    return agent if team is None else f"{agent}/{team}"


def _interaction(fact: CaseFact, n: int, one: Interaction) -> dict[str, Any]:
    return {
        "channel": one.channel,
        "direction": "in" if one.inbound else "out",
        "start": iso(one.start),
        "settled": one.settled,
        "settled_at": None if one.settled_at is None else iso(one.settled_at),
        "responder": _who((one.agent, one.team)),
        "contact": one.is_contact,
        "handled_ms": sum(atom.ms for work in fact.work if work.interaction == n for atom in work.atoms),
    }


def _fcr(fact: CaseFact, window: int, as_of: int) -> dict[str, Any]:
    """The class as it stands at an instant: what is not old enough is pending, and says until when."""
    verdict, first = fact.verdicts[window], fact.case.first_closing
    if first is not None and verdict.kind in {"candidate", "unanswered"}:
        matures = first.at + window * DAY
        if matures > as_of:
            return {"class": "pending", "success": None, "why": f"not judged before {iso(matures)}"}
    success = verdict.success if verdict.kind == "candidate" else None
    return {"class": verdict.kind, "success": success, "why": verdict.why}
