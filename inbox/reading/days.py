"""An agent's own day: when they worked on which ticket, as the figures count it. Never anybody else's."""

from __future__ import annotations

import datetime as dt
import zoneinfo
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Final

from sqlalchemy import select

from inbox import clock
from inbox.actions import corrections, desk
from inbox.actions.who import Who, visible
from inbox.errors import Invalid
from inbox.figures.asking import kept
from inbox.figures.kept import work_of
from inbox.metrics.work import Atom, WorkItem, busy, shared
from inbox.reading import figures
from inbox.reading.pages import Form
from inbox.store import Event, Focus, Ticket, Work
from inbox.store.figures import FigureWork

__all__ = ["DayPage", "Stay", "Totals", "page"]

#: The nature of a piece of work, in the word of the page; a call is named by the state of its leg.
KINDS: Final = {"productive": "worked", "view": "looked", "spam": "spam"}
EARLIEST: Final = dt.date(2000, 1, 1)


@dataclass(frozen=True)
class Stay:
    """One piece from ``start`` to ``end``; ``counts`` is its share where other tickets were worked on beside it, in ms.
    ``event`` and ``piece`` name it in the form that corrects it; empty where it cannot be corrected here."""

    ticket: int | None
    subject: str
    channel: str
    start: dt.datetime
    end: dt.datetime
    kind: str
    counts: int
    event: str = ""
    piece: str = ""
    corrected: bool = False

    @property
    def lasted(self) -> int:
        """Milliseconds from beginning to end."""
        return round((self.end - self.start) / dt.timedelta(milliseconds=1))


@dataclass(frozen=True)
class Totals:
    """Milliseconds of the day: on tickets in all, of them worked, only looked, on calls, after the last reply."""

    busy: int = 0
    worked: int = 0
    looked: int = 0
    calls: int = 0
    wrap: int = 0
    tickets: int = 0


@dataclass(frozen=True)
class DayPage:
    """``page`` of ``days/show.html``. GET ``day`` and ``edit`` (a piece's name). POST ``days.correct``: ``event``,
    ``piece``, ``what`` (shorten, cut, drop), ``start``, ``end``, ``why``, ``words``; POST ``days.add``: ``day``,
    ``ticket``, ``start``, ``end``, ``why``, ``words``. ``now`` are the tickets that are open in a browser."""

    day: dt.date
    today: dt.date
    zone: str
    stays: tuple[Stay, ...]
    totals: Totals
    now: tuple[tuple[int, dt.datetime], ...] = ()
    open: bool = False
    first_open: dt.date | None = None
    reasons: tuple[str, ...] = corrections.WHY
    edit: str = ""
    form: Form = field(default_factory=Form)
    adding: Form = field(default_factory=Form)

    def at(self, moment: dt.datetime) -> dt.datetime:
        """The same moment as the desk's clocks show it."""
        return moment.astimezone(zoneinfo.ZoneInfo(self.zone))

    @property
    def before(self) -> dt.date:
        """The day before."""
        return self.day - dt.timedelta(days=1)

    @property
    def after(self) -> dt.date | None:
        """The day after, up to today."""
        return self.day + dt.timedelta(days=1) if self.day < self.today else None


def page(work: Work, who: Who, args: Mapping[str, str]) -> DayPage:
    """The day that ``day`` names, today without one. Raises :class:`Invalid` for what is no day."""
    name = str(desk.get(work, "desk.timezone"))
    zone = zoneinfo.ZoneInfo(name)
    today = clock.now().astimezone(zone).date()
    day = _day(args.get("day", ""), today)
    found = list(_work(work, who.id or "", day))
    running = select(Focus.ticket_id, Focus.started_at).where(Focus.agent_id == who.id).order_by(Focus.started_at)
    first = corrections.first_open_day(work)
    return DayPage(
        day=day,
        today=today,
        zone=name,
        stays=_stays(work, who, found, day, zone),
        totals=_totals(found, day, zone),
        now=tuple((ticket, since) for ticket, since in work.execute(running)) if day == today else (),
        open=first <= day <= today,
        first_open=first,
        edit=args.get("edit", ""),
    )


def _day(text: str, today: dt.date) -> dt.date:
    try:
        day = dt.date.fromisoformat(text) if text else today
    except ValueError:
        msg = "write a day, like 2026-03-31"
        raise Invalid(msg) from None
    return min(max(day, EARLIEST), today)


def _work(work: Work, agent: str, day: dt.date) -> Iterable[tuple[WorkItem, list[Atom]]]:
    """What counts of an agent on a local day: from the figures that are kept, else from the log."""
    known = kept(work)
    if known is not None:
        mine = FigureWork.generation == known.state.generation
        rows = select(FigureWork.data).where(mine, FigureWork.agent == agent, FigureWork.day == day.toordinal())
        found = [work_of(data) for data in work.scalars(rows)]
    else:
        facts = figures.source(work).book.facts()
        every = [(one.item, one.atoms) for fact in facts for one in fact.work]
        found = [
            (item, atoms)
            for item, atoms in every
            if item.agent == agent and any(atom.day == day.toordinal() for atom in atoms)
        ]
    return [(item, atoms) for item, atoms in found if item.nature != "dropped"]


def _bounds(day: dt.date, zone: zoneinfo.ZoneInfo) -> tuple[int, int]:
    """A local day in ms since 1970."""
    edges = (dt.datetime.combine(each, dt.time(), zone) for each in (day, day + dt.timedelta(days=1)))
    first, end = (round(edge.timestamp() * 1000) for edge in edges)
    return first, end


def _moment(ms: int) -> dt.datetime:
    return dt.datetime.fromtimestamp(ms / 1000, dt.UTC)


def _stays(
    work: Work, who: Who, found: list[tuple[WorkItem, list[Atom]]], day: dt.date, zone: zoneinfo.ZoneInfo
) -> tuple[Stay, ...]:
    first, end = _bounds(day, zone)
    items = [item for item, _atoms in found]
    shares: dict[tuple[str, int], Fraction] = {}
    for item, a, b, _state, among in shared(items):
        a, b = max(a, first), min(b, end)  # noqa: PLW2901 - the part within the day
        if a < b:
            place = next(n for n, (x, y, _) in enumerate(item.spans) if x <= a and b <= y)
            key = item.id, place
            shares[key] = shares.get(key, Fraction(0)) + Fraction(b - a, among)
    numbers = {int(item.ticket) for item in items if item.ticket.isdecimal()}
    lines = _lines(work, who, sorted(numbers))
    subjects = dict(work.execute(select(Ticket.id, Ticket.subject).where(Ticket.id.in_(numbers), visible(who))).all())
    stays = []
    for item in items:
        number = int(item.ticket) if item.ticket.isdecimal() else None
        line = lines.get(item.id)
        for n, (a, b, state) in enumerate(item.spans):
            if b <= first or a >= end:
                continue
            stays.append(
                Stay(
                    ticket=number if number in subjects else None,
                    subject=subjects.get(number or 0) or "",
                    channel=item.channel,
                    start=_moment(max(a, first)),
                    end=_moment(min(b, end)),
                    kind=state if item.is_leg else KINDS[item.nature],
                    counts=round(shares.get((item.id, n), Fraction(0))),
                    event=line.id if line is not None else "",
                    piece=f"{clock.iso(_moment(a))}~{clock.iso(_moment(b))}" if line is not None else "",
                    corrected=line is not None and line.id != f"handle:{line.data['session']}"[:80],
                )
            )
    return tuple(sorted(stays, key=lambda one: (one.start, one.end)))


def _lines(work: Work, who: Who, tickets: list[int]) -> dict[str, Event]:
    """The line of the log behind each stay; a stay that several lines tell of is not corrected here."""
    found: dict[str, list[Event]] = {}
    for event in corrections.standing(work, who.id or "", tickets):
        found.setdefault(f"session {event.data['session']}", []).append(event)
    return {name: lines[0] for name, lines in found.items() if len(lines) == 1}


def _totals(found: list[tuple[WorkItem, list[Atom]]], day: dt.date, zone: zoneinfo.ZoneInfo) -> Totals:
    first, end = _bounds(day, zone)
    sums = {"worked": 0, "looked": 0, "spam": 0, "calls": 0}
    wrap = 0
    for item, atoms in found:
        for atom in atoms:
            if atom.day == day.toordinal():
                sums["calls" if item.is_leg else KINDS[item.nature]] += atom.ms
                wrap += atom.wrap
    whole = sum(max(0, min(b, end) - max(a, first)) for a, b in busy(item for item, _ in found))
    tickets = len({item.ticket for item, _ in found})
    return Totals(whole, sums["worked"], sums["looked"], sums["calls"], wrap, tickets)
