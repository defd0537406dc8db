"""What is kept of the figures with what a scratch has in its place, and of the log what was recorded up to a mark."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

import orjson
from sqlalchemy import ColumnElement, Connection, and_, or_, select

from inbox.figures import standing
from inbox.figures.facts import StoredFacts
from inbox.figures.kept import cases_of, verdicts_of
from inbox.figures.pages import Placed, StoredPages
from inbox.figures.parts import parts
from inbox.figures.scratch import Scratch
from inbox.metrics.config import Config
from inbox.metrics.fcr import Verdict
from inbox.metrics.filed import day_of_text
from inbox.metrics.sheets import NEVER, WHOLE
from inbox.metrics.standing import Standing
from inbox.store import Event, FigureState
from inbox.store.figures import FigureDay, FigureFact, FigureFamily, FigureWork

__all__ = ["Mark", "OverlaidFacts", "OverlaidPages"]

_LOG, _DAY, _WORK, _FACT = Event.__table__.c, FigureDay.__table__.c, FigureWork.__table__.c, FigureFact.__table__.c
_STREAM = 2_000
_AT_ONCE = 500


@dataclass(frozen=True)
class Mark:
    """A place in the log by the order of recording: what lies after it and after ``as_of`` was taken back, but for the
    lines that are named ``also``."""

    as_of: int
    rec: dt.datetime
    seq: int
    also: tuple[int, ...] = ()

    @property
    def since(self) -> ColumnElement[bool]:
        """What was recorded after the instant."""
        return _LOG.rec >= dt.datetime.fromtimestamp(self.as_of // 1000, dt.UTC) + dt.timedelta(
            milliseconds=self.as_of % 1000 + 1
        )

    @property
    def upto(self) -> ColumnElement[bool]:
        """What lies up to the mark."""
        return or_(_LOG.rec < self.rec, and_(_LOG.rec == self.rec, _LOG.seq <= self.seq))

    @property
    def visible(self) -> ColumnElement[bool]:
        """What the log holds still."""
        return or_(~self.since, self.upto, *([_LOG.seq.in_(self.also)] if self.also else []))


class OverlaidPages(StoredPages):
    """What is kept, and what the scratch has in its place; of the log what is still visible."""

    def __init__(self, line: Connection, state: FigureState, scratch: Scratch, mark: Mark) -> None:
        super().__init__(line, state.generation, state.seq)
        self._scratch, self._visible = scratch, mark.visible
        self._over = StoredPages(scratch.line, state.generation, state.seq)
        self.taken: dict[str, Placed] = {}  # what a batch is about to take back, by id
        self.window: tuple[int, int] | None = None  # the local days [first, end) that a rate may change, all without

    def placed(self, *wanted: ColumnElement[bool], limit: int | None = None) -> list[Placed]:
        return super().placed(*wanted, self._visible, limit=limit)

    def standing(self, config: Config) -> Standing:
        return standing.part(config, self._seq, self.placed)

    def found(self, id: str) -> Placed | None:
        return self.taken.get(id) or super().found(id)

    def homes(self, tickets: Sequence[str]) -> dict[str, str]:
        return super().homes(tickets) | self._over.homes(tickets)

    def families(self, names: Sequence[str]) -> dict[str, tuple[str, str]]:
        gone = self._scratch.masked(FigureFamily, names)
        return super().families([name for name in names if name not in gone]) | self._over.families(names)

    def work_of_tickets(self, tickets: Sequence[str]) -> list[tuple[str, str, str]]:
        return [*self._lasting(super().work_of_tickets(tickets)), *self._over.work_of_tickets(tickets)]

    def work_of_days(self, agent: str, first: int, end: int) -> list[tuple[int, str, str]]:
        return [*self._lasting(super().work_of_days(agent, first, end)), *self._over.work_of_days(agent, first, end)]

    def _lasting(self, rows: list[Any]) -> list[Any]:
        """The rows of (…, item, …) whose items are as they were."""
        gone = self._scratch.masked(FigureWork, (row[1] for row in rows))
        return [row for row in rows if row[1] not in gone]

    def families_of(self, customers: Sequence[str]) -> list[tuple[str, str, str]]:
        rows = super().families_of(customers)
        gone = self._scratch.masked(FigureFamily, (row[1] for row in rows))
        return [*(row for row in rows if row[1] not in gone), *self._over.families_of(customers)]

    def worked_days(self, agent: str | None, first: int) -> Iterable[tuple[str, int]]:
        first, end = self._within(first)
        found = chain(super().worked_days(agent, first), self._over.worked_days(agent, first))
        return dict.fromkeys((who, day) for who, day in found if day < end)

    def priced(self, currency: str, first: int, end: int) -> Iterable[str]:
        begin, stop = self._within(first)
        part = currency, begin, min(end, stop)
        return dict.fromkeys(chain(super().priced(*part), self._over.priced(*part)))

    def _within(self, first: int) -> tuple[int, int]:
        low, high = self.window or (first, NEVER)
        return max(first, low), high

    def knows_shifts(self) -> bool:
        told = select(_DAY.seq).join(Event, _LOG.seq == _DAY.seq)
        return (
            self._line.execute(told.where(_DAY.generation == self._generation, self._visible).limit(1)).first()
            is not None
        )

    def verdicts_of(self, roots: Iterable[str]) -> dict[str, dict[int, Verdict]]:
        """The verdicts of the cases of some tickets, by case and window."""
        return {case: judged for text in self._verdicts(roots) for case, (judged, _) in verdicts_of(text).items()}

    def customers_of(self, roots: Iterable[str]) -> dict[str, str | None]:
        """Whose the cases of some tickets are, by case."""
        return {one.neighbour.id: one.neighbour.customer for text in self._verdicts(roots) for one in cases_of(text)}

    def _verdicts(self, roots: Iterable[str]) -> Iterator[Any]:
        for part in parts(dict.fromkeys(roots), _AT_ONCE):
            homes = self.homes(part)
            for _, text in self.families(list({homes.get(root, root): None for root in part})).values():
                yield orjson.loads(text)

    def of_day(self, day: int) -> Iterator[str]:
        """The work of everybody that touches a local day."""
        for line, lasting in ((self._line, self._lasting), (self._scratch.line, list)):
            query = select(_WORK.agent, _WORK.item, _WORK.data).where(
                _WORK.generation == self._generation, _WORK.day == day
            )
            stream = line.execute(query, execution_options={"yield_per": _STREAM})
            for part in stream.partitions():
                yield from (row[2] for row in lasting([tuple(row) for row in part]))


class OverlaidFacts(StoredFacts):
    """The facts that are kept and hold still, and those of the scratch."""

    def __init__(self, line: Connection, generation: int, scratch: Scratch, pages: OverlaidPages) -> None:
        super().__init__(line, generation)
        self._scratch, self._pages = scratch, pages
        self._over = StoredFacts(scratch.line, generation)

    def days(self, first: int, end: int, marks: Sequence[str] = ()) -> Iterator[str]:
        yield from super().days(first, end, marks)
        yield from self._over.days(first, end, marks)

    def by_day(self, first: int, end: int, marks: Sequence[str]) -> Iterator[tuple[int, str]]:
        """The same, each with its day."""
        for day in range(first, end):
            yield from ((day, text) for text in self.days(day, day + 1, marks))

    def open_after(self, at: int) -> Iterator[str]:
        yield from super().open_after(at)
        yield from self._over.open_after(at)

    def owners(self, first: int, end: int, marks: Sequence[str] = ()) -> Iterator[list[str]]:
        yield from super().owners(first, end, marks)
        yield from self._over.owners(first, end, marks)

    def owned(self, first: int, end: int, marks: Sequence[str]) -> Iterator[tuple[int, str, str]]:
        yield from super().owned(first, end, marks)
        yield from self._over.owned(first, end, marks)

    def verdicts(self, roots: Sequence[str]) -> dict[str, dict[int, Verdict]]:
        return self._pages.verdicts_of(roots)

    def _lasting(self, rows: list[tuple[str, str, int]]) -> list[tuple[str, str, int]]:
        gone = self._scratch.masked(FigureFact, (row[0] for row in rows))
        return [row for row in rows if row[0] not in gone]

    def first_day(self) -> int | None:
        """The first local day on which anything counts."""
        return min(
            (day for day in (self._first(self._line), self._first(self._scratch.line)) if day is not None), default=None
        )

    def _first(self, line: Connection) -> int | None:
        query = select(_FACT.owner, _FACT.day, _FACT.data).where(self._mine).order_by(_FACT.day)
        stream = line.execute(query, execution_options={"yield_per": _STREAM})
        for part in stream.partitions():
            gone = set() if line is self._scratch.line else self._scratch.masked(FigureFact, (row[0] for row in part))
            for owner, day, text in part:
                if owner not in gone and any(about.scope & WHOLE for about, _, _ in day_of_text(text).entries):
                    stream.close()
                    return int(day)
        return None
