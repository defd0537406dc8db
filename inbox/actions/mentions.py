"""Mentions: a note that names agents or teams by ``@``, told to whom it names until they have seen it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

from sqlalchemy import select, update

from inbox import clock
from inbox.actions.who import Who, visible
from inbox.store import Agent, Membership, Mention, Message, Team, Ticket, Work

__all__ = ["Named", "blind", "keep", "named", "read"]

#: Where a mention may begin: not in the middle of a word, so that an address is none.
_AT: Final = re.compile(r"(?<![\w@.])@")


class Named(NamedTuple):
    """Somebody whom a text names: ``kind`` is ``agent`` or ``team``, ``name`` as it stands in the text."""

    kind: str
    id: str
    name: str


def _names(work: Work) -> dict[str, list[Named]]:
    """Whole names of active agents and of teams, and first names that only one of them has; lower-case."""
    found: dict[str, list[Named]] = {}
    first: dict[str, list[Named]] = {}
    for id, name in work.execute(select(Agent.id, Agent.name).where(Agent.active)):
        found.setdefault(name.lower(), []).append(Named("agent", id, name))
        first.setdefault(name.partition(" ")[0].lower(), []).append(Named("agent", id, name))
    for id, name in work.execute(select(Team.id, Team.name)):
        found.setdefault(name.lower(), []).append(Named("team", id, name))
    found |= {name: who for name, who in first.items() if len(who) == 1 and name not in found}
    return found


def named(work: Work, text: str) -> tuple[Named, ...]:
    """Whom a text names, each once, in the order of the text; of several names the longest."""
    if "@" not in text:
        return ()
    names = _names(work)
    longest = sorted(names, key=len, reverse=True)
    return tuple(dict.fromkeys(_found(text, names, longest)))


def _found(text: str, names: dict[str, list[Named]], longest: list[str]) -> Iterator[Named]:
    low = text.lower()
    for at in _AT.finditer(text):
        start = at.end()
        for name in longest:
            end = start + len(name)
            if low.startswith(name, start) and not low[end : end + 1].isalnum():
                yield from (one._replace(name=text[start:end]) for one in names[name])
                break


def blind(work: Work, ticket: Ticket) -> set[str]:
    """The active agents who may not see a ticket: a mention would not reach them."""
    team = work.get(Team, ticket.team_id) if ticket.team_id else None
    if team is None or not team.private:
        return set()
    seeing = select(Ticket.id).where(Ticket.id == ticket.id)
    agents = work.scalars(select(Agent).where(Agent.active)).all()
    return {one.id for one in agents if work.scalar(seeing.where(visible(Who.of(one)))) is None}


def keep(work: Work, who: Who, ticket: Ticket, note: Message) -> list[str]:
    """Remembers whom a note names, and tells the log of those who were not named in it before; gives their ids.

    Nobody mentions themself, and nobody is led to a ticket that they may not see.
    """
    people = named(work, note.text)
    shown = [{"kind": one.kind, "id": one.id, "name": one.name} for one in people]
    if shown or note.extra.get("mentions"):
        note.extra = {**note.extra, "mentions": shown}
    away = blind(work, ticket) if people else set()
    reached: dict[str, str | None] = {}
    for one in people:
        if one.kind == "agent":
            reached[one.id] = None
    for team in (one.id for one in people if one.kind == "team"):
        members = select(Agent.id).join(Membership, Membership.agent_id == Agent.id)
        for agent in work.scalars(members.where(Membership.team_id == team, Agent.active)):
            reached.setdefault(agent, team)
    known = set(work.scalars(select(Mention.agent_id).where(Mention.message_id == note.id)))
    fresh = sorted(reached.keys() - known - away - {who.id})
    work.add_all(Mention(message_id=note.id, agent_id=agent, team_id=reached[agent]) for agent in fresh)
    if fresh:
        work.append("note.mentioned", actor=who.actor, ticket=ticket.id, msg=str(note.id), agents=fresh)
    return fresh


def read(work: Work, who: Who, ticket: Ticket) -> None:
    """The agent has the ticket on the screen: what it mentions them in is read."""
    inside = select(Message.id).where(Message.ticket_id == ticket.id)
    work.execute(
        update(Mention)
        .where(Mention.agent_id == who.id, Mention.read_at.is_(None), Mention.message_id.in_(inside))
        .values(read_at=clock.now())
        .execution_options(synchronize_session=False)
    )
