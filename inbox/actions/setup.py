"""The first visit: the business, its first admin; guarded by a one-time code from anywhere but this machine."""

from __future__ import annotations

import hmac
from dataclasses import dataclass

from inbox.actions import desk, people
from inbox.actions.who import SYSTEM
from inbox.errors import Conflict, Forbidden
from inbox.store import Agent, Reason, Store, Team, Work
from inbox.terms import Role

__all__ = ["FirstDesk", "code", "create", "require_code"]

#: What a new desk can choose from at resolve; an admin changes them.
REASONS = {
    "en": ("Question", "Problem", "Order", "Billing", "Complaint", "Other"),
    "it": ("Domanda", "Guasto", "Ordine", "Fatturazione", "Reclamo", "Altro"),
}


@dataclass(frozen=True)
class FirstDesk:
    """What the set-up asks for."""

    name: str
    language: str
    timezone: str
    admin_name: str
    email: str
    password: str


def code(store: Store) -> str:
    """The one-time code of a desk that nobody has set up: the same until then, empty after."""
    with store.reading() as work:
        if desk.is_set_up(work):
            return ""
    return store.seal.mark("set-up", str(store.settings.data_dir.resolve()), 8)


def require_code(store: Store, given: str) -> None:
    """Raises :class:`Forbidden` unless it is the code that the start printed."""
    wanted = code(store)
    if not wanted or not hmac.compare_digest(given.strip().lower().encode(), wanted.encode()):
        msg = "this is not the code that the start printed; look at the terminal or the log of sportello serve"
        raise Forbidden(msg)


def create(work: Work, first: FirstDesk) -> Agent:
    """Makes the desk: settings, one team, reasons, the admin. Raises :class:`Conflict` where there is one already."""
    if desk.is_set_up(work):
        msg = "this desk is set up already; sign in"
        raise Conflict(msg)
    desk.put(work, SYSTEM, "desk.name", first.name)
    desk.put(work, SYSTEM, "desk.language", first.language)
    desk.put(work, SYSTEM, "desk.timezone", first.timezone)
    admin = people.add_agent(
        work,
        SYSTEM,
        email=first.email,
        name=first.admin_name or first.email.partition("@")[0],
        role=Role.ADMIN,
        password=first.password,
    )
    admin.teams = [Team(name="Assistenza" if first.language == "it" else "Support")]
    work.add_all(Reason(name=name) for name in REASONS[first.language])
    work.flush()
    return admin
