"""What each person chooses for themselves: how they are told of what, at which hours, and their keys."""

from __future__ import annotations

import datetime as dt
import re
import zoneinfo
from collections.abc import Collection, Mapping
from typing import Any, Final

from inbox.actions import notices
from inbox.actions.who import Who
from inbox.errors import Invalid, NotFound
from inbox.store import Agent, Work

__all__ = ["DIGESTS", "reachable", "set_hours", "set_notices"]

#: After so many minutes of absence unread notices go by mail, and not more often.
DIGESTS: Final = (15, 60, 240, 720, 1440)
_TIME: Final = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)")
_WEEK: Final = 7


def _mine(work: Work, who: Who) -> Agent:
    agent = work.get(Agent, who.id) if who.id else None
    if agent is None:
        msg = "there is no such agent"
        raise NotFound(msg)
    return agent


def set_notices(work: Work, who: Who, chosen: Mapping[str, Collection[str]], digest_m: int) -> None:
    """The ways by which one is told of each reason; one without any is off. Raises :class:`Invalid`."""
    agent = _mine(work, who)
    if digest_m not in DIGESTS:
        msg = "choose one of the times that are offered"
        raise Invalid(msg, fields={"digest_m": msg})
    found = {}
    for reason, default in notices.DEFAULTS.items():
        ways = tuple(way for way in notices.WAYS if way in chosen.get(reason, ()))
        if ways != default:
            found[reason] = list(ways)
    agent.notices, agent.digest_m = found, digest_m


def set_hours(work: Work, who: Who, hours: Mapping[str, Any] | None) -> None:
    """The hours in which one may be reached outside the page: ``days`` (0 is Monday), ``from``, ``to`` (an earlier one
    is that of the next day), ``zone``; None is always. Raises :class:`Invalid`."""
    agent = _mine(work, who)
    if hours is None:
        agent.quiet = {}
        return
    wrong = {}
    for name in ("from", "to"):
        if not _TIME.fullmatch(str(hours.get(name, ""))):
            wrong[name] = "write an hour like 08:30"
    days = sorted({int(one) for one in hours.get("days", ()) if str(one).isdigit() and int(one) < _WEEK})
    if not days:
        wrong["days"] = "choose at least one day"
    zone = str(hours.get("zone", ""))
    if zone not in zoneinfo.available_timezones():
        wrong["zone"] = "choose a time zone of the list"
    if wrong:
        raise Invalid("; ".join(wrong.values()), fields=wrong)
    agent.quiet = {"days": days, "from": _two(hours["from"]), "to": _two(hours["to"]), "zone": zone}


def _two(text: str) -> str:
    hour, _, minute = text.partition(":")
    return f"{int(hour):02}:{minute}"


def reachable(hours: Mapping[str, Any], now: dt.datetime) -> dt.datetime:
    """From when on somebody with these hours may be reached: ``now`` where it is within them, else their next start."""
    if not hours:
        return now
    zone = zoneinfo.ZoneInfo(hours["zone"])
    opens, closes = dt.time.fromisoformat(hours["from"]), dt.time.fromisoformat(hours["to"])
    today = now.astimezone(zone).date()
    starts = []
    for n in range(-1, _WEEK + 1):
        day = today + dt.timedelta(days=n)
        if day.weekday() not in hours["days"]:
            continue
        start = dt.datetime.combine(day, opens, zone).astimezone(dt.UTC)
        until = day + dt.timedelta(days=1) if closes <= opens else day
        end = dt.datetime.combine(until, closes, zone).astimezone(dt.UTC)
        if start <= now < end:
            return now
        starts += [start] if start > now else []
    return min(starts, default=now)
