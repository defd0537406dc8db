"""Who acts, and what their role allows."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from sqlalchemy import ColumnElement, or_, select, true

from inbox.errors import Conflict, Forbidden, NotFound
from inbox.store import Agent, Membership, Team, Ticket, Work
from inbox.terms import Actor, Role

__all__ = ["RIGHTS", "SYSTEM", "Who", "find_living", "find_ticket", "may", "require", "rule_of", "visible"]

#: The least role that may do a thing; what stands in no row is open to every agent.
RIGHTS: Final[dict[str, Role]] = {
    "ticket.read": Role.AGENT,
    "ticket.write": Role.AGENT,
    "board.see": Role.SUPERVISOR,
    "reports.see": Role.SUPERVISOR,
    "ticket.bulk": Role.AGENT,
    "journal.see": Role.SUPERVISOR,
    "journal.replay": Role.ADMIN,
    "settings.change": Role.ADMIN,
    "costs.change": Role.ADMIN,
    "people.change": Role.ADMIN,
    "canned.change": Role.SUPERVISOR,
    "reasons.change": Role.SUPERVISOR,
    "rules.change": Role.SUPERVISOR,
    "views.share": Role.SUPERVISOR,
    "customer.export": Role.SUPERVISOR,
    "customer.erase": Role.ADMIN,
    "macro.own": Role.AGENT,
    "macro.share": Role.SUPERVISOR,
}

_RULE = "rule:"
_RANK = {Role.AGENT: 0, Role.SUPERVISOR: 1, Role.ADMIN: 2}


@dataclass(frozen=True)
class Who:
    """The one behind an action: an agent, a customer, or the desk itself; ``token`` is the id of that by which a
    program acts for an agent."""

    kind: Actor
    id: str | None = None
    team: str | None = None
    role: Role | None = None
    name: str = ""
    language: str = ""
    token: str = field(default="", compare=False)

    @property
    def actor(self) -> tuple[str, str | None, str | None]:
        """As the event log wants it."""
        return (self.kind.value, self.id, self.team)

    @classmethod
    def of(cls, agent: Agent) -> Who:
        """An agent acting for their first team."""
        return cls(Actor.AGENT, agent.id, agent.team_id, agent.role, agent.name, agent.language)

    @classmethod
    def rule(cls, number: int, language: str = "") -> Who:
        """A rule of the desk: the desk itself, with a name in the log."""
        return cls(Actor.SYSTEM, f"{_RULE}{number}", language=language)

    @classmethod
    def customer(cls, customer_id: str | None) -> Who:
        """A customer, by surrogate id."""
        return cls(Actor.CUSTOMER, customer_id)


SYSTEM: Final = Who(Actor.SYSTEM)


def rule_of(actor_id: str | None) -> int | None:
    """The rule that an event's actor is, or None."""
    number = (actor_id or "").removeprefix(_RULE)
    return int(number) if (actor_id or "").startswith(_RULE) and number.isdigit() else None


def may(who: Who, right: str) -> bool:
    """True where ``who`` has that right; the desk itself has every one, a customer none."""
    if who.kind is Actor.SYSTEM:
        return True
    return who.role is not None and _RANK[who.role] >= _RANK[RIGHTS.get(right, Role.AGENT)]


def require(who: Who, right: str) -> None:
    """Raises :class:`Forbidden` without the right."""
    if not may(who, right):
        needed = RIGHTS.get(right, Role.AGENT).value
        msg = f"this needs the role {needed}; ask an admin"
        raise Forbidden(msg)


def visible(who: Who) -> ColumnElement[bool]:
    """The condition on tickets that ``who`` may see: private teams' tickets are their members' and supervisors'."""
    if who.kind is Actor.SYSTEM or (who.role is not None and _RANK[who.role] >= _RANK[Role.SUPERVISOR]):
        return true()
    private = select(Team.id).where(Team.private)
    mine = select(Membership.team_id).where(Membership.agent_id == who.id)
    return or_(Ticket.team_id.is_(None), Ticket.team_id.not_in(private), Ticket.team_id.in_(mine))


def find_ticket(work: Work, who: Who, number: int) -> Ticket:
    """The ticket, if ``who`` may see it. Raises :class:`NotFound` otherwise, without telling which."""
    seen: set[tuple[Who, int]] = work.info.setdefault("tickets seen", set())
    if (who, number) in seen:  # asked for once more in this unit of work, which holds it
        return work.get_one(Ticket, number)
    ticket = work.scalar(select(Ticket).where(Ticket.id == number, visible(who)))
    if ticket is None:
        msg = f"there is no ticket #{number} that you may see"
        raise NotFound(msg)
    seen.add((who, number))
    return ticket


def find_living(work: Work, who: Who, number: int) -> Ticket:
    """The ticket, if ``who`` may see it and something can still be done with it. Raises :class:`Conflict` for one that
    was merged away: what is done belongs to the ticket that it was merged into."""
    ticket = find_ticket(work, who, number)
    if ticket.merged_into is not None:
        msg = f"#{ticket.id} was merged into #{ticket.merged_into}; go on there"
        raise Conflict(msg)
    return ticket
