"""Filing what was settled: facts under their families and days, and names under which events are found again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from sqlalchemy import Connection

from inbox.figures import bulk
from inbox.figures.kept import verdicts_as_json, work_as_text
from inbox.figures.pages import Placed, StoredPages
from inbox.metrics.agents import days_of
from inbox.metrics.book import Dirty
from inbox.metrics.config import Config
from inbox.metrics.log import Event
from inbox.metrics.paged import NAMING, PagedBook, names_of
from inbox.metrics.times import DAY, Days
from inbox.store.figures import FigureCustomer, FigureDay, FigureFamily, FigureName, FigureTicket, FigureWork

__all__ = ["UNFINISHED", "Batch", "Filing", "at_home", "prepare"]

UNFINISHED = (
    "unfinished"  # the kind of names of work that the log does not end; ``day`` is the instant until which it may go on
)

#: The names by which an event without a ticket says what it is about.
_ABOUT = {
    **dict.fromkeys(("msg.classify", "sentiment"), ("msg",)),
    **dict.fromkeys(("call.leg", "call.ended"), ("call",)),
    **dict.fromkeys(("handle.beat", "handle.end"), ("session",)),
    "cost.provider": ("msg", "call", "supersedes", "of"),
    **dict.fromkeys(("survey.answered", "survey.followup"), ("survey",)),
}
_COST = {"supersedes": "cost", "of": "cost"}
#: What tells of a thing that other events only name.
_TOLD = {
    **dict.fromkeys(("msg.in", "msg.out"), ("msg",)),
    "call.started": ("call",),
    **dict.fromkeys(("handle.start", "handle.span"), ("session",)),
    "cost.provider": ("cost",),
    "survey.sent": ("survey",),
}

Row = dict[str, Any]


@dataclass(frozen=True)
class Batch:
    """Events at home: ``new`` ones, and ``orphans`` of earlier batches that only now have one.

    Each is (ticket that it concerns, the event, ticket under which the log has it).
    """

    new: list[tuple[str | None, Event, str | None]]
    orphans: list[tuple[str, Event, None]]


def at_home(pages: StoredPages, events: Sequence[Placed]) -> Batch:
    """Find out which ticket each event concerns, also where it names only a message, a call or a session."""
    told = {
        (field, event.body[field]): ticket or event.body["ticket"]
        for ticket, event in events
        for field in _TOLD.get(event.kind, ())
        if (ticket or event.body.get("ticket")) is not None
    }
    new = [(_home(pages, told, ticket, event), event, ticket) for ticket, event in events]
    orphans = [
        (told[key], event, None) for key, event in pages.named(told) if event.kind in _ABOUT and not _has_home(event)
    ]
    return Batch(new, orphans)


def _has_home(event: Event) -> bool:
    """Whether an event is at home on the ticket that it names itself, whatever else it names."""
    return event.kind == "cost.provider" and event.body.get("ticket") is not None


def prepare(pages: StoredPages, batch: Batch, config: Config) -> None:
    """Read in few statements what a batch will need: its families, their customers' others, the days of its agents."""
    tickets = dict.fromkeys(ticket for ticket, _, _ in batch.new if ticket is not None)
    pages.prepare(tickets)
    days = Days(config.zone)
    customers: dict[str, None] = {}
    worked: set[tuple[str, int]] = set()
    for family in {id(one): one for ticket in tickets if (one := pages.family(ticket)) is not None}.values():
        customers |= dict.fromkeys(e.body["customer"] for e in family.events if e.body.get("customer") is not None)
    for _, event, _ in batch.new:
        if (customer := event.body.get("customer")) is not None:
            customers[customer] = None
        if (agent := event.body.get("agent")) is not None and event.kind.startswith(("handle.", "agent.", "call.")):
            worked.add((agent, days.of(event.at)))
    pages.prepare_near(customers)
    pages.prepare_names(name for _, event, _ in batch.new if event.kind in NAMING for name in names_of(event))
    pages.prepare_days(worked, -(-config.shift_cap // DAY) + 1)


def _home(pages: StoredPages, told: Mapping[tuple[str, str], str], ticket: str | None, event: Event) -> str | None:
    """The ticket of what the event names, where it is known; else the event's own."""
    own: str | None = ticket or event.body.get("ticket")
    if own is not None and _has_home(event):
        return own
    for field in _ABOUT.get(event.kind, ()):
        if (name := event.body.get(field)) is None:
            continue
        key = _COST.get(field, field), name
        home = told.get(key)
        if home is None and (own is None or not pages.tells(own, *key)):
            home = pages.place_of(*key)
        if home is not None:
            return home
    return own


class Filing:
    """The rows that a settled batch leaves behind; ``write`` puts them in the place of the old ones."""

    def __init__(self, book: PagedBook, dirty: Dirty, batch: Batch, last_rec: int) -> None:
        self._last = last_rec
        self._gone: dict[type[Any], list[Any]] = {}
        self._rows: dict[type[Any], list[Row]] = {}
        self._names: dict[tuple[str, str, int], int] = {}  # (kind, name, seq): day
        self._costs: dict[str, dict[str, Event]] | None = None
        self._base = book.context.config.base
        self._families(book, dirty)
        self._work(book, dirty)
        for home, event, filed in batch.new:
            self._event(book, home, event, filed)
        for home, event, _ in batch.orphans:
            self._name("ticket", home, event.seq)
            if event.kind == "cost.provider":
                self._cost(book, home, event)
        for id in dirty.costs:
            price = book.prices.get(id)
            if price is not None and price.currency != self._base:
                self._name(f"price {price.currency}", id, day=price.day)
        for (kind, name, seq), day in self._names.items():
            self._put(FigureName, {"kind": kind, "name": name, "seq": seq, "day": day})

    def _put(self, table: type[Any], row: Row) -> None:
        self._rows.setdefault(table, []).append(row)

    def _name(self, kind: str, name: str, seq: int = 0, day: int = 0, *, new: bool = False) -> None:
        """File an event under a name, once; a ``new`` one lies under none yet."""
        self._names[kind, name, seq] = day
        if not new:
            self._gone.setdefault(FigureName, []).append((kind, name, seq))

    def _families(self, book: PagedBook, dirty: Dirty) -> None:
        names = {**dirty.families, **dirty.sheets, **{name: None for name in book.kept if name not in book.records}}
        for name in names:
            record = book.records.get(name)
            kept = book.kept.get(name)
            if kept is not None:
                self._gone.setdefault(FigureFamily, []).append((name,))
                self._gone.setdefault(FigureCustomer, []).append((name,))
            if record is None:
                continue
            tickets = list(record.tickets) if len(record.tickets) > 1 else []
            verdicts = verdicts_as_json(record.facts)
            told = {"tickets": orjson.dumps(tickets).decode(), "verdicts": orjson.dumps(verdicts).decode()}
            self._put(FigureFamily, {"name": name, **told})
            for customer in sorted(record.customers()):
                self._put(FigureCustomer, {"customer": customer, "family": name})
            if tickets and (kept is None or list(kept.tickets) != tickets):
                for ticket in tickets:
                    self._gone.setdefault(FigureTicket, []).append((ticket,))
                    if ticket != name:
                        self._put(FigureTicket, {"ticket": ticket, "family": name})

    def _work(self, book: PagedBook, dirty: Dirty) -> None:
        days = book.context.days
        for id in dirty.items:
            old, new = book.kept_items.get(id), book.items.get(id)
            if old is not None:
                self._gone.setdefault(FigureWork, []).extend((old.agent, day, id) for day in days_of(old, days))
            if new is not None:
                data = work_as_text(new, book.atoms.get(id, ()))
                if new.until > self._last:
                    self._name(UNFINISHED, id, day=new.until)
                for day in sorted(days_of(new, days)):
                    self._put(
                        FigureWork, {"agent": new.agent, "day": day, "item": id, "ticket": new.ticket, "data": data}
                    )

    def _event(self, book: PagedBook, home: str | None, event: Event, filed: str | None) -> None:
        for kind, name in dict.fromkeys(_names(book, home, event, filed)):
            self._name(kind, name, event.seq, new=True)
        if event.kind == "cost.provider":
            self._cost(book, home, event)
        if event.kind == "agent.state":
            day = book.context.days.of(event.at)
            self._put(FigureDay, {"agent": event.body["agent"], "day": day, "seq": event.seq})

    def _cost(self, book: PagedBook, home: str | None, event: Event) -> None:
        """A cost lies with its ticket. What is told of it elsewhere lies there too, and it lies with that: whoever
        opens one of the two has everything that its price hangs on."""
        body, own = event.body, event.body.get("ticket")
        if own is None or body["currency"] != self._base:
            self._name("cost", body["cost"], event.seq)
        for field in ("cost", "supersedes", "of"):
            if (name := body.get(field)) is None:
                continue
            others = [one for one in self._told_of(book, name) if one is not event]
            if own is None or (field != "cost" and not any(one.body["cost"] == name for one in others)):
                self._name("cost", name, event.seq)
            for one in others:
                if own is None or one.body.get("ticket") != own:
                    for told, places in ((event, _places(book, one, name)), (one, _places(book, event, name, home))):
                        for kind, place in places:
                            self._name(kind, place, told.seq)

    def _told_of(self, book: PagedBook, cost: str) -> list[Event]:
        """What is told of a cost, also what is void: it may rise again."""
        if self._costs is None:
            self._costs = {}
            for event in book.living.known.values():
                if event.kind == "cost.provider":
                    for _, name in names_of(event):
                        self._costs.setdefault(name, {})[event.id] = event
        return list(self._costs.get(cost, {}).values())

    def gone(self, table: type[Any]) -> Sequence[Any]:
        """The keys of the rows of a table that no longer hold."""
        return self._gone.get(table, ())

    def write(self, line: Connection, generation: int) -> None:
        """Put everything in its place."""
        for table, keys in self._gone.items():
            bulk.delete(line, table, generation, _KEYS[table], dict.fromkeys(keys))
        for table, rows in self._rows.items():
            names = tuple(rows[0])
            bulk.insert(line, table, ("generation", *names), ((generation, *row.values()) for row in rows))


def _places(book: PagedBook, event: Event, cost: str, home: str | None = None) -> Iterator[tuple[str, str]]:
    """Where an event of a cost is looked for: with the ticket that it names; else under the cost's name, and with the
    ticket of what it names."""
    own = event.body.get("ticket")
    if own is None:
        yield "cost", cost
    for ticket in dict.fromkeys((own, home, book.routed(event)) if own is None else (own,)):
        if ticket is not None:
            yield "ticket", ticket


def _names(book: PagedBook, home: str | None, event: Event, filed: str | None) -> Iterator[tuple[str, str]]:
    """The names under which an event has to be found besides the ticket that it is filed under."""
    body, kind = event.body, event.kind
    if home is not None and home != filed:
        yield "ticket", home
        yield from ((field, body[field]) for field in ("msg", "call", "session") if body.get(field) is not None)
    if kind != "cost.provider" or home is None:
        for field in _ABOUT.get(kind, ()):
            thing = _COST.get(field, field)
            if (name := body.get(field)) is not None and not book.knows(thing, name):
                yield thing, name
    if kind == "ticket.linked":
        yield "ticket", body["to"]
    elif kind.startswith("survey."):
        yield "survey", body["survey"]
    elif kind == "social.snapshot":
        yield "post", body["post"]
    elif kind == "social.mention":
        yield "mention", event.id


#: By what the old rows of a table are found.
_KEYS: Mapping[type[Any], Sequence[str]] = {
    FigureFamily: ("name",),
    FigureTicket: ("ticket",),
    FigureCustomer: ("family",),
    FigureWork: ("agent", "day", "item"),
    FigureName: ("kind", "name", "seq"),
}
