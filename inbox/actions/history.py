"""Events from outside: another desk's log, or the history of another system, checked line by line and appended."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import insert, select, text

from inbox import clock
from inbox.actions.who import Who, require
from inbox.metrics.log import read_events
from inbox.store import LOG_LOCK, Event, Work
from inbox.terms import Actor

__all__ = ["OUTSIDE", "Row", "add", "read", "told"]

#: A row of the table ``events`` without its ``seq``.
Row = dict[str, Any]

ENVELOPE: Final = frozenset({"id", "seq", "ts", "rec", "kind", "actor", "ticket"})
#: What a database cannot keep in a text: NUL, and half of a surrogate pair.
UNSTORABLE: Final = re.compile(r"\\u0000|\\ud[89a-f][0-9a-f]{2}")
LONGEST: Final = {"id": 80, "kind": 40}


def read(line: bytes | str) -> Row:
    """The event in one line of JSON. Raises ``ValueError`` with one sentence on what is wrong with it.

    ``rec`` is the event's own, so that a report over this desk equals one over the file. A ticket that is a number is
    this desk's ticket of that number; any other text stays text.
    """
    raw = _object(line)
    for name, longest in LONGEST.items():
        if not isinstance(raw.get(name), str) or not 0 < len(raw[name]) <= longest:
            raise ValueError(f"{name} is a text of 1 to {longest} characters")
    actor = _actor(raw.get("actor"))
    found = read_events([{"seq": 0, **raw}])
    if found.problems:
        raise ValueError(found.problems[0].reason)
    ts = _time("ts", raw.get("ts"))
    rec = _time("rec", raw["rec"]) if raw.get("rec") is not None else ts
    data = {name: value for name, value in raw.items() if name not in ENVELOPE}
    ticket = raw.get("ticket")
    number = int(ticket) if isinstance(ticket, str) and re.fullmatch(r"[1-9][0-9]{0,14}", ticket) else None
    if ticket is not None and number is None:
        data["ticket"] = ticket
    return {"id": raw["id"], "ts": ts, "rec": rec, "kind": raw["kind"], **actor, "ticket_id": number, "data": data}


#: What other systems tell while it happens; the rest is the desk's own, and comes by a whole log only.
OUTSIDE: Final = (
    *("call.started", "call.leg", "call.ended", "agent.state", "cost.provider"),
    *("social.snapshot", "social.mention"),
    *("contract.started", "contract.renewed", "contract.ended", "revenue"),
    *("survey.sent", "survey.answered", "survey.followup"),
)


def told(event: dict[str, Any]) -> Row:
    """The row of one event that another system tells now: it is recorded now, unless it says when. Raises
    ``ValueError`` with one sentence, as :func:`read`, also for a kind that is none of :data:`OUTSIDE`."""
    kind = event.get("kind")
    if kind not in OUTSIDE:
        raise ValueError(f"kind is none of {', '.join(OUTSIDE)}")
    now = clock.iso(clock.now())
    return read(json.dumps({**event, "rec": event.get("rec") or now}))


def add(work: Work, who: Who, rows: Sequence[Row]) -> int:
    """Appends the rows whose ids the log does not have yet, in their order; gives how many those were."""
    require(who, "settings.change")
    if not work.store.is_sqlite:
        work.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": LOG_LOCK})
    fresh = {row["id"]: row for row in reversed(rows)}  # of one id the first line counts
    known = set(work.scalars(select(Event.id).where(Event.id.in_(fresh))))
    new = [row for row in rows if row["id"] not in known and fresh[row["id"]] is row]
    if new:
        work.execute(insert(Event), new)
        work.append("log.imported", actor=who.actor, lines=len(new))
    return len(new)


def _object(line: bytes | str) -> dict[str, Any]:
    def refuse(word: str) -> Any:
        raise ValueError(f"{word} is no JSON number")

    try:
        text_ = line.decode() if isinstance(line, bytes) else line
        raw = json.loads(text_, parse_constant=refuse)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
    except ValueError as problem:
        raise ValueError(f"not JSON: {problem}") from None
    if not isinstance(raw, dict):
        raise ValueError("not an object")
    if UNSTORABLE.search(json.dumps(raw)):
        raise ValueError("it holds a character that cannot be stored")
    return raw


def _actor(value: Any) -> Row:
    actor = {"kind": Actor.SYSTEM.value} if value is None else value
    if not isinstance(actor, dict) or actor.get("kind") not in list(Actor):
        raise ValueError(f"actor.kind is none of {', '.join(Actor)}")
    ids = {}
    for name in ("id", "team"):
        one = actor.get(name)
        if one is not None and (not isinstance(one, str) or len(one) > 32):
            raise ValueError(f"actor.{name} is a text of up to 32 characters, or null")
        ids[f"actor_{name}"] = one
    return {"actor_kind": actor["kind"], **ids}


def _time(name: str, value: Any) -> Any:
    if not isinstance(value, str):
        raise ValueError(f"{name} is no time: {value!r}")
    try:
        moment = clock.parse(value)
    except (ValueError, OverflowError) as problem:
        raise ValueError(f"{name}: {problem}") from None
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)
