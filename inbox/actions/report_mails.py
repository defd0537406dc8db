"""Reports by mail: a page of figures with its filters, to some people, every day, week or month."""

from __future__ import annotations

import datetime as dt
import re
import zoneinfo
from collections.abc import Iterator, Mapping
from typing import Any, Final

from sqlalchemy import select

from inbox import clock
from inbox.actions import desk, report_readers, report_stops
from inbox.actions.who import Who, may, require
from inbox.errors import Conflict, Forbidden, Invalid, NotFound
from inbox.store import ReportMail, Work

__all__ = [
    "EVERY",
    "FILTERS",
    "PAGES",
    "PERIODS",
    "all_of",
    "ask",
    "find",
    "following",
    "pause",
    "period",
    "remove",
    "save",
]

PAGES: Final = ("overview", "channels", "agents", "reasons", "sla", "satisfaction", "customers", "social")
EVERY: Final = ("day", "week", "month")
#: Which days a report is about, counted back from the day on which it leaves.
PERIODS: Final = ("yesterday", "7d", "30d", "12w", "last_month")
#: What of an address is kept beside the period.
FILTERS: Final = ("compare", "by", "channel", "team", "reason", "tag", "agent")
MOST: Final = 50  # people and addresses of one report
LONGEST: Final = 254
_DAYS: Final = {"yesterday": 1, "7d": 7, "30d": 30, "12w": 84}
_AT: Final = re.compile(r"([01]\d|2[0-3]):[0-5]\d")
_ADDRESS: Final = re.compile(r"[^\s@<>,;\"]+@[^\s@<>,;\"]+\.[^\s@<>,;\"]+")
_SINCE: Final = 400  # days within which every schedule has its next time


def all_of(work: Work) -> list[ReportMail]:
    """Every report that leaves by mail, by name."""
    return list(work.scalars(select(ReportMail).order_by(ReportMail.name)))


def find(work: Work, id: str) -> ReportMail:
    """One of them. Raises :class:`NotFound`."""
    row = work.get(ReportMail, id)
    if row is None:
        msg = "there is no such report by mail"
        raise NotFound(msg)
    return row


def period(name: str, day: dt.date) -> tuple[dt.date, dt.date]:
    """The local days [first, end) of a report that leaves on ``day``."""
    if name == "last_month":
        end = day.replace(day=1)
        return (end - dt.timedelta(days=1)).replace(day=1), end
    return day - dt.timedelta(days=_DAYS[name]), day


def following(every: str, weekday: int, at: str, zone: str, after: dt.datetime) -> dt.datetime:
    """The next time after an instant at which a schedule is due, by the clocks of the desk's zone."""
    place, (hour, minute) = zoneinfo.ZoneInfo(zone), map(int, at.split(":"))
    day = after.astimezone(place).date()
    for _n in range(_SINCE):
        due = dt.datetime.combine(day, dt.time(hour, minute), place).astimezone(dt.UTC)
        fits = every == "day" or (day.weekday() == weekday if every == "week" else day.day == 1)
        if fits and due > after:
            return due
        day += dt.timedelta(days=1)
    raise AssertionError(every)


def _next(work: Work, row: ReportMail, after: dt.datetime) -> dt.datetime | None:
    zone = str(desk.get(work, "desk.timezone"))
    return None if row.paused else following(row.every, row.weekday, row.at, zone, after)


def save(work: Work, who: Who, id: str | None, values: Mapping[str, Any]) -> ReportMail:
    """Keeps one, a new one without ``id``. Raises :class:`Invalid` with every field that is wrong, :class:`Forbidden`
    for addresses outside of the desk by somebody who is no admin."""
    require(who, "reports.see")
    row = find(work, id) if id else None
    kept, wrong = _read(work, row, values)
    if wrong:
        raise Invalid("; ".join(wrong.values()), fields=wrong)
    before = list(row.addresses) if row is not None else []
    if kept["addresses"] != before and not may(who, "settings.change"):
        msg = "only an admin may send figures to addresses outside of the desk"
        raise Forbidden(msg)
    if row is None:
        row = ReportMail(made_by=who.id, **kept)
        work.add(row)
        _noted(work, who, "made", row)
    elif any(getattr(row, name) != value for name, value in kept.items()):
        for name, value in kept.items():
            setattr(row, name, value)
        _noted(work, who, "changed", row)
    row.next_at, row.retry_at, row.tries = _next(work, row, clock.now()), None, 0
    work.flush()
    report_stops.forget(work, row)
    return row


def _read(work: Work, row: ReportMail | None, values: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, str]]:
    """What is to be kept, and what is wrong by field."""
    name = " ".join(str(values.get("name", "")).split())
    people = sorted({str(one) for one in values.get("people", ())})
    addresses = sorted({one.lower() for one in re.split(r"[\s,;]+", str(values.get("addresses", ""))) if one})
    weekday = values.get("weekday", 0)
    kept: dict[str, Any] = {
        "name": name,
        "page": values.get("page", "overview"),
        "asked": {key: str(values[key]) for key in FILTERS if values.get(key)},
        "period": values.get("period", "7d"),
        "every": values.get("every", "week"),
        "weekday": int(weekday) if str(weekday) in set("0123456") else -1,
        "at": str(values.get("at", "08:00")),
        "people": people,
        "addresses": addresses,
    }
    wrong: dict[str, str] = {}
    for field, why in (*_about(kept), *_whom(work, row, kept), *_name(work, row, name)):
        wrong.setdefault(field, why)
    return kept, wrong


def _name(work: Work, row: ReportMail | None, name: str) -> Iterator[tuple[str, str]]:
    if not 0 < len(name) <= 60:
        msg = "give the report a name of up to 60 letters"
        yield "name", msg
    same = select(ReportMail.id).where(ReportMail.name == name, ReportMail.id != (row.id if row else ""))
    if work.scalar(same) is not None:
        msg = "another report by mail has this name"
        yield "name", msg


def _about(kept: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    if kept["page"] not in PAGES:
        msg = "choose a page of the reports"
        yield "page", msg
    if kept["period"] not in PERIODS:
        msg = "choose a period that is offered"
        yield "period", msg
    if kept["every"] not in EVERY:
        msg = "choose every day, week or month"
        yield "every", msg
    if kept["weekday"] < 0:
        msg = "choose a day of the week"
        yield "weekday", msg
    if _AT.fullmatch(kept["at"]) is None:
        msg = "write the time like 08:00"
        yield "at", msg


def _whom(work: Work, row: ReportMail | None, kept: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    known = {one.id for one in report_readers.offered(work)}
    known |= set(row.people) if row is not None else set()  # whoever may no more is left out when it leaves
    if not set(kept["people"]) <= known:
        msg = "choose people of this desk who may see reports"
        yield "people", msg
    if not kept["people"] and not kept["addresses"]:
        msg = "choose at least one person"
        yield "people", msg
    if len(kept["people"]) + len(kept["addresses"]) > MOST:
        msg = f"a report goes to at most {MOST} people"
        yield "people", msg
    if not all(map(_good, kept["addresses"])):
        msg = "write mail addresses with commas between them"
        yield "addresses", msg


def _good(address: str) -> bool:
    return len(address) <= LONGEST and _ADDRESS.fullmatch(address) is not None


def pause(work: Work, who: Who, id: str, *, on: bool) -> None:
    """Stops one, or lets it go on with its next time; nothing is made up for. Raises :class:`NotFound`."""
    require(who, "reports.see")
    row = find(work, id)
    if row.paused is not on:
        row.paused = on
        _noted(work, who, "paused" if on else "resumed", row)
    row.next_at, row.retry_at, row.tries = _next(work, row, clock.now()), None, 0


def remove(work: Work, who: Who, id: str) -> None:
    """Takes one away. Raises :class:`NotFound`."""
    require(who, "reports.see")
    row = find(work, id)
    _noted(work, who, "removed", row)
    work.delete(row)


def ask(work: Work, who: Who, id: str) -> None:
    """Lets one leave now, its schedule as it was. Raises :class:`NotFound`, :class:`Conflict` while it is leaving."""
    require(who, "reports.see")
    row = find(work, id)
    if row.asked_at is not None:
        msg = "this report is on its way already"
        raise Conflict(msg)
    row.asked_at, row.retry_at, row.tries = clock.now(), None, 0
    _noted(work, who, "asked", row)


def _noted(work: Work, who: Who, what: str, row: ReportMail) -> None:
    desk.audit(work, who, f"report_mail.{what}", name=row.name, page=row.page)
