"""What of the reports by mail is due, to whom, and what became of it: each leaves once per due time and address."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Final

from sqlalchemy import and_, delete, or_, select

from inbox import clock
from inbox.actions import alerts, desk, report_readers
from inbox.actions.report_mails import following
from inbox.actions.report_readers import Reader
from inbox.actions.report_stops import STOPPED
from inbox.errors import Conflict
from inbox.store import ReportMail, ReportSending, Work

__all__ = ["Due", "due", "failed", "gone", "leaves", "settle"]

#: How long after a refusal it is tried again, by the number of refusals; after the last it has failed.
AGAIN: Final = tuple(dt.timedelta(minutes=n) for n in (1, 5, 15, 60, 180, 360))
KEPT: Final = dt.timedelta(days=90)
_BATCH: Final = 20


@dataclass(frozen=True)
class Due:
    """A report at one of its times, who has not got it yet, and the channels by which it may leave, best first."""

    id: str
    at: dt.datetime
    to: tuple[Reader, ...]
    ways: tuple[str, ...]


def due(work: Work) -> list[Due]:
    """What should leave now. Empty where no channel can send mail."""
    now = clock.now()
    ripe = or_(and_(ReportMail.next_at <= now, ReportMail.paused.is_(False)), ReportMail.asked_at <= now)
    waited = or_(ReportMail.retry_at.is_(None), ReportMail.retry_at <= now)
    rows = work.scalars(select(ReportMail).where(ripe, waited).order_by(ReportMail.name).limit(_BATCH)).all()
    ways = alerts.ways(work) if rows else ()
    return [Due(row.id, _when(row), _left(work, row, _when(row)), ways) for row in rows] if ways else []


def _when(row: ReportMail) -> dt.datetime:
    """The time at which it is due: what somebody asked for goes first."""
    found = row.asked_at or row.next_at
    if found is None:
        raise AssertionError(row.id)
    return found


def _left(work: Work, row: ReportMail, at: dt.datetime) -> tuple[Reader, ...]:
    """Who should get it at one of its times, may do so now, and has not got it yet."""
    had = select(ReportSending.address).where(ReportSending.mail_id == row.id, ReportSending.due_at == at)
    done = set(work.scalars(had))
    return tuple(one for one in report_readers.readers(work, row) if one.address.lower() not in done)


def leaves(work: Work, one: Due, address: str) -> None:
    """Writes down that it leaves, right before it does. Raises :class:`Conflict` where it has left already, or whoever
    should get it may not, or wants it no more."""
    row = work.get(ReportMail, one.id)
    if row is None or one.at not in (row.next_at, row.asked_at):
        msg = "this report has left already"
        raise Conflict(msg)
    if address.lower() not in {each.address.lower() for each in _left(work, row, one.at)}:
        msg = "this report has left already, or is not for this address any more"
        raise Conflict(msg)
    work.add(ReportSending(mail_id=one.id, due_at=one.at, address=address.lower()))
    work.flush()


def gone(work: Work, one: Due, address: str) -> None:
    """Takes back that it left: no server took it."""
    key = (ReportSending.mail_id == one.id, ReportSending.due_at == one.at, ReportSending.address == address.lower())
    work.execute(delete(ReportSending).where(*key))


def failed(work: Work, one: Due, address: str, problem: str) -> None:
    """Writes down that it will not reach an address."""
    found = work.get(ReportSending, (one.id, one.at, address.lower()))
    if found is None:
        found = ReportSending(mail_id=one.id, due_at=one.at, address=address.lower())
        work.add(found)
    found.problem = problem[:300]


def settle(work: Work, one: Due, problem: str = "") -> None:
    """After everybody was tried: done where nobody is left, else tried again later, and given up after a while."""
    row = work.get(ReportMail, one.id)
    if row is None or one.at not in (row.next_at, row.asked_at):
        return
    now, left = clock.now(), _left(work, row, one.at)
    if left and row.tries < len(AGAIN):
        row.retry_at, row.tries, row.problem = now + AGAIN[row.tries], row.tries + 1, problem[:300]
        return
    for each in left:
        failed(work, one, each.address, problem)
    work.flush()
    same = (ReportSending.mail_id == row.id, ReportSending.due_at == one.at)
    said = list(work.scalars(select(ReportSending.problem).where(*same)))
    row.last_at, row.last_failed = now, sum(bool(each) for each in said)
    row.last_sent = len(said) - row.last_failed
    row.problem = next((each for each in said if each), "" if said else "nobody is there who could get it")
    row.retry_at, row.tries = None, 0
    if one.at == row.asked_at:
        row.asked_at = None
    else:
        zone = str(desk.get(work, "desk.timezone"))
        row.next_at = None if row.paused else following(row.every, row.weekday, row.at, zone, now)
    old = (ReportSending.mail_id == row.id, ReportSending.due_at < now - KEPT, ReportSending.problem != STOPPED)
    work.execute(delete(ReportSending).where(*old))
