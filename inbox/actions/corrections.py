"""Corrections of one's own day: what the handling clock kept is made void, and what really was stands in its place.

The log is never rewritten. ``ticket.timed`` says in the ticket's history that somebody corrected their time and why;
how long it was stands only in the spans, and what they typed besides only in the audit.
"""

from __future__ import annotations

import datetime as dt
import uuid
import zoneinfo
from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import select

from inbox import clock
from inbox.actions import desk, events
from inbox.actions.who import Who, find_living
from inbox.errors import Conflict, Forbidden, Invalid, Withheld
from inbox.store import Event, Focus, Ticket, Work
from inbox.terms import Actor

__all__ = ["LONGEST", "WHY", "Span", "add", "cut", "drop", "first_open_day", "shorten", "spans_of", "standing"]

Span = tuple[dt.datetime, dt.datetime]

#: Why a day is corrected; add, never rename: they are stored. ``templates/macros/words.html`` has their words.
WHY: Final = ("pause", "elsewhere", "ticket", "forgotten", "away", "other")
#: Nobody works on one ticket for longer without a break: metrics.md ``shift_cap_s``.
LONGEST: Final = dt.timedelta(hours=12)
WORDS: Final = 500


def first_open_day(work: Work) -> dt.date:
    """The oldest local day that can still be corrected."""
    zone = zoneinfo.ZoneInfo(desk.get(work, "desk.timezone"))
    return clock.now().astimezone(zone).date() - dt.timedelta(days=int(desk.get(work, "handling.correct_d")))


def spans_of(event: Event) -> list[Span]:
    """What a ``handle.span`` covers."""
    return [(clock.parse(start), clock.parse(end)) for start, end in event.data["spans"]]


def standing(work: Work, agent: str, tickets: Sequence[int]) -> list[Event]:
    """The ``handle.span`` events of an agent on some tickets that were not taken back, oldest first."""
    rows = work.scalars(
        select(Event)
        .where(Event.ticket_id.in_(tickets), Event.kind.in_(["handle.span", "void"]))
        .order_by(Event.ts, Event.seq)
    ).all()
    return [row for row in events.existing(work, rows) if row.data.get("agent") == agent]


def shorten(work: Work, who: Who, id: str, piece: Span, kept: Span, why: str, words: str = "") -> None:
    """Leaves only ``kept`` of a piece of a stay. Raises :class:`Invalid`, :class:`Conflict`, :class:`Forbidden`."""
    _within(piece, kept)
    if kept == piece:
        msg = "this is as it was: change the beginning or the end"
        raise Invalid(msg, fields={"start": msg})
    _replace(work, who, id, piece, [kept], "shortened", why, words)


def cut(work: Work, who: Who, id: str, piece: Span, pause: Span, why: str, words: str = "") -> None:
    """Takes a pause out of a piece of a stay. Raises as :func:`shorten` does."""
    _within(piece, pause)
    left = [(a, b) for a, b in ((piece[0], pause[0]), (pause[1], piece[1])) if a < b]
    if len(left) < 2:
        msg = "a pause lies between the beginning and the end; shorten the time instead"
        raise Invalid(msg, fields={"start": msg})
    _replace(work, who, id, piece, left, "parted", why, words)


def drop(work: Work, who: Who, id: str, piece: Span, why: str, words: str = "") -> None:
    """Takes a piece of a stay away. Raises as :func:`shorten` does."""
    _replace(work, who, id, piece, [], "dropped", why, words)


def add(work: Work, who: Who, number: int, span: Span, why: str, words: str = "") -> Event:
    """Writes down time on a ticket that no browser saw. Other tickets may be worked on beside it and share it, the same
    one not twice. Raises :class:`Invalid`, :class:`NotFound`, :class:`Forbidden`."""
    ticket = find_living(work, who, number)
    start, end = span
    _checked(work, who, start, end, why, words)
    if end - start > LONGEST:
        msg = "this is more than twelve hours; add it in parts"
        raise Invalid(msg, fields={"end": msg})
    if start < ticket.created_at and not ticket.imported:
        msg = "the ticket was not there yet at that time"
        raise Invalid(msg, fields={"start": msg})
    _apart(work, who, ticket, span)
    session = f"hand-{uuid.uuid4().hex}"
    told: dict[str, Any] = {"session": session, "team": who.team, "channel": ticket.kind}
    event = _span(work, who, ticket.id, [span], f"handle:{session}", start, **told)
    _tell(work, who, ticket.id, "added", why, words, now=event.id)
    return event


def _within(piece: Span, inner: Span) -> None:
    if inner[0] >= inner[1]:
        msg = "the end comes after the beginning"
        raise Invalid(msg, fields={"end": msg})
    if inner[0] < piece[0] or inner[1] > piece[1]:
        msg = "a correction makes it shorter: stay between its beginning and its end, or add what is missing"
        raise Invalid(msg, fields={"start": msg})


def _checked(work: Work, who: Who, start: dt.datetime, end: dt.datetime, why: str, words: str) -> None:
    if who.kind is not Actor.AGENT or who.id is None:
        msg = "only people correct their own day"
        raise Forbidden(msg)
    if why not in WHY:
        msg = "choose why you correct it"
        raise Invalid(msg, fields={"why": msg})
    if len(words) > WORDS:
        msg = f"write up to {WORDS} letters"
        raise Invalid(msg, fields={"words": msg})
    if start >= end:
        msg = "the end comes after the beginning"
        raise Invalid(msg, fields={"end": msg})
    if end > clock.now():
        msg = "this has not happened yet: choose a time up to now"
        raise Invalid(msg, fields={"end": msg})
    zone = zoneinfo.ZoneInfo(desk.get(work, "desk.timezone"))
    if start.astimezone(zone).date() < first_open_day(work):
        msg = "this day is closed: it can no longer be corrected"
        raise Invalid(msg, fields={"day": msg})


def _apart(work: Work, who: Who, ticket: Ticket, span: Span) -> None:
    """Refuses a time that is already written down for the same ticket, or runs right now."""
    start, end = span
    known = [each for event in standing(work, who.id or "", [ticket.id]) for each in spans_of(event)]
    open_now = select(Focus.started_at).where(Focus.agent_id == who.id, Focus.ticket_id == ticket.id)
    known += [(began, clock.now()) for began in work.scalars(open_now)]
    if any(start < b and a < end for a, b in known):
        msg = "part of this time is already written down for this ticket"
        raise Invalid(msg, fields={"start": msg})


def _replace(work: Work, who: Who, id: str, piece: Span, left: Sequence[Span], what: str, why: str, words: str) -> None:
    """The old line is made void by a line whose name only one correction can have; what is left is told anew."""
    _checked(work, who, *piece, why, words)
    old = work.scalar(select(Event).where(Event.id == id, Event.kind == "handle.span"))
    if old is None or old.data.get("agent") != who.id or old.ticket_id is None:
        msg = "this is not a time of yours"
        raise Withheld(msg)
    spans = spans_of(old)
    taken = work.scalar(select(Event.id).where(Event.id == _void_of(old)))
    if taken is not None or piece not in spans or old.id not in {one.id for one in _live(work, old)}:
        msg = "this was corrected in the meantime; look at it again"
        raise Conflict(msg)
    place = spans.index(piece)
    now = [*spans[:place], *left, *spans[place + 1 :]]
    work.append("void", id=_void_of(old), actor=who.actor, ticket=old.ticket_id, target=old.id)
    new = None
    if now:
        data = old.data
        told: dict[str, Any] = {"session": data["session"], "team": data.get("team"), "channel": data["channel"]}
        name = f"{old.id[:60]}.{uuid.uuid4().hex[:12]}"
        new = _span(work, who, old.ticket_id, now, name, old.ts, **told)
    _tell(work, who, old.ticket_id, what, why, words, was=old.id, now=new.id if new is not None else None)


def _live(work: Work, old: Event) -> list[Event]:
    return standing(work, str(old.data.get("agent")), [old.ticket_id] if old.ticket_id is not None else [])


def _void_of(event: Event) -> str:
    return f"void:{event.id}"[:80]


def _span(work: Work, who: Who, ticket: int, spans: Sequence[Span], id: str, ts: dt.datetime, **told: Any) -> Event:
    return work.append(
        "handle.span",
        id=id[:80],
        actor=(Actor.AGENT.value, who.id, told["team"]),
        ticket=ticket,
        ts=ts,
        agent=who.id,
        spans=[[clock.iso(a), clock.iso(b)] for a, b in spans],
        **told,
    )


def _tell(
    work: Work,
    who: Who,
    ticket: int,
    what: str,
    why: str,
    words: str,
    *,
    was: str | None = None,
    now: str | None = None,
) -> None:
    """The history says that it was corrected and why; the audit also in whose words. Neither says how long it was."""
    lines: dict[str, Any] = {name: id for name, id in (("target", was), ("span", now)) if id is not None}
    work.append("ticket.timed", actor=who.actor, ticket=ticket, op=what, why=why, **lines)
    said = {"words": words.strip()} if words.strip() else {}
    desk.audit(work, who, "time.corrected", ticket=ticket, op=what, why=why, **said, **lines)
