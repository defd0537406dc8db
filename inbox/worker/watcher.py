"""Watching over the desk: the heartbeat, the mailboxes' probes, and the mails that tell admins what is wrong."""

from __future__ import annotations

import time
from datetime import timedelta

from sqlalchemy import delete

from connectors.base import ConnectorError, Outgoing
from inbox import clock, logs
from inbox.actions import alerts, canary, grants
from inbox.errors import Problem
from inbox.store import Lease, Store
from inbox.terms import HEARTBEAT
from inbox.worker.pollers import lease

__all__ = ["Watcher", "beat"]

log = logs.get(__name__)
STALE = timedelta(days=1)
PAUSE_S = 60.0  # after nobody could be told


def beat(store: Store, owner: str) -> None:
    """Says that this worker lives."""
    name = f"{HEARTBEAT}{owner}"[:80]
    now = clock.now()
    with store.transaction() as work:
        work.execute(delete(Lease).where(Lease.name.startswith(HEARTBEAT), Lease.until < now - STALE))
        row = work.get(Lease, name)
        if row is None:
            work.add(Lease(name=name, owner=owner[:80], until=now))
        else:
            row.until = now


class Watcher:
    """One look after the other; of several workers only one looks."""

    def __init__(self, store: Store, owner: str) -> None:
        self.store = store
        self.owner = owner
        self._not_before = 0.0

    def look(self) -> None:
        """Sends the probes that are due, compares what is wrong with what is known, tells admins."""
        if not lease(self.store, "watcher", self.owner):
            return
        with self.store.transaction() as work:
            probes = list(canary.due(work))
        for probe in probes:
            self._probe(probe)
        with self.store.transaction() as work:
            alerts.watch(work)
        if time.monotonic() < self._not_before:
            return
        with self.store.reading() as work:
            letters = alerts.letters(work)
        for letter in letters:
            if not self._tell(letter):
                self._not_before = time.monotonic() + PAUSE_S
                return

    def _probe(self, probe: canary.Probe) -> None:
        problem = ""
        try:
            grants.talk(self.store, probe.channel, lambda mail, config: mail.send(config, probe.outgoing, lambda: None))
        except (ConnectorError, Problem) as error:
            problem = str(error)
            log.warning("probe not sent", channel=probe.channel, problem=problem)
        with self.store.transaction() as work:
            if problem:
                canary.failed(work, probe.channel, problem)
            else:
                canary.left(work, probe.channel)

    def _tell(self, letter: alerts.Letter) -> bool:
        """To every admin, each by the first way that takes it; False where nobody could be told: tried again later."""
        left = [self._leaves(letter, outgoing) for outgoing in letter.outgoing]
        if not any(left):
            with self.store.transaction() as work:
                alerts.tell(work, letter, told=False)
        return any(left)

    def _leaves(self, letter: alerts.Letter, outgoing: Outgoing) -> bool:
        return any(self._send(letter, channel, outgoing) for channel in letter.ways)

    def _send(self, letter: alerts.Letter, channel: str, outgoing: Outgoing) -> bool:
        """Written down right before the mail leaves: a crash tells nobody twice. True where it may have left."""

        def going_out() -> None:
            with self.store.transaction() as work:
                alerts.tell(work, letter, told=True)

        try:
            grants.talk(self.store, channel, lambda mail, config: mail.send(config, outgoing, going_out))
        except ConnectorError as error:
            log.warning("alert not sent", alert=letter.key, problem=error.message)
            return error.ambiguous
        except Problem as problem:
            log.warning("alert not sent", alert=letter.key, problem=problem.detail)
            return False
        return True
