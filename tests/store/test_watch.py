"""Waiting for what others commit: everybody wakes by one watch, and nothing that came meanwhile is slept over."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import pytest

from inbox.store import Store
from inbox.store.watch import Bell

LONG = 30.0  # much more than any commit takes to be heard of


@pytest.fixture
def bell(store: Store) -> Iterator[Bell]:
    made, over = Bell(store), threading.Event()
    ringer = threading.Thread(target=made.run, args=(0.2, over.is_set))
    ringer.start()
    first = time.monotonic() + LONG
    while not made.rung and time.monotonic() < first:
        time.sleep(0.01)  # the watch says once that it is there
    yield made
    over.set()
    ringer.join()


def commit(store: Store) -> None:
    with store.transaction() as work:
        work.append("test.line")


def test_a_commit_wakes_all_who_wait(store: Store, bell: Bell) -> None:
    heard = bell.rung
    woken: list[float] = []

    def wait() -> None:
        bell.wait(heard, LONG)
        woken.append(time.monotonic())

    waiting = [threading.Thread(target=wait) for _ in range(3)]
    for one in waiting:
        one.start()
    begun = time.monotonic()
    commit(store)
    for one in waiting:
        one.join()
    assert all(at - begun < LONG / 2 for at in woken)
    assert bell.rung > heard


def test_what_came_while_somebody_was_at_work_is_not_slept_over(store: Store, bell: Bell) -> None:
    heard, begun = bell.rung, time.monotonic()
    commit(store)
    bell.wait(heard, LONG)
    bell.wait(heard, LONG)
    assert time.monotonic() - begun < LONG / 2


def test_without_a_commit_the_time_passes(bell: Bell) -> None:
    begun = time.monotonic()
    bell.wait(bell.rung, 0.3)
    assert time.monotonic() - begun >= 0.3
