"""One of several processes that work out a batch together: its part of the events, in a book of its own."""

from __future__ import annotations

import pickle
import signal
import sys
from collections.abc import Iterator
from contextlib import suppress
from multiprocessing.connection import Connection as Line
from typing import Any, NamedTuple, Protocol

from sqlalchemy import Connection, Engine, or_

from inbox import logs
from inbox.figures.dealing import Dealt
from inbox.figures.pages import StoredPages, among, is_number, placed
from inbox.figures.rolls import RollChanges
from inbox.figures.working import Base, Outcome, work_out
from inbox.metrics.book import Dirty
from inbox.metrics.collector import uncollected
from inbox.metrics.paged import PagedBook, TooMuch
from inbox.metrics.portion import Entangled, Portion, PortionBook
from inbox.store import Event, engine

__all__ = ["MEETINGS", "Meeting", "Order", "Part", "Stopped", "work"]

log = logs.get(__name__)
MEETINGS = 2  # of a batch: about work, about cells

_LOG = Event.__table__.c


class Order(NamedTuple):
    """What one process is to work out: its number of how many, and what the last record is at least."""

    number: int
    of: int
    base: Base
    dealt: Dealt
    last_rec: int


class Stopped(Exception):  # no fault: another part gave up
    """The batch is given up."""


class Meeting(Protocol):
    """Where the parts of a batch tell each other something: one message for all of them, or one for each."""

    def meet(self, told: list[bytes]) -> list[bytes]:
        """What the others tell. Raises :class:`Stopped`."""


def work(line: Line) -> None:
    """Work out parts of batches in the database that is named first, until nobody asks for any more."""
    with suppress(EOFError, OSError):  # whoever asked is gone
        database = engine.make(line.recv(), writing=False)
        try:
            while True:
                line.send(_answer(database, line.recv(), line))
        finally:
            database.dispose()


def _answer(database: Engine, order: Order, line: Line) -> list[bytes] | None:
    part = Part(order, _Round(line, order.of))
    try:
        with database.connect() as connection, uncollected():
            if connection.dialect.name == "postgresql":
                connection.execution_options(isolation_level="REPEATABLE READ")
            outcome = part.work_out(connection)
    except (Entangled, TooMuch, Stopped):
        return None
    except (EOFError, OSError):
        raise
    except Exception:
        log.warning("a part of the figures could not be worked out; one process takes the batch", exc_info=True)
        return None
    return [pickle.dumps((part.touched, outcome))]


class _Round:
    """The meetings of a part with others, by way of whoever gave it its order."""

    def __init__(self, line: Line, of: int) -> None:
        self._line = line
        self._others = of - 1

    def meet(self, told: list[bytes]) -> list[bytes]:
        self._line.send(told)
        said: list[bytes] = self._line.recv()
        if len(said) < self._others:
            raise Stopped
        return said


class Part:
    """One part of one batch."""

    def __init__(self, order: Order, meeting: Meeting) -> None:
        self._order = order
        self._meeting = meeting
        self._last = order.last_rec
        self._kept: PortionBook
        self.touched: set[str] = set()

    def work_out(self, connection: Connection) -> Outcome:
        """What its events change. Raises ``TooMuch``, :class:`Entangled`, :class:`Stopped`."""
        number, _, base, dealt, _ = self._order
        homes, loose = dealt.homes, dealt.loose

        def mine(seq: int, ticket: int | None) -> bool:
            return ticket is not None or loose.get(seq) == number

        own = [int(ticket) for ticket, part in homes.items() if part == number and is_number(ticket)]
        batch = _LOG.seq > base.seq, _LOG.seq <= dealt.reached, or_(_LOG.ticket_id.is_(None), among(connection, own))
        filed = placed(connection, *batch, lets=mine)
        self._last = max([self._last, *(event.rec for _, event in filed)])
        outcome = work_out(connection, base, filed, lambda _: self._last, self._book, self._meet)
        return outcome._replace(events=outcome.events + dealt.events) if number == 0 else outcome

    def _book(self, base: Base, pages: StoredPages) -> PagedBook:
        portion = Portion(self._order.number, self._order.of, self._order.dealt.homes)
        self._kept = PortionBook(base.config, pages, portion, self._swap)
        return self._kept

    def _swap(self, moves: Any) -> Iterator[Any]:
        """Tell the others of one's work, and hear of theirs; and which record is the last of all."""
        for last, others in self._tell([(self._last, moves)]):
            self._last = max(self._last, last)
            yield others

    def _meet(self, dirty: Dirty, changes: RollChanges) -> None:
        """Give away the cells that others work out, and take theirs."""
        self.touched = self._kept.touched(dirty.customers)
        for cells in self._tell(changes.deal(self._order.dealt.days, self._order.number)):
            changes.add(cells)

    def _tell(self, told: list[Any]) -> Iterator[Any]:
        yield from map(pickle.loads, self._meeting.meet([pickle.dumps(one) for one in told]))


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # whoever asked hears of it and goes
    work(Line(int(sys.argv[1])))
