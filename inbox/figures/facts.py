"""What each fact adds, in the desk's database by local day: written with a batch, read by the days of a period."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from operator import itemgetter
from typing import Any

from sqlalchemy import Connection, func, or_, select

from inbox.figures import bulk
from inbox.figures.kept import verdicts_of
from inbox.figures.parts import parts
from inbox.metrics.fcr import Verdict
from inbox.metrics.filed import FiledDay, day_of_text, rows_of
from inbox.metrics.sheets import Sheet
from inbox.store.figures import FigureFact, FigureFamily, FigureTicket

__all__ = ["FactChanges", "StoredFacts"]

_FACT = FigureFact.__table__.c
_FAMILY, _TICKET = FigureFamily.__table__.c, FigureTicket.__table__.c
_ROW = ("generation", "day", "owner", "place", "until", "data")
_AT_ONCE = 500
_STREAM = 2_000  # rows in memory at once


class FactChanges:
    """The sheets that a batch changed, by their owners."""

    def __init__(self) -> None:
        self._owners: dict[str, list[Sheet]] = {}
        self._old: dict[str, None] = {}
        self._rows: list[tuple[Any, ...]] = []

    def told(self, owner: str, old: list[Sheet], new: list[Sheet]) -> None:
        """The sheets of an owner are others now."""
        if old and owner not in self._owners:
            self._old[owner] = None
        self._owners[owner] = new

    @property
    def gone(self) -> Iterable[str]:
        """The owners whose rows no longer hold."""
        return self._old

    def prepare(self, generation: int) -> None:
        """Word the rows, so that the writing itself is short."""
        for owner, sheets in self._owners.items():
            rows = sorted(rows_of(sheets))
            self._rows += ((generation, row.day, owner, n, row.until, row.text) for n, row in enumerate(rows))
        self._owners = {}

    def write(self, line: Connection, generation: int) -> None:
        """Put what was prepared in the place of what the owners had."""
        bulk.delete(line, FigureFact, generation, ("owner",), ((owner,) for owner in self._old))
        bulk.insert(line, FigureFact, _ROW, self._rows)


class StoredFacts:
    """The facts of one generation. ``read`` counts the rows that were read."""

    def __init__(self, line: Connection, generation: int) -> None:
        self._line = line
        self._mine = _FACT.generation == generation
        self._generation = generation
        self.read = 0

    def days(self, first: int, end: int, marks: Sequence[str] = ()) -> Iterator[str]:
        """The texts of the local days [first, end), a stream: no more than a part is in memory; with ``marks`` those in
        which one of these words stands."""
        yield from (text for _, text, _ in self._stream(*self._within(first, end, marks)))

    def owners(self, first: int, end: int, marks: Sequence[str] = ()) -> Iterator[list[str]]:
        """The same, those of each owner together."""
        stream = self._stream(*self._within(first, end, marks), by=_FACT.owner)
        for _, own in groupby(stream, itemgetter(0)):
            yield [text for _, text, _ in own]

    def reach(self) -> tuple[int, int] | None:
        """The first and the last local day under which anything is filed."""
        first, last = (
            self._line.execute(select(edge(_FACT.day)).where(self._mine)).scalar() for edge in (func.min, func.max)
        )
        return None if first is None or last is None else (first, last)

    def next_days(self, first: int, least: int) -> int | None:
        """The end of the local days from ``first`` on that have so many rows or all there are; None where none is."""
        days = select(_FACT.day).where(self._mine, _FACT.day >= first)
        last: int | None = self._line.execute(days.order_by(_FACT.day).offset(max(1, least) - 1).limit(1)).scalar()
        if last is None:
            last = self._line.execute(days.order_by(_FACT.day.desc()).limit(1)).scalar()
        return None if last is None else last + 1

    def dated(self, first: int, end: int) -> Iterator[tuple[int, str, str]]:
        """(day, owner, text) of the local days [first, end), a stream."""
        query = select(_FACT.day, _FACT.owner, _FACT.data).where(self._mine, _FACT.day >= first, _FACT.day < end)
        for row in self._line.execute(query, execution_options={"yield_per": _STREAM}):
            yield row[0], row[1], row[2]

    def owned(self, first: int, end: int, marks: Sequence[str]) -> Iterator[tuple[int, str, str]]:
        """(day, owner, text) of the local days [first, end) in which one of these words stands, owner by owner."""
        stream = self._stream(*self._within(first, end, marks), by=_FACT.owner)
        yield from ((day, owner, text) for owner, text, day in stream)

    def _within(self, first: int, end: int, marks: Sequence[str]) -> list[Any]:
        within = func.instr if self._line.dialect.name == "sqlite" else func.strpos
        some = [or_(*(within(_FACT.data, mark) > 0 for mark in marks))] if marks else []
        return [self._mine, _FACT.day >= first, _FACT.day < end, *some]

    def open_after(self, at: int) -> Iterator[str]:
        """The texts of the rows that say when a case was open, if that was so after an instant."""
        wanted = self._mine, _FACT.until > max(at, 0), _FACT.until > 0
        yield from (text for _, text, _ in self._stream(*wanted))

    def _stream(self, *wanted: Any, by: Any = None) -> Iterator[tuple[str, str, int]]:
        """(owner, text, day) of some rows."""
        query = select(_FACT.owner, _FACT.data, _FACT.day).where(*wanted).order_by(by)
        stream = self._line.execute(query, execution_options={"yield_per": _STREAM})
        for part in stream.partitions():
            self.read += len(part)
            yield from self._lasting([(row[0], row[1], row[2]) for row in part])

    def _lasting(self, rows: list[tuple[str, str, int]]) -> list[tuple[str, str, int]]:
        """Those of some rows that hold; here all of them do."""
        return rows

    def of_ticket(self, ticket: str) -> list[FiledDay]:
        """What the cases of a ticket add, day by day."""
        mine = _TICKET.generation == self._generation
        family = self._line.execute(select(_TICKET.family).where(mine, _TICKET.ticket == ticket)).scalar()
        texts = self._line.execute(
            select(_FACT.data).where(self._mine, _FACT.owner == f"ticket {family or ticket}")
        ).scalars()
        found = [day_of_text(text) for text in texts]
        return [day for day in found if day.case is not None and day.case.root == ticket]

    def verdicts(self, roots: Sequence[str]) -> dict[str, dict[int, Verdict]]:
        """The verdicts of the cases of some tickets, by case and window."""
        found: dict[str, dict[int, Verdict]] = {}
        for part in parts(dict.fromkeys(roots), _AT_ONCE):
            homes = select(_TICKET.ticket, _TICKET.family).where(
                _TICKET.generation == self._generation, _TICKET.ticket.in_(part)
            )
            names = dict(zip(part, part, strict=True)) | {row[0]: row[1] for row in self._line.execute(homes)}
            told = select(_FAMILY.verdicts).where(
                _FAMILY.generation == self._generation, _FAMILY.name.in_(set(names.values()))
            )
            for verdicts in self._line.execute(told).scalars():
                found |= {case: judged for case, (judged, _) in verdicts_of(verdicts).items()}
        return found
