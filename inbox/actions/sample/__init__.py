"""A believable small desk, played into the store by the product's own actions at a clock set back; and out again."""

from __future__ import annotations

import datetime as dt
import itertools
import zoneinfo
from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy import func, select

from inbox import clock
from inbox.actions import channels, clocks, desk, worth
from inbox.actions.sample import casting, contents, past, script, shifts
from inbox.actions.sample.acting import Act
from inbox.actions.sample.removal import remove
from inbox.actions.sample.stage import Stage
from inbox.actions.sample.times import Times
from inbox.actions.who import Who, require
from inbox.errors import Conflict
from inbox.store import Agent, Message, ReadMark, Ticket, Work
from inbox.terms import Direction, Status

__all__ = ["PASSWORD", "fill", "remove", "sign_ins"]

#: Every sample agent's where the desk is nothing but a sample; elsewhere they cannot sign in at all.
PASSWORD: Final = "sportello-demo"  # noqa: S105  (known to everybody on purpose)


def fill(
    work: Work,
    who: Who,
    *,
    accounts: Mapping[str, Mapping[str, Any]] | None = None,
    password: str = "",
) -> int:
    """Plays the sample into the desk; gives the number of its tickets. Raises :class:`Conflict` where one is there.

    ``accounts`` are a sandbox's (``SandboxClient.accounts()``, and ``chat: {"sites": […]}``); the channels speak to it.
    Without them nothing can leave: every address is a closed port of this machine, and all channels but the web chat
    are switched off. With a ``password`` the sample's agents sign in with it; without one they cannot.
    """
    require(who, "settings.change")
    work.patient = True
    if desk.get(work, "desk.sample"):
        msg = "the sample data is there already; take it away first"
        raise Conflict(msg)
    cast, now = script.desk(), clock.now()
    times = Times(now, zoneinfo.ZoneInfo(desk.get(work, "desk.timezone")))
    with contents.noting(work) as brought:
        with clock.at(now - casting.EARLY):
            teams, agents = casting.add_agents(work, who, cast, password)
            lines = casting.add_channels(work, who, cast, teams, accounts or {})
            casting.add_words(work, who, cast)
            casting.add_costs(work, who, cast, agents)
            brought.settings = casting.add_bands(work, who, cast)
        stage = Stage(work, times, lines, agents, teams)
        before = past.play(stage)
        for number, one in enumerate(script.scripts()):
            Act(stage, one, cast.customers[one.customer], number).rehearse()
        casting.go_on(stage, who, cast)
        stage.play()
        shifts.tell(stage, here=[key for key, one in cast.agents.items() if password and one.here])
        _have_read(stage, [*agents.values(), *_self(work, who)])
        if accounts is None:
            for line in lines.values():
                if line.channel.kind != "chat":
                    channels.change(work, who, line.channel.id, enabled=False)
        brought.passwords = {one.id: contents.fingerprint(one) for one in agents.values() if password and one.sample}
        desk.put(work, who, "desk.sample", True)
        count = before + len(script.scripts())
        desk.audit(work, who, "demo.added", tickets=count)
        work.write_events()
        worth.follow(work, at_most=None)
        clocks.tell_due(work)  # what was promised earlier is told already: nobody is called to it
        work.write_events()
    brought.write(work)
    return count


def sign_ins(work: Work) -> list[Agent]:
    """The sample's agents who sign in with :data:`PASSWORD` as it was given, admins first; none in a real desk."""
    kept = contents.kept(work) if desk.get(work, "desk.sample") else None
    if kept is None:
        return []
    agents = work.scalars(select(Agent).where(Agent.id.in_(kept.passwords), Agent.active)).all()
    rank = ("admin", "supervisor", "agent")
    known = [one for one in agents if contents.fingerprint(one) == kept.passwords[one.id]]
    return sorted(known, key=lambda one: (rank.index(one.role.value), one.name))


def _self(work: Work, who: Who) -> list[Agent]:
    found = work.get(Agent, who.id) if who.id is not None else None
    return [found] if found is not None else []


def _have_read(stage: Stage, agents: list[Agent]) -> None:
    """Everybody knows what was answered, or is over, and older than an hour."""
    ours = [line.channel.id for line in stage.lines.values()]
    waiting = Ticket.status.in_([Status.NEW, Status.OPEN]) & Ticket.waiting_since.is_not(None)
    quiet = Ticket.active_at < stage.times.now - dt.timedelta(hours=1)
    rows = stage.work.execute(
        select(Message.ticket_id, func.max(Message.id))
        .join(Ticket, Ticket.id == Message.ticket_id)
        .where(Message.direction == Direction.IN, Ticket.channel_id.in_(ours), ~waiting, quiet)
        .group_by(Message.ticket_id)
    ).all()
    ids = {agent.id for agent in agents}
    marks = stage.work.scalars(select(ReadMark).where(ReadMark.agent_id.in_(ids)))
    known = {(mark.agent_id, mark.ticket_id): mark for mark in marks}
    for agent, (number, last) in itertools.product(ids, rows):
        mark = known.get((agent, number))
        if mark is None:
            stage.work.add(ReadMark(agent_id=agent, ticket_id=number, message_id=last))
        else:
            mark.message_id = max(mark.message_id, last)
