"""Rules at work: what the log has for them, and what came due by the clock, in portions that are done or not begun."""

from __future__ import annotations

import time

from inbox import logs
from inbox.actions.rules import engine, timed
from inbox.store import Store

__all__ = ["Rules"]

log = logs.get(__name__)
LOOK_S = 15.0  # between two looks at the clock
CALM = 20.0  # and so many times as long as the last one took
FORGET_S = 3_600.0


class Rules:
    """The rules of one worker; ``work_due`` gives how much it did."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self._look_at = self._forget_at = 0.0

    def work_due(self, *, at_once: bool = False) -> int:
        """Works what is due. ``at_once``: looks at the clock too, however short ago it last did."""
        with self.store.reading() as work:
            rules = engine.on(work)
            behind = engine.behind(work, rules)
        if not rules:
            return 0
        did = self.store.write(engine.follow) if behind else 0
        now = time.monotonic()
        if at_once or now > self._look_at:
            found = self._clock()
            done = time.monotonic()
            self._look_at = done + max(LOOK_S, (done - now) * CALM) if not found else 0.0  # there may be more
            did += found
        if now > self._forget_at:
            self._forget_at = now + FORGET_S
            self.store.write(engine.forget_old)
        return did

    def _clock(self) -> int:
        did = 0
        with self.store.reading() as work:
            waits = bool(timed.waits(work))
            due = {
                rule.id: ids
                for rule in engine.on(work)
                if rule.event in timed.TIMED and (ids := [case.ticket.id for case in timed.found(work, rule)])
            }
        if waits:
            did += self.store.write(engine.finish_due)
        for rule, ids in due.items():
            did += self.store.write(lambda work, rule=rule, ids=ids: engine.come_due(work, rule, ids))  # type: ignore[misc]
        return did
