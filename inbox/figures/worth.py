"""What many customers are worth at once (docs/metrics.md M12): their margins from the log, what serving them cost from
the facts as they are filed."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import chain
from typing import Any

from sqlalchemy import and_, bindparam, func, literal, or_, select, text

from inbox.figures.asking import KeptFigures
from inbox.figures.pages import placed
from inbox.figures.parts import parts
from inbox.metrics.filed import day_of_text
from inbox.metrics.keys import Figures
from inbox.metrics.sheets import WHOLE
from inbox.metrics.sums import Filter
from inbox.metrics.value import YEAR, Margin, Service, retention_of, values
from inbox.store import Customer, Event, Ticket
from inbox.store.columns import UtcDateTime
from inbox.store.figures import FigureCustomer, FigureFact

__all__ = ["Worths"]

_AT_ONCE = 500
_COSTS = ("labour_direct", "provider")
_FACT, _FAMILY, _LOG = FigureFact.__table__.c, FigureCustomer.__table__.c, Event.__table__.c


#: The customer of a line of revenue, as its index has it word for word; SQLite has to be told to take that one.
_PAYERS = {
    "sqlite": ("json_extract(data, '$.customer')", "INDEXED BY ix_events_revenue"),
    "postgresql": ("(data ->> 'customer')", ""),
}


def _moment(ms: int) -> dt.datetime:
    return dt.datetime.fromtimestamp(ms // 1000, dt.UTC) + dt.timedelta(milliseconds=ms % 1000)


class Worths:
    """Values at an instant, by the figures that are kept."""

    def __init__(self, known: KeptFigures, at: int, as_of: int) -> None:
        self._known, self.at = known, at
        self._book = known.book(as_of)
        self._line = known.work.connection()
        self.root = self._book.people.root
        self.retention = retention_of(self._book, at)

    def told(self) -> set[str]:
        """Everybody of whom revenue or a contract was ever told, also where that is void now."""
        contracts = (line for line in self._book.living.told() if line.kind == "contract.started")
        return {self.root(who) for who in (*self._lines(), *(line.body["customer"] for line in contracts))}

    def earning(self) -> set[str]:
        """Everybody with revenue."""
        told = self._lines()
        for part in parts(self._void(), _AT_ONCE):
            for who, n in self._lines(part).items():
                told[who] -= n
        return {self.root(who) for who, n in told.items() if n}

    def _lines(self, ids: Sequence[str] | None = None) -> dict[str, int]:
        """How many lines of revenue until the instant there are of each name, or of some lines; the database counts."""
        found = self._revenue("{payer}, count(*)", "(ts < :at OR rec < :at){more} GROUP BY 1", ids, "id")
        return {row[0]: row[1] for row in found if row[0] is not None}

    def _seqs(self, names: Sequence[str]) -> list[int]:
        """The lines of revenue of some names."""
        return [row[0] for row in self._revenue("seq", "(ts < :at OR rec < :at){more}", names, "{payer}")]

    def _revenue(self, what: str, where: str, among: Sequence[str] | None, key: str) -> Sequence[Any]:
        """Rows of the log's lines of revenue, by the index that has them by customer."""
        payer, hint = _PAYERS[self._line.dialect.name]
        more = "" if among is None else f" AND {key} IN :among"
        said = f"SELECT {what} FROM events {hint} WHERE kind = 'revenue' AND seq <= :seq AND {where}"  # noqa: S608
        query = text(said.replace("{more}", more).replace("{payer}", payer))
        given: dict[str, Any] = {"seq": self._known.state.seq, "at": _moment(self.at + 1)}
        query = query.bindparams(bindparam("at", type_=UtcDateTime))
        if among is not None:
            query, given["among"] = query.bindparams(bindparam("among", expanding=True)), list(among)
        return self._line.execute(query, given).fetchall()

    def margins(self, customers: Collection[str]) -> dict[str, Margin]:
        """Of some customers: only their own lines are read."""
        gone = self._void()
        found = {one: Margin() for one in customers}
        names = sorted(name for one in customers for name in self._book.people.names(one))
        seqs = chain.from_iterable(map(self._seqs, parts(names, _AT_ONCE)))
        for part in parts(seqs, _AT_ONCE):
            for _, line in placed(self._line, _LOG.seq.in_(part)):
                if line.at <= self.at and line.id not in gone:
                    found[self.root(line.body["customer"])].add(
                        line, self.at, self._book.context.days, self._book.exchange
                    )
        return found

    def _void(self) -> set[str]:
        """The events that do not exist any more; a void may be void itself."""
        voids = placed(self._line, _LOG.kind == "void", _LOG.ticket_id.is_(None))
        gone: set[str] = set()
        for _, event in reversed(voids):
            if event.id not in gone:
                gone.add(event.body["target"])
        return gone

    def services(self, customers: Collection[str]) -> dict[str, Service]:
        """Of some customers."""
        days = self._book.context.days
        today, year_ago = days.of(self.at), days.of(self.at - YEAR)
        found = {one: Service() for one in customers}
        for customer, day, channel, amount in self._costs(sorted(customers), today):
            found[customer].add(channel, amount, recent=day > year_ago)
        return found

    def _costs(self, customers: Sequence[str], today: int) -> Iterator[tuple[str, int, str, int]]:
        """(customer, local day, channel, micro-units) of what serving some customers cost."""
        wanted = set(customers)
        names = [name for one in customers for name in self._book.people.names(one)]
        within = func.instr if self._line.dialect.name == "sqlite" else func.strpos
        marks = or_(*(within(_FACT.data, f'"{word}"') > 0 for word in _COSTS))
        mine = self._known.state.generation
        at_home = and_(_FACT.generation == mine, _FACT.owner == literal("ticket ") + _FAMILY.family)
        for part in parts(names, _AT_ONCE):
            query = (
                select(_FAMILY.customer, _FACT.day, _FACT.data)
                .select_from(FigureCustomer)
                .join(FigureFact, at_home)
                .where(_FAMILY.generation == mine, _FAMILY.customer.in_(part), _FACT.day <= today, marks)
            )
            rows = [(self.root(who), day, day_of_text(data)) for who, day, data in self._line.execute(query)]
            cases = {told.case.root for _, _, told in rows if told.case is not None}
            homes = self.customers_of(cases)
            for who, day, told in rows:
                # A family of tickets may be that of several people: each case is its own customer's.
                if told.case is None or homes.get(told.case.root, who) != who or who not in wanted:
                    continue
                for about, _, entry in told.entries:
                    amount = sum(entry.counts.get(word, 0) for word in _COSTS)
                    if about.scope & WHOLE and amount:
                        yield who, day, about.channel or "", amount

    def customers_of(self, tickets: Collection[str]) -> dict[str, str]:
        """Whose some tickets are, as far as they are tickets of this desk."""
        numbers = sorted(int(one) for one in tickets if one.isascii() and one.isdecimal() and len(one) < 19)
        found: dict[str, str] = {}
        for part in parts(numbers, _AT_ONCE):
            rows = self._line.execute(select(Ticket.id, Ticket.customer_id).where(Ticket.id.in_(part)))
            found |= {str(id): self.root(customer) for id, customer in rows if customer is not None}
        return found

    def who_had(self, first: int, end: int, where: Mapping[str, str]) -> set[str]:
        """The customers who had something on the local days [first, end) that a filter lets through."""
        filter, roots = Filter(where), set()
        for row in self._known.facts().days(first, end):
            told = day_of_text(row)
            if told.case is not None and any(filter.lets(about) for about, _, _ in told.entries):
                roots.add(told.case.root)
        return set(self.customers_of(roots).values())

    def value(self, margin: Margin, service: Service) -> Figures:
        """``clv.*`` of one customer."""
        return values(margin, service, self.retention, self._known.config)

    def bands(self, customers: Collection[str]) -> dict[str, str]:
        """The band of each customer whom the desk knows."""
        found: dict[str, str] = {}
        for part in parts(sorted(customers), _AT_ONCE):
            rows = self._line.execute(select(Customer.id, Customer.band).where(Customer.id.in_(part)))
            found |= {id: band or "" for id, band in rows}
        return found
