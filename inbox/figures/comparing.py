"""Two generations side by side: where what is kept differs from what a rebuild of the same log keeps."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Final

import orjson
from sqlalchemy import ColumnElement, Connection, select, true

from inbox.figures.filing import UNFINISHED
from inbox.metrics.rollup import day_of_due
from inbox.store.figures import KEPT, FigureFamily, FigureLine, FigureName

__all__ = ["unequal"]

Key = tuple[Any, ...]
Row = tuple[Key, tuple[Any, ...]]


def _in_any_order(text: str) -> list[str]:
    """The parts of a list whose order is that in which they came."""
    return sorted(orjson.dumps(part).decode() for part in orjson.loads(text))


#: Columns whose same content can be told in more than one way, by table and name.
_ALIKE: Final[dict[tuple[type[Any], str], Callable[[Any], Any]]] = {
    (FigureLine, "data"): _in_any_order,
    (FigureFamily, "tickets"): sorted,
}


def unequal(line: Connection, old: int, new: int, last_rec: int) -> Iterator[str]:
    """A sentence for each key of each kept table at which two generations differ, by walking both in their order.

    What small batches leave behind without anybody reading it again is no difference: rows that were due before the day
    of ``last_rec``, work that was under way when its batch ended, and names that a later event made unneeded.
    """
    read = {
        FigureLine: FigureLine.position >= day_of_due(last_rec),
        FigureName: FigureName.kind != UNFINISHED,
    }
    for table in KEPT:
        walks = [_walk(line, table, generation, read.get(table, true())) for generation in (old, new)]
        a, b = (next(walk, None) for walk in walks)
        while a is not None or b is not None:
            if a == b:
                a, b = (next(walk, None) for walk in walks)
                continue
            first = min(one[0] for one in (a, b) if one is not None)
            if table is not FigureName or (b is not None and b[0] == first):
                yield f"{table.__tablename__} {' '.join(map(str, first))} differs from a rebuild"
            if a is not None and a[0] == first:
                a = next(walks[0], None)
            if b is not None and b[0] == first:
                b = next(walks[1], None)


def _walk(line: Connection, table: type[Any], generation: int, read: ColumnElement[bool]) -> Iterator[Row]:
    columns = [column for column in table.__table__.c if column.name != "generation"]
    keys = [column for column in columns if column.primary_key]
    values = [column for column in columns if not column.primary_key]
    alike = [_ALIKE.get((table, column.name)) for column in values]
    query = select(*keys, *values).where(table.generation == generation, read)
    query = query.order_by(*(_bytewise(line, column) for column in keys))
    for row in line.execution_options(yield_per=1_000).execute(query):
        told = tuple(same(one) if same else one for same, one in zip(alike, row[len(keys) :], strict=True))
        yield tuple(row[: len(keys)]), told


def _bytewise(line: Connection, column: Any) -> Any:
    """Text in the order of its code points, as Python compares it."""
    is_text = column.type.python_type is str
    return column.collate("C") if is_text and line.dialect.name == "postgresql" else column
