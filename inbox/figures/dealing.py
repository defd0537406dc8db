"""Dealing a batch out: whole families with their customers to one part, so that the parts share agents' time only.

What was overlooked here shows when the parts compare what they touched; one book then takes the whole batch.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from sqlalchemy import ColumnElement, Connection, func, or_, select

from inbox.figures.filing import at_home
from inbox.figures.pages import TELLERS, Placed, StoredPages, placed
from inbox.figures.parts import parts
from inbox.figures.working import Base
from inbox.metrics.log import Event as Told
from inbox.metrics.paged import STANDING
from inbox.metrics.people import People
from inbox.metrics.portion import Entangled, part_of
from inbox.metrics.times import Days, millis_of
from inbox.store import Event
from inbox.store.figures import FigureCustomer, FigureTicket

__all__ = ["Dealt", "deal"]

_LOG = Event.__table__.c
_CUSTOMER, _TICKET = FigureCustomer.__table__.c, FigureTicket.__table__.c
_AT_ONCE = 500
#: What joins tickets with one another and with customers, or tells what an event without a ticket is about.
_JOINING = (
    *("ticket.created", "ticket.identified", "ticket.merged", "ticket.split", "ticket.linked"),
    *("survey.sent", "void"),
)
_NAMED = ("ticket", "into", "from", "to")  # fields that name a ticket


class Dealt(NamedTuple):
    """To which part each ticket goes, and by ``seq`` each event that lies under none; ``reached`` is the last ``seq``.

    The parts follow one another in time, as far as may be: ``days`` are the local days on which one gives way to the
    next. What everybody knows from the start is dealt to nobody: ``events`` of it, the last recorded at ``last_rec``.
    """

    reached: int
    days: list[int]
    homes: dict[str, int]
    loose: dict[int, int]
    events: int
    last_rec: int


def deal(line: Connection, base: Base, reached: int, among: int) -> Dealt:
    """Who takes what of the events after a generation's ``seq`` and up to ``reached``. Raises :class:`Entangled`."""
    new = _LOG.seq > base.seq, _LOG.seq <= reached
    counts = line.execute(
        select(_LOG.ticket_id, func.count(), func.sum(_LOG.seq))
        .where(*new, _LOG.ticket_id.is_not(None))
        .group_by(_LOG.ticket_id)
    )
    knots = _Knots({f"ticket {number}": (n, int(seqs)) for number, n, seqs in counts})
    joining = placed(line, *new, or_(_LOG.ticket_id.is_(None), _LOG.kind.in_(_JOINING)))
    known = [event for ticket, event in joining if _is_known(base, ticket, event)]
    rest = [(ticket, event) for ticket, event in joining if not _is_known(base, ticket, event)]
    pages = StoredPages(line, base.generation, base.seq, base.seeded)
    people = pages.standing(base.config).people
    voids = [(ticket, event) for ticket, event in rest if event.kind == "void"]
    told = [(ticket, event) for ticket, event in rest if event.kind != "void"]
    loose = _join(knots, pages, people, [*told, *_tellers(line, new, told)]) | _join_voids(line, knots, voids)
    _join_kept(line, base, knots, people)
    homes, turns = knots.dealt(among)
    return Dealt(
        reached,
        _days_at(line, base, turns),
        {name.removeprefix("ticket "): part for name, part in homes.items() if name.startswith("ticket ")},
        {seq: homes.get(knot, 0) if is_home else part_of(knot, among) for seq, (knot, is_home) in loose.items()},
        len(known),
        max((event.rec for event in known), default=0),
    )


def _days_at(line: Connection, base: Base, seqs: list[int]) -> list[int]:
    """The local days of some places in the log."""
    days = Days(base.config.zone)
    found = []
    for seq in seqs:
        rec = line.execute(select(_LOG.rec).where(_LOG.seq >= seq).order_by(_LOG.seq).limit(1)).scalar_one()
        found.append(days.of(millis_of(rec)))
    return sorted(found)


def _tellers(line: Connection, new: tuple[ColumnElement[bool], ...], events: list[Placed]) -> list[Placed]:
    """What tells in the same batch of the messages, calls and sessions that events without a ticket are about."""
    lost: dict[str, dict[str, None]] = {}
    for ticket, event in events:
        for kind in TELLERS if ticket is None and "ticket" not in event.body else ():
            if (name := event.body.get(kind)) is not None:
                lost.setdefault(kind, {})[name] = None
    found: list[Placed] = []
    for kind, names in lost.items():
        told = _LOG.kind.in_(TELLERS[kind]), _LOG.ticket_id.is_not(None)
        for part in parts(names, _AT_ONCE):
            found += placed(line, *new, *told, _LOG.data[kind].as_string().in_(part))
    return found


def _is_known(base: Base, ticket: str | None, event: Told) -> bool:
    """Whether every book knows an event from the start: the standing ones, and voids that name no ticket."""
    return event.seq <= base.seeded and (event.kind in STANDING or (ticket is None and event.kind == "void"))


def _join(knots: _Knots, pages: StoredPages, people: People, events: list[Placed]) -> dict[int, tuple[str, bool]]:
    """Tie what the events say belongs together; returns by ``seq`` where those without a ticket belong: to a knot, or
    to an agent, whose days one part tells.
    """
    pages.prepare_names(
        ("survey", event.body["survey"])
        for ticket, event in events
        if ticket is None and event.kind in {"survey.answered", "survey.followup"}
    )
    loose: dict[int, tuple[str, bool]] = {}
    for home, event, ticket in at_home(pages, events).new:
        body = event.body
        if event.kind == "agent.state":
            loose[event.seq] = body["agent"], False
            continue
        own = "" if home is None else f"ticket {home}"
        if ticket is None:
            loose[event.seq] = own, True
            knots.weigh(own, event.seq)
        if home is None:
            continue
        for field in _NAMED:
            if event.kind.startswith("ticket.") and isinstance(other := body.get(field), str):
                knots.tie(own, f"ticket {other}")
        if (customer := body.get("customer")) is not None:
            knots.tie(own, f"customer {people.root(customer)}")
    return loose


def _join_voids(line: Connection, knots: _Knots, voids: list[Placed]) -> dict[int, tuple[str, bool]]:
    """Tie voids to the tickets of what they make void. Raises :class:`Entangled` where that lies under none."""
    homes: dict[str, int | None] = {}
    for part in parts((event.body["target"] for _, event in voids), _AT_ONCE):
        homes |= {
            row.id: row.ticket_id for row in line.execute(select(_LOG.id, _LOG.ticket_id).where(_LOG.id.in_(part)))
        }
    loose: dict[int, tuple[str, bool]] = {}
    for ticket, event in voids:
        home = homes.get(event.body["target"])
        if home is None:
            raise Entangled
        if ticket is None:
            loose[event.seq] = f"ticket {home}", True
            knots.weigh(f"ticket {home}", event.seq)
        else:
            knots.tie(f"ticket {ticket}", f"ticket {home}")
    return loose


def _join_kept(line: Connection, base: Base, knots: _Knots, people: People) -> None:
    """Tie what is kept of the tickets' families and of their customers."""
    tickets = [name.removeprefix("ticket ") for name in knots.names() if name.startswith("ticket ")]
    families = dict.fromkeys(tickets)
    for part in parts(tickets, _AT_ONCE):
        query = select(_TICKET.ticket, _TICKET.family)
        for ticket, family in line.execute(
            query.where(_TICKET.generation == base.generation, _TICKET.ticket.in_(part))
        ):
            knots.tie(f"ticket {ticket}", f"ticket {family}")
            families[family] = None
    query = select(_CUSTOMER.customer, _CUSTOMER.family).where(_CUSTOMER.generation == base.generation)
    for part in parts(families, _AT_ONCE):
        for customer, family in line.execute(query.where(_CUSTOMER.family.in_(part))):
            knots.tie(f"ticket {family}", f"customer {people.root(customer)}")
    roots = [name.removeprefix("customer ") for name in knots.names() if name.startswith("customer ")]
    for part in parts((name for root in roots for name in people.names(root)), _AT_ONCE):
        for customer, family in line.execute(query.where(_CUSTOMER.customer.in_(part))):
            knots.tie(f"ticket {family}", f"customer {people.root(customer)}")


class _Knots:
    """Names that belong together, with the weight of each knot of them."""

    def __init__(self, weights: dict[str, tuple[int, int]]) -> None:
        self._weights = weights  # by name: how many events, and the sum of their ``seq``
        self._above: dict[str, str] = {}

    def names(self) -> Iterable[str]:
        return list({**self._weights, **self._above, **dict.fromkeys(self._above.values())})

    def weigh(self, name: str, seq: int) -> None:
        n, seqs = self._weights.get(name, (0, 0))
        self._weights[name] = n + 1, seqs + seq

    def tie(self, a: str, b: str) -> None:
        a, b = self._top(a), self._top(b)
        if a != b:
            self._above[b] = a

    def _top(self, name: str) -> str:
        above = self._above
        while (over := above.get(name)) is not None:
            if (next_one := above.get(over)) is not None:
                above[name] = next_one
            name = over
        return name

    def dealt(self, among: int) -> tuple[dict[str, int], list[int]]:
        """The part of each name, and the ``seq`` at which each part but the first begins.

        The knots go in the order of time, as many events to each part: most cells are then one part's alone.
        """
        total: dict[str, tuple[int, int]] = {}
        for name, (n, seqs) in self._weights.items():
            top = self._top(name)
            known = total.get(top, (0, 0))
            total[top] = known[0] + n, known[1] + seqs
        share = sum(n for n, _ in total.values()) / among
        part: dict[str, int] = {}
        turns: list[int] = []
        done = 0
        for middle, top, n in sorted((seqs // n, top, n) for top, (n, seqs) in total.items()):
            part[top] = min(int(done / share), among - 1)
            while len(turns) < part[top]:
                turns.append(middle)
            done += n
        return {name: part[top] for name in self.names() if (top := self._top(name)) in part}, turns
