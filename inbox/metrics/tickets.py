"""What a family of tickets (joined by merges and splits) says about itself: roots, homes, customers, spam, calls."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from inbox.metrics.log import Event

__all__ = ["Call", "Family", "Leg"]

Order = tuple[int, bool, int]

_REMOVED = frozenset({"test", "spam"})  # of ticket.deleted; an erasure for privacy changes no number (D20)
_BIRTHS = frozenset({"ticket.created", "ticket.split"})


@dataclass(slots=True)
class Leg:
    """One state that one agent's leg of a call enters."""

    at: int
    agent: str
    team: str | None
    state: str


@dataclass(slots=True)
class Call:
    """One call as its events tell it."""

    id: str
    ticket: str
    channel: str
    inbound: bool
    start: int
    started: Event
    legs: list[Leg] = field(default_factory=list)
    ended: int | None = None
    first_talk: Event | None = None

    @property
    def abandoned(self) -> bool:
        """Ended before anybody talked."""
        return self.first_talk is None and self.ended is not None


class Family:
    """A set of tickets of which some are merged or split, read from their events in processing order."""

    def __init__(self, events: Iterable[Event]) -> None:
        self.events = list(events)
        self.into: dict[str, str] = {}  # ticket -> the ticket that it was merged into
        self.merged_at: dict[str, Order] = {}
        self.home: dict[str, str] = {}  # message -> the ticket that a split moved it to
        self.split_from: dict[str, str] = {}
        self.links: set[frozenset[str]] = set()
        self.gone: set[str] = set()  # marked spam or test
        self.calls: dict[str, Call] = {}
        self.scores: dict[str, Event] = {}  # message -> its last sentiment
        self._customers: dict[str, str | None] = {}
        self._flags: dict[str, list[Event]] = {}
        self._spam: dict[str, bool] = {}
        self._deleted: set[str] = set()
        for event in self.events:
            if event.kind == "call.started":
                self.on_called(event)
        for event in self.events:
            reader = _READERS.get(event.kind)
            if reader is not None:
                reader(self, event)
        self.gone = {t for t, spam in self._spam.items() if spam} | self._deleted
        self.created = {e.body["ticket"] for e in self.events if e.kind in _BIRTHS}

    def root(self, ticket: str) -> str:
        """Where a ticket ended up after all merges."""
        while ticket in self.into:
            ticket = self.into[ticket]
        return ticket

    def holder(self, ticket: str, order: Order) -> str:
        """The constituent that holds what reaches a ticket at a moment: merges before it are followed."""
        while ticket in self.into and self.merged_at[ticket] < order:
            ticket = self.into[ticket]
        return ticket

    def ticket_of(self, event: Event) -> str:
        """The ticket of a message or of anything else that names one; a split message is at its new home."""
        msg = event.body.get("msg")
        ticket: str = event.body["ticket"]
        return self.home.get(msg, ticket) if msg is not None else ticket

    def flag(self, event: Event, name: str) -> bool:
        """Whether a message is ``ack``, ``auto`` or ``cont``: the last correction by ``seq`` wins over the message."""
        value, best = event.body.get(name), -1
        for correction in self._flags.get(event.body["msg"], ()):
            if correction.seq > best and name in correction.body:
                value, best = correction.body[name], correction.seq
        return bool(value)

    def human(self, event: Event) -> bool:
        """An outbound message is human iff an agent sent it and it is not automatic."""
        return event.actor_kind == "agent" and not self.flag(event, "auto")

    def customer(self, root: str) -> str | None:
        """The customer of a root: its own, else that of a constituent, else of the ticket that it was split from."""
        own = self._customers.get(root)
        if own is not None:
            return own
        for ticket, customer in self._customers.items():
            if customer is not None and self.root(ticket) == root:
                return customer
        source = self.split_from.get(root)
        return self.customer(self.root(source)) if source is not None and self.root(source) != root else None

    def origin(self, root: str) -> str:
        """The root that a chain of splits started from."""
        seen = set()
        while root not in seen:
            seen.add(root)
            sources = [s for t, s in self.split_from.items() if self.root(t) == root and self.root(s) != root]
            if not sources:
                break
            root = self.root(sources[0])
        return root

    def on_identified(self, event: Event) -> None:
        customer = event.body.get("customer")
        ticket = event.body["ticket"]
        if event.kind == "ticket.identified" or ticket not in self._customers:
            self._customers[ticket] = customer

    def on_merged(self, event: Event) -> None:
        ticket, into = event.body["ticket"], event.body["into"]
        if self.root(into) != self.root(ticket):
            self.into[ticket] = into
            self.merged_at.setdefault(ticket, event.order)

    def on_split(self, event: Event) -> None:
        ticket = event.body["ticket"]
        self.split_from[ticket] = event.body["from"]
        for msg in event.body["msgs"]:
            self.home[msg] = ticket

    def on_linked(self, event: Event) -> None:
        self.links.add(frozenset({event.body["ticket"], event.body["to"]}))

    def on_spam(self, event: Event) -> None:
        self._spam[event.body["ticket"]] = bool(event.body["spam"])

    def on_deleted(self, event: Event) -> None:
        if event.body["why"] in _REMOVED:
            self._deleted.add(event.body["ticket"])

    def on_classified(self, event: Event) -> None:
        self._flags.setdefault(event.body["msg"], []).append(event)

    def on_scored(self, event: Event) -> None:
        self.scores[event.body["msg"]] = event

    def on_called(self, event: Event) -> None:
        body = event.body
        call = Call(body["call"], body["ticket"], body["channel"], body["direction"] == "in", event.at, event)
        self.calls.setdefault(call.id, call)

    def on_leg(self, event: Event) -> None:
        body = event.body
        call = self.calls.get(body["call"])
        if call is not None:
            call.legs.append(Leg(event.at, body["agent"], body.get("team"), body["state"]))
            if body["state"] == "talk" and call.first_talk is None:
                call.first_talk = event

    def on_hung_up(self, event: Event) -> None:
        call = self.calls.get(event.body["call"])
        if call is not None and call.ended is None and event.at >= call.start:  # an end before its start says nothing
            call.ended = event.at


_READERS: dict[str, Callable[[Family, Event], None]] = {
    "ticket.created": Family.on_identified,
    "ticket.identified": Family.on_identified,
    "ticket.merged": Family.on_merged,
    "ticket.split": Family.on_split,
    "ticket.linked": Family.on_linked,
    "ticket.spam": Family.on_spam,
    "ticket.deleted": Family.on_deleted,
    "msg.classify": Family.on_classified,
    "sentiment": Family.on_scored,
    "call.leg": Family.on_leg,
    "call.ended": Family.on_hung_up,
}
