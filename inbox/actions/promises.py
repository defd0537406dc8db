"""What the desk promises: opening hours by channel and team, and how long an answer and a solution may take."""

from __future__ import annotations

import datetime as dt
import itertools
import json
import re
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import select

from inbox.actions import desk
from inbox.actions.who import Who, require
from inbox.errors import Invalid, NotFound
from inbox.metrics import Config
from inbox.metrics.holidays import patron_day, yearly
from inbox.metrics.hours import Hours
from inbox.store import Setting, Work
from inbox.terms import Priority

__all__ = [
    "ALL",
    "CLOCKS",
    "DAYS",
    "OFFICE",
    "Rules",
    "calendars",
    "config",
    "remove_calendar",
    "remove_targets",
    "rules",
    "save_calendar",
    "save_targets",
    "spans",
    "targets",
]

DAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
ALL: Final = "all"
#: The desk's word for a clock and the engine's.
CLOCKS: Final = {"first": "frt_s", "next": "nrt_s", "resolve": "ttr_s"}
_SHORTEST, _LONGEST = 60, 366 * 86_400
#: What holds until somebody says otherwise: the defaults of docs/metrics.md.
OFFICE: Final[dict[str, Any]] = {
    "name": "",
    "week": {day: ["09:00-18:00"] if n < 5 else [] for n, day in enumerate(DAYS)},
    "italy": False,
    "patron": "",
    "special": {},
    "channels": [],
    "teams": [],
}
TARGETS: Final[dict[str, dict[str, int]]] = {
    "first": dict.fromkeys(Priority, 14_400),
    "next": dict.fromkeys(Priority, 14_400),
    "resolve": dict.fromkeys(Priority, 86_400),
}
#: What targets may be for besides everybody, the most particular first: its word and the fact that it looks at.
SCOPES: Final = {"band": "band", "team": "team", "channel": "address"}
_SETTINGS: Final = ("desk.timezone", "desk.currency", "sla.calendars", "sla.targets", "reasons.exempt")
_CLOCK = re.compile(r"([01]?\d|2[0-3])[:.]([0-5]\d)")


@dataclass(frozen=True)
class Rules:
    """The definitions as the engine takes them. ``lock`` is held by whoever asks ``hours``: they are read on demand."""

    config: Config
    hours: Hours
    lock: threading.Lock


_made: dict[str, Rules] = {}


def calendars(work: Work) -> dict[str, dict[str, Any]]:
    """The calendars by id; ``default`` is always there and holds where no other does."""
    return {"default": OFFICE, **desk.get(work, "sla.calendars")}


def targets(work: Work) -> dict[str, dict[str, dict[str, int]]]:
    """Scope (``all``, ``channel:ID``, ``team:ID``, ``band:NAME``) → clock → priority → seconds of opening time."""
    return {ALL: TARGETS, **desk.get(work, "sla.targets")}


def config(work: Work) -> Config:
    """The definitions' settings of this desk."""
    return rules(work).config


def rules(work: Work) -> Rules:
    """The definitions of this desk, made once for each way in which they are set."""
    rows: dict[str, Any] = dict(
        work.execute(select(Setting.name, Setting.value).where(Setting.name.in_(_SETTINGS))).all()
    )
    told = {name: rows.get(name, desk.DEFAULTS[name]) for name in _SETTINGS}
    key = json.dumps(told, sort_keys=True)
    made = _made.get(key)
    if made is None:
        found = Config.of(_engine(told))
        if len(_made) > 8:
            _made.clear()
        made = _made[key] = Rules(found, Hours(found), threading.Lock())
    return made


def _engine(told: Mapping[str, Any]) -> dict[str, Any]:
    zone = told["desk.timezone"]
    own = {"default": OFFICE, **told["sla.calendars"]}
    sheets = {
        id: {
            "tz": zone,
            "week": one["week"],
            "holidays": yearly(italy=one["italy"], patron=one["patron"]),
            "special": {day: special["spans"] for day, special in one["special"].items()},
        }
        for id, one in own.items()
    }
    listed = [
        {"where": {fact: id}, "calendar": name}
        for places, fact in (("teams", "team"), ("channels", "address"))
        for name, one in own.items()
        for id in one[places]
    ]
    listed += _allowances(told["sla.targets"])
    return {
        "tz": zone,
        "base": told["desk.currency"],
        "calendars": sheets,
        "promises": listed,
        "fcr_exempt_reasons": told["reasons.exempt"],
    }


def _allowances(told: Mapping[str, Mapping[str, Mapping[str, int]]]) -> list[dict[str, Any]]:
    """The targets as rules, the most particular first; what a scope leaves open is another's to say."""
    rank = [*SCOPES, ALL]
    found: list[dict[str, Any]] = []
    for scope in sorted(told, key=lambda one: (rank.index(one.partition(":")[0]), one)):
        word, _, name = scope.partition(":")
        where = {} if word == ALL else {SCOPES[word]: name}
        for priority in Priority:
            said = {CLOCKS[clock]: table[priority] for clock, table in told[scope].items() if table.get(priority)}
            if said:
                found.append({"where": {**where, "priority": priority.value}, **said})
    return found


# --- changing them ----------------------------------------------------------------------------------------------


def spans(text: str) -> list[str]:
    """Opening hours as people write them (``9:00-13:00, 14.30-18:00``) as the engine takes them; empty is closed.

    Raises :class:`Invalid`.
    """
    found: list[tuple[int, int]] = []
    for part in filter(None, (piece.strip() for piece in re.split(r"[,;]", text))):
        begin, _, end = part.replace("–", "-").partition("-")
        found.append((_minutes(begin, part), _minutes(end, part, last=True)))
    for (_begin, end), (begin, _end) in itertools.pairwise(found):
        if begin < end:
            typed = text.strip()
            msg = f"the hours {typed} overlap; write them one after the other"
            raise Invalid(msg, fields={"hours": msg})
    return [f"{b // 60:02}:{b % 60:02}-{e // 60:02}:{e % 60:02}" for b, e in found]


def _minutes(text: str, part: str, *, last: bool = False) -> int:
    clean = text.strip()
    clean = f"{clean}:00" if clean.isdigit() else clean
    found = _CLOCK.fullmatch(clean)
    if found is not None:
        return int(found[1]) * 60 + int(found[2])
    if last and clean in {"24:00", "24.00"}:
        return 24 * 60
    msg = f"{part!r} is no span of hours; write 09:00-13:00, and a comma before the next one"
    raise Invalid(msg, fields={"hours": msg})


def save_calendar(work: Work, who: Who, id: str, values: Mapping[str, Any]) -> None:
    """Keeps a calendar: ``name``, ``week`` and ``special`` with their hours as typed, ``italy``, ``patron``, and the
    ``channels`` and ``teams`` that it is for, which leave the calendar that they had. Raises :class:`Invalid`."""
    require(who, "settings.change")
    wrong: dict[str, str] = {}
    name = str(values.get("name", "")).strip()
    if id != "default" and not 0 < len(name) <= 60:
        msg = "give the calendar a name of up to 60 letters"
        wrong["name"] = msg
    patron = str(values.get("patron", "")).strip()
    if patron and patron_day(patron) is None:
        msg = "choose a city, or write the day like 07/12"
        wrong["patron"] = msg
    week = {day: _typed(str(values["week"].get(day, "")), day, wrong) for day in DAYS}
    special: dict[str, dict[str, Any]] = {}
    for day, each in values.get("special", {}).items():
        try:
            dt.date.fromisoformat(day)
        except ValueError:
            msg = "choose the day"
            wrong["special"] = msg
            continue
        special[day] = {
            "name": str(each.get("name", "")).strip()[:60],
            "spans": _typed(str(each.get("hours", "")), "special", wrong),
        }
    if wrong:
        raise Invalid("; ".join(wrong.values()), fields=wrong)
    mine = {place: sorted(values.get(place, ())) if id != "default" else [] for place in ("channels", "teams")}
    kept = {
        other: {**one, **{place: [each for each in one[place] if each not in mine[place]] for place in mine}}
        for other, one in desk.get(work, "sla.calendars").items()
    }
    now = {"name": name, "week": week, "italy": bool(values.get("italy")), "patron": patron, "special": special}
    desk.put(work, who, "sla.calendars", {**kept, id: {**now, **mine}})


def _typed(text: str, field: str, wrong: dict[str, str]) -> list[str]:
    try:
        return spans(text)
    except Invalid as problem:
        wrong[field] = problem.detail
        return []


def remove_calendar(work: Work, who: Who, id: str) -> None:
    """Takes a calendar away: what it was for has the desk's usual hours again. Raises :class:`NotFound`."""
    require(who, "settings.change")
    own = dict(desk.get(work, "sla.calendars"))
    if id == "default" or id not in own:
        msg = "there is no such calendar to remove"
        raise NotFound(msg)
    del own[id]
    desk.put(work, who, "sla.calendars", own)


def save_targets(work: Work, who: Who, scope: str, values: Mapping[str, Mapping[str, int | None]]) -> None:
    """Keeps the targets of a scope: clock → priority → seconds, None where the next wider scope decides.

    Those for everybody have to say all of them. Raises :class:`Invalid`.
    """
    require(who, "settings.change")
    word, _, name = scope.partition(":")
    if scope != ALL and (word not in SCOPES or not 0 < len(name) <= 60):
        msg = "choose what the targets are for"
        raise Invalid(msg, fields={"scope": msg})
    wrong: dict[str, str] = {}
    table: dict[str, dict[str, int]] = {}
    for clock in CLOCKS:
        for priority in Priority:
            seconds = values.get(clock, {}).get(priority)
            if seconds is None:
                if scope == ALL:
                    msg = "say how long it may take, like 4h or 30m"
                    wrong[f"{clock}-{priority}"] = msg
                continue
            if not _SHORTEST <= seconds <= _LONGEST:
                msg = "a target is one minute to a year"
                wrong[f"{clock}-{priority}"] = msg
            table.setdefault(clock, {})[priority.value] = seconds
    if wrong:
        raise Invalid("; ".join(dict.fromkeys(wrong.values())), fields=wrong)
    desk.put(work, who, "sla.targets", {**desk.get(work, "sla.targets"), scope: table})


def remove_targets(work: Work, who: Who, scope: str) -> None:
    """Takes the targets of a scope away: those for everybody hold again. Raises :class:`NotFound`."""
    require(who, "settings.change")
    own = dict(desk.get(work, "sla.targets"))
    if scope == ALL or scope not in own:
        msg = "there are no such targets to remove"
        raise NotFound(msg)
    del own[scope]
    desk.put(work, who, "sla.targets", own)
