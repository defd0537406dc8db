"""Several processes that work out one batch together, each a part of it; writing it stays with whoever asks.

They meet twice: to hear of all work, so that each divides agents' time alike, and to add up the cells that several of
them change. A part that goes wrong, or touches what another touches, makes the whole batch one process's again.
"""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from multiprocessing import Pipe
from multiprocessing.connection import Connection as Line
from typing import Protocol

from sqlalchemy import Connection

from inbox import logs
from inbox.figures.dealing import deal
from inbox.figures.portion import MEETINGS, Order, Part, Stopped
from inbox.figures.working import Base, Outcome
from inbox.metrics.paged import TooMuch
from inbox.metrics.portion import Entangled
from inbox.store import Store

__all__ = ["MOST", "Hands", "cores", "hands"]

log = logs.get(__name__)

LEAST = 50_000  # events of a batch below which one is done before the others have begun
_SMALL = 10  # and once they are there, the part of it below which one is quicker
MOST = 4  # processes: each hears of all work, and more of them gain little

Begin = Callable[[Line], "Joinable"]


class Joinable(Protocol):
    """What runs beside this process, or beside this thread, and ends once its line is closed."""

    def join(self) -> None:
        """Wait for its end."""


def cores() -> int:
    """How many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@contextmanager
def hands(store: Store, many: int | None = None, least: int = LEAST) -> Iterator[Hands | None]:
    """So many processes, or one for each processor; None for one. ``least`` events of a batch are worth it."""
    many = min(cores(), MOST) if many is None else many
    if many < 2:
        yield None
        return
    team = Hands(store.settings.url, many, least)
    try:
        yield team
    finally:
        team.close()


class _Process:
    """This very interpreter with nothing but what a part needs: what a program has loaded takes seconds to load."""

    def __init__(self, line: Line) -> None:
        end = line.fileno()
        self._process = subprocess.Popen(  # noqa: S603 - our own interpreter
            [sys.executable, "-m", "inbox.figures.portion", str(end)], stdin=subprocess.DEVNULL, pass_fds=(end,)
        )
        line.close()

    def join(self) -> None:
        self._process.wait()


class Hands:
    """The processes. They begin with the first batch that is worth it: those of a small desk never do."""

    def __init__(self, url: str, many: int, least: int = LEAST, begin: Begin = _Process) -> None:
        self._url = url
        self._many = many
        self._least = least
        self._start = begin
        self._lines: list[Line] = []
        self._running: list[Joinable] = []
        self._fell = False

    def work_out(self, line: Connection, base: Base, reached: int, last_rec: int) -> list[Outcome] | None:
        """What the events up to ``reached`` change, part by part; None where one process has to do it."""
        if self._fell or reached - base.seq < (self._least // _SMALL if self._running else self._least):
            return None
        try:
            self._begin()
            dealt = deal(line, base, reached, self._many)
            orders = [Order(n, self._many, base, dealt, max(last_rec, dealt.last_rec)) for n in range(self._many)]
            for one, order in zip(self._lines, orders[1:], strict=True):
                one.send(order)
            return self._together(line, Part(orders[0], hub := _Hub(self._lines)), hub)
        except Entangled:
            return None
        except (OSError, EOFError, pickle.PickleError):
            log.warning("the processes that build the figures fell; one goes on")
            self._fell = True
            self.close()
            return None

    def _together(self, line: Connection, part: Part, hub: _Hub) -> list[Outcome] | None:
        """The first part is worked out here."""
        try:
            own = part.work_out(line)
        except (Entangled, TooMuch, Stopped):
            hub.give_up()
            return None
        except (OSError, EOFError, pickle.PickleError):
            raise
        except Exception:
            log.warning("a part of the figures could not be worked out; one process takes the batch", exc_info=True)
            hub.give_up()
            return None
        told = hub.heard()
        if told is None:
            return None
        found = [pickle.loads(said[0]) for said in told]  # noqa: S301 - from processes of our own
        touched = [part.touched, *(names for names, _ in found)]
        if sum(map(len, touched)) != len(set().union(*touched)):
            log.info("a part touched what another touched; one process takes the batch")
            return None
        return [own, *(outcome for _, outcome in found)]

    def _begin(self) -> None:
        while len(self._running) < self._many - 1:
            mine, theirs = Pipe()
            self._lines.append(mine)
            mine.send(self._url)
            self._running.append(self._start(theirs))

    def close(self) -> None:
        """Let them go."""
        for one in self._lines:
            one.close()
        for one_of_them in self._running:
            one_of_them.join()
        self._lines, self._running = [], []


class _Hub:
    """The meetings of the part that is worked out here with the others, which hear of each other by it."""

    def __init__(self, lines: Sequence[Line]) -> None:
        self._lines = lines
        self._met = 0
        self._waiting = True  # each of the others has something to say

    def meet(self, told: list[bytes]) -> list[bytes]:
        said = self.heard()
        if said is None:
            raise Stopped
        everybody = [told, *said]
        for number, one in enumerate(self._lines, 1):
            one.send([_for(number, words) for other, words in enumerate(everybody) if other != number])
        self._met += 1
        self._waiting = True
        return [_for(0, words) for words in said]

    def heard(self) -> list[list[bytes]] | None:
        """What each of them says; None, and they give up this batch, where one cannot go on."""
        told = [one.recv() for one in self._lines]
        self._waiting = False
        if None not in told:
            return told
        self._stop(told)
        return None

    def give_up(self) -> None:
        """Let all of them give up this batch."""
        if self._waiting:
            self._stop([one.recv() for one in self._lines])

    def _stop(self, told: Sequence[list[bytes] | None]) -> None:
        for one, words in zip(self._lines, told, strict=True):
            if words is not None and self._met < MEETINGS:
                one.send([])
                one.recv()


def _for(number: int, words: list[bytes]) -> bytes:
    """What is said to one of the parts."""
    return words[number] if len(words) > 1 else words[0]
