"""Sending what is due: claimed, marked before the first byte, settled; one slow channel holds no other up."""

from __future__ import annotations

import os
import socket
import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor

from connectors.base import ConnectorError
from inbox import killpoints, logs
from inbox.actions import grants, later, outbox
from inbox.errors import Conflict, Misconfigured, Unavailable
from inbox.rendering.markup import render
from inbox.store import Message, Store, Work

__all__ = ["Outbox"]

log = logs.get(__name__)
AT_ONCE = 16
PER_CHANNEL = 2
AGAIN_S = 1.0  # from one try to write a receipt down to the next


class Outbox:
    """Sends with a few threads; ``owner`` stands in the rows it holds, so that a restart can free them at once."""

    def __init__(self, store: Store, owner: str = "") -> None:
        self.store = store
        self.owner = owner or f"{socket.gethostname()}:{os.getpid()}"
        self._pool = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="send")
        self._lock = threading.Lock()
        self._closing = threading.Event()
        self._busy: Counter[str] = Counter()
        self._tickets: set[int] = set()

    def work_due(self, *, wait: bool = False) -> int:
        """Claims what is due and hands it to the threads; gives how many. ``wait`` until they are done."""
        started: list[Future[None]] = []
        self._release()
        with self.store.reading() as work:
            if not outbox.any_due(work):
                return 0
        while True:
            with self._lock:
                free = AT_ONCE - sum(self._busy.values())
                full = frozenset(channel for channel, count in self._busy.items() if count >= PER_CHANNEL)
                tickets = frozenset(self._tickets)
            if free <= 0:
                break
            with self.store.transaction() as work:
                ids = outbox.claim(work, self.owner, busy=full, tickets=tickets, limit=1)
                rows = [work.get_one(Message, one) for one in ids]
                jobs = [(row.id, row.channel_id or "", row.ticket_id) for row in rows]
            if not jobs:
                break
            for message, channel, ticket in jobs:
                killpoints.reach("after_claim")
                with self._lock:
                    self._busy[channel] += 1
                    self._tickets.add(ticket)
                started.append(self._pool.submit(self._one, message, channel, ticket))
        if wait:
            for future in started:
                future.result()
        return len(started)

    def _release(self) -> None:
        """What waited for its hour goes into the queue."""
        with self.store.reading() as work:
            due = later.any_due(work)
        while due:
            with self.store.transaction() as work:
                due = later.release_due(work) > 0

    def _one(self, message: int, channel: str, ticket: int) -> None:
        try:
            self._send(message)
        except Exception:
            log.exception("sending failed", message=message)
        finally:
            with self._lock:
                self._busy[channel] -= 1
                self._tickets.discard(ticket)

    def _send(self, message: int) -> None:
        store = self.store
        try:
            with store.reading() as work:
                job = outbox.load(work, message, render)
        except Unavailable as problem:
            self._failed(message, _not_begun(problem))
            return
        except ConnectorError as error:
            self._failed(message, error)
            return

        def going_out() -> None:
            with store.transaction() as work:
                outbox.going_out(work, message, self.owner)
            killpoints.reach("after_going_out")

        try:
            # A login is refused before anything leaves, so that a second try with a new token sends nothing twice.
            receipt, copy = grants.talk(
                store,
                job.channel,
                lambda connector, config: (
                    connector.send(config, job.outgoing, going_out),
                    connector.copies(config),
                ),
            )
        except ConnectorError as error:
            log.warning("not sent", message=message, channel=job.channel, code=error.code, problem=error.message)
            self._failed(message, error)
            return
        except Conflict as problem:
            log.info("not sent", message=message, problem=problem.detail)
            return
        except Unavailable as problem:  # before the first byte: it did not leave
            log.warning("database", what="outbox", message=message, problem=problem.detail)
            self._failed(message, _not_begun(problem))
            return
        except Exception as problem:
            log.exception("connector failed", message=message, channel=job.channel)
            self._failed(message, ConnectorError(type(problem).__name__, code="bug", permanent=False, ambiguous=True))
            return
        killpoints.reach("after_accepted")
        killpoints.reach("before_receipt")
        self._write(message, lambda work: outbox.settle(work, message, receipt, copy=copy))

    def _failed(self, message: int, error: ConnectorError) -> None:
        self._write(message, lambda work: outbox.fail(work, message, error))

    def _write(self, message: int, end: Callable[[Work], None]) -> None:
        """Writes down how a message ended, however long the database is locked: it would be lost what is known here."""
        while True:
            try:
                with self.store.transaction() as work:
                    end(work)
                return
            except Unavailable as problem:
                log.warning("database", what="outbox", message=message, problem=problem.detail)
                if self._closing.wait(AGAIN_S):
                    raise

    def close(self) -> None:
        """Waits for what is under way."""
        self._closing.set()
        self._pool.shutdown(wait=True)


def _not_begun(problem: Unavailable) -> ConnectorError:
    """Nothing was sent: settings that cannot be used wait for a person, a busy database for seconds."""
    code, wait = ("config", 300) if isinstance(problem, Misconfigured) else ("database", 5)
    return ConnectorError(problem.detail, code=code, permanent=False, retry_after=wait)
