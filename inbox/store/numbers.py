"""Numbers of tickets and messages are given out once: none that stands in a customer's mail or in the log comes again.

PostgreSQL has counters, which can be set. SQLite counts on from the highest row, so a new row is given its number here
where a leap lies behind that row.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Final

from sqlalchemy import func, inspect, select, text

from inbox.store.columns import Base
from inbox.store.desk import Setting
from inbox.store.messages import Message
from inbox.store.tickets import Ticket

if TYPE_CHECKING:
    from inbox.store import Work

__all__ = ["highest", "lead", "leap"]

#: Table → the setting with the first number that nobody can have seen before the last leap.
FROM: Final[dict[type[Ticket | Message], str]] = {Ticket: "desk.numbers_from", Message: "desk.messages_from"}
#: Sets a counter that is behind; one that is beyond it in this moment stays.
BEHIND: Final = text("""
    SELECT setval(counter, :first, false)
    FROM (SELECT CAST(pg_get_serial_sequence(:table, 'id') AS regclass) AS counter) AS its
    WHERE coalesce(pg_sequence_last_value(counter), 0) < :first
""")


def highest(work: Work, table: type[Ticket | Message]) -> int:
    """The highest number that a row has or that was leapt over; 0 for none."""
    line = work.connection()
    first = line.scalar(select(Setting.value).where(Setting.name == FROM[table])) or 1
    return max(int(first) - 1, line.scalar(select(func.max(table.id))) or 0)


def leap(work: Work, table: type[Ticket | Message], first: int) -> None:
    """No new row of the table gets a number below ``first`` from now on; what is beyond it already stays."""
    if first <= highest(work, table) + 1:
        return
    work.merge(Setting(name=FROM[table], value=first))
    work.flush()
    if not work.store.is_sqlite:
        work.execute(BEHIND, {"table": table.__tablename__, "first": first})


def lead(work: Work, rows: Iterable[Base]) -> None:
    """Gives new rows their numbers where SQLite would give some from before a leap."""
    if not work.store.is_sqlite:
        return
    new = [row for row in rows if isinstance(row, Ticket | Message) and row.__dict__.get("id") is None]
    line = work.connection() if new else None
    for table, name in FROM.items():
        mine = [row for row in new if isinstance(row, table)]
        if line is None or not mine:
            continue
        first = line.scalar(select(Setting.value).where(Setting.name == name))
        if first is not None and int(first) > (line.scalar(select(func.max(table.id))) or 0):
            for number, row in enumerate(sorted(mine, key=_order), int(first)):
                row.id = number


def _order(row: Base) -> int:
    """When a row was put into its unit of work."""
    return getattr(inspect(row), "insert_order", 0)
