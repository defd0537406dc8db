"""The log reader: the envelope rules of section 2 (duplicates, order, void, as_of) and what is wrong with a line."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import orjson

from inbox.metrics.kinds import KINDS, SCALES, Kind, Wrong, plausible, possible

__all__ = ["Event", "Log", "Problem", "fits", "read_events", "read_kept", "read_lines", "scale_of"]

Actor = tuple[str | None, str | None, str | None]  # kind, id, team

CLOSED = frozenset({"resolved", "closed"})

# What begins and ends in two events: kind -> the field that names it.
_STARTS = {"handle.start": "session", "call.started": "call"}
_ENDS = {"handle.end": "session", "call.ended": "call"}

_MISSING = object()
_MAY_BE_NULL = frozenset({"reason"})  # unknown


class Event:
    """One event that the log may believe.

    ``at`` is the effective time min(ts, rec), ``rec`` when we recorded it, both in ms; ``order`` is the processing
    order. ``body`` is the object as it came, with money, dates and spans read.
    """

    __slots__ = ("actor", "actor_kind", "at", "body", "id", "kind", "order", "rec", "seq", "team")

    def __init__(self, id: str, seq: int, ts: int, rec: int, kind: str, body: Mapping[str, Any]) -> None:
        self.id = id
        self.seq = seq
        self.at = min(ts, rec)
        self.rec = rec
        self.kind = kind
        self.body = body
        # In one ms a resolution comes after messages (rule 6), else the append order decides.
        last = kind == "ticket.status" and body["status"] in CLOSED
        self.order = (self.at, last, seq)
        actor = body.get("actor") or {}
        self.actor_kind: str | None = actor.get("kind")
        self.actor: str | None = actor.get("id")
        self.team: str | None = actor.get("team")

    def __repr__(self) -> str:
        return f"<{self.kind} {self.id} #{self.seq}>"


@dataclass(frozen=True)
class Problem:
    """A line that was left out, or that says nothing: its number (from 1) and one sentence why."""

    line: int
    reason: str


@dataclass
class Log:
    """What was read: the events, the lines of which nothing is made, and what was ignored by definition."""

    events: list[Event] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    unknown_kinds: int = 0
    unknown_fields: int = 0


def read_lines(lines: Iterable[str | bytes]) -> Log:
    """Read a log of one JSON object per line; empty lines are nothing."""
    log = Log()
    late: list[tuple[int, Event]] = []  # what another line has to be known for
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            raw = _parsed(line)
        except ValueError as error:
            log.problems.append(Problem(number, f"not JSON: {error}"))
            continue
        event = _take(log, number, raw)
        if event is not None and (event.kind in _ENDS or event.kind == "survey.answered"):
            late.append((number, event))
    _ends_before_starts(log, late)
    _off_the_scale(log, late)
    log.problems.sort(key=lambda problem: problem.line)
    return log


def _parsed(line: str | bytes) -> Any:
    """One line's value, by the quick parser; the standard one takes what is more lenient and names what is wrong."""
    try:
        return orjson.loads(line)
    except ValueError:
        return json.loads(line)


def read_events(events: Iterable[Mapping[str, Any]]) -> Log:
    """Read a log that is already parsed; the number of a problem is the position from 1."""
    log = Log()
    for number, raw in enumerate(events, 1):
        _take(log, number, raw)
    return log


def _take(log: Log, number: int, raw: Any) -> Event | None:
    try:
        event = _event(log, raw)
    except (ValueError, TypeError, AttributeError, OverflowError) as error:
        log.problems.append(Problem(number, str(error)))
        return None
    if event is not None:
        log.events.append(event)
    return event


def _ends_before_starts(log: Log, ends: list[tuple[int, Event]]) -> None:
    """Name the ends of sessions and calls that lie before every start of theirs; the figures make nothing of them."""
    starts: dict[tuple[str, str], int] = {}
    for event in log.events:
        if event.kind in _STARTS:
            name = event.kind.partition(".")[0], event.body[_STARTS[event.kind]]
            starts[name] = min(event.at, starts.get(name, event.at))
    for number, event in ends:
        if event.kind in _ENDS:
            start = starts.get((event.kind.partition(".")[0], event.body[_ENDS[event.kind]]))
            if start is not None and event.at < start:
                log.problems.append(Problem(number, str(_backwards(event.kind))))


def _off_the_scale(log: Log, answers: list[tuple[int, Event]]) -> None:
    """Name the answers whose score their survey does not know; the figures make nothing of them."""
    sent = {e.body["survey"]: e.body for e in log.events if e.kind == "survey.sent"}
    for number, event in answers:
        if event.kind == "survey.answered" and (asked := sent.get(event.body["survey"])) is not None:
            try:
                fits(asked, event.body["score"])
            except Wrong as wrong:
                log.problems.append(Problem(number, str(wrong)))


def _event(log: Log, raw: Any) -> Event | None:
    """The event in one object, None for a kind that the engine does not know. Raises :class:`Wrong`."""
    if not isinstance(raw, dict):
        raise Wrong("not an object")
    name = raw.get("kind", _MISSING)
    if name is _MISSING:
        raise Wrong("the field kind is missing")
    kind = KINDS.get(name) if isinstance(name, str) else None
    if kind is None:
        log.unknown_kinds += 1
        return None
    for key in kind.needs:
        if raw.get(key) is None and not (key in raw and key in _MAY_BE_NULL):
            raise Wrong(f"the field {key} of {name} is missing")
    seq = raw["seq"]
    if not isinstance(seq, int) or isinstance(seq, bool):
        raise Wrong(f"the field seq of {name}: {seq!r} is no whole number")
    ts = _field(name, "ts", plausible, raw["ts"])
    rec = raw.get("rec")
    rec = ts if rec is None else _field(name, "rec", plausible, rec)
    event = _believed(name, kind, raw, ts, rec)
    if not raw.keys() <= kind.known:
        log.unknown_fields += len(raw.keys() - kind.known)
    return event


def read_kept(id: str, seq: int, ts: int, rec: int, name: str, told: dict[str, Any], actor: Actor) -> Event | None:
    """An event of the desk's own log, whose envelope has columns; None for what the engine does not know or believe.

    ``told`` is all else: what ``read_events`` takes without the envelope.
    """
    kind = KINDS.get(name)
    if kind is None or not (possible(ts) and possible(rec)):
        return None
    for key in kind.tells:
        if told.get(key) is None and not (key in told and key in _MAY_BE_NULL):
            return None
    told.pop("actor", None)
    try:
        event = Event(id, seq, ts, rec, name, _body(name, kind, told, ts))
    except (ValueError, TypeError, AttributeError, OverflowError):
        return None
    event.actor_kind, event.actor, event.team = actor
    return event


def _believed(name: str, kind: Kind, raw: dict[str, Any], ts: int, rec: int) -> Event:
    """The event of an object that has everything it needs. Raises :class:`Wrong` where a field is none of its kind."""
    body = _body(name, kind, raw, ts)
    _texts(name, raw.get("actor"))
    return Event(raw["id"], raw["seq"], ts, rec, name, body)


def _body(name: str, kind: Kind, raw: Mapping[str, Any], ts: int) -> Mapping[str, Any]:
    """The object with its fields read; names are texts or null."""
    names = kind.names
    for key, value in raw.items():
        if value.__class__ is not str and value is not None and key in names:
            raise Wrong(f"the field {key} of {name}: {value!r} is no text")
    if not kind.read:
        return raw
    body = {**raw, **{key: _field(name, key, read, raw[key]) for key, read in kind.read if key in raw}}
    _sense(name, body, ts)
    return body


def _texts(name: str, actor: Any) -> None:
    """The parts of an actor are texts or null."""
    if actor is None:
        return
    if not isinstance(actor, dict):
        raise Wrong(f"the field actor of {name}: {actor!r} is no object of texts")
    for value in actor.values():
        if value.__class__ is not str and value is not None:
            raise Wrong(f"the field actor of {name}: {actor!r} is no object of texts")


def _sense(name: str, body: Mapping[str, Any], ts: int) -> None:
    """What single fields cannot tell."""
    if name == "contract.started" and body["ends"] < ts:
        raise _backwards(name)
    if name == "survey.sent" and body["type"] in SCALES:
        low, high = scale_of(body)
        if high <= low:
            raise Wrong(f"the scale of {name} ends before it starts: {low} to {high}")


def _backwards(name: str) -> Wrong:
    return Wrong(f"{name}: an end before its start")


def scale_of(sent: Mapping[str, Any]) -> tuple[Decimal, Decimal]:
    """The lowest and the highest score of a survey: its own, else those of its type."""
    low, high = SCALES[sent["type"]]
    own = sent.get("min"), sent.get("max")
    return (Decimal(low) if own[0] is None else own[0]), (Decimal(high) if own[1] is None else own[1])


def fits(sent: Mapping[str, Any], score: Decimal) -> None:
    """Raises :class:`Wrong` for a score off the scale of its survey (``survey.sent``, its fields read)."""
    if sent["type"] in SCALES:
        low, high = scale_of(sent)
        if not low <= score <= high:
            raise Wrong(f"the field score of survey.answered: {score} does not lie between {low} and {high}")


def _field(name: str, key: str, read: Any, value: Any) -> Any:
    try:
        return read(value)
    except Wrong as error:
        raise Wrong(f"the field {key} of {name}: {error}") from None
