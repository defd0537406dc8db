"""A book that holds only what is being changed: the rest lies in a store, and comes page by page where it is needed.

A page is a family of tickets with its events, or one local day of an agent. What a page said before the change is added
up again from what is kept of it, so that old sheets need not be kept at all.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

from inbox.metrics.agents import AgentTime, days_of
from inbox.metrics.attribution import Context, price_sheet, survey_sheet
from inbox.metrics.book import Book, Told
from inbox.metrics.config import Config
from inbox.metrics.fcr import Judged, Near, Neighbour, Verdict
from inbox.metrics.living import drawers_of
from inbox.metrics.log import Event
from inbox.metrics.money import Price, own_event, price_of
from inbox.metrics.records import Record
from inbox.metrics.sheets import Sheet
from inbox.metrics.social import mention_sheet, post_sheet
from inbox.metrics.standing import Standing
from inbox.metrics.surveys import surveys_of
from inbox.metrics.times import DAY
from inbox.metrics.work import Atom, WorkItem

__all__ = ["NAMING", "STANDING", "KeptCase", "KeptFamily", "KeptWork", "PagedBook", "Pages", "TooMuch", "names_of"]

#: Kinds that lie in one drawer for everybody; there are few of them, and every page may need them.
STANDING = frozenset(
    {
        *("cost.rate", "cost.fixed", "fx.rate", "customer.merged", "smi.answer"),
        *("contract.started", "contract.renewed", "contract.ended"),
    }
)

KeptWork = tuple[WorkItem, list[Atom]]

_MOST_PAGES = 20_000
_SOME = Sheet()  # in the place of sheets that nobody wants to know
_SESSION = "session "  # before the name of a session in the id of its work


#: Which names lead to a drawer that no ticket leads to.
_NAMED = {
    "cost.provider": (("cost", "cost"), ("cost", "supersedes"), ("cost", "of")),
    **dict.fromkeys(("survey.sent", "survey.answered", "survey.followup"), (("survey", "survey"),)),
    "social.snapshot": (("post", "post"),),
}
NAMING = frozenset(_NAMED) | {"social.mention"}


def names_of(event: Event) -> Iterator[tuple[str, str]]:
    """The (kind, name) of the drawers that an event lies in and to which no ticket leads."""
    if event.kind == "social.mention":
        yield "mention", event.id
    for kind, key in _NAMED.get(event.kind, ()):
        if (name := event.body.get(key)) is not None:
            yield kind, name


@dataclass(slots=True)
class KeptCase:
    """A case of a family that is not open: what verdicts need, and what they were."""

    neighbour: Neighbour
    verdicts: dict[int, Verdict]
    came_back: bool


class TooMuch(Exception):  # no fault: so wide a change is built anew
    """A change touches more pages than fit; build the whole anew instead."""


@dataclass(slots=True)
class KeptFamily:
    """What is kept of a family: its tickets, the verdicts of its cases by their ids, its work; and its events.

    ``customers`` are those of its cases.
    """

    name: str
    tickets: Sequence[str]
    verdicts: Mapping[str, Judged]
    work: Sequence[KeptWork]
    events: Sequence[Event]
    customers: frozenset[str] = frozenset()


class Pages(Protocol):
    """Where pages come from; everything as of one ``seq``."""

    def standing(self, config: Config) -> Standing:
        """What the events of ``STANDING`` say, and the voids that name no ticket."""

    def prepare(self, tickets: Iterable[str]) -> None:
        """Some families are about to be asked for."""

    def family(self, ticket: str) -> KeptFamily | None:
        """The family of a ticket, None where nothing is known of it."""

    def of_customer(self, customer: str) -> Iterable[str]:
        """A ticket of each family with a case of a customer."""

    def near(self, customer: str) -> Iterable[tuple[str, Sequence[KeptCase]]]:
        """The names and cases of each family with a case of a customer."""

    def revenue_of(self, customers: Iterable[str]) -> Iterable[Event]:
        """The lines of revenue of some customers."""

    def of_name(self, kind: str, name: str) -> Iterable[tuple[str | None, Event]]:
        """The events that name a post, a mention, a cost or a survey, each with its ticket."""

    def found(self, id: str) -> tuple[str | None, Event] | None:
        """An event by its id, with its ticket."""

    def agent_day(self, agent: str, day: int) -> Iterable[KeptWork]:
        """The work of an agent that touches a local day."""

    def states(self, agent: str, first: int, end: int) -> Iterable[Event]:
        """The ``agent.state`` events of an agent on the local days [first, end)."""

    def worked_days(self, agent: str | None, first: int) -> Iterable[tuple[str, int]]:
        """(agent, day) of everything that an agent, or everybody, worked or was paid from a day on."""

    def priced(self, currency: str, first: int, end: int) -> Iterable[str]:
        """The costs in a foreign currency on the local days [first, end)."""

    def agents_on_shift(self, day: int) -> Iterable[str]:
        """The agents with a state on a local day or later."""

    def knows_shifts(self) -> bool:
        """Whether there is any ``agent.state``."""


class PagedBook(Book):
    """A book over pages. ``take`` events after the pages' ``seq`` once, ``settle`` at ``NEVER``, and let it go.

    With ``recalls`` it tells of a family what its sheets were. Without, only that there were some: then a family that
    new events touch need not be read as it was.
    """

    def __init__(self, config: Config, pages: Pages, told: Told | None = None, *, recalls: bool = True) -> None:
        super().__init__(config, told)
        self._recalls = recalls
        self._unread: dict[str, KeptFamily] | None = None  # while events are taken in, families as yet without facts
        self.kept: dict[str, KeptFamily] = {}
        self.kept_items: dict[str, WorkItem] = {}
        self._pages = pages
        self._customers: set[str] = set()
        self._brought: set[str] = set()
        self._names: set[tuple[str, str]] = set()
        standing = pages.standing(config)
        self.living = standing.living.copy()
        context = self.context
        self.people = standing.people
        self.exchange = self._exchange = standing.exchange
        self.cover = standing.cover
        context.wages = standing.wages
        context.covered = standing.covered
        self._before = Context(config, context.days, context.hours, context.wages, context.covered)

    # --- taking events in ---

    def take_placed(
        self, events: Iterable[tuple[str | None, Event, Any]], orphans: Iterable[tuple[str, Event, Any]] = ()
    ) -> None:
        """Take events in, each with the ticket that it concerns even where it does not say so itself.

        ``orphans`` are known events whose ticket comes to light with these.
        """
        events = list(events)
        self._unread = None if self._recalls else {}
        for ticket, event, _ in events:
            self._open_around(ticket, event)
        for _, event, _ in orphans:
            self.living.take(event)
        self.take(event for _, event, _ in events)
        self._open_wide()
        unread, self._unread = self._unread, None
        for name, kept in (unread or {}).items():
            if name in self.records and name not in self.dirty.families:
                self._read(self.records[name], kept)

    def _open_around(self, ticket: str | None, event: Event) -> None:
        """Open the pages that an event finds its own things on."""
        if ticket is not None:
            self.record_of(ticket)
        for prefix, name in () if event.kind == "void" else drawers_of(event):
            if prefix == "ticket":
                self.record_of(name)
        if event.kind == "void":
            found = self._pages.found(event.body["target"])
            if found is not None:
                self._open_around(*found)
        elif event.kind == "agent.state":
            cap = self.context.config.shift_cap
            self.time_of(event.body["agent"]).need(day for day, _, _ in self.context.days.cut(event.at, event.at + cap))
        elif event.kind in NAMING:
            self._open_named(event)

    def _open_named(self, event: Event) -> None:
        """What lies under no ticket is found by its name."""
        for kind, name in names_of(event):
            self._open_name(kind, name)

    def _open_name(self, kind: str, name: str) -> None:
        if (kind, name) in self._names:
            return
        self._names.add((kind, name))
        found = list(self._pages.of_name(kind, name))
        for ticket, known in found:
            if ticket is None:
                self.living.take(known)
        for ticket, _ in found:
            if ticket is not None:
                self.record_of(ticket)
        events = list(self.living.drawer(kind, name))
        if kind == "cost":  # what one of them is worth hangs on what the others say
            for event in events:
                self._open_named(event)
        if events:
            self._open_loose(kind, name)

    def _open_loose(self, kind: str, name: str) -> None:
        """The sheet of something that hangs on no ticket, as it was."""
        events = sorted(self.living.drawer(kind, name), key=lambda e: e.order)
        sheets: list[Sheet] = []
        if kind == "cost":
            price = self._price(name)
            if price is not None and price.ticket is None:
                self.prices[name] = price
                sheets = [price_sheet(price)]
        elif kind == "survey":
            survey = next(surveys_of(events), None)
            if survey is not None and survey.ticket is None:
                self.surveys[name] = survey
                sheets = [survey_sheet(survey, self._before)]
        elif kind == "post":
            sheets = [post_sheet(events, self.context.days)]
        else:
            sheets = [mention_sheet(event, self.context.days) for event in events]
        if sheets:
            self.loose[f"{kind} {name}"] = sheets

    def _open_wide(self) -> None:
        """What rates change is not found by ticket: the days of agents, the families with foreign prices."""
        days: dict[tuple[str, int], None] = {}
        for event in self.dirty.rates:
            days |= dict.fromkeys(self._pages.worked_days(event.body.get("agent"), event.body["from"]))
        costs: dict[str, None] = {}
        for event in self.dirty.exchange:
            date = event.body["date"]
            stale = self.context.config.fx_stale
            costs |= dict.fromkeys(self._pages.priced(event.body["ccy"], date, date + stale + 1))
        if len(days) + len(costs) > _MOST_PAGES:
            raise TooMuch
        for agent, day in days:
            self.time_of(agent).need((day,))
        for cost in costs:
            self._open_name("cost", cost)

    # --- pages ---

    def record_of(self, ticket: str) -> Record:
        name = self.family_of.get(ticket)
        if name is not None:
            return self.records[name]
        kept = self._pages.family(ticket)
        if kept is not None:
            self._open(kept)
        return super().record_of(ticket)

    def expect(self, tickets: Iterable[str]) -> None:
        self._pages.prepare(ticket for ticket in tickets if ticket not in self.family_of)

    def of_customer(self, name: str) -> Iterable[str]:
        if name not in self._customers:
            self._customers.add(name)
            for ticket in self._pages.of_customer(name):
                self.record_of(ticket)
        return super().of_customer(name)

    def revenue_of(self, root: str) -> Iterator[Event]:
        if root not in self._brought:
            self._brought.add(root)
            for line in self._pages.revenue_of(self.people.names(root)):
                self.living.take(line)
        return super().revenue_of(root)

    def near(self, root: str) -> Iterator[tuple[str, Near]]:
        """Families of earlier days are not opened: what is kept of their cases is enough to judge them."""
        names = list(self.people.names(root))
        found: dict[str, Iterable[Near]] = {}
        for name in names:
            found |= {family: cases for family, cases in self._pages.near(name) if family not in self.family_of}
            found |= {record: self.records[record].facts for record in self.by_customer.get(name, ())}
        for family, cases in found.items():
            for case in cases:
                customer = case.neighbour.customer
                if customer is not None and self.people.root(customer) == root:
                    yield family, case

    def judged(self, found: Sequence[tuple[str, Near, Judged]]) -> None:
        self.expect(name for name, fact, _ in found if isinstance(fact, KeptCase))
        super().judged([(name, self._whole(name, fact), judged) for name, fact, judged in found])

    def _whole(self, name: str, fact: Near) -> Near:
        """The fact of a case, whose family is opened for it."""
        if not isinstance(fact, KeptCase):
            return fact
        return next(one for one in self.record_of(name).facts if one.case.id == fact.neighbour.id)

    def time_of(self, agent: str) -> AgentTime:
        time = self.time.get(agent)
        if time is None:
            time = self.time[agent] = _PagedTime(agent, self)
        return time

    def close(self) -> None:
        """Let go of everything: agents' times and the book know each other, and nobody else would collect them soon."""
        self.time.clear()

    def knows(self, kind: str, name: str) -> bool:
        """Whether it is told where a message, call, session, cost or survey belongs."""
        if kind in {"msg", "call"}:
            return (kind, name) in self._routes
        if kind == "session":
            return f"session {name}" in self.items
        return name in (self.prices if kind == "cost" else self.surveys)

    def knows_shifts(self) -> bool:
        return self._pages.knows_shifts() or super().knows_shifts()

    def note_shifts(self, as_of: int) -> None:
        """Find the agents whose last state pays beyond an instant, for ``clipped``."""
        config, days = self.context.config, self.context.days
        first = days.of(as_of - config.shift_cap)
        for agent in self._pages.agents_on_shift(first):
            time = self.time_of(agent)
            time.need(range(first, days.of(as_of) + 2))
            if until := time.shift_until(config):
                self.on_shift[agent] = until

    def _open(self, kept: KeptFamily) -> None:
        """Put a family into the book as it was left: nothing of it is dirty."""
        record = self.records[kept.name] = Record(kept.name, dict.fromkeys(kept.tickets))
        self.kept[kept.name] = kept
        for ticket in kept.tickets:
            self.family_of[ticket] = kept.name
        self._open_events(kept.events)
        if self._unread is None:
            self._read(record, kept)
        else:
            self._unread[kept.name], record.known = kept, kept.customers
        for customer in record.customers():
            self.by_customer.setdefault(customer, {})[record.name] = None
        for item, atoms in kept.work:
            self._open_work(item, atoms)
            (record.legs if item.is_leg else record.sessions)[item.id if item.is_leg else item.id[len(_SESSION) :]] = (
                None
            )
        self._open_hanging(record, kept.events)
        if not self._recalls:
            record.sheets = [_SOME]
            return
        work = [(item, atoms) for item, atoms in kept.work if item.nature != "dropped"]
        prices, surveys = [self.prices[id] for id in record.costs], [self.surveys[id] for id in record.surveys]
        record.sheets = record.assemble(work, prices, surveys, self._before)

    def _read(self, record: Record, kept: KeptFamily) -> None:
        """The facts of a family as they were."""
        record.read(self.events_of(record), self.context)
        for fact in record.facts:
            if (judged := kept.verdicts.get(fact.case.id)) is not None:
                fact.verdicts, fact.came_back = dict(judged[0]), judged[1]

    def _open_events(self, events: Iterable[Event]) -> None:
        events = list(events)
        for event in events:
            self.living.take(event)
        for event in events:
            if event.kind in {"msg.in", "msg.out", "call.started"}:
                key = "call" if event.kind == "call.started" else "msg"
                self._route((key, event.body[key]), event)

    def _open_work(self, item: WorkItem, atoms: list[Atom]) -> None:
        if item.id not in self.items:
            self.items[item.id] = self.kept_items[item.id] = item
            self.atoms[item.id] = atoms

    def _open_hanging(self, record: Record, events: Iterable[Event]) -> None:
        """The prices and surveys of a family."""
        for id in {e.body["cost"]: None for e in events if e.kind == "cost.provider"}:
            price = self._price(id)
            if price is not None and price.ticket in record.tickets:
                self.prices[id] = price
                record.costs[id] = None
        for id in {e.body["survey"]: None for e in events if e.kind.startswith("survey.")}:
            found = sorted(self.living.drawer("survey", id), key=lambda e: e.order)
            survey = next(surveys_of(found), None)
            if survey is not None and survey.ticket in record.tickets:
                self.surveys[id] = survey
                record.surveys[id] = None

    def _price(self, id: str) -> Price | None:
        """A price as it was; those that a new exchange rate changes are opened before it counts."""
        drawer = self.living.drawer

        def told(other: str) -> Event | None:
            return own_event(other, drawer("cost", other))

        price = price_of(id, drawer("cost", id), told, self._exchange, self.context.days)
        return None if price is None else replace(price, ticket=self.ticket_of(price))

    def open_day(self, time: AgentTime, day: int) -> None:
        """Put a local day of an agent into the book as it was left."""
        days = self.context.days
        back = -(-self.context.config.shift_cap // DAY) + 1
        for event in self._pages.states(time.agent, day - back, day + 1):
            if event.id not in self.living.known:
                self.living.take(event)
                if self.living.lives(event):
                    time.note(event, lives=True)
        for item, atoms in self._pages.agent_day(time.agent, day):
            self._open_work(item, atoms)
            known = self.items[item.id]
            if known.nature != "dropped":
                time.items[item.id] = known
                for touched in days_of(known, days):
                    time.by_day.setdefault(touched, set()).add(item.id)
        if time.states:
            sheet = time.day_sheet(day, self.atoms, self._before)
            if sheet.entries:
                time.sheets[day] = sheet


class _PagedTime(AgentTime):
    """An agent's time that is read day by day."""

    def __init__(self, agent: str, book: PagedBook) -> None:
        super().__init__(agent)
        self._book = book
        self._read: set[int] = set()

    def everything(self) -> list[WorkItem]:
        """What is known, and what overlaps with it on days that were not read yet."""
        return self.knot(list(self.items.values()), self._book.context.days)

    def need(self, days: Iterable[int]) -> None:
        for day in days:
            if day not in self._read:
                self._read.add(day)
                self._book.open_day(self, day)
