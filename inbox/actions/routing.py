"""Routing: tickets of the queue are given to people at the desk by the rules of their team or channel; every assignment
says why. What an absent agent has goes to their deputy or back to the queue."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from sqlalchemy import func, select, text

from inbox import clock
from inbox.actions import bands, choosing, desk, tickets
from inbox.actions.choosing import MANUAL, WAYS, Candidate, Given, Wanted
from inbox.actions.who import SYSTEM, Who, require
from inbox.errors import Invalid, NotFound
from inbox.store import Agent, Channel, Event, Store, Team, Ticket, Work
from inbox.terms import Actor, Status

__all__ = ["ALL", "Floor", "away", "floor", "remove_rule", "route_due", "rules", "save_bands", "save_rule"]

ALL: Final = "all"
OPEN: Final = (Status.NEW, Status.OPEN)
SPAM: Final = "spam"
BATCH: Final = 50
#: PostgreSQL: one router at a time, so that nobody is given more than they have room for.
LOCK: Final = 0x5057_0002


@dataclass
class Floor:
    """The people at the desk and what they have, counted on as tickets are given."""

    agents: Mapping[str, Agent]
    loads: Counter[tuple[str, str]] = field(default_factory=Counter)  # (agent, kind of channel) → open tickets
    given: dict[str, datetime] = field(default_factory=dict)

    def load(self, agent: str) -> int:
        """The open tickets of somebody."""
        return sum(n for (one, _kind), n in self.loads.items() if one == agent)

    def candidate(self, agent: Agent, kind: str) -> Candidate:
        """Somebody as the rules see them, for a ticket of that kind."""
        own = agent.capacities.get(kind) if isinstance(agent.capacities, dict) else None
        return Candidate(
            id=agent.id,
            load=self.load(agent.id),
            capacity=agent.capacity,
            of_kind=self.loads[agent.id, kind],
            kind_capacity=own,
            given_at=self.given.get(agent.id, agent.routed_at),
            skills=frozenset(agent.skills or ()),
            speaks=frozenset(agent.speaks or ()),
        )

    def give(self, agent: str, kind: str) -> None:
        """Counts one more."""
        self.loads[agent, kind] += 1
        self.given[agent] = clock.now()


def away(agent: Agent, now: datetime | None = None) -> bool:
    """Whether somebody is out of office."""
    return agent.away_until is not None and agent.away_until > (now or clock.now())


def floor(work: Work) -> Floor:
    """Everybody who can be given tickets now: active, at the desk, not out of office."""
    agents = work.scalars(select(Agent).where(Agent.active, Agent.state == "online")).all()
    rows = work.execute(
        select(Ticket.assignee_id, Ticket.kind, func.count())
        .where(Ticket.status.in_(OPEN), Ticket.assignee_id.is_not(None), Ticket.merged_into.is_(None))
        .group_by(Ticket.assignee_id, Ticket.kind)
    )
    loads = Counter({(str(agent), str(kind)): int(count) for agent, kind, count in rows})
    return Floor({agent.id: agent for agent in agents if not away(agent)}, loads)


def rules(work: Work) -> dict[str, dict[str, Any]]:
    """Scope (``all``, ``channel:ID``, ``team:ID``) → its way and whether the last agent comes first."""
    return {ALL: {"way": MANUAL, "sticky": False}, **desk.get(work, "routing.rules")}


def route_due(store: Store) -> int:
    """Gives what waits in the queue to whoever the rules say, hands over what absent people have; gives the number."""
    with store.reading() as work:
        if not _moves(work):
            return 0
    return store.write(_route)


def _route(work: Work) -> int:
    if not work.store.is_sqlite:
        work.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": LOCK})
    moves = _moves(work)
    for ticket, given in moves:
        tickets.assign(work, SYSTEM, ticket, {"why": given.why}, agent=given.agent or None)
        agent = work.get(Agent, given.agent) if given.agent else None
        if agent is not None and given.why != "deputy":
            agent.routed_at = clock.now()
    return len(moves)


def _moves(work: Work) -> list[tuple[int, Given]]:
    """What is to be done now, in the order of urgency: (ticket, to whom and why)."""
    found = _handed_over(work)
    told = rules(work)
    if all(rule["way"] == MANUAL for rule in told.values()):
        return found
    queue = [(ticket, rule) for ticket in _queue(work) if (rule := _rule(told, ticket))["way"] != MANUAL]
    if not queue:
        return found
    people, last = floor(work), _last_agents(work, [ticket for ticket, _rule in queue])
    language = str(desk.get(work, "desk.language"))
    for ticket, rule in queue:
        staff = [one for one in people.agents.values() if _may_have(one, ticket)]
        wanted = _wanted(ticket, last, language)
        candidates = [people.candidate(one, ticket.kind) for one in staff]
        given = choosing.choose(rule["way"], candidates, wanted, sticky=rule["sticky"])
        if given is not None:
            people.give(given.agent, ticket.kind)
            found.append((ticket.id, given))
    return found


def _may_have(agent: Agent, ticket: Ticket) -> bool:
    """A team's tickets are its people's, all others everybody's."""
    return ticket.team_id is None or ticket.team_id in {team.id for team in agent.teams}


def _wanted(ticket: Ticket, last: Mapping[str, str], language: str) -> Wanted:
    tags = {tag.tag for tag in ticket.tags}
    known = ticket.customer.language if ticket.customer is not None else ""
    spoken = next((tag[5:] for tag in sorted(tags) if tag.startswith("lang:")), known)
    needs = frozenset({*tags, *([ticket.reason.lower()] if ticket.reason else [])})
    return Wanted(needs, spoken if spoken != language else "", last.get(ticket.customer_id or ""))


def _rule(told: Mapping[str, dict[str, Any]], ticket: Ticket) -> dict[str, Any]:
    """The rule of a ticket: its team's, else its channel's, else everybody's."""
    named = (f"team:{ticket.team_id}", f"channel:{ticket.channel_id}", ALL)
    return next(told[scope] for scope in named if scope in told)


def _queue(work: Work) -> list[Ticket]:
    """The tickets without an agent in which somebody waits for us, the most urgent first; what a person put back into
    the queue stays there until the customer writes again."""
    rows = work.scalars(
        select(Ticket)
        .where(Ticket.status.in_(OPEN), Ticket.assignee_id.is_(None), Ticket.merged_into.is_(None))
        .where(Ticket.waiting_since.is_not(None))
        .order_by(Ticket.waiting_since)
        .limit(BATCH)
    ).unique()
    found = [ticket for ticket in rows if SPAM not in {tag.tag for tag in ticket.tags}]
    put_back = _put_back(work, found)
    bands = list(desk.get(work, "routing.bands"))
    now = clock.now()
    found = [one for one in found if one.id not in put_back]
    return sorted(found, key=lambda one: (-_urgency(one, bands, now), one.waiting_since or now, one.id))


def _urgency(ticket: Ticket, bands: Sequence[str], now: datetime) -> float:
    share = 0.0
    if ticket.due_at is not None and ticket.due_from is not None and ticket.due_at > ticket.due_from:
        share = (now - ticket.due_from) / (ticket.due_at - ticket.due_from)
    band = ticket.customer.band if ticket.customer is not None else ""
    return choosing.urgency(share, bands.index(band) if band in bands else None, len(bands))


def _put_back(work: Work, found: Sequence[Ticket]) -> set[int]:
    lines: dict[int, Event] = {}
    ids = [ticket.id for ticket in found]
    for line in work.scalars(
        select(Event).where(Event.ticket_id.in_(ids), Event.kind == "ticket.assigned").order_by(Event.seq)
    ):
        lines[line.ticket_id or 0] = line
    return {
        ticket.id
        for ticket in found
        if (last := lines.get(ticket.id)) is not None
        and last.actor_kind == Actor.AGENT
        and last.data.get("agent") is None
        and (last.data.get("was") or {}).get("agent") is not None
        and ticket.waiting_since is not None
        and ticket.waiting_since <= last.ts
    }


def _last_agents(work: Work, found: Sequence[Ticket]) -> dict[str, str]:
    """Customer → who had a ticket of theirs last."""
    customers = {ticket.customer_id for ticket in found if ticket.customer_id}
    newest = (
        select(func.max(Ticket.id))
        .where(Ticket.customer_id.in_(customers), Ticket.assignee_id.is_not(None))
        .group_by(Ticket.customer_id)
    )
    rows = work.execute(select(Ticket.customer_id, Ticket.assignee_id).where(Ticket.id.in_(newest)))
    return {str(customer): str(agent) for customer, agent in rows}


def _handed_over(work: Work) -> list[tuple[int, Given]]:
    """What people who are out of office have open: to their deputy if that one is here, else back to the queue."""
    now = clock.now()
    absent = {one.id: one for one in work.scalars(select(Agent).where(Agent.away_until > now))}
    if not absent:
        return []
    rows = work.execute(
        select(Ticket.id, Ticket.assignee_id)
        .where(Ticket.assignee_id.in_(absent), Ticket.status.in_(OPEN), Ticket.merged_into.is_(None))
        .limit(BATCH)
    )
    return [(number, _instead(work, absent, str(agent))) for number, agent in rows]


def _instead(work: Work, absent: Mapping[str, Agent], agent: str) -> Given:
    deputy = work.get(Agent, absent[agent].deputy_id) if absent[agent].deputy_id else None
    if deputy is not None and deputy.active and deputy.id not in absent:
        return Given(deputy.id, "deputy")
    return Given("", "absent")


# --- changing the rules -----------------------------------------------------------------------------------------


def save_rule(work: Work, who: Who, scope: str, way: str, *, sticky: bool) -> None:
    """Says how tickets of a scope are given to people. Raises :class:`Invalid`."""
    require(who, "settings.change")
    if way != MANUAL and way not in WAYS:
        msg = f"a way is {MANUAL} or one of {', '.join(WAYS)}"
        raise Invalid(msg, fields={"way": msg})
    word, _, id = scope.partition(":")
    kinds: dict[str, type[Team | Channel]] = {"team": Team, "channel": Channel}
    if scope != ALL and (word not in kinds or work.get(kinds[word], id) is None):
        msg = "choose a team or a channel"
        raise Invalid(msg, fields={"scope": msg})
    own = desk.get(work, "routing.rules")
    desk.put(work, who, "routing.rules", {**own, scope: {"way": way, "sticky": sticky}})


def remove_rule(work: Work, who: Who, scope: str) -> None:
    """Takes the rule of a scope away: that for everybody holds again. Raises :class:`NotFound`."""
    require(who, "settings.change")
    own = dict(desk.get(work, "routing.rules"))
    if scope == ALL or scope not in own:
        msg = "there is no such rule to remove"
        raise NotFound(msg)
    del own[scope]
    desk.put(work, who, "routing.rules", own)


def save_bands(work: Work, who: Who, named: Sequence[str], *, ordered: bool = True) -> None:
    """Names the bands of customers, the best first; one that another takes the place of is renamed, with its value and
    its customers, and who was in one that is no more is in none. ``ordered``, values have to fall in the new order.
    Raises :class:`Invalid`."""
    require(who, "settings.change")
    new = list(dict.fromkeys(" ".join(one.split()) for one in named if one.strip()))
    if len(new) > 10 or any(len(one) > 40 for one in new):
        msg = "name up to ten bands of up to 40 letters"
        raise Invalid(msg, fields={"bands": msg})
    old: list[str] = desk.get(work, "routing.bands")
    became = {one: one if one in new else "" for one in old}
    if len(old) == len(new):
        became |= {a: b for a, b in zip(old, new, strict=True) if a not in new and b not in old}
    told: dict[str, str] = desk.get(work, "routing.values")
    values = {became[band]: value for band, value in told.items() if became.get(band)}
    amounts = [Decimal(values[band]) for band in new if band in values]
    if ordered and amounts != sorted(amounts, reverse=True):
        msg = "in this order a better band would have a lower value; change the values first"
        raise Invalid(msg, fields={"bands": msg})
    desk.put(work, who, "routing.bands", new)
    if values != told:
        desk.put(work, who, "routing.values", values)
        desk.keep(work, "routing.values_seq", 0)  # everybody is looked at again
    bands.carry(work, who, {a: b for a, b in became.items() if a != b})
