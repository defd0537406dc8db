"""Keeping the figures up to date with the log: batch by batch, exactly, in generations.

A batch is computed from a consistent look and written in one short transaction that first makes sure that nobody else
did the same. What was appended to the log is thereby counted once; a crash loses only the work of a batch. A generation
that is made from nothing has its facts first and its cells from them, so that no cell is written again and again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import delete, func, select, text, update

from inbox import clock, logs
from inbox.figures.facts import FactChanges, StoredFacts
from inbox.figures.filing import Filing, at_home, prepare
from inbox.figures.pages import StoredPages, placed
from inbox.figures.rolls import RollChanges
from inbox.metrics.collector import uncollected
from inbox.metrics.config import Config
from inbox.metrics.filed import sheet_of_text
from inbox.metrics.paged import PagedBook, TooMuch
from inbox.metrics.rollup import RollUp
from inbox.metrics.settling import settle
from inbox.metrics.sheets import NEVER, Sheet
from inbox.metrics.state import DEFINITION
from inbox.metrics.storage import RollsToChange
from inbox.metrics.times import Days
from inbox.store import Event, FigureState, Store, Work
from inbox.store.figures import KEPT, FigureFact

__all__ = [
    "BATCH",
    "CHECK",
    "Progress",
    "advance",
    "advance_check",
    "begin",
    "catch_up",
    "current",
    "drop",
    "forget",
    "progress",
    "snapshot",
    "stale",
    "states",
    "sum_days",
]

log = logs.get(__name__)

TURN = 0x5057_0003  # PostgreSQL: who begins a generation
CHECK = "check"  # why a generation is built that is only looked at
BATCH = 2_000  # events: some hundred ms of work and a short write
ANEW = 20_000  # of a generation that nobody reads yet: half of the work that small batches make, writes of 0.1 to 0.5 s
_LOG = 65  # percent of a generation's making that its facts take, measured; the rest is summing them into cells
ROWS = 5  # events for one row of facts: rows are some days of them, which are summed like a batch


@dataclass(frozen=True)
class Progress:
    """How far a generation is: the log up to ``seq`` of ``goal``, then of its days the share ``summed`` into cells;
    ``why`` says what made it necessary to build it."""

    generation: int
    seq: int
    goal: int
    why: str
    summed: float = 0.0

    @property
    def percent(self) -> int:
        """Of the whole work, rounded down; 100 is never, for then it is read."""
        return min(99, int(_LOG * self.seq / max(1, self.goal) + (100 - _LOG) * self.summed))


def snapshot(work: Work) -> None:
    """Makes everything that follows in a reading unit of work see one state of the database."""
    if not work.store.is_sqlite:
        work.connection(execution_options={"isolation_level": "REPEATABLE READ"})


def states(work: Work) -> list[FigureState]:
    """The generations, the oldest first."""
    return list(work.scalars(select(FigureState).order_by(FigureState.generation)))


def current(work: Work) -> FigureState | None:
    """The generation that reports read; None until the first one is complete."""
    return work.scalar(select(FigureState).where(FigureState.current))


def stale(state: FigureState, config: Config) -> bool:
    """Whether a generation was made by other settings or by another version of the definitions."""
    return state.config != config.digest or state.definition != DEFINITION


def progress(work: Work) -> Progress | None:
    """The generation that is being built beside the current one."""
    under_way = select(FigureState).where(~FigureState.current, FigureState.why != CHECK)
    state = work.scalar(under_way.order_by(FigureState.generation.desc()).limit(1))
    if state is None:
        return None
    end = work.scalar(select(func.max(Event.seq))) or 0
    return Progress(state.generation, state.seq, end, state.why, _summed(work, state))


def _summed(work: Work, state: FigureState) -> float:
    """Which share of a generation's days is in its cells, from the first day on."""
    if not state.summed:
        return 0.0 if state.summed is not None else 1.0
    mine = FigureFact.generation == state.generation
    first, last = (work.scalar(select(edge(FigureFact.day)).where(mine)) or 0 for edge in (func.min, func.max))
    return (state.summed - first) / max(1, last + 1 - first)


def catch_up(store: Store, config: Config, most: int | None = None, size: int | None = None) -> int:
    """Work through what the log has beyond the figures, at most so many events; returns how many that was.

    A generation by other settings is built anew beside the old one, which serves until the new one is complete.
    """
    taken = 0
    while most is None or taken < most:
        found = advance(store, config, size)
        if not found:
            break
        taken += found
    return taken


def advance(store: Store, config: Config, size: int | None = None) -> int:
    """One batch, of up to so many events, for the newest generation; returns how many it took in, 0 at the end.
    Without a ``size`` it is that of a desk at work: larger for a generation that is still made anew.

    Rows that were summed count as the events that they may have come from, and any other step as one.
    """
    with store.reading() as work:
        known = states(work)
        numbers = [state.generation for state in known]
        end = work.scalar(select(func.max(Event.seq))) or 0
    known = [state for state in known if state.why != CHECK]
    good = [state for state in known if not stale(state, config)]
    if not good:
        begin(store, config, "settings" if known else "", numbers)
        return 1 if end else 0
    newest = good[-1]
    taken = _next(store, config, newest, size or (BATCH if newest.current else ANEW), end)
    if not taken and not newest.current:
        _make_current(store, newest.generation)
    return taken


def begin(store: Store, config: Config, why: str, seen: Sequence[int]) -> None:
    """A new generation from nothing; others that are not read go. Nothing where somebody else has just begun it."""
    with store.transaction() as work:
        if not store.is_sqlite:
            work.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": TURN})
        known = states(work)
        if [state.generation for state in known] != list(seen):
            return
        for state in known:
            if not state.current and (state.why == CHECK) == (why == CHECK):
                _drop(work, state.generation)
        number = max((state.generation for state in known), default=0) + 1
        for table in KEPT:  # of a state that was lost: nobody reads them, and they would be in its way
            work.execute(delete(table).where(table.generation >= number))
        end = work.scalar(select(func.max(Event.seq))) or 0
        state = FigureState(generation=number, seeded=end, why=why, config=config.digest, definition=DEFINITION)
        state.raw, state.summed = dict(config.raw), 0
        work.add(state)


def _make_current(store: Store, generation: int) -> None:
    with store.transaction() as work:
        work.execute(update(FigureState).values(current=FigureState.generation == generation))
        for state in states(work):
            if state.generation != generation and state.why != CHECK:
                _drop(work, state.generation)


def advance_check(store: Store, config: Config, size: int) -> int:
    """A batch for the generation that is only looked at, up to where the current one stands."""
    with store.reading() as work:
        now = current(work)
        state = work.scalar(select(FigureState).where(FigureState.why == CHECK))
    if now is None or state is None:
        return 0
    return _next(store, config, state, size, now.seq)


def drop(store: Store, generation: int) -> None:
    """Remove a generation."""
    with store.transaction() as work:
        _drop(work, generation)


def forget(work: Work) -> None:
    """Everything that is kept goes, as the log says no longer what it said: the sample left it. It is built anew."""
    for state in states(work):
        _drop(work, state.generation)


def _drop(work: Work, generation: int) -> None:
    for table in (*KEPT, FigureState):
        work.execute(delete(table).where(table.generation == generation))


def _next(store: Store, config: Config, state: FigureState, size: int, until: int) -> int:
    """What a generation needs next: a batch, or cells once the log is worked through; 0 for nothing."""
    if state.seq < until and not state.summed:
        return _advance(store, config, state, size, until)
    return 0 if state.summed is None else _sum_up(store, config, state, size)


def _advance(store: Store, config: Config, state: FigureState, size: int, until: int) -> int:
    """One batch: computed on a snapshot, written if the generation stands where it stood."""
    with store.reading() as work, uncollected():
        snapshot(work)
        line = work.connection()
        next_ones = select(Event.seq).where(Event.seq > state.seq, Event.seq <= until).order_by(Event.seq).limit(size)
        reached = work.scalar(select(func.max(next_ones.subquery().c.seq)))
        if reached is None:
            return 0
        filed = placed(line, Event.seq > state.seq, Event.seq <= reached)
        pages = StoredPages(line, state.generation, state.seq, state.seeded)
        pages.prepare(ticket for ticket, _ in filed if ticket is not None)
        batch = at_home(pages, filed)
        prepare(pages, batch, config)
        keeps_cells = state.summed is None
        changes = RollChanges()
        try:
            book = PagedBook(config, pages, recalls=keeps_cells)
            rollup = RollUp(changes, book.context.days)
            facts = FactChanges()

            def told(owner: str, old: list[Sheet], new: list[Sheet]) -> None:
                if keeps_cells:
                    rollup.told(owner, old, new)
                facts.told(owner, old, new)

            book.told = told
            book.take_placed(batch.new, batch.orphans)
            dirty = settle(book, NEVER)
            last_rec = max([state.last_rec, *(event.rec for _, event in filed)])
            rollup.flush(last_rec)
            changes.prepare(line, state.generation)
            facts.prepare(state.generation)
        except TooMuch:
            log.info("figures are built anew", why="rates")
            begin(store, config, "rates", [one.generation for one in states(work)])
            return 1
        filing = Filing(book, dirty, batch, last_rec)
        book.close()
    with store.transaction() as work:
        now = work.get(FigureState, state.generation, with_for_update=True)
        if now is None or (now.seq, now.summed) != (state.seq, state.summed):
            return 1  # somebody else was here: look again
        line = work.connection()
        changes.write(line, state.generation)
        facts.write(line, state.generation)
        filing.write(line, state.generation)
        now.seq, now.last_rec, now.moved_at = reached, last_rec, clock.now()
    return max(1, len(filed))


def _sum_up(store: Store, config: Config, state: FigureState, size: int) -> int:
    """The cells of some more days from the facts, which stand still until all are summed."""
    first = state.summed or 0
    with store.reading() as work, uncollected():
        snapshot(work)
        line = work.connection()
        facts = StoredFacts(line, state.generation)
        end = facts.next_days(first, size // ROWS)
        changes = RollChanges(adding=True)
        rows = sum_days(facts, first, end or first, changes, Days(config.zone), state.last_rec)
        changes.prepare(line, state.generation)
    with store.transaction() as work:
        now = work.get(FigureState, state.generation, with_for_update=True)
        if now is not None and (now.seq, now.summed) == (state.seq, state.summed):
            changes.write(work.connection(), state.generation)
            now.summed, now.moved_at = end, clock.now()
    return max(1, rows * ROWS)


def sum_days(facts: StoredFacts, first: int, end: int, rolls: RollsToChange, days: Days, last: int) -> int:
    """Add what is filed under the local days [first, end) to cells and rows, as of the last record; gives how many rows
    of facts that were."""
    rollup = RollUp(rolls, days)
    sheets: dict[str, list[Sheet]] = {}
    rows = 0
    for day, owner, told in facts.dated(first, end):
        sheets.setdefault(owner, []).append(sheet_of_text(day, told))
        rows += 1
    for owner, own in sheets.items():
        rollup.told(owner, [], own)
    rollup.flush(last)
    return rows
