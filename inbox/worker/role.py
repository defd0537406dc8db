"""The worker role: its threads, their start and their end."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import threading
import time
from collections.abc import Callable

from sqlalchemy import select

from connectors.base import ConnectorError
from inbox import clock, logs
from inbox.actions import grants, pacing, routing
from inbox.actions.outbox import expire
from inbox.errors import Misconfigured, Unavailable
from inbox.store import Channel, Lease, Store
from inbox.store.watch import Bell
from inbox.worker import bulk, calls, copies, journal, pollers, timers
from inbox.worker.figures import Figures
from inbox.worker.lmtp import Lmtp
from inbox.worker.notices import Teller
from inbox.worker.outbox import Outbox
from inbox.worker.reports import Mailer
from inbox.worker.rules import Rules
from inbox.worker.watcher import Watcher, beat

__all__ = ["Worker"]

log = logs.get(__name__)
TICK = 1.0
FOLLOW = 2.0
BEAT_S = 5.0
WATCH_S = 5.0


class Worker:
    """One worker process. ``run`` until told to stop; ``drain`` works all that is due and returns."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.outbox = Outbox(store)
        self.teller = Teller(store, self.outbox.owner)
        self.mailer = Mailer(store, self.outbox.owner)
        self.rules = Rules(store)
        self.figures = Figures(store)
        self._stop = threading.Event()
        self._bell = Bell(store)

    def run(self) -> None:
        """Works until SIGTERM or SIGINT; ends what is under way first."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: self.stop())
        self._free_the_dead()
        self.pollers = pollers.Pollers(self.store, self._poke)
        lmtp = self._listen()
        threads = [
            self._thread("bell", lambda: self._bell.run(TICK, self._stop.is_set)),
            self._thread("journal", self._journal),
            self._thread("outbox", self._outbox),
            self._thread("routing", lambda: self._loop("routing", lambda: routing.route_due(self.store))),
            self._thread("rules", lambda: self._loop("rules", self.rules.work_due)),
            self._thread("calls", lambda: self._loop("calls", lambda: calls.work_due(self.store))),
            self._thread("timers", self._timers),
            self._thread("figures", lambda: self._loop("figures", self.figures.work_due)),
            self._thread("copies", lambda: self._loop("copies", lambda: copies.file_due(self.store))),
            self._thread("bulk", lambda: self._loop("bulk", lambda: bulk.work_due(self.store))),
            self._thread("watcher", self._watcher),
            self._thread("notices", self._notices),
            self._thread("reports", self._reports),
        ]
        last = beaten = 0.0
        while not self._stop.is_set():
            if time.monotonic() - beaten > BEAT_S:
                with self._calm("beat"):
                    beat(self.store, self.outbox.owner)
                beaten = time.monotonic()
            if time.monotonic() - last > FOLLOW:
                with self._calm("pollers"):
                    self.pollers.follow()
                last = time.monotonic()
            self._stop.wait(0.2)
        if lmtp is not None:
            lmtp.stop()
        self.pollers.stop()
        for thread in threads:
            thread.join(timeout=10)
        self.pollers.join(2.0)
        self.outbox.close()
        self.store.close()

    def stop(self) -> None:
        """Asks the worker to end."""
        self._stop.set()
        self._poke()

    def drain(self) -> None:
        """Polls every channel once and works everything that is due, also what that makes due; then returns."""
        self._free_the_dead()
        self._poll_all()
        quiet = 0
        while quiet < 2:
            timers.housekeeping(self.store)
            did = journal.work_due(self.store) + self.outbox.work_due(wait=True)
            did += timers.fetch_media(self.store) + timers.fetch_prices(self.store) + copies.file_due(self.store)
            did += self.teller.look() + self.mailer.look() + bulk.work_due(self.store)
            did += self.rules.work_due(at_once=True) + calls.work_due(self.store) + routing.route_due(self.store)
            if not did and (pause := self._paced()) is not None:
                time.sleep(min(pause, TICK) + 0.01)
                continue
            quiet = 0 if did else quiet + 1
        self.outbox.close()

    def _paced(self) -> float | None:
        """Seconds until the next message that only its channel's pace holds back."""
        with self.store.reading() as work:
            return pacing.wait_s(work)

    def _poll_all(self) -> None:
        with self.store.reading() as work:
            ids = [
                channel.id
                for channel in work.scalars(select(Channel).where(Channel.enabled, Channel.removed_at.is_(None)))
                if channel.problem_code != "login"  # tried again by itself it would lock the account
                and self.store.connectors[channel.kind].capabilities.polls
            ]
        for channel in ids:
            try:
                pollers.poll_once(self.store, channel)
            except ConnectorError as error:
                pollers.report(self.store, channel, pollers.problem_code(error), error.message)
            except Misconfigured as problem:
                pollers.report(self.store, channel, "key", problem.detail)
            except Exception:
                log.exception("poll failed", channel=channel)  # the others, and what is due, are worked all the same

    def _free_the_dead(self) -> None:
        """At a start: what a worker of this machine held when it died is freed at once, not when its lease ends."""
        with self.store.transaction() as work:
            again, lost = expire(work, dead=is_dead)
            for row in work.scalars(select(Lease)):
                if is_dead(row.owner):
                    work.delete(row)
        if again or lost:
            log.warning("found after a crash", queued_again=again, unknown=lost)

    def _listen(self) -> Lmtp | None:
        """Takes mail by LMTP where ``LMTP_LISTEN`` says so."""
        place = self.store.settings.lmtp_place
        if place is None:
            return None
        lmtp = Lmtp(self.store, *place, self._poke)
        lmtp.start()
        return lmtp

    def _thread(self, name: str, target: Callable[[], None]) -> threading.Thread:
        thread = threading.Thread(target=target, name=name, daemon=True)
        thread.start()
        return thread

    def _poke(self) -> None:
        self._bell.ring()

    @contextlib.contextmanager
    def _calm(self, what: str):  # type: ignore[no-untyped-def]  # noqa: ANN202
        """One failed round is logged; the next one comes."""
        try:
            yield
        except Unavailable as problem:
            log.warning("database", what=what, problem=problem.detail)
            self._stop.wait(1)
        except Exception:
            log.exception("round failed", what=what)
            self._stop.wait(1)

    def _loop(self, what: str, once: Callable[[], int]) -> None:
        while not self._stop.is_set():
            did, heard = 0, self._bell.rung
            with self._calm(what):
                did = once()
            if not did:
                self._bell.wait(heard, TICK)

    def _journal(self) -> None:
        self._loop("journal", lambda: journal.work_due(self.store))

    def _outbox(self) -> None:
        self._loop("outbox", self.outbox.work_due)

    def _watcher(self) -> None:
        watcher = Watcher(self.store, self.outbox.owner)
        while not self._stop.wait(WATCH_S):
            with self._calm("watcher"):
                watcher.look()

    def _notices(self) -> None:
        while not self._stop.wait(TICK):
            with self._calm("notices"):
                self.teller.look()

    def _reports(self) -> None:
        while not self._stop.wait(TICK):
            with self._calm("reports"):
                self.mailer.look()

    def _timers(self) -> None:
        beat = clock.now()
        while not self._stop.wait(TICK):
            with self._calm("timers"):
                timers.fetch_media(self.store)
                timers.fetch_prices(self.store)
                grants.ask_devices(self.store)
                if (clock.now() - beat).total_seconds() > 2:
                    beat = clock.now()
                    timers.housekeeping(self.store)


def is_dead(owner: str) -> bool:
    """True where an owner ``host:pid`` was a process of this machine and is no more."""
    host, _, pid = owner.rpartition(":")
    if host != socket.gethostname() or not pid.isdigit():
        return False
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return False
