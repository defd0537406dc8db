"""The ticket store: one place to write (``Store.transaction``), one to read, and the event log between them."""

from __future__ import annotations

import datetime as dt
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, TypeVar

from sqlalchemy import event, func, select, text
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm import Session, make_transient_to_detached
from sqlalchemy.orm.exc import StaleDataError

from connectors.base import Connector
from inbox import clock, logs
from inbox.errors import Conflict, NoRoom, Unavailable
from inbox.settings import Settings
from inbox.store import engine, numbers
from inbox.store.bulk import BulkItem, BulkRun
from inbox.store.channels import Channel, Lease
from inbox.store.columns import Base, insert_row, insert_rows
from inbox.store.customers import Customer, Handover, Identity, Unneeded, Upload, Visitor
from inbox.store.desk import Audit, Setting
from inbox.store.fields import FieldChange, FieldValue, TicketField
from inbox.store.figures import FigureState
from inbox.store.files import Files
from inbox.store.health import Alert, Canary
from inbox.store.journal import JournalEntry, JournalItem
from inbox.store.log import PLACED, Beat, Event, Focus, names
from inbox.store.messages import SUPERSEDES, Attachment, Message
from inbox.store.notices import Device, Notice, Post
from inbox.store.people import Agent, Membership, SignIn, Team, Token
from inbox.store.profiles import Apart, Consent, CustomerMerge, CustomerNote
from inbox.store.relations import Follower, TicketLink
from inbox.store.reports import ReportMail, ReportSending
from inbox.store.rules import Rule, RuleCall, RuleRun, RuleWait
from inbox.store.seal import Seal
from inbox.store.surveys import Survey
from inbox.store.tickets import (
    LIFECYCLE,
    LOG_STATUS,
    TROUBLED,
    ReadMark,
    Reason,
    Ticket,
    TicketTag,
    after,
)
from inbox.store.views import SavedView, ViewHabit
from inbox.store.writing import Canned, Draft, DraftFile, FirstDraft, Macro, Mention

__all__ = [
    "LIFECYCLE",
    "LOG_STATUS",
    "PLACED",
    "SUPERSEDES",
    "TROUBLED",
    "Agent",
    "Alert",
    "Apart",
    "Attachment",
    "Audit",
    "Base",
    "Beat",
    "BulkItem",
    "BulkRun",
    "Canary",
    "Canned",
    "Channel",
    "Consent",
    "Customer",
    "CustomerMerge",
    "CustomerNote",
    "Device",
    "Draft",
    "DraftFile",
    "Event",
    "FieldChange",
    "FieldValue",
    "FigureState",
    "Files",
    "FirstDraft",
    "Focus",
    "Follower",
    "Handover",
    "Identity",
    "JournalEntry",
    "JournalItem",
    "Lease",
    "Macro",
    "Membership",
    "Mention",
    "Message",
    "Notice",
    "Post",
    "ReadMark",
    "Reason",
    "ReportMail",
    "ReportSending",
    "Rule",
    "RuleCall",
    "RuleRun",
    "RuleWait",
    "SavedView",
    "Seal",
    "Setting",
    "SignIn",
    "Store",
    "Survey",
    "Team",
    "Ticket",
    "TicketField",
    "TicketLink",
    "TicketTag",
    "Token",
    "Unneeded",
    "Upload",
    "ViewHabit",
    "Visitor",
    "Work",
    "after",
    "followers",
    "names",
]

#: What is kept in step with the log by the transaction that writes it; the floor above puts its own here.
followers: list[Callable[[Work], None]] = []

#: PostgreSQL: held from the first appended event to the commit, so that commit order is ``seq`` order.
LOG_LOCK = 0x5057_0001
NOTIFY = "sportello_events"
TURN_S = 10.0
TRIES = 3  # of a write that met another one
SLOW_S = 2.0  # holding the database for longer is worth a line: on SQLite everybody else waits meanwhile

T = TypeVar("T")

log = logs.get(__name__)


class Work(Session):
    """A unit of work. Events are kept aside and written last, so that the log's lock is held for the commit only."""

    def __init__(self, store: Store, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.store = store
        self.events: list[Event] = []
        self.patient = False  # a long one is meant: nobody works beside it
        self.written: list[Event] = []  # those of them that stand in the log by now
        self.inserted: list[Base] = []

    def append(
        self,
        kind: str,
        *,
        actor: tuple[str, str | None, str | None] = ("system", None, None),
        ticket: int | None = None,
        ts: dt.datetime | None = None,
        id: str | None = None,
        **data: Any,
    ) -> Event:
        """Adds one line to the log, written at the end of this transaction; ``seq`` is known after it.

        ``actor`` is (kind, id, team). ``data`` are the kind's own fields, JSON values.
        """
        rec = clock.now()
        line = Event(
            kind=kind,
            actor_kind=actor[0],
            actor_id=actor[1],
            actor_team=actor[2],
            ticket_id=ticket,
            ts=min(ts, rec) if ts else rec,
            rec=rec,
            data=data,
        )
        if id is not None:
            line.id = id
        self.events.append(line)
        return line

    def insert(self, row: Base) -> None:
        """Stores one new row at once and keeps it as if it had been read: what intake writes for every arrival.

        A fraction of what the unit of work takes for the same. What hangs on the row by a relationship is not stored.
        """
        numbers.lead(self, [row])
        insert_row(self.connection(), row)
        make_transient_to_detached(row)
        self.add(row)
        self.inserted.append(row)

    def take_back(self, events: int, inserted: int) -> None:
        """Forgets all but the first so many events and inserted rows, after their savepoint was rolled back."""
        del self.events[events:]
        for row in self.inserted[inserted:]:
            if row in self:  # one goes with its whole
                self.expunge(row)
        del self.inserted[inserted:]

    def commit(self) -> None:
        """Ends the work. An event that would be lost by it is a bug: raises ``RuntimeError``."""
        if self.events:
            msg = "events were appended outside Store.transaction()"
            raise RuntimeError(msg)
        super().commit()

    def write_events(self, *, followed: bool = True) -> None:
        """Flushes the work, takes the log's lock on PostgreSQL, writes the kept events in order. Without ``followed``
        they go in together: what is kept in step with the log is known to stand as they leave it."""
        self.flush()
        if not self.events:
            return
        for follow in followers if followed else ():
            follow(self)
        self.flush()
        postgres = self.get_bind().dialect.name == "postgresql"
        if postgres:
            self.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": LOG_LOCK})
        lines, self.events = self.events, []
        if followed:
            for line in lines:  # one by one and in order, past the unit of work, which costs more than the writing
                insert_row(self.connection(), line)
        else:
            insert_rows(self.connection(), lines)
        self.written += lines
        if postgres:
            self.execute(text(f"NOTIFY {NOTIFY}"))


@event.listens_for(Work, "before_flush")
def _number(work: Work, *_flushing: object) -> None:
    numbers.lead(work, work.new)


class Store:
    """The desk's memory: database, files and seal, and the connectors that its channels speak through."""

    def __init__(self, settings: Settings, connectors: Mapping[str, Connector[Any]] | None = None) -> None:
        self.settings = settings
        self.connectors = connectors or {}
        self.files = Files(settings.files)
        self.seal = Seal(settings.secret_key)
        self.writer = engine.make(settings.url, writing=True)
        self.reader = engine.make(settings.url, writing=False) if settings.is_sqlite else self.writer
        self._turn = threading.Lock()  # SQLite's busy handler is unfair: within a process we queue ourselves

    @property
    def is_sqlite(self) -> bool:
        """True on the embedded database."""
        return self.settings.is_sqlite

    @contextmanager
    def transaction(self) -> Iterator[Work]:
        """The only way to write: commits at the end, rolls back on any exception.

        Raises :class:`Unavailable` where the database is locked or away, :class:`NoRoom` where the disk is full;
        nothing was stored then.
        """
        try:
            if self.is_sqlite:
                with self._my_turn(), self._work() as work:
                    yield work
            else:
                with self._work() as work:
                    yield work
        except (OperationalError, PoolTimeout) as problem:
            msg = "the database is busy or away; nothing was stored, try again"
            raise Unavailable(msg) from problem
        except OSError as problem:
            if not engine.passes(problem):
                raise
            msg = "the disk is full or cannot be written; nothing was stored, make room and try again"
            raise NoRoom(msg) from problem

    @contextmanager
    def _my_turn(self) -> Iterator[None]:
        """One writer at a time. Where another process holds the database, each waits for it: nobody waits for all."""
        if not self._turn.acquire(timeout=TURN_S):
            msg = "the database is busy or away; nothing was stored, try again"
            raise Unavailable(msg)
        try:
            yield
        finally:
            self._turn.release()

    @contextmanager
    def _work(self) -> Iterator[Work]:
        with Work(self, self.writer, expire_on_commit=False, autoflush=True) as work:
            begin = time.monotonic()
            try:
                yield work
                work.write_events()
                work.commit()
            except BaseException:
                work.rollback()
                raise
            finally:
                if (took := time.monotonic() - begin) > SLOW_S and not work.patient:
                    log.warning("slow write", seconds=round(took, 1), thread=threading.current_thread().name)

    def write(self, do: Callable[[Work], T]) -> T:
        """What ``do`` gives after its commit. Where somebody wrote the same in the same moment it looks again: a
        repeated key finds the first message, a changed ticket is changed from where it stands now.
        """
        for attempt in range(TRIES):
            try:
                with self.transaction() as work:
                    return do(work)
            except (IntegrityError, StaleDataError):
                if attempt + 1 == TRIES:
                    break
        msg = "somebody else changed this in the same moment; try again"
        raise Conflict(msg)

    @contextmanager
    def reading(self) -> Iterator[Work]:
        """A consistent look without the right to write: whatever was changed is rolled back.

        Raises :class:`Unavailable` where the database is away.
        """
        try:
            with Work(self, self.reader, expire_on_commit=False, autoflush=False) as work:
                yield work  # closing ends the transaction and leaves what was read readable
        except (OperationalError, PoolTimeout) as problem:
            msg = "the database is busy or away; try again"
            raise Unavailable(msg) from problem

    def last_seq(self) -> int:
        """The log's end; 0 for an empty one."""
        with self.reading() as work:
            return work.scalar(select(func.max(Event.seq))) or 0

    def close(self) -> None:
        """Gives the connections back."""
        self.writer.dispose()
        self.reader.dispose()
