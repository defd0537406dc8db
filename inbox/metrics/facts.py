"""Case facts: what is derived from one family of tickets alone, before neighbours, work and money join it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from inbox.metrics.cases import Case, What, cases_of
from inbox.metrics.config import Config
from inbox.metrics.fcr import Neighbour, Verdict
from inbox.metrics.hours import Hours
from inbox.metrics.interactions import Conversation, Interaction, conversation_of
from inbox.metrics.money import Price
from inbox.metrics.sla import Clock, frt_clock, ttr_clock
from inbox.metrics.speed import FirstResponse, first_response
from inbox.metrics.surveys import Survey
from inbox.metrics.tickets import Family
from inbox.metrics.work import Atom, WorkItem

__all__ = ["CaseFact", "Who", "Work", "case_facts", "place_of"]

Who = tuple[str | None, str | None]  # (agent, team)
_NOBODY: Who = (None, None)


@dataclass(slots=True)
class Work:
    """What one item contributes to a case: its adjusted time per day and the interaction that it belongs to."""

    item: WorkItem
    atoms: list[Atom]
    interaction: int | None


@dataclass(slots=True)
class CaseFact:
    """One case with all that is derived from it.

    ``owner`` is the first responder, else R1's agent; ``resolver`` is RL's agent, else the last human before RL.
    """

    case: Case
    talk: Conversation
    neighbour: Neighbour
    response: FirstResponse | None
    owner: Who
    resolver: Who
    frt: Clock | None
    ttr: Clock | None
    feeling: tuple[int, str] | None  # the last scored inbound: (when, its class)
    verdicts: dict[int, Verdict] = field(default_factory=dict)
    came_back: bool = False
    work: list[Work] = field(default_factory=list)
    prices: list[Price] = field(default_factory=list)
    surveys: list[Survey] = field(default_factory=list)


def case_facts(family: Family, config: Config, hours: Hours) -> list[CaseFact]:
    """The facts of every case of a family."""
    cases = cases_of(family, config)
    tickets: dict[str, frozenset[str]] = {}
    for case in cases:
        if case.root not in tickets:
            merged = (t for t in family.into if family.root(t) == case.root)
            tickets[case.root] = frozenset({case.root, *merged})
    return [_fact(case, family, tickets[case.root], config, hours) for case in cases]


def _fact(case: Case, family: Family, tickets: frozenset[str], config: Config, hours: Hours) -> CaseFact:
    talk = conversation_of(case, config)
    resolver = _resolver(case, talk)
    return CaseFact(
        case=case,
        talk=talk,
        neighbour=_neighbour(case, talk, family, tickets),
        response=first_response(case, talk),
        owner=_owner(case, talk),
        resolver=resolver,
        frt=frt_clock(case, talk, config, hours),
        ttr=ttr_clock(case, resolver, config, hours),
        feeling=_feeling(case, family),
    )


def _neighbour(case: Case, talk: Conversation, family: Family, tickets: frozenset[str]) -> Neighbour:
    first = case.first_closing
    return Neighbour(
        id=case.id,
        root=case.root,
        customer=case.customer,
        t0=case.t0,
        from_customer=case.from_customer,
        reason=case.reason,
        opened=case.opened,
        closings=[(closing.at, closing.how) for closing in case.closings],
        contacts=talk.contacts,
        tickets=sorted(tickets),
        links=sorted(t for pair in family.links if pair & tickets for t in pair - tickets) if family.links else (),
        split=family.origin(case.root) if family.split_from else None,
        touched=first is not None and any(r.at <= first.at for r in talk.replies),
        answered=first is not None
        and any(i.answered_at is not None and i.answered_at <= first.at for i in talk.interactions),
    )


def _owner(case: Case, talk: Conversation) -> Who:
    if talk.replies:
        return talk.replies[0].agent, talk.replies[0].team
    first = case.first_closing
    return (first.agent, first.team) if first is not None else _NOBODY


def _resolver(case: Case, talk: Conversation) -> Who:
    """Who closed the case at RL; of a reopened one, who closed it last."""
    return resolver_at(case, talk, case.closings[-1].at) if case.closings else _NOBODY


def resolver_at(case: Case, talk: Conversation, at: int) -> Who:
    """The agent of the last closing by an instant, else the last human before that closing."""
    closing = next((c for c in reversed(case.closings) if c.at <= at), None)
    if closing is None:
        return _NOBODY
    if closing.agent is not None:
        return closing.agent, closing.team
    reply = next((r for r in reversed(talk.replies) if r.at <= closing.at), None)
    return (reply.agent, reply.team) if reply is not None else _NOBODY


def _feeling(case: Case, family: Family) -> tuple[int, str] | None:
    """The sentiment of the last scored inbound message of a case: positive from 0.2, negative to -0.2."""
    if not family.scores:
        return None
    for item in reversed(case.items):
        if item.what in {What.IN, What.SEEN_IN} and item.msg in family.scores:
            score: Decimal = family.scores[item.msg].body["score"]
            return item.at, "sent.pos" if score * 5 >= 1 else "sent.neg" if score * 5 <= -1 else "sent.neu"
    return None


def place_of(item: WorkItem, facts: Sequence[CaseFact], root: str) -> tuple[CaseFact, int | None] | None:
    """The case and the interaction to which a piece of work belongs (4.5), None where the ticket has no case."""
    fact = case_at(facts, root, item.start)
    if fact is None:
        return None
    if item.nature != "productive":
        return fact, None
    return fact, _interaction(fact.talk.interactions, item)


def case_at(facts: Iterable[CaseFact], root: str, at: int) -> CaseFact | None:
    """The case of a root whose span holds an instant; before all of them, the first."""
    found = None
    for fact in facts:
        if fact.case.root == root and (found is None or fact.case.began <= at):
            found = fact
    return found


def _interaction(interactions: Sequence[Interaction], item: WorkItem) -> int | None:
    """The latest of its channel started before it, else the latest of the case, else the first."""
    begun = [n for n, one in enumerate(interactions) if one.start <= item.start]
    same = [n for n in begun if interactions[n].channel == item.channel]
    for candidates in (same, begun):
        if candidates:
            return max(candidates, key=lambda n: (interactions[n].start, n))
    return 0 if interactions else None
