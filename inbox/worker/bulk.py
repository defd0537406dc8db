"""Runs over many tickets, portion by portion: whoever dies in between left a portion done or not begun."""

from __future__ import annotations

from inbox import logs
from inbox.actions import bulk
from inbox.store import Store

__all__ = ["work_due"]

log = logs.get(__name__)


def work_due(store: Store) -> int:
    """Works one portion of every run that has something left; gives how many runs those were."""
    with store.reading() as work:
        due = bulk.waiting(work)
    for number in due:
        more = store.write(lambda work, number=number: bulk.step(work, number))  # type: ignore[misc]
        if not more:
            log.info("bulk run ended", run=number)
    return len(due)
