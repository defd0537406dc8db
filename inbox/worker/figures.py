"""The figures at work: what the log has beyond them is taken in; every night some of them are proved, and everybody's
band follows from them."""

from __future__ import annotations

import datetime as dt
import random
import time
from zoneinfo import ZoneInfo

from inbox import clock, logs
from inbox.actions import desk, promises, worth
from inbox.figures import checking, keeper
from inbox.metrics import Config
from inbox.store import Store, Work

__all__ = ["Figures"]

log = logs.get(__name__)
LOOK_S = 60.0  # between two looks whether it is night
PAUSE_S = 2.0  # after a small batch: what comes meanwhile is taken in together
NIGHT = range(2, 5)  # the hours of the desk's zone in which the figures are proved
FULL = 6  # and on Sundays all of them


class Figures:
    """The figures of one worker; several share the work by the generation that each batch is written to."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self._not_before = self._look_at = 0.0

    def work_due(self, *, at_once: bool = False) -> int:
        """Take a batch in; returns how many events it had."""
        if not at_once and time.monotonic() < self._not_before:
            return 0
        with self.store.reading() as work:
            config = promises.config(work)
        did = keeper.advance(self.store, config)
        if did < keeper.BATCH:
            self._not_before = time.monotonic() + PAUSE_S
        if not did and time.monotonic() > self._look_at:
            self._look_at = time.monotonic() + LOOK_S
            self._review()
            self._prove()
        return did

    def _review(self) -> None:
        """Once in a night, or by day where the desk sleeps at night: bands by what customers are worth by now."""
        with self.store.reading() as work:
            now = _local(work)
            day = now.date().isoformat()
            last, wanted = desk.get(work, "routing.values_day"), bool(worth.values(work))
        if not wanted or not _is_due(last, now):
            return
        with self.store.transaction() as work:  # of several workers the first one looks
            if desk.get(work, "routing.values_day") == day:
                return
            desk.keep(work, "routing.values_day", day)
        if changed := worth.review(self.store):
            log.info("bands follow from values", changed=changed)

    def _prove(self) -> None:
        """Once in a night, or by day where the desk slept: some facts from the log alone, on Sundays everything anew.
        What was found wrong stays so until the next look is over."""
        with self.store.reading() as work:
            now = _local(work)
            last = desk.get(work, "figures.proved")
            config = promises.config(work)
        if last is not None and not _is_due(last["day"], now):
            return
        with self.store.transaction() as work:  # of several workers the first one proves
            if desk.get(work, "figures.proved") != last:
                return
            nothing = {"looked": 0, "wrong": 0, "first": ""}
            desk.keep(work, "figures.proved", {**(last or nothing), "day": now.date().isoformat()})
        if last is None and now.hour not in NIGHT:  # a desk that is new waits for its first night
            return
        looked, wrong = self._look(config, now)
        if wrong:
            log.error("figures differ from the log", wrong=len(wrong), first=wrong[0])
        told = {"day": now.date().isoformat(), "looked": looked, "wrong": len(wrong), "first": (wrong or [""])[0][:200]}
        with self.store.transaction() as work:
            desk.keep(work, "figures.proved", told)

    def _look(self, config: Config, now: dt.datetime) -> tuple[int, list[str]]:
        if now.weekday() == FULL:
            return checking.check_all(self.store, config)
        return checking.check_some(self.store, checking.SAMPLE, random.Random())  # noqa: S311 - no secret


def _is_due(last: str | None, now: dt.datetime) -> bool:
    """Whether a night's work is to be done, which was last done for the day ``last`` (ISO)."""
    day, before = (moment.date().isoformat() for moment in (now, now - dt.timedelta(days=1)))
    return last != day and (last != before or now.hour in NIGHT)


def _local(work: Work) -> dt.datetime:
    return clock.now().astimezone(ZoneInfo(desk.get(work, "desk.timezone")))
