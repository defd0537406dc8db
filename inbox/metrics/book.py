"""The book of facts (section 7, L1): takes events in any order and recomputes only what they touch (table 7.2)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from inbox.metrics.agents import AgentTime
from inbox.metrics.attribution import Context
from inbox.metrics.config import Config
from inbox.metrics.facts import CaseFact
from inbox.metrics.fcr import Judged, Near
from inbox.metrics.hours import Hours
from inbox.metrics.living import Drawer, Living
from inbox.metrics.log import Event
from inbox.metrics.loyalty import Cover
from inbox.metrics.money import Exchange, Price, Wages
from inbox.metrics.people import People
from inbox.metrics.records import Record
from inbox.metrics.sheets import NEVER, Sheet
from inbox.metrics.surveys import Survey
from inbox.metrics.times import Days
from inbox.metrics.work import Atom, WorkItem

__all__ = ["Book", "Dirty", "Told"]

Told = Callable[[str, list[Sheet], list[Sheet]], None]  # (owner, what its sheets were, what they are)

_JOINS = {"ticket.merged": "into", "ticket.split": "from"}
_ROUTED = {"msg.in": "msg", "msg.out": "msg", "call.started": "call"}  # what says on which ticket a message or call is


@dataclass(slots=True)
class Dirty:
    """What has to be computed anew; dicts are ordered sets."""

    families: dict[str, None] = field(default_factory=dict)
    items: dict[str, None] = field(default_factory=dict)
    sheets: dict[str, None] = field(default_factory=dict)
    sessions: dict[str, None] = field(default_factory=dict)
    agents: dict[str, list[Event]] = field(default_factory=dict)
    agent_days: dict[tuple[str, int], None] = field(default_factory=dict)
    customers: dict[str, None] = field(default_factory=dict)
    costs: dict[str, None] = field(default_factory=dict)
    surveys: dict[str, None] = field(default_factory=dict)
    posts: dict[str, None] = field(default_factory=dict)
    mentions: dict[str, None] = field(default_factory=dict)
    exchange: list[Event] = field(default_factory=list)
    rates: list[Event] = field(default_factory=list)
    people: bool = False
    contracts: bool = False


class Book:
    """All facts of a log. ``take`` events, then ``settle`` at an instant; ``told`` hears of every sheet that changed.

    Shifts stand in it as if they went on; ``clipped`` says what is true of them at an instant.
    """

    def __init__(self, config: Config, told: Told | None = None) -> None:
        self.context = Context(config, Days(config.zone), Hours(config), Wages(()))
        self.living = Living()
        self.exchange = Exchange((), config)
        self.people = People()
        self.cover = Cover((), self.people.root)
        self.told = told
        self.now = NEVER
        self.records: dict[str, Record] = {}
        self.family_of: dict[str, str] = {}
        self.items: dict[str, WorkItem] = {}
        self.atoms: dict[str, list[Atom]] = {}
        self.time: dict[str, AgentTime] = {}
        self.prices: dict[str, Price] = {}
        self.surveys: dict[str, Survey] = {}
        self.by_customer: dict[str, dict[str, None]] = {}
        self.loose: dict[str, list[Sheet]] = {}
        self.unfinished: dict[tuple[str, str], int] = {}  # session or ticket -> until when it goes on by itself
        self.on_shift: dict[str, int] = {}  # agent -> until when the last state pays by itself
        self.dirty = Dirty()
        self._routes: dict[tuple[str, str], str] = {}  # (msg or call, id) -> ticket
        self._priced: dict[tuple[str, str], dict[str, None]] = {}  # (msg or call, id) -> costs that name it

    # --- taking events in ---

    def take(self, events: Iterable[Event]) -> None:
        """Take events in, in any order; nothing is computed until ``settle``."""
        touch = {
            "ticket": self._on_ticket,
            "msg": self._on_message,
            "call": self._on_message,
            "session": lambda _, drawer: self.dirty.sessions.setdefault(drawer[1]),
            "agent": lambda event, drawer: self.dirty.agents.setdefault(drawer[1], []).append(event),
            "cost": self._on_cost,
            "survey": lambda _, drawer: self.dirty.surveys.setdefault(drawer[1]),
            "post": lambda _, drawer: self.dirty.posts.setdefault(drawer[1]),
            "mention": lambda _, drawer: self.dirty.mentions.setdefault(drawer[1]),
            "exchange": lambda event, _: self.dirty.exchange.append(event),
            "rates": lambda event, _: self.dirty.rates.append(event),
            "people": self._on_people,
            "contracts": self._on_contract,
        }
        for event in events:
            if event.kind in _JOINS:
                self._on_join(event)
            for changed, drawer in self.living.take(event):
                if (handler := touch.get(drawer[0])) is not None:
                    handler(changed, drawer)

    def _on_join(self, event: Event) -> None:
        """Two families are one from now on, even by an event that is void: what a family is does not hang on whether
        the void or its target came first."""
        body = event.body
        record = self._join(self.record_of(body["ticket"]), self.record_of(body[_JOINS[event.kind]]))
        self.dirty.families[record.name] = None

    def _on_ticket(self, event: Event, drawer: Drawer) -> None:
        ticket = drawer[1]
        self.dirty.families[self.record_of(ticket).name] = None
        if (key := _ROUTED.get(event.kind)) is not None:
            self._route((key, event.body[key]), event)

    def _route(self, name: tuple[str, str], event: Event) -> None:
        """Remember where a message or call belongs while it lives; prices that name it find their place."""
        ticket, known = event.body["ticket"], self._routes.get(name)
        if self.living.lives(event):
            self._routes[name] = ticket
        elif known == ticket and not self._told_again(name, ticket):
            del self._routes[name]
        if self._routes.get(name) != known:
            self.dirty.costs |= self._priced.get(name, {})

    def _told_again(self, name: tuple[str, str], ticket: str) -> bool:
        """Whether another line that lives says the same of a message or call, as after a correction."""
        key, id = name
        return any(_ROUTED.get(e.kind) == key and e.body[key] == id for e in self.living.drawer("ticket", ticket))

    def _on_message(self, _event: Event, drawer: Drawer) -> None:
        ticket = self._routes.get(drawer)
        if ticket is not None:
            self.dirty.families[self.family_of[ticket]] = None

    def _on_cost(self, event: Event, drawer: Drawer) -> None:
        self.dirty.costs[drawer[1]] = None
        self.dirty.costs |= {e.body["cost"]: None for e in (event, *self.living.drawer(*drawer))}

    def _on_people(self, _event: Event, _drawer: Drawer) -> None:
        self.dirty.people = self.dirty.contracts = True

    def _on_contract(self, _event: Event, _drawer: Drawer) -> None:
        self.dirty.contracts = True

    # --- finding things ---

    def record_of(self, ticket: str) -> Record:
        """The record of the family that a ticket belongs to, made where there is none."""
        name = self.family_of.get(ticket)
        if name is None:
            name = self.family_of[ticket] = ticket
            self.records[name] = Record(name, {ticket: None})
        return self.records[name]

    def expect(self, tickets: Iterable[str]) -> None:
        """The records of some tickets are about to be asked for; here all of them are always known."""

    def ticket_of(self, price: Price) -> str | None:
        """The ticket of a price: named, or that of its message or call."""
        for key, id in (("msg", price.msg), ("call", price.call)):
            if id is not None:
                self._priced.setdefault((key, id), {})[price.id] = None
        return price.ticket if price.ticket is not None else self._routed(price.msg, price.call)

    def routed(self, cost: Event) -> str | None:
        """The ticket of the message or call that a cost names."""
        return self._routed(cost.body.get("msg"), cost.body.get("call"))

    def _routed(self, msg: str | None, call: str | None) -> str | None:
        if msg is not None:
            return self._routes.get(("msg", msg))
        return self._routes.get(("call", call)) if call is not None else None

    def events_of(self, record: Record) -> Iterator[Event]:
        """The living events of a family: those of its tickets, and those that name its messages and calls."""
        drawer = self.living.drawer
        if len(record.tickets) == 1:
            own: Iterable[Event] = drawer("ticket", record.name)
        else:
            own = {e.id: e for ticket in record.tickets for e in drawer("ticket", ticket)}.values()
        for event in own:
            yield event
            body = event.body
            if event.kind == "call.started":
                yield from drawer("call", body["call"])
            elif event.kind in {"msg.in", "msg.out"}:
                yield from drawer("msg", body["msg"])

    def of_customer(self, name: str) -> Iterable[str]:
        """The records with a case of a customer under one of their names."""
        return self.by_customer.get(name, ())

    def time_of(self, agent: str) -> AgentTime:
        """An agent's time, empty at first."""
        time = self.time.get(agent)
        if time is None:
            time = self.time[agent] = AgentTime(agent)
        return time

    def knows_shifts(self) -> bool:
        """Whether the log has any ``agent.state``."""
        return any(True for _ in self.living.names("agent"))

    def facts_of_customer(self, root: str) -> Iterator[tuple[str, CaseFact]]:
        """(record, fact) for every case of a customer under all their names."""
        names = {r: None for name in self.people.names(root) for r in self.of_customer(name)}
        for name in names:
            for fact in self.records[name].facts:
                customer = fact.case.customer
                if customer is not None and self.people.root(customer) == root:
                    yield name, fact

    def revenue_of(self, root: str) -> Iterator[Event]:
        """What was told of a customer's revenue under all their names."""
        return (line for line in self.living.drawer("revenue") if self.people.root(line.body["customer"]) == root)

    def near(self, root: str) -> Iterator[tuple[str, Near]]:
        """(record, case as far as verdicts go) for every case of a customer under all their names."""
        return self.facts_of_customer(root)

    def judged(self, found: Sequence[tuple[str, Near, Judged]]) -> None:
        """The verdicts of some cases, each of a record, are others now."""
        for _, fact, (verdicts, came_back) in found:
            fact.verdicts, fact.came_back = verdicts, came_back

    def facts(self) -> Iterator[CaseFact]:
        """Every case."""
        for record in self.records.values():
            yield from record.facts

    def sheets(self) -> Iterator[Sheet]:
        """Every sheet of every fact."""
        for record in self.records.values():
            yield from record.sheets
        for time in self.time.values():
            yield from time.sheets.values()
        for sheets in self.loose.values():
            yield from sheets

    def clipped(self, as_of: int) -> Iterator[tuple[Sheet | None, Sheet]]:
        """(what stands in the book, what is true at an instant) for the days of shifts that go on after it."""
        today = self.context.days.of(as_of)
        for agent, until in self.on_shift.items():
            if until > as_of:
                time = self.time[agent]
                for day in range(today, self.context.days.of(until) + 1):
                    yield time.sheets.get(day), time.day_sheet(day, self.atoms, self.context, as_of)

    # --- changing sheets ---

    def put(self, owner: str, old: list[Sheet], new: list[Sheet]) -> None:
        """Tell that the sheets of an owner are others now."""
        if self.told is not None and (old or new):
            self.told(owner, old, new)

    def put_loose(self, owner: str, sheets: list[Sheet]) -> None:
        """Keep the sheets of something that hangs on no ticket."""
        old = self.loose.pop(owner, [])
        if sheets:
            self.loose[owner] = sheets
        self.put(owner, old, sheets)

    def _join(self, a: Record, b: Record) -> Record:
        """Make one family of two: the larger takes the smaller in."""
        if a.name == b.name:
            return a
        if len(a.tickets) < len(b.tickets):
            a, b = b, a
        for ticket in b.tickets:
            self.family_of[ticket] = a.name
        a.tickets |= b.tickets
        a.legs |= b.legs
        a.sessions |= b.sessions
        a.costs |= b.costs
        a.surveys |= b.surveys
        for customer in b.customers():
            self.by_customer[customer].pop(b.name, None)
            self.dirty.customers[customer] = None
        self.put(f"ticket {b.name}", b.sheets, [])
        for dirty in (self.dirty.families, self.dirty.sheets):
            dirty.pop(b.name, None)
        self.unfinished.pop(("ticket", b.name), None)
        del self.records[b.name]
        return a
