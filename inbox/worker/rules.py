"""Rules at work: what the log has for them, and what came due by the clock, in portions that are done or not begun."""

from __future__ import annotations

import time

from inbox import logs
from inbox.actions.rules import engine, timed
from inbox.store import Store

__all__ = ["Rules"]

log = logs.get(__name__)
LOOK_S = 15.0  # between two looks at the clock
FORGET_S = 3_600.0


class Rules:
    """The rules of one worker; ``work_due`` gives how much it did."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self._looked = self._forgot = float("-inf")

    def work_due(self, *, at_once: bool = False) -> int:
        """Works what is due. ``at_once``: looks at the clock too, however short ago it last did."""
        with self.store.reading() as work:
            rules = engine.on(work)
            behind = engine.behind(work, rules)
        if not rules:
            return 0
        did = self.store.write(engine.follow) if behind else 0
        now = time.monotonic()
        if at_once or now - self._looked > LOOK_S:
            self._looked = now
            did += self._clock()
        if now - self._forgot > FORGET_S:
            self._forgot = now
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
        if did:
            self._looked = float("-inf")  # there may be more
        return did
