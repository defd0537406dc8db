"""Numbers in a history from elsewhere: tickets and messages that are called like some of this desk's own."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import select

from inbox.store import Event, Message, Ticket, Work, numbers

__all__ = ["Strangers", "make_way"]

Row = Mapping[str, Any]

BORN: Final = frozenset({"ticket.created", "ticket.imported"})
SAID: Final = frozenset({"msg.in", "msg.out"})
_NUMBER: Final = re.compile(r"[1-9][0-9]{0,14}")
#: The ids that this desk gives to events of its messages.
_OWN: Final = re.compile(r"(?:msg\.in|msg\.out|cost):([1-9][0-9]{0,14})(?::.*)?")
#: Where a line of a ticket names another.
_OTHERS: Final = ("into", "from", "to")
#: Nobody counts that far: what is called by a time or a phone number is no reason to leap.
FAR: Final = 10**9
HELP: Final = "import the history with --prefix NAME"
PART: Final = 500


def make_way(work: Work, rows: Iterable[Row]) -> None:
    """Has the desk's own new tickets and messages begin beyond every number that the rows name."""
    tickets = messages = 0
    for row in rows:
        tickets = max(tickets, *(one for one in (0, *_tickets(row)) if one < FAR))
        messages = max(messages, *(one for one in (0, *_messages(row), *_in_id(row)) if one < FAR))
    for table, highest in ((Ticket, tickets), (Message, messages)):
        if highest:
            numbers.leap(work, table, highest + 1)


class Strangers:
    """What a file calls by numbers that are this desk's own: taken in, two tickets would be one. Remembered over the
    batches of a file."""

    def __init__(self) -> None:
        self._tickets: set[int] = set()
        self._messages: set[int] = set()

    def find(self, work: Work, rows: Sequence[Row]) -> list[str | None]:
        """Why each row cannot be taken in, in one sentence; None where it can. What this desk has told itself can."""
        own = _own(work, Ticket, {row["ticket_id"] for row in rows if row["kind"] in BORN})
        said = _own(work, Message, {one for row in rows if row["kind"] in SAID for one in _messages(row)})
        suspects = [row["id"] for row in rows if row["kind"] in BORN | SAID or _OWN.fullmatch(row["id"])]
        told = dict(_told(work, suspects))
        for row in rows:
            if told.get(row["id"]) == (row["kind"], row["ts"]):
                continue
            if row["kind"] in BORN and row["ticket_id"] in own:
                self._tickets.add(row["ticket_id"])
            elif row["kind"] in SAID:
                self._messages |= {one for one in _messages(row) if said.get(one, row["ticket_id"]) != row["ticket_id"]}
        return [self._why(row, told) for row in rows]

    def _why(self, row: Row, told: Mapping[str, tuple[str, datetime]]) -> str | None:
        if known := self._tickets.intersection(_tickets(row)):
            return f"ticket {min(known)} is one of this desk's own; {HELP}"
        if known := self._messages.intersection(_messages(row)):
            return f"message {min(known)} is one of this desk's own; {HELP}"
        if _OWN.fullmatch(row["id"]) and told.get(row["id"], (row["kind"], row["ts"])) != (row["kind"], row["ts"]):
            return f"{row['id']} is another event here; {HELP}"
        return None


def _tickets(row: Row) -> Iterator[int]:
    if row["ticket_id"] is not None:
        yield row["ticket_id"]
    if row["kind"].startswith("ticket."):
        yield from _whole(row["data"].get(name) for name in _OTHERS)


def _messages(row: Row) -> Iterator[int]:
    several = row["data"].get("msgs")
    yield from _whole([row["data"].get("msg"), *(several if isinstance(several, list) else ())])


def _in_id(row: Row) -> Iterator[int]:
    if found := _OWN.fullmatch(row["id"]):
        yield int(found[1])


def _whole(values: Iterable[Any]) -> Iterator[int]:
    return (int(one) for one in values if isinstance(one, str) and _NUMBER.fullmatch(one))


def _own(work: Work, table: type[Ticket | Message], wanted: set[Any]) -> dict[int, int]:
    """Those of the numbers that are rows of the table, with their ticket."""
    ticket = Message.ticket_id if table is Message else Ticket.id
    found: dict[int, int] = {}
    for part in _parts(sorted(wanted - {None})):
        rows = work.execute(select(table.id, ticket).where(table.id.in_(part)))
        found |= {row[0]: row[1] for row in rows}
    return found


def _told(work: Work, ids: Sequence[str]) -> Iterator[tuple[str, tuple[str, datetime]]]:
    """Kind and time, to the millisecond that goes out, of those events that the log has."""
    for part in _parts(ids):
        for id, kind, ts in work.execute(select(Event.id, Event.kind, Event.ts).where(Event.id.in_(part))):
            yield id, (kind, ts.replace(microsecond=ts.microsecond // 1000 * 1000))


def _parts(values: Sequence[Any]) -> Iterator[Sequence[Any]]:
    return (values[begin : begin + PART] for begin in range(0, len(values), PART))
