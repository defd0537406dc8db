"""What a report page is asked for, as its address says it: period, comparison and filters; and what it offers."""

from __future__ import annotations

import datetime as dt
import itertools
import zoneinfo
from collections.abc import Mapping
from typing import Any, Final, Literal, cast

from sqlalchemy import select

from inbox import clock
from inbox.actions import desk as settings
from inbox.actions import promises
from inbox.errors import Forbidden, Invalid
from inbox.metrics import Request
from inbox.reading import figures, once
from inbox.reading.definitions import DEFINITIONS, family
from inbox.reading.pages import Asked, Period
from inbox.store import Channel, Event, Reason, TicketTag, Work

__all__ = [
    "BUCKETS",
    "COMPARISONS",
    "FILTERS",
    "asked",
    "choices",
    "currency",
    "named",
    "period_of",
    "presets",
    "priced",
    "shown",
    "steps",
    "today",
    "unit",
    "weeks",
    "whole",
    "whole_steps",
]

FILTERS: Final = ("channel", "team", "reason", "tag", "agent")
#: How the address says what is compared with, and how the keys of a report begin that say it.
COMPARISONS: Final = {"previous": "prev", "year": "yoy"}
LONGEST: Final = dt.timedelta(days=800)
#: Of a period without a beginning; and figures of one that is younger may still change.
_USUAL: Final = dt.timedelta(days=30)
#: Up to how many days a drawing has steps of a day, and of a week.
DAILY: Final = 14
_WEEKLY: Final = 182
#: The first of them where it is counted what came and went.
BUCKETS: Final = 31
Unit = Literal["day", "week", "month"]
Span = tuple[dt.date, dt.date]
_WEEKS: Final = 12
_WEEK: Final = dt.timedelta(days=7)


def presets(today: dt.date) -> dict[str, tuple[dt.date, dt.date]]:
    """The shortcuts of the period picker."""
    tomorrow = today + dt.timedelta(days=1)
    month = today.replace(day=1)
    return {
        "7d": (tomorrow - dt.timedelta(days=7), tomorrow),
        "30d": (tomorrow - dt.timedelta(days=30), tomorrow),
        "12w": (tomorrow - dt.timedelta(days=84), tomorrow),
        "month": (month, tomorrow),
        "last_month": ((month - dt.timedelta(days=1)).replace(day=1), month),
    }


def period_of(today: dt.date, first: str, end: str, compare: str = "previous") -> Period:
    """The period that two dates name, else up to today; 30 days without its first. Raises :class:`Invalid`."""
    shortcuts = presets(today)
    try:
        stop = dt.date.fromisoformat(end) if end else shortcuts["30d"][1]
        start = dt.date.fromisoformat(first) if first else stop - _USUAL
    except (ValueError, OverflowError):
        msg = "a period has dates like 2026-03-01"
        raise Invalid(msg) from None
    if not dt.timedelta() < stop - start <= LONGEST:
        msg = "a period has 1 to 800 days and ends after it starts"
        raise Invalid(msg)
    try:
        request = Request.of(start.isoformat(), stop.isoformat(), clock.now(), compare=compare)
    except ValueError as problem:
        raise Invalid(str(problem)) from None
    earlier, until = (dt.date.fromordinal(day) for day in request.before())
    named = next((name for name, dates in shortcuts.items() if dates == (start, stop)), "")
    provisional = today < stop + _USUAL
    return Period(start, stop, earlier, until, cast("Any", named), provisional)


def today(work: Work) -> tuple[str, dt.date]:
    """The desk's time zone and the date there."""
    zone = settings.get(work, "desk.timezone")
    return zone, clock.now().astimezone(zoneinfo.ZoneInfo(zone)).date()


def currency(work: Work) -> str:
    """The desk's currency."""
    found: str = settings.get(work, "desk.currency")
    return found


def asked(work: Work, args: Mapping[str, str]) -> Asked:
    """What an address asks for. Raises :class:`Invalid` for a period that is none."""
    zone, date = today(work)
    compare = args.get("compare", "previous")
    compare = compare if compare in COMPARISONS else "previous"
    period = period_of(date, args.get("from", ""), args.get("to", ""), compare)
    where = {name: args[name] for name in FILTERS if args.get(name)}
    labels = {name: named(work, name).get(value, value) for name, value in where.items()}
    sort = args.get("sort", "")
    return Asked(
        period,
        where,
        compare,
        zone,
        date,
        comparable=_known(work, zone, period),
        labels=labels,
        sort=sort if family(sort.removeprefix("-")) in DEFINITIONS else "",
        later=_later(work, date, period),
    )


def _later(work: Work, today: dt.date, period: Period) -> dict[str, dt.date]:
    """Who left after silence is told at the end of a lag: before it, contracts that are merely due would be lost."""
    day = period.end + dt.timedelta(days=promises.config(work).churn_lag_d)
    return {"silence.": day} if today < day else {}


def _known(work: Work, zone: str, period: Period) -> bool:
    """Whether the log reaches back to the period that is compared with: before it there is nothing, not zero."""
    first = work.scalar(select(Event.ts).order_by(Event.seq).limit(1))
    oldest = work.scalar(select(Event.ts).where(Event.kind == "ticket.created").order_by(Event.seq).limit(1))
    known = [moment for moment in (first, oldest) if moment is not None]
    return bool(known) and min(known).astimezone(zoneinfo.ZoneInfo(zone)).date() <= period.previous_start


def choices(work: Work) -> dict[str, tuple[tuple[str, str], ...]]:
    """What the filters offer: value and name; people and teams only where their figures may be seen."""
    found = {
        "channel": tuple((kind, kind) for kind in sorted(set(work.scalars(select(Channel.kind))))),
        "team": tuple(
            (team.id, team.name) for team in once.teams(work).values() if shown(work, None, {"team": team.id})
        ),
        "reason": tuple((each.name, each.name) for each in work.scalars(select(Reason).order_by(Reason.name))),
        "tag": tuple((name, name) for name in work.scalars(select(TicketTag.tag).distinct().order_by(TicketTag.tag))),
    }
    if not shown(work, "agent"):
        return found
    return {**found, "agent": tuple((agent.id, agent.name) for agent in once.agents(work).values())}


def shown(work: Work, by: str | None, where: Mapping[str, str] | None = None) -> bool:
    """Whether the gate of metrics.md section 8 lets a way of grouping or a filter through."""
    try:
        figures.guard(work, by, where or {})
    except Forbidden:
        return False
    return True


def priced(work: Work) -> bool:
    """Whether there is an hourly rate: without one a cost is unknown, not zero."""
    return once.once(
        work, "priced", lambda: work.scalar(select(Event.seq).where(Event.kind == "cost.rate").limit(1)) is not None
    )


def unit(period: Period, daily: int = DAILY) -> Unit:
    """What a drawing of a period counts in: up to ``daily`` days days, up to half a year weeks, else months."""
    days = (period.end - period.start).days
    return "day" if days <= daily else "week" if days <= _WEEKLY else "month"


def steps(period: Period, daily: int = DAILY) -> tuple[Span, ...]:
    """The period cut for a drawing: days, weeks from its end, or calendar months; none reaches beyond the period."""
    start, end, size = period.start, period.end, unit(period, daily)
    if size == "month":
        days = (start + dt.timedelta(days=n) for n in range(1, (end - start).days))
        edges = [start, *(day for day in days if day.day == 1), end]
    else:
        step = 1 if size == "day" else 7
        edges = [start, *(end - dt.timedelta(days=n) for n in reversed(range(0, (end - start).days, step)))]
    return tuple(itertools.pairwise(edges))


def whole(asked: Asked, daily: int = DAILY) -> tuple[bool, ...]:
    """Of each of the steps whether all of it lies in the period and, but for today in a week or a month, is past."""
    size, over = unit(asked.period, daily), asked.today + dt.timedelta(days=1)

    def past(start: dt.date, end: dt.date) -> bool:
        if size == "month":
            return start.day == end.day == 1 and end <= over
        return end < over if size == "day" else end - start == _WEEK and end <= over

    return tuple(past(*span) for span in steps(asked.period, daily))


def whole_steps(asked: Asked) -> tuple[Span, ...]:
    """The steps that can be compared with each other: a part of a week would look like a fall."""
    return tuple(span for span, all_of_it in zip(steps(asked.period), whole(asked), strict=True) if all_of_it)


def weeks(period: Period) -> tuple[Span, ...]:
    """The twelve weeks up to the period's end."""
    ends = [period.end - n * _WEEK for n in reversed(range(_WEEKS))]
    return tuple((end - _WEEK, end) for end in ends)


def named(work: Work, dimension: str | None) -> dict[str, str]:
    """What people read for the values of a dimension; those without a name of their own are left out."""
    if dimension == "team":
        return {team.id: team.name for team in once.teams(work).values()}
    if dimension == "agent":
        return {agent.id: agent.name for agent in once.agents(work).values()}
    return {node.name: node.called for node in once.reasons(work).values()} if dimension == "reason" else {}
