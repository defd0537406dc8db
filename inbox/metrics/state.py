"""The state of the engine (section 7): facts and roll-ups kept up to date event by event."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from inbox.metrics.book import Book
from inbox.metrics.collector import uncollected
from inbox.metrics.config import Config
from inbox.metrics.factual import Facts
from inbox.metrics.log import Event, read_events
from inbox.metrics.report import Report, report_of
from inbox.metrics.request import Request
from inbox.metrics.rolled import RolledUp
from inbox.metrics.rollup import RollUp
from inbox.metrics.settling import settle
from inbox.metrics.sheets import NEVER
from inbox.metrics.storage import Rolls, RollsInMemory

__all__ = ["DEFINITION", "State"]

_MANY = 1_000  # events at once
_TOGETHER = 64  # events whose changes go into the roll-ups together: most of them touch the same cells

DEFINITION = 5  # the version of the definitions that the roll-ups were made by


class State:
    """Facts in memory and roll-ups in a store, equal at any time to what a rebuild from the log gives."""

    def __init__(self, config: Config | None = None, rolls: Rolls | None = None) -> None:
        self.config = config or Config.of()
        self._rolls: Rolls = RollsInMemory() if rolls is None else rolls
        self._waiting = 0  # events whose changes are not in the roll-ups yet
        self.book = Book(self.config)
        self._rollup = RollUp(self._rolls, self.book.context.days)
        self.book.told = self._rollup.told

    @property
    def rolls(self) -> Rolls:
        """The roll-ups of everything that was appended."""
        if self._waiting:
            self.flush()
        return self._rolls

    def flush(self) -> None:
        """Bring into the roll-ups what the last few events changed; whoever reads them here need not ask for it."""
        self._rollup.flush(self.book.living.last_rec)
        self._waiting = 0

    def append(self, events: Sequence[Event | Mapping[str, Any]]) -> None:
        """Take events in, in any order, and bring facts and roll-ups up to date."""
        if len(events) < _MANY:
            self._append(events)
        else:
            with uncollected():
                self._append(events)

    def _append(self, events: Sequence[Event | Mapping[str, Any]]) -> None:
        self.book.take(event for event in events if isinstance(event, Event))
        self.book.take(read_events(event for event in events if not isinstance(event, Event)).events)
        settle(self.book, NEVER)
        self._waiting += len(events)
        if self._waiting >= _TOGETHER:
            self.flush()

    def settle(self, now: int) -> None:
        """See everything at an instant that is not before the last record: what has not ended reaches until then.

        At ``NEVER`` everything has ended as it does by itself.
        """
        settle(self.book, now)
        self.flush()

    def report(self, request: Request) -> Report:
        """A report at an instant not before the last record comes from the roll-ups where their grains allow it,
        else from the facts; an earlier one from the log as it was known then (rule 4).
        """
        if request.as_of < self.book.living.last_rec:
            return report_of(Facts(self._as_known(request.as_of)), request)
        if request.as_of != self.book.now:
            self.settle(request.as_of)
        dimensions = [*request.where, *([request.by] if request.by is not None else [])]
        if RolledUp.answers(dimensions):
            with uncollected():
                return report_of(RolledUp(self.book, self.rolls, request.wanted), request)
        return report_of(Facts(self.book), request)

    def meta(self) -> dict[str, str | int]:
        """What a report was made from: the last ``seq``, the configuration's digest, the version of the definitions."""
        return {"seq": self.book.living.last_seq, "config": self.config.digest, "definition": DEFINITION}

    def _as_known(self, as_of: int) -> Book:
        book = Book(self.config)
        book.take(event for event in self.book.living.told() if event.rec <= as_of)
        settle(book, as_of)
        return book
