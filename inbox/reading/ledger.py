"""The ledger: per channel and local day, everything that was received against how it ended."""

from __future__ import annotations

import datetime as dt
import zoneinfo
from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass, field

from sqlalchemy import ColumnElement, Subquery, and_, case, extract, func, literal_column, or_, select

from inbox.actions import desk
from inbox.errors import Invalid
from inbox.reading.feeds import ids_of
from inbox.store import Channel, JournalEntry, JournalItem, Message, Work
from inbox.terms import Outcome

__all__ = ["Line", "lines", "lost", "period", "span", "today"]

LONGEST = 400  # days
USUAL = dt.timedelta(days=30)

Place = tuple[str, dt.date]  # a channel's id and a local day


@dataclass(frozen=True)
class Line:
    """One channel on one local day, counted in items.

    ``received`` is counted from the entries (how many things each was found to be about), the rest from the outcomes
    that were written down, of the messages those that are there; ``pending`` includes arrivals that nobody has read
    yet. Where the two ways of counting differ, something was lost, and the line is not balanced.
    """

    channel: str  # its name
    kind: str
    address: str  # its id
    day: dt.date
    received: int
    pending: int = 0
    message: int = 0
    status: int = 0
    duplicate: int = 0
    quarantined: int = 0
    ignored: Mapping[str, int] = field(default_factory=dict)

    @property
    def balanced(self) -> bool:
        """True where everything that was received is pending or has its outcome."""
        ended = self.message + self.status + self.duplicate + self.quarantined + sum(self.ignored.values())
        return self.received == self.pending + ended


def today(work: Work) -> dt.date:
    """The local day of the desk."""
    return dt.datetime.now(_zone(work)).date()


def period(work: Work, start: dt.date | None, end: dt.date | None) -> tuple[dt.date, dt.date]:
    """The half-open local days [start, end): the last 30 unless named; equal days mean that one day.

    Raises :class:`Invalid` for an end before its start and for more than 400 days.
    """
    if end is None:
        end = max(today(work), start or dt.date.min) + dt.timedelta(days=1)
    start = start if start is not None else end - USUAL
    if start == end:
        end = start + dt.timedelta(days=1)
    if end < start:
        msg = f"the period ends on {end}, before it starts on {start}"
        raise Invalid(msg, fields={"to": msg})
    if (end - start).days > LONGEST:
        msg = f"a ledger shows {LONGEST} days at most; ask for it in parts"
        raise Invalid(msg, fields={"from": msg})
    return start, end


def lines(work: Work, start: dt.date, end: dt.date, *, channel: str | None = None) -> list[Line]:
    """The lines of the local days [start, end), by day and channel name; days without an arrival have none.

    ``channel`` is an id, a name or a kind.
    """
    channels = {row.id: row for row in work.scalars(select(Channel))}
    calendar = Calendar(_zone(work), start, end)
    entries = _entries(calendar, ids_of(work, channel) if channel else list(channels))
    received = _received(work, entries, calendar)
    outcomes = _outcomes(work, entries, calendar)
    found = []
    for (address, day), (count, unread) in received.items():
        row = channels[address]
        ended = outcomes.get((address, day), {})
        plain = {outcome: sum(reasons.values()) for outcome, reasons in ended.items()}
        found.append(
            Line(
                channel=row.name,
                kind=row.kind,
                address=address,
                day=day,
                received=count,
                pending=plain.get(Outcome.PENDING, 0) + unread,
                message=plain.get(Outcome.MESSAGE, 0),
                status=plain.get(Outcome.STATUS, 0),
                duplicate=plain.get(Outcome.DUPLICATE, 0),
                quarantined=plain.get(Outcome.QUARANTINED, 0),
                ignored=ended.get(Outcome.IGNORED, {}),
            )
        )
    return sorted(found, key=lambda line: (line.day, line.channel))


def span(work: Work, start: dt.date, end: dt.date) -> tuple[dt.datetime, dt.datetime]:
    """The moments from the first midnight of the local days [start, end) to the last."""
    return Calendar(_zone(work), start, end).span


def lost(work: Work, start: dt.date, end: dt.date, *, channel: str | None = None) -> list[int]:
    """The arrivals of those days that make a line not balance: an item has no outcome, or its message is gone."""
    since, until = span(work, start, end)
    written = select(func.count()).where(JournalItem.entry_id == JournalEntry.id).scalar_subquery()
    gone = select(JournalItem.n).where(JournalItem.entry_id == JournalEntry.id, *_gone())
    query = select(JournalEntry.id).where(
        JournalEntry.received_at >= since,
        JournalEntry.received_at < until,
        or_(
            and_(JournalEntry.done, written < func.coalesce(JournalEntry.things, 1)),
            written < JournalEntry.things,
            gone.exists(),
        ),
    )
    if channel:
        query = query.where(JournalEntry.channel_id.in_(ids_of(work, channel)))
    return list(work.scalars(query.order_by(JournalEntry.id)))


def _gone() -> tuple[ColumnElement[bool], ...]:
    """The conditions on an item that became a message which is no longer there."""
    there = select(Message.id).where(Message.id == JournalItem.message_id)
    return JournalItem.outcome == Outcome.MESSAGE, JournalItem.message_id.is_not(None), ~there.exists()


def _zone(work: Work) -> zoneinfo.ZoneInfo:
    return zoneinfo.ZoneInfo(str(desk.get(work, "desk.timezone")))


class Calendar:
    """Local days over quarters of an hour, the finest step between any two time zones; a day has 23 to 25 hours."""

    def __init__(self, zone: zoneinfo.ZoneInfo, start: dt.date, end: dt.date) -> None:
        self._days = [start + dt.timedelta(days=n) for n in range((end - start).days + 1)]
        self._midnights = [dt.datetime.combine(day, dt.time(), zone).astimezone(dt.UTC) for day in self._days]
        self._seconds = [int(moment.timestamp()) for moment in self._midnights]

    @property
    def span(self) -> tuple[dt.datetime, dt.datetime]:
        """From the first midnight to the last, UTC."""
        return self._midnights[0], self._midnights[-1]

    def day(self, quarter: int) -> dt.date:
        """The local day of a quarter of an hour, given as its first second since 1970."""
        return self._days[bisect_right(self._seconds, quarter) - 1]


def _entries(calendar: Calendar, only: list[str]) -> Subquery:
    """The entries of those days, each with the quarter of an hour in which it came; by the index on (channel, time)."""
    since, until = calendar.span
    second = extract("epoch", JournalEntry.received_at)
    quarter = second - second % literal_column("900")
    return (
        select(
            JournalEntry.id, JournalEntry.channel_id, JournalEntry.done, JournalEntry.things, quarter.label("quarter")
        )
        .where(JournalEntry.channel_id.in_(only), JournalEntry.received_at >= since, JournalEntry.received_at < until)
        .subquery()
    )


def _received(work: Work, entries: Subquery, calendar: Calendar) -> dict[Place, tuple[int, int]]:
    """(items that arrived, entries not yet read) by channel and day. The entry says how many there were when it was
    read; before it ever was, it is one."""
    each = (
        select(
            entries.c.channel_id,
            entries.c.quarter,
            entries.c.done,
            func.count(JournalItem.n).label("written"),
            func.coalesce(entries.c.things, func.max(JournalItem.n) + 1, 1).label("things"),
        )
        .outerjoin_from(entries, JournalItem, JournalItem.entry_id == entries.c.id)
        .group_by(entries.c.id, entries.c.channel_id, entries.c.quarter, entries.c.done, entries.c.things)
        .subquery()
    )
    unread = case((and_(each.c.written == 0, each.c.done.is_(False)), 1), else_=0)
    query = select(each.c.channel_id, each.c.quarter, func.sum(each.c.things), func.sum(unread)).group_by(
        each.c.channel_id, each.c.quarter
    )
    found: dict[Place, tuple[int, int]] = {}
    for address, quarter, things, waiting in work.execute(query):
        place = (address, calendar.day(int(quarter)))
        known = found.get(place, (0, 0))
        found[place] = (known[0] + int(things), known[1] + int(waiting))
    return found


def _outcomes(work: Work, entries: Subquery, calendar: Calendar) -> dict[Place, dict[Outcome, dict[str, int]]]:
    """How many items ended how, by channel and day; the reasons are told apart where they were left on purpose."""
    reason = case((JournalItem.outcome == Outcome.IGNORED, func.coalesce(JournalItem.reason, "")), else_="")
    query = (
        select(entries.c.channel_id, entries.c.quarter, JournalItem.outcome, reason.label("why"), func.count())
        .join_from(entries, JournalItem, JournalItem.entry_id == entries.c.id)
        .where(~and_(*_gone()))
        .group_by(entries.c.channel_id, entries.c.quarter, JournalItem.outcome, "why")
    )
    found: dict[Place, dict[Outcome, dict[str, int]]] = {}
    for address, quarter, outcome, why, count in work.execute(query):
        reasons = found.setdefault((address, calendar.day(int(quarter))), {}).setdefault(outcome, {})
        reasons[why or "unknown"] = reasons.get(why or "unknown", 0) + count
    return found
