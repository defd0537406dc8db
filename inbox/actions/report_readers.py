"""To whom a report by mail goes at this moment, and who of those it is meant for gets none and why."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Final, Literal, NamedTuple

from sqlalchemy import func, or_, select

from inbox.actions import desk, report_stops
from inbox.actions.who import Who, may
from inbox.store import Agent, Channel, ReportMail, Work

__all__ = ["Reader", "Skipped", "Why", "offered", "readers", "skipped"]

#: A person of the desk needs it to see a report, so also to be sent one.
_RIGHT: Final = "reports.see"
Why = Literal["left", "right", "own", "stopped"]


@dataclass(frozen=True)
class Reader:
    """Who gets a report, in which language."""

    address: str
    name: str
    language: str


class Skipped(NamedTuple):
    """Who gets none: ``left`` the desk, without the ``right`` to see reports, with an address of the desk's ``own``
    that would make a ticket of it, or who ``stopped`` it, since when."""

    who: str
    why: Why
    since: dt.datetime | None = None


def offered(work: Work) -> list[Agent]:
    """The people to whom reports may go, by name."""
    people = work.scalars(select(Agent).where(Agent.active).order_by(Agent.name, Agent.id))
    return [one for one in people if may(Who.of(one), _RIGHT)]


def readers(work: Work, row: ReportMail) -> tuple[Reader, ...]:
    """Everybody who gets a report now."""
    return tuple(one for one in _every(work, row) if isinstance(one, Reader))


def skipped(work: Work, row: ReportMail) -> tuple[Skipped, ...]:
    """Those for whom it is meant and who get none."""
    return tuple(one for one in _every(work, row) if isinstance(one, Skipped))


def _every(work: Work, row: ReportMail) -> list[Reader | Skipped]:
    """Each address once: the desk's people first, also where one's address stands among those outside of it."""
    usual = str(desk.get(work, "desk.language"))
    own = {one.lower() for one in work.scalars(select(Channel.address).where(Channel.kind == "email")) if one}
    stops = report_stops.stops(work, row)
    meant = or_(Agent.id.in_(row.people), func.lower(Agent.email).in_(row.addresses))
    found: dict[str, Reader | Skipped] = {}
    for one in work.scalars(select(Agent).where(meant).order_by(Agent.email)):
        key = one.email.lower()
        why: Why | None = "left" if not one.active else None if may(Who.of(one), _RIGHT) else "right"
        reader = Reader(one.email, one.name, one.language or usual)
        found[key] = _kept(reader, key, own, stops) if why is None else Skipped(one.name, why)
    for key in row.addresses:
        found.setdefault(key, _kept(Reader(key, "", usual), key, own, stops))
    return list(found.values())


def _kept(reader: Reader, key: str, own: set[str], stops: dict[str, dt.datetime]) -> Reader | Skipped:
    named = reader.name or reader.address
    if key in own:
        return Skipped(named, "own")
    return Skipped(named, "stopped", stops[key]) if key in stops else reader
