"""The stage that the sample is played on: a queue of things to do, each at its moment, and the channels they go by."""

from __future__ import annotations

import datetime as dt
import heapq
import itertools
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple

from connectors.base import Request, Unreadable
from inbox import clock
from inbox.actions import intake, journal
from inbox.actions.sample.payloads import Line
from inbox.actions.sample.times import Times
from inbox.actions.who import Who
from inbox.store import Agent, Identity, JournalItem, Message, Ticket, Work
from inbox.terms import Outcome

__all__ = ["Stage", "Stay"]

Deed = Callable[[], object]


class Stay(NamedTuple):
    """Somebody of the sample with a ticket on their screen."""

    agent: str
    start: dt.datetime
    end: dt.datetime


@dataclass
class Stage:
    """``later`` orders a deed, ``play`` does all of them in the order of their moments with the clock set to each."""

    work: Work
    times: Times
    lines: dict[str, Line]
    agents: dict[str, Agent]
    teams: dict[str, str]
    identities: dict[tuple[str, str], Identity] = field(default_factory=dict)  # customer and kind
    stays: list[Stay] = field(default_factory=list)
    uids: itertools.count[int] = field(default_factory=lambda: itertools.count(1))  # of mails
    numbers: itertools.count[int] = field(default_factory=lambda: itertools.count(1))  # of Telegram messages
    _queue: list[tuple[dt.datetime, int, Deed]] = field(default_factory=list)
    _order: itertools.count[int] = field(default_factory=itertools.count)

    def later(self, at: dt.datetime, deed: Deed, *, unless_ahead: bool = False) -> None:
        """Does ``deed`` at that moment; what would lie ahead is done now, or with ``unless_ahead`` not at all."""
        if at > self.times.now:
            if unless_ahead:
                return
            at = self.times.now
        heapq.heappush(self._queue, (at, next(self._order), deed))

    def after(self, seconds: float, deed: Deed) -> None:
        """Does ``deed`` so long after the present of the play."""
        self.later(clock.now() + dt.timedelta(seconds=seconds), deed)

    def play(self) -> None:
        """Does everything that was ordered, and what that orders."""
        while self._queue:
            at, _order, deed = heapq.heappop(self._queue)
            with clock.at(at):
                deed()

    def who(self, agent: str) -> Who:
        """An agent as the actions know them."""
        return Who.of(self.agents[agent])

    def arrive(self, kind: str, request: Request) -> tuple[Ticket, Message] | None:
        """An arrival through journal, parser and intake, as the worker does it; gives where a message went.

        Raises ``RuntimeError`` where the sample is not what a provider could have sent.
        """
        line, work, found = self.lines[kind], self.work, None
        entry = journal.keep(work, line.channel, request)
        for n, item in enumerate(line.connector.parse(line.config, journal.request_of(work, entry))):
            ended = intake.take(work, line.channel, entry, item)
            if isinstance(item, Unreadable) or ended.outcome in {Outcome.QUARANTINED, Outcome.PENDING}:
                msg = f"the sample's {kind} cannot be taken in: {ended.reason}"
                raise RuntimeError(msg)
            row = JournalItem(
                n=n,
                outcome=ended.outcome,
                reason=ended.reason,
                external_id=item.external_id[:500] or None,
                ticket_id=ended.ticket,
                message_id=ended.message,
            )
            entry.items.append(row)
            if ended.outcome is Outcome.MESSAGE:
                found = (work.get_one(Ticket, ended.ticket), work.get_one(Message, ended.message))
        entry.tries, entry.done, entry.due_at = 1, True, None
        return found
