"""What a prepared text leaves open, in braces, and what stands there for one ticket and one agent."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final, NamedTuple

from inbox.actions import desk, hours
from inbox.actions.who import Who
from inbox.errors import Invalid
from inbox.store import Ticket, Work

__all__ = ["VARIABLES", "Filled", "fill", "gap", "refuse_gaps"]


class Filled(NamedTuple):
    """A text with its variables filled; ``missing`` ones still stand in it as they were."""

    text: str
    missing: tuple[str, ...]


class _Facts(NamedTuple):
    work: Work
    who: Who
    ticket: Ticket

    @property
    def customer(self) -> str:
        return self.ticket.customer.name if self.ticket.customer is not None else ""


def _first(words: str) -> str:
    return words.strip().partition(" ")[0]


#: Name → its value, empty where there is none.
VARIABLES: Final[dict[str, Callable[[_Facts], str]]] = {
    "customer.first_name": lambda of: _first(of.customer),
    "customer.name": lambda of: of.customer,
    "agent.first_name": lambda of: _first(of.who.name),
    "agent.name": lambda of: of.who.name,
    "ticket.number": lambda of: str(of.ticket.id or ""),
    "ticket.subject": lambda of: of.ticket.subject,
    "desk.name": lambda of: str(desk.get(of.work, "desk.name")),
    "desk.opens": lambda of: hours.opens_words(of.work, of.ticket),
}
#: Only names of these families are ours: other braces are somebody's own text.
_VARIABLE = re.compile(r"\{((?:customer|agent|ticket|desk)\.[a-z_]+)\}")


def fill(work: Work, who: Who, ticket: Ticket, text: str) -> Filled:
    """The text as it goes to this ticket's customer, written by ``who``."""
    used, facts = set(_VARIABLE.findall(text)), _Facts(work, who, ticket)
    values = {name: VARIABLES[name](facts) for name in used if name in VARIABLES}
    missing = tuple(sorted(name for name in used if not values.get(name)))
    return Filled(_VARIABLE.sub(lambda match: values.get(match[1]) or match[0], text), missing)


def gap(text: str) -> str:
    """The first variable that nobody has filled, or ""."""
    found = _VARIABLE.search(text)
    return found[0] if found is not None else ""


def refuse_gaps(text: str) -> None:
    """Raises :class:`Invalid` for a text that still has an empty variable: no customer reads braces."""
    empty = gap(text)
    if empty:
        msg = f"fill in {empty} first"
        raise Invalid(msg, fields={"text": msg})
