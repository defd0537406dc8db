"""The ledger: per channel and local day, everything that was received against how it ended."""

from __future__ import annotations

import datetime as dt
import zoneinfo
from collections.abc import Mapping
from dataclasses import dataclass, field

from sqlalchemy import Date, Select, Subquery, and_, case, column, func, select, values

from inbox.actions import desk
from inbox.errors import Invalid
from inbox.reading.feeds import ids_of
from inbox.store import Channel, JournalEntry, JournalItem, Work
from inbox.store.columns import UtcDateTime
from inbox.terms import Outcome

__all__ = ["Line", "lines", "period", "today"]

LONGEST = 400  # days
USUAL = dt.timedelta(days=30)


@dataclass(frozen=True)
class Line:
    """One channel on one local day, counted in items.

    ``received`` is counted from the entries (how many things each was about), the rest from the outcomes that were
    written down; ``pending`` includes arrivals that nobody has read yet. Where the two ways of counting differ,
    something was lost, and the line is not balanced.
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
    entries = _entries(work, start, end, ids_of(work, channel) if channel else None)
    received = _received(work, entries)
    outcomes = _outcomes(work, entries)
    channels = {row.id: row for row in work.scalars(select(Channel))}
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


def _zone(work: Work) -> zoneinfo.ZoneInfo:
    return zoneinfo.ZoneInfo(str(desk.get(work, "desk.timezone")))


def _entries(work: Work, start: dt.date, end: dt.date, only: list[str] | None) -> Subquery:
    """The entries of those days, each with its local day; a day may have 23 or 25 hours."""
    zone = _zone(work)
    days = [start + dt.timedelta(days=n) for n in range((end - start).days + 1)]
    midnights = [dt.datetime.combine(day, dt.time(), zone).astimezone(dt.UTC) for day in days]
    spans = list(zip(days, midnights, midnights[1:], strict=False))
    calendar = (
        values(column("day", Date), column("since", UtcDateTime), column("until", UtcDateTime))
        .data(spans)
        .cte("calendar")
    )
    within = and_(
        JournalEntry.channel_id == Channel.id,
        JournalEntry.received_at >= calendar.c.since,
        JournalEntry.received_at < calendar.c.until,
    )
    query: Select[tuple[int, str, bool, dt.date]] = select(
        JournalEntry.id, JournalEntry.channel_id, JournalEntry.done, calendar.c.day
    ).select_from(Channel)
    if only is not None:
        query = query.where(Channel.id.in_(only))
    # The channel stands in the join so that the index on (channel, time) is used, day by day.
    return query.join(calendar, Channel.id.is_not(None)).join(JournalEntry, within).subquery()


def _received(work: Work, entries: Subquery) -> dict[tuple[str, dt.date], tuple[int, int]]:
    """(items that arrived, entries not yet read) by channel and day. The highest number says how many there were."""
    each = (
        select(
            entries.c.channel_id,
            entries.c.day,
            entries.c.done,
            func.count(JournalItem.n).label("written"),
            (func.coalesce(func.max(JournalItem.n), 0) + 1).label("things"),
        )
        .outerjoin_from(entries, JournalItem, JournalItem.entry_id == entries.c.id)
        .group_by(entries.c.id, entries.c.channel_id, entries.c.day, entries.c.done)
        .subquery()
    )
    unread = case((and_(each.c.written == 0, each.c.done.is_(False)), 1), else_=0)
    query = select(each.c.channel_id, each.c.day, func.sum(each.c.things), func.sum(unread)).group_by(
        each.c.channel_id, each.c.day
    )
    return {(address, _day(day)): (int(items), int(open_)) for address, day, items, open_ in work.execute(query)}


def _outcomes(work: Work, entries: Subquery) -> dict[tuple[str, dt.date], dict[Outcome, dict[str, int]]]:
    """How many items ended how, by channel and day; the reasons are told apart where they were left on purpose."""
    reason = case((JournalItem.outcome == Outcome.IGNORED, func.coalesce(JournalItem.reason, "")), else_="")
    query = (
        select(entries.c.channel_id, entries.c.day, JournalItem.outcome, reason.label("why"), func.count())
        .join_from(entries, JournalItem, JournalItem.entry_id == entries.c.id)
        .group_by(entries.c.channel_id, entries.c.day, JournalItem.outcome, "why")
    )
    found: dict[tuple[str, dt.date], dict[Outcome, dict[str, int]]] = {}
    for address, day, outcome, why, count in work.execute(query):
        found.setdefault((address, _day(day)), {}).setdefault(outcome, {})[why or "unknown"] = count
    return found


def _day(value: dt.date | str) -> dt.date:
    """SQLite gives a date of a VALUES list back as text."""
    return dt.date.fromisoformat(value) if isinstance(value, str) else value
