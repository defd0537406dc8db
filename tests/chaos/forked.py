"""A worker as a process of its own, forked instead of started: importing the program would take most of a test."""

from __future__ import annotations

import multiprocessing
import os

from connectors import registry
from inbox import killpoints
from inbox.store import Store
from inbox.worker import Worker
from tests.journeys.desk import RunningDesk

__all__ = ["worker"]


def worker(desk: RunningDesk, kill: str = "", *, patience_s: float = 60.0) -> int:
    """Works all that is due, or dies at ``kill``; gives the exit code. Only where no other thread runs."""
    process = multiprocessing.get_context("fork").Process(target=_work, args=(desk, kill))
    process.start()
    process.join(patience_s)
    if process.exitcode is None:
        process.kill()
        process.join(10)
        raise AssertionError("the worker hangs")
    return process.exitcode


def _work(desk: RunningDesk, kill: str) -> None:
    os.environ["FETCH_ALLOW"] = desk.env["FETCH_ALLOW"]
    killpoints.aim(kill)
    store = Store(desk.settings, registry())
    Worker(store).drain()
    store.close()
