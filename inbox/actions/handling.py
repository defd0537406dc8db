"""Handle time without a timer: a browser's focus on a ticket beats every 15 s and becomes one ``handle.span``."""

from __future__ import annotations

import datetime as dt
from datetime import timedelta

from sqlalchemy import select

from inbox import clock
from inbox.actions.who import Who
from inbox.store import Beat, Focus, Ticket, Work

__all__ = ["GRACE", "SILENT", "beat", "compact", "compact_due", "end", "spans", "start"]

GRACE = timedelta(seconds=30)  # metrics.md ``beat_grace_s``
SILENT = timedelta(seconds=60)


def start(work: Work, who: Who, session: str, ticket: Ticket) -> None:
    """Opens a focus; ``session`` is unique per stay. The same one again is a beat."""
    now = clock.now()
    if work.get(Focus, session) is not None:
        beat(work, session)
        return
    work.add(
        Focus(
            session=session[:64],
            ticket_id=ticket.id,
            agent_id=who.id or "",
            team_id=who.team,
            kind=ticket.kind,
            started_at=now,
            seen_at=now,
        )
    )
    work.flush()
    work.add(Beat(session=session[:64], at=now))


def beat(work: Work, session: str, *, idle: bool = False) -> bool:
    """One beat of an open focus; False where there is none (any more)."""
    focus = work.get(Focus, session)
    if focus is None or focus.ended_at is not None:
        return False
    now = clock.now()
    focus.seen_at = now
    work.merge(Beat(session=session, at=now, idle=idle))
    return True


def end(work: Work, session: str) -> None:
    """Ends a focus now and writes its span."""
    focus = work.get(Focus, session)
    if focus is not None:
        focus.ended_at = clock.now()
        compact(work, focus)


def spans(marks: list[tuple[dt.datetime, bool]], ended: dt.datetime | None) -> list[tuple[dt.datetime, dt.datetime]]:
    """What a session's marks (time, idle) cover: each active one until the next mark, at most :data:`GRACE`.

    metrics.md 4.5: ``end`` covers nothing itself. Touching spans are joined.
    """
    times = [at for at, _idle in marks] + ([ended] if ended is not None else [])
    covered: list[tuple[dt.datetime, dt.datetime]] = []
    for n, (at, idle) in enumerate(marks):
        if idle:
            continue
        until = min(times[n + 1], at + GRACE) if n + 1 < len(times) else at + GRACE
        if until <= at:
            continue
        if covered and covered[-1][1] == at:
            covered[-1] = (covered[-1][0], until)
        else:
            covered.append((at, until))
    return covered


def compact(work: Work, focus: Focus) -> None:
    """Appends the ``handle.span`` of a focus and removes its beats: the only deletion there is."""
    rows = work.execute(select(Beat.at, Beat.idle).where(Beat.session == focus.session).order_by(Beat.at)).all()
    covered = spans([(at, idle) for at, idle in rows], focus.ended_at)
    if covered:
        work.append(
            "handle.span",
            id=f"handle:{focus.session}"[:80],
            actor=("agent", focus.agent_id, focus.team_id),
            ticket=focus.ticket_id,
            ts=focus.started_at,
            session=focus.session,
            agent=focus.agent_id,
            team=focus.team_id,
            channel=focus.kind,
            spans=[[clock.iso(a), clock.iso(b)] for a, b in covered],
        )
    for row in work.scalars(select(Beat).where(Beat.session == focus.session)):
        work.delete(row)
    work.flush()
    work.delete(focus)
    work.flush()


def compact_due(work: Work) -> int:
    """Closes the focuses of dead browsers: silent for :data:`SILENT`. Gives how many."""
    late = clock.now() - SILENT
    rows = work.scalars(select(Focus).where(Focus.seen_at < late).limit(200)).all()
    for focus in rows:
        compact(work, focus)
    return len(rows)
