"""Digests: what somebody missed while away, as one mail in their language, never more often than they chose."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from sqlalchemy import select, update

from connectors.base import Address, Outgoing
from inbox import clock
from inbox.actions import alerts, desk, habits, routing
from inbox.actions.who import Who, visible
from inbox.store import Agent, Channel, Customer, Notice, Ticket, Work

__all__ = ["Digest", "due", "path", "sentence", "told", "who_did"]

MOST: Final = 20
BATCH: Final = 50
_WORDS: Final = {
    "en": {
        "assigned": "{name}: a ticket is yours now",
        "handover": "{name}: you stand in for a colleague",
        "mention": "{name} mentioned you",
        "reply": "{name} wrote",
        "soon": "{name}: due soon",
        "late": "{name}: overdue",
        "followed": "{name}: news on a ticket that you follow",
        "unhappy": "{name}: several unhappy messages in a row",
        "bare_assigned": "Ticket #{n} is yours now",
        "bare_handover": "You stand in for a colleague on #{n}",
        "bare_mention": "You are mentioned in #{n}",
        "bare_reply": "New message in #{n}",
        "bare_soon": "#{n} is due soon",
        "bare_late": "#{n} is overdue",
        "bare_followed": "News in #{n}",
        "test": "This is how the desk rings here",
        "one": "1 notice waits for you",
        "many": "{n} notices wait for you",
        "more": "… and {n} more",
        "foot": "You get this mail because you were away from the desk. What is sent by mail, and when:",
    },
    "it": {
        "assigned": "{name}: un ticket ora è tuo",
        "handover": "{name}: sostituisci un collega",
        "mention": "{name} ti ha menzionato",
        "reply": "{name} ha scritto",
        "soon": "{name}: scade tra poco",
        "late": "{name}: tempo scaduto",
        "followed": "{name}: novità su un ticket che segui",
        "unhappy": "{name}: più messaggi scontenti di fila",
        "bare_assigned": "Il ticket #{n} ora è tuo",
        "bare_handover": "Sostituisci un collega in #{n}",
        "bare_mention": "Sei menzionato in #{n}",
        "bare_reply": "Nuovo messaggio in #{n}",
        "bare_soon": "#{n} scade tra poco",
        "bare_late": "#{n}: tempo scaduto",
        "bare_followed": "Novità in #{n}",
        "test": "Così ti avvisa il desk qui",
        "one": "Ti aspetta 1 avviso",
        "many": "Ti aspettano {n} avvisi",
        "more": "… e altri {n}",
        "foot": "Ricevi questa mail perché non eri al desk. Che cosa arriva per mail, e quando:",
    },
}


@dataclass(frozen=True)
class Digest:
    """One mail to one agent, the ways it may leave (channels, the best first) and the notices that it tells of."""

    agent: str
    ways: tuple[str, ...]
    outgoing: Outgoing
    notices: tuple[int, ...]


def sentence(language: str, reason: str, **values: object) -> str:
    """A reason in words, outside of any page."""
    return _WORDS.get(language, _WORDS["en"])[reason].format(**values)


def due(work: Work) -> list[Digest]:
    """The mails that should leave now. Empty where no channel can send mail."""
    waiting = select(Notice.agent_id).where(Notice.mail_at <= clock.now()).distinct()
    agents = work.scalars(select(Agent).where(Agent.active, Agent.id.in_(waiting)).limit(BATCH)).all()
    absent = [agent for agent in agents if _absent(agent)]
    ways = alerts.ways(work) if absent else ()
    if not ways:
        return []
    own = {row.address.lower() for row in work.scalars(select(Channel).where(Channel.kind == "email"))}
    found = (_digest(work, agent, ways) for agent in absent if agent.email not in own)
    return [one for one in found if one is not None]


def _absent(agent: Agent) -> bool:
    """True for one who was not at the desk for as long as they chose, and may be reached now."""
    now = clock.now()
    since = now - dt.timedelta(minutes=agent.digest_m)
    seen = now if agent.state == "online" else agent.seen_at or agent.created_at
    told = agent.digested_at
    if seen > since or (told is not None and told > since) or routing.away(agent):
        return False
    return habits.reachable(agent.quiet, now) == now


def _digest(work: Work, agent: Agent, ways: tuple[str, ...]) -> Digest | None:
    rows = work.execute(
        select(Notice, Ticket)
        .join(Ticket, Ticket.id == Notice.ticket_id)
        .where(Notice.agent_id == agent.id, Notice.mail_at <= clock.now(), visible(Who.of(agent)))
        .order_by(Notice.at.desc())
    )
    found = [(row[0], row[1]) for row in rows.unique()]
    if not found:
        return None
    language = agent.language or str(desk.get(work, "desk.language"))
    base, name = work.store.settings.base_url, str(desk.get(work, "desk.name")) or "Sportello"
    head = sentence(language, "one" if len(found) == 1 else "many", n=len(found))
    lines = [_line(work, language, base, notice, ticket) for notice, ticket in found[:MOST]]
    if len(found) > MOST:
        lines.append(sentence(language, "more", n=len(found) - MOST) + f"\n{base}/notices")
    text = f"{head}.\n\n" + "\n\n".join(lines) + f"\n\n-- \n{sentence(language, 'foot')}\n{base}/me/notices\n"
    key = f"digest-{agent.id}-{found[0][0].id}-{found[0][0].count}"
    to = Address(agent.email, agent.name)
    outgoing = Outgoing(key=key, to=to, subject=f"[{name}] {head}", text=text, auto=True, from_name=name)
    return Digest(agent.id, ways, outgoing, tuple(notice.id for notice, _ticket in found))


def _line(work: Work, language: str, base: str, notice: Notice, ticket: Ticket) -> str:
    what = sentence(language, notice.reason, name=who_did(work, notice, ticket))
    more = f" (×{notice.count})" if notice.count > 1 else ""
    return f"{what}{more}\n#{ticket.id} {ticket.subject}\n{base}{path(notice)}"


def who_did(work: Work, notice: Notice, ticket: Ticket) -> str:
    """Whom a notice names: the agent who mentions somebody, else the customer."""
    agent = work.get(Agent, notice.by) if notice.by and notice.reason in {"mention", "followed"} else None
    if agent is not None:
        return agent.name
    customer = work.get(Customer, ticket.customer_id) if ticket.customer_id else None
    return (customer.name if customer is not None else "") or f"#{ticket.id}"


def path(notice: Notice) -> str:
    """Where a notice leads, below the desk's address."""
    at = f"?message={notice.message_id}#msg-{notice.message_id}" if notice.message_id else ""
    return f"/tickets/{notice.ticket_id}{at}"


def told(work: Work, agent: str, notices: Collection[int], *, left: bool, soon: bool = False) -> None:
    """Writes down that a digest leaves (right before it does), or that it did not after all: it is tried again after
    the time of absence, or ``soon``."""
    now = clock.now()
    which = update(Notice).where(Notice.id.in_(notices), Notice.read_at.is_(None))
    work.execute(which.values(mail_at=None if left else now).execution_options(synchronize_session=False))
    row = work.get(Agent, agent)
    if row is not None:
        row.digested_at = None if soon else now
