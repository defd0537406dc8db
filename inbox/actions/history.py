"""Events from outside: another desk's log, or the history of another system, checked line by line and appended."""

from __future__ import annotations

import datetime as dt
import json
import math
import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

import orjson
from sqlalchemy import insert, select, text

from inbox import clock
from inbox.actions import currencies, strangers
from inbox.actions.who import Who, require
from inbox.figures.parts import parts
from inbox.metrics.kinds import Wrong
from inbox.metrics.log import read_events
from inbox.store import LOG_LOCK, PLACED, Event, Work, names
from inbox.terms import Actor

__all__ = ["AHEAD", "NUMBER", "Places", "Row", "add", "read"]

#: What lies so far ahead is no mistake, but a clock that is fast.
AHEAD: Final = dt.timedelta(minutes=5)
#: A row of the table ``events`` without its ``seq``.
Row = dict[str, Any]

ENVELOPE: Final = frozenset({"id", "seq", "ts", "rec", "kind", "actor", "ticket"})
#: What a database cannot keep in a text: NUL, and half of a surrogate pair.
UNSTORABLE: Final = re.compile(r"\\u0000|\\ud[89a-f][0-9a-f]{2}")
#: A ticket of this desk.
NUMBER: Final = re.compile(r"[1-9][0-9]{0,14}")
#: The field that names a currency, by kind.
_MONEY: Final = {"revenue": "currency", "cost.provider": "currency", "cost.fixed": "currency", "fx.rate": "ccy"}
#: Kinds that say where a message, a call or a survey belongs, by the field that names it; and kinds that only name one.
_TELLS: Final = {"msg.in": "msg", "msg.out": "msg", "call.started": "call", "survey.sent": "survey"}
_TELLING: Final = {"msg": ("msg.in", "msg.out"), "call": ("call.started",), "survey": ("survey.sent",)}
_ABOUT: Final = {
    "msg.classify": ("msg",),
    "sentiment": ("msg",),
    "call.leg": ("call",),
    "call.ended": ("call",),
    "cost.provider": ("msg", "call"),
    "survey.answered": ("survey",),
    "survey.followup": ("survey",),
}
_DIGITS: Final = 20
#: So many ids are looked for in one statement.
PART: Final = 500
LONGEST: Final = {"id": 80, "kind": 40, "actor": 80}


def read(line: bytes | str) -> Row:
    """The event in one line of JSON. Raises :class:`Wrong` (a ``ValueError``): one sentence on what it is.

    ``rec`` is the event's own, so that a report over this desk equals one over the file; it lies in no future, or
    every report would be one of an earlier instant. A ticket that is a number is
    this desk's ticket of that number; any other text stays text.
    """
    raw = _object(line)
    for name in ("id", "kind"):
        longest = LONGEST[name]
        if not isinstance(raw.get(name), str) or not 0 < len(raw[name]) <= longest:
            raise Wrong(f"{name} is a text of 1 to {longest} characters")
    actor = _actor(raw.get("actor"))
    found = read_events([{"seq": 0, **raw}])
    if found.problems:
        raise Wrong(found.problems[0].reason)
    money = _MONEY.get(raw["kind"])
    if money is not None and not currencies.ever(raw[money]):
        raise Wrong(f"{raw[money]!r} is no currency; write three letters, like EUR")
    ts = _time("ts", raw.get("ts"))
    rec = _time("rec", raw["rec"]) if raw.get("rec") is not None else ts
    if rec > clock.now() + AHEAD:
        name, said = ("rec", raw["rec"]) if raw.get("rec") is not None else ("ts", raw["ts"])
        raise Wrong(f"the field {name}: {said!r} lies in the future; nothing can be recorded before it is known")
    data = {name: value for name, value in raw.items() if name not in ENVELOPE}
    ticket = raw.get("ticket")
    number = int(ticket) if isinstance(ticket, str) and NUMBER.fullmatch(ticket) else None
    if ticket is not None and number is None:
        data["ticket"] = ticket
    return {"id": raw["id"], "ts": ts, "rec": rec, "kind": raw["kind"], **actor, "ticket_id": number, "data": data}


def add(work: Work, who: Who, rows: Sequence[Row], places: Places | None = None) -> int:
    """Appends the rows whose ids the log does not have yet, in their order; gives how many those were. ``places`` are
    remembered over the batches of one file. Numbers that the rows name are given to nothing new of this desk."""
    require(who, "settings.change")
    if not work.store.is_sqlite:
        work.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": LOG_LOCK})
    strangers.make_way(work, rows)
    fresh = {row["id"]: row for row in reversed(rows)}  # of one id the first line counts
    known: set[str] = set()
    for part in parts(fresh, PART):  # a database takes so many parameters at once, and a strict file is one batch
        known.update(work.scalars(select(Event.id).where(Event.id.in_(part))))
    new = [row for row in rows if row["id"] not in known and fresh[row["id"]] is row]
    if new:
        (places or Places()).fill(work, new)
        work.connection().execute(insert(Event), new)  # through the unit of work it takes twice as long
        work.append("log.imported", actor=who.actor, lines=len(new))
    return len(new)


class Places:
    """To which ticket messages and calls belong: lines about them often do not say, and the column of the table is what
    finds a ticket's lines. What an export writes stays as it was."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, str], int | None] = {}

    def fill(self, work: Work, rows: Sequence[Row]) -> None:
        """Fills the column of rows that name no ticket, from their own file or from the store."""
        for row in rows:
            self._learn(row["kind"], row["ticket_id"], row["data"])
        lost = [row for row in rows if row["ticket_id"] is None and "ticket" not in row["data"]]
        wanted = {key for row in lost if (key := _subject(row["kind"], row["data"])) and key not in self._known}
        self._look_up(work, wanted)
        for row in lost:
            place = self._known.get(_subject(row["kind"], row["data"]) or ("", ""))
            if place is not None:
                row["ticket_id"], row["data"] = place, {**row["data"], PLACED: True}

    def _learn(self, kind: str, ticket: int | None, data: Mapping[str, Any]) -> None:
        name = _TELLS.get(kind)
        if name is not None and ticket is not None and isinstance(data.get(name), str):
            self._known[name, data[name]] = ticket

    def _look_up(self, work: Work, wanted: set[tuple[str, str]]) -> None:
        self._known |= dict.fromkeys(wanted)
        for name, kinds in _TELLING.items():
            ids = [id for of, id in wanted if of == name]
            for part in parts(ids, PART):
                told = names(name, part, *kinds)
                for kind, ticket, data in work.execute(select(Event.kind, Event.ticket_id, Event.data).where(told)):
                    self._learn(kind, ticket, data)


def _subject(kind: str, data: Mapping[str, Any]) -> tuple[str, str] | None:
    """The message or the call that a line is about."""
    for name in _ABOUT.get(kind, ()):
        if isinstance(data.get(name), str):
            return name, data[name]
    return None


def _object(line: bytes | str) -> dict[str, Any]:
    def refuse(word: str) -> Any:
        raise Wrong(f"{word} is no JSON number")

    try:
        text_ = line.decode("utf-8-sig") if isinstance(line, bytes) else line
        raw = json.loads(text_, parse_constant=refuse, parse_int=_whole, parse_float=_real)
    except RecursionError:
        raise Wrong("it is nested too deeply") from None
    except ValueError as problem:
        raise Wrong(f"not JSON: {problem}") from None
    if not isinstance(raw, dict):
        raise Wrong("not an object")
    text_ = json.dumps(raw)
    if UNSTORABLE.search(text_):
        raise Wrong("it holds a character that cannot be stored")
    try:
        orjson.loads(text_)  # as whoever makes the figures will read it
    except ValueError:
        raise Wrong("it is nested too deeply") from None
    return raw


def _whole(text_: str) -> int:
    """A whole number, up to what the databases and every reader of the log can hold."""
    if len(text_) > _DIGITS or not -(2**63) <= (number := int(text_)) < 2**63:
        raise Wrong(f"{text_[:_DIGITS]}… is too large a number")
    return number


def _real(text_: str) -> float:
    number = float(text_)
    if not math.isfinite(number):
        raise Wrong(f"{text_[:_DIGITS]}… is too large a number")
    return number


def _actor(value: Any) -> Row:
    actor = {"kind": Actor.SYSTEM.value} if value is None else value
    if not isinstance(actor, dict) or actor.get("kind") not in list(Actor):
        raise Wrong(f"actor.kind is none of {', '.join(Actor)}")
    ids = {}
    for name in ("id", "team"):
        one = actor.get(name)
        if one is not None and (not isinstance(one, str) or len(one) > LONGEST["actor"]):
            raise Wrong(f"actor.{name} is a text of up to {LONGEST['actor']} characters, or null")
        ids[f"actor_{name}"] = one
    return {"actor_kind": actor["kind"], **ids}


def _time(name: str, value: Any) -> Any:
    try:
        moment = clock.parse(value)
    except (ValueError, TypeError, OverflowError):
        raise Wrong(f"the field {name}: {value!r} is no time with a zone; write it like 2026-03-09T08:00:00Z") from None
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)
