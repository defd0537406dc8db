"""What a batch of events, or one part of it, changes in a generation: worked out from a look, and written after it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from sqlalchemy import Connection

from inbox.figures.facts import FactChanges
from inbox.figures.filing import Filing, at_home, prepare
from inbox.figures.pages import Placed, StoredPages
from inbox.figures.rolls import RollChanges
from inbox.metrics.book import Dirty
from inbox.metrics.config import Config
from inbox.metrics.paged import PagedBook
from inbox.metrics.rollup import RollUp
from inbox.metrics.settling import settle
from inbox.metrics.sheets import NEVER, Sheet

__all__ = ["Base", "Outcome", "work_out"]


class Base(NamedTuple):
    """Where a generation stands, and by which settings it is made."""

    config: Config
    generation: int
    seq: int
    seeded: int


class Outcome(NamedTuple):
    """The rows to write; nothing of it needs what it was worked out from."""

    events: int
    last_rec: int
    rolls: RollChanges
    facts: FactChanges
    filing: Filing

    def write(self, line: Connection, generation: int) -> None:
        """Put everything in its place."""
        self.rolls.write(line, generation)
        self.facts.write(line, generation)
        self.filing.write(line, generation)


def _one_book(base: Base, pages: StoredPages) -> PagedBook:
    return PagedBook(base.config, pages)


def work_out(
    line: Connection,
    base: Base,
    filed: Sequence[Placed],
    last_rec: Callable[[int], int],
    make: Callable[[Base, StoredPages], PagedBook] = _one_book,
    meet: Callable[[Dirty, RollChanges], None] | None = None,
) -> Outcome:
    """What some events change. ``last_rec`` is asked after settling for the last record of all, given that of these;
    ``meet`` hears of what is to become of the roll-ups before it is worked out. Raises ``TooMuch``.
    """
    pages = StoredPages(line, base.generation, base.seq, base.seeded)
    pages.prepare(ticket for ticket, _ in filed if ticket is not None)
    batch = at_home(pages, filed)
    prepare(pages, batch, base.config)
    changes, facts = RollChanges(), FactChanges()
    book = make(base, pages)
    rollup = RollUp(changes, book.context.days)

    def told(owner: str, old: list[Sheet], new: list[Sheet]) -> None:
        rollup.told(owner, old, new)
        facts.told(owner, old, new)

    book.told = told
    book.take_placed(batch.new, batch.orphans)
    dirty = settle(book, NEVER)
    last = last_rec(max((event.rec for _, event in filed), default=0))
    rollup.flush(last)
    if meet is not None:
        meet(dirty, changes)
    changes.prepare(line, base.generation)
    facts.prepare(base.generation)
    filing = Filing(book, dirty, batch, last)
    book.close()
    return Outcome(len(filed), last, changes, facts, filing)
