"""Orders of the list, walked page by page by a key: each band of an order and each status is a walk of one index."""

from __future__ import annotations

import base64
import binascii
import datetime as dt
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from sqlalchemy import ColumnElement, and_, or_, select, union_all
from sqlalchemy.orm import InstrumentedAttribute

from inbox.store import Ticket, Work
from inbox.terms import Priority, Status

__all__ = ["SORTS", "Key", "decode", "encode", "walk"]


@dataclass(frozen=True)
class Band:
    """A stretch of an order: tickets for which ``when`` holds, by one time."""

    by: InstrumentedAttribute[Any]
    descending: bool = True
    when: ColumnElement[bool] | None = None


NEWEST: Final = Band(Ticket.active_at)
#: An order is one band after the other.
SORTS: Final[dict[str, tuple[Band, ...]]] = {
    "newest": (NEWEST,),
    "oldest": (Band(Ticket.active_at, descending=False),),
    "waiting": (
        Band(Ticket.waiting_since, descending=False, when=Ticket.waiting_since.is_not(None)),
        Band(Ticket.active_at, when=Ticket.waiting_since.is_(None)),
    ),
    "due": (
        Band(Ticket.due_at, descending=False, when=Ticket.due_at.is_not(None)),
        Band(Ticket.active_at, when=Ticket.due_at.is_(None)),
    ),
    "priority": tuple(
        Band(Ticket.active_at, when=Ticket.priority == one)
        for one in (Priority.URGENT, Priority.HIGH, Priority.NORMAL, Priority.LOW)
    ),
    "trouble": (Band(Ticket.attention_at),),
}


@dataclass(frozen=True)
class Key:
    """Where a page begins or ends: the band, its time, the ticket."""

    band: int
    at: dt.datetime
    ticket: int


def encode(key: Key) -> str:
    """A key as an address takes it."""
    return base64.urlsafe_b64encode(json.dumps([key.band, key.at.isoformat(), key.ticket]).encode()).decode()


def decode(text: str) -> Key | None:
    """The key in an address; None for what is none, and the list begins at its beginning."""
    try:
        band, at, ticket = json.loads(base64.urlsafe_b64decode(text.encode()))
        return Key(int(band), dt.datetime.fromisoformat(at).astimezone(dt.UTC), int(ticket))
    except (ValueError, binascii.Error, TypeError):
        return None


def walk(
    work: Work,
    condition: ColumnElement[bool],
    statuses: Sequence[Status],
    sort: str,
    *,
    after: Key | None,
    limit: int,
    back: bool = False,
) -> list[Key]:
    """Up to ``limit`` tickets after a key, in order; ``back``: from it (or from the end) towards the beginning, the
    nearest first. No ``statuses``: the condition alone says which."""
    found: list[Key] = []
    bands = [(n, replace(one, descending=not one.descending) if back else one) for n, one in enumerate(SORTS[sort])]
    for number, band in reversed(bands) if back else bands:
        if after is not None and (number > after.band if back else number < after.band):
            continue
        here = after if after is not None and number == after.band else None
        rows = work.execute(_band(band, condition, statuses, here, limit - len(found)))
        found += [Key(number, at, ticket) for ticket, at in rows]
        if len(found) >= limit:
            break
    return found


def _band(band: Band, condition: ColumnElement[bool], statuses: Sequence[Status], after: Key | None, limit: int) -> Any:
    """One band: of each status so many at most, by an index that is in this order already, then merged."""
    parts = [condition] if band.when is None else [condition, band.when]
    if after is not None:
        parts.append(_beyond(band, after))
    whole = (
        select(Ticket.id.label("id"), band.by.label("at"))
        .where(*parts)
        .order_by(*_ordered(band, band.by, Ticket.id))
        .limit(limit)
    )
    legs = [whole.where(Ticket.status == status) for status in statuses] or [whole]
    if len(legs) == 1:
        return legs[0]
    both = union_all(*(select(leg.subquery()) for leg in legs)).subquery()
    return select(both.c.id, both.c.at).order_by(*_ordered(band, both.c.at, both.c.id)).limit(limit)


def _ordered(band: Band, at: Any, id: Any) -> tuple[Any, Any]:
    return (at.desc(), id.desc()) if band.descending else (at.asc(), id.asc())


def _beyond(band: Band, key: Key) -> ColumnElement[bool]:
    """Past a key. The first half is a range of the index, which the second alone would not be."""
    if band.descending:
        return and_(band.by <= key.at, or_(band.by < key.at, Ticket.id < key.ticket))
    return and_(band.by >= key.at, or_(band.by > key.at, Ticket.id > key.ticket))
