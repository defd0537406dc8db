"""The pages of a book in the desk's database: families with their events, agents' days, as of one ``seq``."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence

import orjson
from sqlalchemy import BigInteger, ColumnElement, Connection, String, and_, cast, extract, func, select

from inbox.figures import bulk, standing
from inbox.figures.kept import cases_of, customers_of, verdicts_of, work_of
from inbox.figures.parts import parts
from inbox.metrics.config import Config
from inbox.metrics.log import Event as Told
from inbox.metrics.log import read_kept
from inbox.metrics.paged import KeptCase, KeptFamily, KeptWork
from inbox.metrics.standing import Standing
from inbox.metrics.times import DAY, SECOND
from inbox.store import Event, names
from inbox.store.figures import FigureCustomer, FigureDay, FigureFamily, FigureName, FigureTicket, FigureWork

__all__ = ["StoredPages", "placed"]

_LOG = Event.__table__.c
_ENVELOPE = (_LOG.seq, _LOG.id, _LOG.kind, _LOG.actor_kind, _LOG.actor_id, _LOG.actor_team, _LOG.ticket_id)
#: Times as the database hands them over quickest: SQLite's text, whole ms of PostgreSQL; and unread JSON.
_COLUMNS = {
    "sqlite": (*_ENVELOPE, *(cast(column, String) for column in (_LOG.ts, _LOG.rec, _LOG.data))),
    "postgresql": (
        *_ENVELOPE,
        *(cast(func.floor(extract("epoch", column) * SECOND), BigInteger) for column in (_LOG.ts, _LOG.rec)),
        cast(_LOG.data, String),
    ),
}
_EPOCH = dt.datetime(1970, 1, 1)  # noqa: DTZ001 - SQLite keeps UTC and says no zone
_FAMILY, _TICKET, _CUSTOMER = FigureFamily.__table__.c, FigureTicket.__table__.c, FigureCustomer.__table__.c
_WORK, _DAY, _NAME = FigureWork.__table__.c, FigureDay.__table__.c, FigureName.__table__.c
_AT_ONCE = 500
_ROWS = 2_000  # of the log that are in memory twice
_DIGITS = 16
_LONG = 40  # local days of an agent that are read at once
_SHIFT = 2  # local days that a shift can reach beyond the one on which it began

#: What tells of a thing that other events only name.
_TELLERS = {
    "msg": ("msg.in", "msg.out"),
    "call": ("call.started",),
    "session": ("handle.start", "handle.span"),
    "cost": ("cost.provider",),
    "survey": ("survey.sent",),
}

Placed = tuple[str | None, Told]


def placed(line: Connection, *wanted: ColumnElement[bool], limit: int | None = None) -> list[Placed]:
    """Events that the engine knows, in the order of the log, each with the ticket under which it is filed."""
    query = select(*_COLUMNS[line.dialect.name]).where(*wanted).order_by(_LOG.seq)
    rows = line.execute(query if limit is None else query.limit(limit))
    found: list[Placed] = []
    is_text = line.dialect.name == "sqlite"
    loads = orjson.loads
    while some := rows.fetchmany(_ROWS):
        for seq, id, kind, who, agent, team, number, ts, rec, data in some:
            try:
                told = loads(data)
            except ValueError:  # a number that came in before they were looked at: nobody else's figures stop for it
                continue
            ticket = None
            if number is not None:
                ticket = str(number)
                told.setdefault("ticket", ticket)
            at = _millis(ts) if is_text else ts
            known = at if rec == ts else _millis(rec) if is_text else rec
            event = read_kept(id, seq, at, known, kind, told, (who, agent, team))
            if event is not None:
                found.append((ticket, event))
    return found


def _millis(told: str) -> int:
    """A time as SQLite keeps it."""
    gone = dt.datetime.fromisoformat(told) - _EPOCH
    return gone.days * DAY + gone.seconds * SECOND + gone.microseconds // 1_000


def _is_number(ticket: str) -> bool:
    """Whether a ticket is one of this desk, and not of a history from elsewhere."""
    return ticket.isascii() and ticket.isdecimal() and len(ticket) < _DIGITS and not ticket.startswith("0")


class StoredPages:
    """One generation's pages. ``prepare`` reads those of many tickets in few statements."""

    def __init__(self, line: Connection, generation: int, seq: int, seeded: int = 0) -> None:
        self._line = line
        self._seeded = max(seq, seeded)
        self._generation = generation
        self._seq = seq
        self._customers: dict[str, list[str]] = {}
        self._near: dict[str, list[tuple[str, str]]] = {}  # by customer: (family, its cases as they are kept)
        self._days: dict[tuple[str, int], list[KeptWork]] = {}
        self._states: dict[tuple[str, int], list[int]] = {}
        self._told: dict[int, Told] = {}
        self._kinds: dict[str, bool] = {}  # of names that there are
        self._families: dict[str, KeptFamily | None] = {}  # by ticket
        self._named: dict[tuple[str, str], list[Placed]] = {}

    def prepare(self, tickets: Iterable[str]) -> None:
        """Read the families of some tickets at once."""
        wanted = [ticket for ticket in dict.fromkeys(tickets) if ticket not in self._families]
        for part in parts(wanted, _AT_ONCE):
            self._read(part)

    def family(self, ticket: str) -> KeptFamily | None:
        if ticket not in self._families:
            self._read([ticket])
        return self._families[ticket]

    def _read(self, tickets: Sequence[str]) -> None:
        homes = dict.fromkeys(tickets, "") | self.homes(tickets)
        names = list(dict.fromkeys(home or ticket for ticket, home in homes.items()))
        rows = self.families(names)
        members = {name: (orjson.loads(rows[name][0]) or [name]) if name in rows else [name] for name in names}
        everybody = [ticket for own in members.values() for ticket in own]
        events = self._events(everybody)
        work = self._work(everybody)
        for name, own in members.items():
            told = list({e.id: e for ticket in own for e in events.get(ticket, ())}.values())
            kept = None
            if name in rows or told:
                cases = orjson.loads(rows[name][1]) if name in rows else {}
                own_work = [one for ticket in own for one in work.get(ticket, ())]
                kept = KeptFamily(name, own, verdicts_of(cases), own_work, told, customers_of(cases))
            self._families |= dict.fromkeys(own, kept)
        for ticket in tickets:
            self._families.setdefault(ticket, None)

    # --- what is kept, as it stands in its tables ---

    def homes(self, tickets: Sequence[str]) -> dict[str, str]:
        """The families of the tickets that are called by another one."""
        joined = select(_TICKET.ticket, _TICKET.family).where(
            _TICKET.generation == self._generation, _TICKET.ticket.in_(tickets)
        )
        return {row[0]: row[1] for row in self._line.execute(joined)}

    def families(self, names: Sequence[str]) -> dict[str, tuple[str, str]]:
        """The tickets and the verdicts of some families, as texts."""
        told = select(_FAMILY.name, cast(_FAMILY.tickets, String), cast(_FAMILY.verdicts, String)).where(
            _FAMILY.generation == self._generation, _FAMILY.name.in_(names)
        )
        return {row[0]: (row[1], row[2]) for row in self._line.execute(told)}

    def work_of_tickets(self, tickets: Sequence[str]) -> list[tuple[str, str, str]]:
        """(ticket, item, what it was) of the work on some tickets, once for each local day that it touches."""
        rows = self._line.execute(
            select(_WORK.ticket, _WORK.item, _WORK.data).where(
                _WORK.generation == self._generation, _WORK.ticket.in_(tickets)
            )
        )
        return [(row[0], row[1], row[2]) for row in rows]

    def work_of_days(self, agent: str, first: int, end: int) -> list[tuple[int, str, str]]:
        """(day, item, what it was) of an agent's work on the local days [first, end)."""
        rows = self._line.execute(
            select(_WORK.day, _WORK.item, _WORK.data).where(
                _WORK.generation == self._generation, _WORK.agent == agent, _WORK.day >= first, _WORK.day < end
            )
        )
        return [(row[0], row[1], row[2]) for row in rows]

    def families_of(self, customers: Sequence[str]) -> list[tuple[str, str, str]]:
        """(customer, family, its verdicts) of each family with a case of some customers."""
        of_family = and_(_FAMILY.generation == _CUSTOMER.generation, _FAMILY.name == _CUSTOMER.family)
        query = (
            select(_CUSTOMER.customer, _FAMILY.name, cast(_FAMILY.verdicts, String))
            .join_from(FigureCustomer.__table__, FigureFamily.__table__, of_family)
            .where(_CUSTOMER.generation == self._generation, _CUSTOMER.customer.in_(customers))
        )
        return [(row[0], row[1], row[2]) for row in self._line.execute(query)]

    def placed(self, *wanted: ColumnElement[bool], limit: int | None = None) -> list[Placed]:
        """Events of the log, each with the ticket under which it is filed."""
        return placed(self._line, *wanted, limit=limit)

    # --- pages ---

    def _events(self, tickets: Iterable[str]) -> dict[str, list[Told]]:
        """Everything that is filed under some tickets, and what concerns them elsewhere."""
        found: dict[str, list[Told]] = {}
        for part in parts(tickets, _AT_ONCE):
            numbers = [int(ticket) for ticket in part if _is_number(ticket)]
            for ticket, event in self.placed(_LOG.ticket_id.in_(numbers), _LOG.seq <= self._seq):
                found.setdefault(ticket or "", []).append(event)
            elsewhere: dict[int, list[str]] = {}
            for seq, ticket in self._seqs("ticket", part):
                elsewhere.setdefault(seq, []).append(ticket)
            for seqs in parts(elsewhere, _AT_ONCE):
                for _, event in self.placed(_LOG.seq.in_(seqs)):
                    for ticket in elsewhere[event.seq]:
                        found.setdefault(ticket, []).append(event)
        return found

    def _seqs(self, kind: str, names: Sequence[str]) -> list[tuple[int, str]]:
        if not self._has_names(kind):
            return []
        keys = ((kind, name) for name in names)
        return [
            (seq, name)
            for _, name, seq in bulk.find(self._line, FigureName, self._generation, ("seq",), ("kind", "name"), keys)
        ]

    def _has_names(self, kind: str) -> bool:
        """Whether there is any name of a kind: most are rare, and in a generation from nothing there is none."""
        found = self._kinds.get(kind)
        if found is None:
            query = select(_NAME.seq).where(_NAME.generation == self._generation, _NAME.kind == kind).limit(1)
            found = self._kinds[kind] = self._line.execute(query).first() is not None
        return found

    def _work(self, tickets: Iterable[str]) -> dict[str, list[KeptWork]]:
        found: dict[str, dict[str, KeptWork]] = {}
        for part in parts(tickets, _AT_ONCE):
            for ticket, item, data in self.work_of_tickets(part):
                own = found.setdefault(ticket, {})
                if item not in own:  # one that goes past midnight lies under both days
                    own[item] = work_of(data)
        return {ticket: list(own.values()) for ticket, own in found.items()}

    def standing(self, config: Config) -> Standing:
        return standing.known(self._line, config, self._seeded, self.placed)

    def prepare_customers(self, customers: Iterable[str]) -> None:
        """Find the families of some customers, and read them, at once."""
        wanted = [customer for customer in dict.fromkeys(customers) if customer not in self._customers]
        self._customers |= {customer: [] for customer in wanted}
        for part in parts(wanted, _AT_ONCE):
            for customer, family, _ in self.families_of(part):
                self._customers[customer].append(family)
        self.prepare(family for customer in wanted for family in self._customers[customer])

    def of_customer(self, customer: str) -> Iterable[str]:
        if customer not in self._customers:
            self.prepare_customers([customer])
        return self._customers[customer]

    def prepare_near(self, customers: Iterable[str]) -> None:
        """Read what is kept of some customers' cases at once."""
        wanted = [customer for customer in dict.fromkeys(customers) if customer not in self._near]
        self._near |= {customer: [] for customer in wanted}
        for part in parts(wanted, _AT_ONCE):
            for customer, family, told in self.families_of(part):
                self._near[customer].append((family, told))

    def near(self, customer: str) -> Iterable[tuple[str, Sequence[KeptCase]]]:
        if customer not in self._near:
            self.prepare_near([customer])
        for family, told in self._near[customer]:
            yield family, cases_of(orjson.loads(told))

    def prepare_names(self, wanted: Iterable[tuple[str, str]]) -> None:
        """Read at once the events that name some posts, mentions, costs and surveys."""
        wanted = [name for name in dict.fromkeys(wanted) if name not in self._named]
        for part in parts(wanted, _AT_ONCE):
            self._named |= {name: [] for name in part}
            for kind in dict.fromkeys(kind for kind, _ in part):
                own = [name for of, name in part if of == kind]
                seqs: dict[int, dict[str, None]] = {}
                for seq, name in self._seqs(kind, own):
                    seqs.setdefault(seq, {})[name] = None
                told = self.placed(names(kind, own, *_TELLERS[kind]), _LOG.seq <= self._seq) if kind == "cost" else []
                for _, event in told:  # of a cost, whichever ticket it names
                    seqs.setdefault(event.seq, {})[event.body[kind]] = None
                for some in parts(seqs, _AT_ONCE):
                    for found in self._at_home(self.placed(_LOG.seq.in_(some))):
                        for name in seqs[found[1].seq]:
                            self._named[kind, name].append(found)

    def revenue_of(self, customers: Iterable[str]) -> Iterable[Told]:
        for part in parts(dict.fromkeys(customers), _AT_ONCE):
            yield from (line for _, line in self.placed(names("customer", part, "revenue"), _LOG.seq <= self._seq))

    def of_name(self, kind: str, name: str) -> Iterable[Placed]:
        if (kind, name) not in self._named:
            self.prepare_names([(kind, name)])
        return self._named[kind, name]

    def _at_home(self, events: Iterable[Placed]) -> list[Placed]:
        """The same, each with the ticket that it concerns where it is filed under none; its own of several."""
        events = list(events)
        homes: dict[int, set[str]] = {}
        for part in parts((event.seq for ticket, event in events if ticket is None), _AT_ONCE):
            query = select(_NAME.seq, _NAME.name).where(
                _NAME.generation == self._generation, _NAME.kind == "ticket", _NAME.seq.in_(part)
            )
            for row in self._line.execute(query):
                homes.setdefault(row.seq, set()).add(row.name)
        found: list[Placed] = []
        for ticket, event in events:
            known, own = homes.get(event.seq, set()), event.body.get("ticket")
            found.append((ticket or (own if own in known else min(known, default=None)), event))
        return found

    def named(self, names: Iterable[tuple[str, str]]) -> list[tuple[tuple[str, str], Told]]:
        """The events that are filed under some names, by (kind, name)."""
        found: list[tuple[tuple[str, str], Told]] = []
        by_kind: dict[str, list[str]] = {}
        for kind, name in names:
            by_kind.setdefault(kind, []).append(name)
        for kind, own in by_kind.items():
            for part in parts(own, _AT_ONCE):
                if seqs := dict(self._seqs(kind, part)):
                    events = self.placed(_LOG.seq.in_(list(seqs)))
                    found += [((kind, seqs[event.seq]), event) for _, event in events]
        return found

    def tells(self, ticket: str, kind: str, name: str) -> bool:
        """Whether the family of a ticket tells of a message, call or session."""
        family = self.family(ticket)
        return family is not None and any(
            event.kind in _TELLERS[kind] and event.body.get(kind) == name for event in family.events
        )

    def place_of(self, kind: str, name: str) -> str | None:
        """The ticket of a message, call, session, cost or survey that an event names instead of a ticket."""
        for ticket, _ in self.of_name(kind, name):
            if ticket is not None:
                return ticket
        kinds = _TELLERS.get(kind, ())
        events = self.placed(names(kind, [name], *kinds), _LOG.seq <= self._seq, limit=1) if kinds else []
        return next((ticket or event.body.get("ticket") for ticket, event in events), None)

    def found(self, id: str) -> Placed | None:
        return next(iter(self._at_home(self.placed(_LOG.id == id, _LOG.seq <= self._seq))), None)

    def prepare_days(self, days: Iterable[tuple[str, int]], around: int) -> None:
        """Read some agents' local days at once, and their states so many days before and after."""
        by_agent: dict[str, set[int]] = {}
        for agent, day in days:
            if (agent, day) not in self._days:
                by_agent.setdefault(agent, set()).add(day)
        for agent, own in by_agent.items():
            low, high = min(own), max(own)
            if high - low > _LONG:  # late events: those days come one by one
                continue
            self._read_days(agent, low, high + 1)
            self._read_states(agent, low - around, high + around + 1)

    def _read_days(self, agent: str, first: int, end: int) -> None:
        self._days |= {(agent, day): [] for day in range(first, end)}
        for day, _, data in self.work_of_days(agent, first, end):
            self._days[agent, day].append(work_of(data))

    def _read_states(self, agent: str, first: int, end: int) -> None:
        self._states |= {(agent, day): [] for day in range(first, end)}
        query = select(_DAY.day, _DAY.seq).where(
            _DAY.generation == self._generation, _DAY.agent == agent, _DAY.day >= first, _DAY.day < end
        )
        for day, seq in self._line.execute(query):
            self._states[agent, day].append(seq)

    def agent_day(self, agent: str, day: int) -> Iterable[KeptWork]:
        if (agent, day) not in self._days:
            self._read_days(agent, day, day + 1)
        return self._days[agent, day]

    def states(self, agent: str, first: int, end: int) -> Iterable[Told]:
        if any((agent, day) not in self._states for day in range(first, end)):
            self._read_states(agent, first, end)
        seqs = [seq for day in range(first, end) for seq in self._states[agent, day]]
        unknown = [seq for seq in seqs if seq not in self._told]
        for part in parts(unknown, _AT_ONCE):
            self._told |= {event.seq: event for _, event in self.placed(_LOG.seq.in_(part))}
        return [self._told[seq] for seq in seqs if seq in self._told]

    def worked_days(self, agent: str | None, first: int) -> Iterable[tuple[str, int]]:
        for table, reach in ((_WORK, 0), (_DAY, _SHIFT)):
            query = select(table.agent, table.day).where(
                table.generation == self._generation, table.day >= first - reach
            )
            if agent is not None:
                query = query.where(table.agent == agent)
            for who, day in self._line.execute(query.distinct()).fetchall():
                yield from ((who, after) for after in range(max(first, day), day + reach + 1))

    def priced(self, currency: str, first: int, end: int) -> Iterable[str]:
        return list(
            self._line.execute(
                select(_NAME.name).where(
                    _NAME.generation == self._generation,
                    _NAME.kind == f"price {currency}",
                    _NAME.day >= first,
                    _NAME.day < end,
                )
            ).scalars()
        )

    def agents_on_shift(self, day: int) -> Iterable[str]:
        query = select(_DAY.agent).where(_DAY.generation == self._generation, _DAY.day >= day)
        return list(self._line.execute(query.distinct()).scalars())

    def knows_shifts(self) -> bool:
        query = select(_DAY.seq).where(_DAY.generation == self._generation).limit(1)
        return self._line.execute(query).first() is not None
