"""Reading the journal: each due entry is parsed, each of its items taken in by itself, its outcome written down."""

from __future__ import annotations

from datetime import timedelta
from typing import cast

from sqlalchemy import Table, bindparam, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import lazyload
from sqlalchemy.orm.exc import StaleDataError

from connectors.base import Item, Request, Unreadable
from inbox import clock, killpoints, logs
from inbox.actions import channels, erasing, intake
from inbox.actions.intake import Ended
from inbox.actions.journal import request_of
from inbox.errors import Misconfigured, NoRoom
from inbox.store import Channel, JournalEntry, JournalItem, Store, Work
from inbox.store.engine import passes
from inbox.terms import Outcome

__all__ = ["process", "work_due"]

log = logs.get(__name__)
ITEMS, JOURNAL = cast("Table", JournalItem.__table__), cast("Table", JournalEntry.__table__)
#: Prepared once, for every arrival asks them. An entry's items are read and written as columns: as rows of the unit of
#: work they would cost more than all else that is done with the entry.
DUE = (
    select(JournalEntry)
    .options(lazyload(JournalEntry.items))
    .where(JournalEntry.id == bindparam("id"), JournalEntry.done.is_(False))
    .with_for_update(skip_locked=True)
)
OUTCOMES = (
    select(JournalItem.n, JournalItem.outcome).where(JournalItem.entry_id == bindparam("entry")).order_by(JournalItem.n)
)
INSERT = insert(ITEMS)
WORKED = (
    update(JOURNAL)
    .where(JOURNAL.c.id == bindparam("entry"))
    .values({name: bindparam(name) for name in ("tries", "things", "done", "due_at")})
)
FINAL = {Outcome.MESSAGE, Outcome.STATUS}
LATE = {Outcome.DUPLICATE, Outcome.STATUS}  # what is about a message that is here already
AGAIN = timedelta(seconds=2)  # a status that overtook its receipt is looked at again


def work_due(store: Store, *, limit: int = 50) -> int:
    """Processes entries that are due, oldest first; gives how many were looked at.

    Raises :class:`NoRoom` at the end where one of them found none on the disk: it stays due.
    """
    with store.reading() as work:
        ids = work.scalars(
            select(JournalEntry.id)
            .where(JournalEntry.done.is_(False), JournalEntry.due_at <= clock.now())
            .order_by(JournalEntry.id)
            .limit(limit)
        ).all()
    looked, full = 0, None
    for entry_id in ids:
        try:
            looked += process(store, entry_id)
        except NoRoom as problem:  # a smaller one may find it
            full = problem
    if full is not None:
        raise full
    return looked


def process(store: Store, entry_id: int) -> bool:
    """Reads one entry; False where another worker has it or it is done."""
    killpoints.reach("after_journal")
    with store.transaction() as work:
        entry = work.scalar(DUE, {"id": entry_id})
        if entry is None:
            return False
        channel = work.get_one(Channel, entry.channel_id)
        items = _items(work, channel, entry)
        outcomes = {row.n: row.outcome for row in work.execute(OUTCOMES, {"entry": entry_id})}
        late: list[int] = []  # messages that were here before
        for n, item in enumerate(items):
            if outcomes.get(n) in FINAL:
                continue
            ended = _take(work, channel, entry, item)
            _write_down(work, entry_id, n, item, ended, again=n in outcomes)
            outcomes[n] = ended.outcome
            if ended.outcome in LATE and ended.message is not None:
                late.append(ended.message)
        pending = Outcome.PENDING in outcomes.values()
        worked = {
            "tries": entry.tries + 1,
            "things": max(len(items), entry.things or 0),
            "done": not pending,
            "due_at": clock.now() + AGAIN if pending else None,
        }
        work.connection().execute(WORKED, {"entry": entry_id, **worked})
        if len(late) == len(items) and not pending:
            erasing.settle_late(work, entry_id, late)
        for n, outcome in outcomes.items():
            if outcome is Outcome.QUARANTINED and not pending:
                work.append("journal.quarantined", channel_id=channel.id, journal=entry.id, n=n)
    return True


def _write_down(work: Work, entry: int, n: int, item: Item, ended: Ended, *, again: bool) -> None:
    """The line of an item in the ledger; ``again`` where it has one already."""
    values = {
        "outcome": ended.outcome,
        "reason": ended.reason,
        "external_id": item.external_id[:500] or None,
        "ticket_id": ended.ticket,
        "message_id": ended.message,
    }
    line = work.connection()
    if again:
        line.execute(update(ITEMS).where(ITEMS.c.entry_id == entry, ITEMS.c.n == n).values(values))
    else:
        line.execute(INSERT, {"entry_id": entry, "n": n, **values})


def _items(work: Work, channel: Channel, entry: JournalEntry) -> list[Item]:
    """What the connector makes of the entry; a parser that fails makes one unreadable item of it. A machine that fails
    makes nothing of it: the entry stays due."""
    try:
        config = channels.config_of(work, channel)
    except Misconfigured as problem:
        channels.broken(work, channel, "key", problem.detail)
        return [Unreadable("", problem.detail)]
    try:
        items = work.store.connectors[channel.kind].parse(config, request_of(work, entry))
    except Exception as problem:
        if passes(problem):
            raise
        log.exception("parse failed", channel=channel.name, journal=entry.id)
        return [Unreadable("", f"{type(problem).__name__}: {problem}"[:500])]
    return items or [Unreadable("", "the connector found nothing in it")]


def _take(work: Work, channel: Channel, entry: JournalEntry, item: Item, tries: int = 3) -> Ended:
    """One item in its own savepoint: a failure takes nothing of its neighbours with it.

    Where another worker takes in the same message, or the same new sender, in the same moment, it looks again: by then
    they are there.
    """
    before = len(work.events), len(work.inserted)
    try:
        with work.begin_nested():
            return intake.take(work, channel, entry, item)
    except Exception as problem:
        work.take_back(*before)
        if tries > 1 and _raced(problem):
            return _take(work, channel, entry, item, tries - 1)
        if passes(problem):
            raise
        log.exception("intake failed", channel=channel.name, journal=entry.id, item=item.external_id)
        return Ended(Outcome.QUARANTINED, f"{type(problem).__name__}: {problem}"[:500])


def _raced(problem: Exception) -> bool:
    """True where the database says that somebody else was in the way, and not that something is wrong. What was read
    before and is changed by now is read again: the end of the savepoint forgot it."""
    deadlock = getattr(getattr(problem, "orig", None), "sqlstate", "") == "40P01"
    return isinstance(problem, (IntegrityError, StaleDataError)) or deadlock


def is_known(work: Work, channel: Channel, request: Request) -> bool:
    """True where everything in an arrival is a message or status that is already here (a poll that fills holes)."""
    config = channels.config_of(work, channel)
    items = work.store.connectors[channel.kind].parse(config, request)
    ids = [item.external_id for item in items if item.external_id]
    if not ids:
        return False
    found = work.scalars(
        select(JournalItem.external_id)
        .join(JournalEntry, JournalEntry.id == JournalItem.entry_id)
        .where(JournalEntry.channel_id == channel.id, JournalItem.external_id.in_(ids))
    ).all()
    return set(ids) <= set(found)
