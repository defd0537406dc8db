"""Fetching from providers that do not call: one poller per channel anywhere, its cursor committed with the arrivals."""

from __future__ import annotations

import os
import socket
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack, suppress
from datetime import timedelta
from typing import Any

from sqlalchemy import delete, select

from connectors.base import Config, ConnectorError, Mailbox, Polled
from inbox import clock, logs
from inbox.actions import channels, grants, journal
from inbox.errors import Misconfigured, Unavailable
from inbox.store import Channel, Lease, Store
from inbox.worker.journal import is_known

__all__ = ["Pollers", "poll_once"]

log = logs.get(__name__)
LEASE = timedelta(seconds=90)
HOURLY = 3600.0
SHORTEST, LONGEST = 5.0, 900.0
IDLE = 60.0
LOOK = 1.0  # between two looks whether an admin has put a login right
LOGIN_TRIES = 3  # more could lock the account; then it waits for an admin


class Pollers:
    """A thread per channel that has to be polled; follows channels as they come, change and go."""

    def __init__(self, store: Store, poke: Callable[[], None]) -> None:
        self.store = store
        self.poke = poke
        self.owner = f"{socket.gethostname()}:{os.getpid()}"
        self._ending = False
        self._running: dict[tuple[str, str], tuple[threading.Thread, threading.Event]] = {}

    def follow(self) -> None:
        """Starts and stops threads so that they match the channels."""
        wanted = {}
        with self.store.reading() as work:
            for channel in work.scalars(select(Channel).where(Channel.enabled, Channel.removed_at.is_(None))):
                connector = self.store.connectors.get(channel.kind)
                if connector is not None and connector.capabilities.polls:
                    settings = (channel.config, channel.secrets, channel.signed_in_at)
                    wanted[(channel.id, repr(settings))] = channel.name
        for key in [key for key in self._running if key not in wanted]:
            self._running.pop(key)[1].set()
        for key, name in wanted.items():
            thread, _stop = self._running.get(key, (None, None))
            if thread is None or not thread.is_alive():
                stop = threading.Event()
                thread = threading.Thread(target=self._run, args=(key[0], stop), name=f"poll-{name}", daemon=True)
                self._running[key] = (thread, stop)
                thread.start()

    def stop(self) -> None:
        """Asks all to end; they do within their current call."""
        self._ending = True
        for _thread, stop in self._running.values():
            stop.set()

    def join(self, seconds: float) -> None:
        """Waits for them, so that their leases are free for the next worker."""
        end = time.monotonic() + seconds
        for thread, _stop in list(self._running.values()):
            thread.join(max(0.0, end - time.monotonic()))

    def _run(self, channel_id: str, stop: threading.Event) -> None:
        try:
            self._follow_one(channel_id, stop)
        finally:
            if self._ending:  # else another thread of this process goes on under the same lease
                with suppress(Unavailable):
                    release(self.store, f"poll:{channel_id}", self.owner)

    def _follow_one(self, channel_id: str, stop: threading.Event) -> None:
        pause, logins = SHORTEST, LOGIN_TRIES - 1 if self._refused(channel_id) else 0
        while not stop.is_set():
            try:
                if not lease(self.store, f"poll:{channel_id}", self.owner):
                    stop.wait(LEASE.total_seconds() / 3)
                    continue
                self._stay(channel_id, stop)
                pause, logins = SHORTEST, 0
            except ConnectorError as error:
                logins = logins + 1 if error.reauth else 0
                code = problem_code(error)
                log.warning("poll failed", channel=channel_id, code=error.code, problem=error.message)
                self._say(channel_id, code, error.message)
                if logins >= LOGIN_TRIES or code == grants.WAITING:
                    self._wait_for_an_admin(channel_id, code, stop)
                    logins = LOGIN_TRIES - 1  # one try, for what says that all is well may know of another login
                    continue
                stop.wait(error.retry_after or pause)
                pause = min(pause * 2, LONGEST)
            except Misconfigured as problem:
                self._say(channel_id, "key", problem.detail)
                stop.wait(LONGEST)
            except Unavailable as problem:  # our own database: nothing is wrong with the channel, and nothing was lost
                log.warning("database", what="poll", channel=channel_id, problem=problem.detail)
                stop.wait(SHORTEST)
            except Exception:
                log.exception("poll failed", channel=channel_id)
                stop.wait(pause)
                pause = min(pause * 2, LONGEST)

    def _say(self, channel_id: str, code: str, problem: str) -> None:
        """Marks the channel as not working, as far as the database lets us."""
        try:
            report(self.store, channel_id, code, problem)
        except Unavailable as away:
            log.warning("database", what="poll", channel=channel_id, problem=away.detail)

    def _refused(self, channel_id: str) -> bool:
        """Whether a refused login stands from before: a worker that is started again and again must not try anew."""
        with self.store.reading() as work:
            channel = work.get(Channel, channel_id)
        return channel is not None and channel.problem_code == "login"

    def _wait_for_an_admin(self, channel_id: str, code: str, stop: threading.Event) -> None:
        """Asks nothing more of a provider that refused us, so that no account is locked, until an admin has changed the
        channel (then a new thread begins), signed in, or checked it with success."""
        while not stop.wait(LOOK):
            with suppress(Unavailable), self.store.reading() as work:
                channel = work.get(Channel, channel_id)
                if channel is None or channel.problem_code != code:
                    return

    def _stay(self, channel_id: str, stop: threading.Event) -> None:
        config = grants.fresh(self.store, channel_id)
        with self.store.reading() as work:
            connector = self.store.connectors[work.get_one(Channel, channel_id).kind]
        if not connector.must_poll(config):
            poll_once(self.store, channel_id, poke=self.poke)
            stop.wait(HOURLY)
            return
        with ExitStack() as open_line:
            try:
                line, config = grants.talk(
                    self.store, channel_id, lambda speaks, now: (open_line.enter_context(speaks.mailbox(now)), now)
                )
            except NotImplementedError:
                while not stop.is_set() and lease(self.store, f"poll:{channel_id}", self.owner):
                    poll_once(self.store, channel_id, poke=self.poke)
                return
            while not stop.is_set() and lease(self.store, f"poll:{channel_id}", self.owner):
                poll_once(self.store, channel_id, poke=self.poke, line=line, config=config)
                line.wait(IDLE, stop.is_set)


def poll_once(
    store: Store,
    channel_id: str,
    *,
    poke: Callable[[], None] = lambda: None,
    line: Mailbox | None = None,
    config: Config | None = None,
) -> int:
    """Polls a channel until nothing more is there; gives how many arrivals were journalled. Raises ConnectorError."""
    total = missed = 0
    while True:
        with store.reading() as work:
            channel = work.get_one(Channel, channel_id)
            config = config or channels.config_of(work, channel)
            cursor: dict[str, Any] = dict(channel.cursor)
        connector = store.connectors[channel.kind]
        polled = line.poll(cursor) if line is not None else _asked(store, channel_id, cursor)
        holes = not connector.must_poll(config)
        with store.transaction() as work:
            channel = work.get_one(Channel, channel_id, with_for_update=True)
            if channel.cursor != cursor:
                # Somebody else polled meanwhile: what they took must not be undone, so this round counts for nothing.
                log.warning("another poller was faster", channel=channel.name)
                return total
            kept = 0
            for request in polled.arrivals:
                if holes and is_known(work, channel, request):
                    continue
                journal.keep(work, channel, request, imported=polled.imported)
                kept += 1
            channel.cursor = polled.cursor
            channel.polled_at = clock.now()
            missed += kept if holes and cursor else polled.backlog
            if not polled.more:
                channels.recovered(work, channel, missed=missed)
        total += kept
        if kept:
            poke()
        if not polled.more:
            return total


def _asked(store: Store, channel_id: str, cursor: dict[str, Any]) -> Polled:
    """One poll on a line of its own."""
    return grants.talk(store, channel_id, lambda connector, config: connector.poll(config, cursor))


def problem_code(error: ConnectorError) -> str:
    """What an error in receiving makes of the channel: it waits for a sign-in or a login, or it is tried again."""
    if error.code == grants.WAITING:
        return grants.WAITING
    return "login" if error.reauth else "receive"


def lease(store: Store, name: str, owner: str) -> bool:
    """Takes or renews a lease; False while somebody else holds it."""
    now = clock.now()
    with store.transaction() as work:
        row = work.get(Lease, name, with_for_update=True)
        if row is None:
            work.add(Lease(name=name, owner=owner, until=now + LEASE))
            return True
        if row.owner != owner and row.until > now:
            return False
        row.owner, row.until = owner, now + LEASE
        return True


def release(store: Store, name: str, owner: str) -> None:
    """Gives a lease back, so that the next worker need not wait for its end."""
    with store.transaction() as work:
        work.execute(delete(Lease).where(Lease.name == name, Lease.owner == owner))


def report(store: Store, channel_id: str, code: str, problem: str) -> None:
    """Marks the channel as not working."""
    with store.transaction() as work:
        channel = work.get(Channel, channel_id)
        if channel is not None:
            channels.broken(work, channel, code, problem)
