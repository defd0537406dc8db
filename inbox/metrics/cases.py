"""Cases (section 4.1): when each was open, closed and waiting, what the customer saw of it, and where one ends."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import IntEnum
from typing import NamedTuple

from inbox.metrics.config import Config
from inbox.metrics.log import CLOSED, Event
from inbox.metrics.tickets import Call, Family

__all__ = ["Case", "Closing", "Item", "Terms", "What", "cases_of"]

_MESSAGES = frozenset({"msg.in", "msg.out"})
_HOW = {"agent": "agent", "bot": "bot", "customer": "customer"}  # any other closes automatically


class What(IntEnum):
    """What one item of a case is."""

    IN = 1  # a customer's text, neither automatic nor a mere thanks
    OUT = 2  # a text that a person of ours sent
    SEEN_IN = 3  # automatic or thanks: visible, but no part of any interaction
    SEEN_OUT = 4  # a bot's or automatic message
    CALL_IN = 5
    CALL_OUT = 6
    TALK = 7  # the first talk of a call
    HANDOFF = 8
    CLOSE = 9  # the case was resolved


_VISIBLE = frozenset({What.IN, What.OUT, What.SEEN_IN, What.SEEN_OUT, What.CALL_IN, What.CALL_OUT})
_INBOUND = frozenset({What.IN, What.SEEN_IN, What.CALL_IN})


@dataclass(slots=True)
class Closing:
    """A moment at which the last open constituent closed; ``how`` is agent, bot, customer, auto or merge."""

    at: int
    how: str
    agent: str | None
    team: str | None


@dataclass(slots=True)
class Item:
    """One thing of a case in processing order; a message has its id, a call its call, a closing its closing."""

    at: int
    what: What
    channel: str = ""
    agent: str | None = None
    team: str | None = None
    msg: str | None = None
    cont: bool = False
    call: Call | None = None
    closing: Closing | None = None
    address: str | None = None


class Terms(NamedTuple):
    """What a promise may depend on, beside the channel."""

    priority: str = "normal"
    team: str | None = None
    band: str | None = None


@dataclass(slots=True)
class Case:
    """One case of a root ticket; times in ms, spans half-open, an end of None is still running."""

    id: str
    root: str
    n: int  # 0 for T, 1 for T~2, ...
    customer: str | None
    began: int  # when its span starts: what the ticket gets from here on is this case's
    items: list[Item] = field(default_factory=list)
    opened: list[list[int | None]] = field(default_factory=list)
    running: list[list[int | None]] = field(default_factory=list)  # open and not pending
    closings: list[Closing] = field(default_factory=list)
    reason: str | None = None
    tags: tuple[str, ...] = ()
    exempt: bool = False
    t0: int = 0
    channel: str | None = None
    from_customer: bool = False
    address: str | None = None
    terms: list[tuple[int, Terms]] = field(default_factory=list)  # (since, what holds), also from before the case

    @property
    def is_open(self) -> bool:
        return bool(self.opened) and self.opened[-1][1] is None

    @property
    def first_closing(self) -> Closing | None:
        """R1."""
        return self.closings[0] if self.closings else None

    @property
    def last_closing(self) -> Closing | None:
        """RL: the last closing, if the case is still closed."""
        return self.closings[-1] if self.closings and not self.is_open else None


class _State(IntEnum):
    """Where one constituent ticket stands."""

    UNBORN = 0
    RUNNING = 1
    PENDING = 2
    SHUT = 3
    ENDED = 4  # merged away


_IS_OPEN = frozenset({_State.RUNNING, _State.PENDING})


class _Root:
    """The life of one root ticket, read event by event; it cuts itself into cases."""

    def __init__(self, ticket: str, family: Family, config: Config) -> None:
        self.ticket = ticket
        self.family = family
        self.gap = config.case_gap
        self.cases: list[Case] = []
        self.states: dict[str, _State] = {}
        self.open = self.running = 0
        self.reason: str | None = None
        self.tags: dict[str, None] = {}
        self.exempt = False
        self.created: Event | None = None
        self.terms: list[tuple[int, Terms]] = []

    # --- the timeline of the constituents ---

    def case(self, at: int) -> Case:
        """The case that something now belongs to."""
        if not self.cases:
            self._start(at)
        return self.cases[-1]

    def _start(self, at: int) -> None:
        n = len(self.cases)
        name = self.ticket if not n else f"{self.ticket}~{n + 1}"
        self.cases.append(Case(name, self.ticket, n, None, at))

    def _freeze(self) -> None:
        """Keep the reason and tags that hold where the span of the current case ends."""
        case = self.cases[-1]
        case.reason, case.tags, case.exempt = self.reason, tuple(self.tags), self.exempt

    def move(self, ticket: str, state: _State, event: Event, how: str | None = None) -> None:
        """Put a constituent into a state, and the case with it."""
        old = self.states.get(ticket, _State.UNBORN)
        if old is state or old is _State.ENDED:
            return
        self.states[ticket] = state
        at = event.at
        was_open, was_running = self.open, self.running
        self.open += (state in _IS_OPEN) - (old in _IS_OPEN)
        self.running += (state is _State.RUNNING) - (old is _State.RUNNING)
        if not was_open and self.open:
            self._opens(at)
        if bool(was_running) != bool(self.running):
            spans = self.case(at).running
            if self.running:
                spans.append([at, None])
            else:
                spans[-1][1] = at
        if was_open and not self.open:
            self._closes(event, how or _HOW.get(event.actor_kind or "", "auto"))

    def _opens(self, at: int) -> None:
        closed = self.cases[-1].closings[-1].at if self.cases and self.cases[-1].closings else None
        if closed is not None and at - closed > self.gap:
            self._freeze()
            self._start(at)
        self.case(at).opened.append([at, None])

    def _closes(self, event: Event, how: str) -> None:
        case = self.cases[-1]
        case.opened[-1][1] = event.at
        by_agent = event.actor_kind == "agent"
        closing = Closing(event.at, how, event.actor if by_agent else None, event.team if by_agent else None)
        case.closings.append(closing)
        case.items.append(Item(event.at, What.CLOSE, closing=closing))

    def finish(self) -> list[Case]:
        """The cases of this root, each with what is known of it as a whole."""
        if self.cases:
            self._freeze()
        customer = self.family.customer(self.ticket)
        for case in self.cases:
            case.customer = customer
            case.terms = self.terms
            self._first_look(case)
        return self.cases

    def _first_look(self, case: Case) -> None:
        """t0, channel and origin are those of the first thing the customer could see, for ever."""
        case.t0 = case.began
        first = next((item for item in case.items if item.what in _VISIBLE), None)
        if first is not None:
            case.channel, case.from_customer = first.channel, first.what in _INBOUND
            case.address = first.address
            # What was resolved before anybody said anything began when it was opened.
            if case.first_closing is None or first.at <= case.first_closing.at:
                case.t0 = first.at
            return
        if self.created is not None:
            case.channel = self.created.body.get("channel")
            case.from_customer = self.created.body.get("origin") == "customer"

    # --- the events ---

    def on_created(self, event: Event, ticket: str) -> None:
        if self.created is None or ticket == self.ticket:
            self.created = event
        self.on_terms(event, ticket)
        if self.states.get(ticket, _State.UNBORN) is _State.UNBORN:
            self.move(ticket, _State.RUNNING, event)

    def on_status(self, event: Event, ticket: str) -> None:
        if self._void_cause(event):
            return
        status = event.body["status"]
        if status in CLOSED:
            if self.states.get(ticket) in _IS_OPEN:
                self.move(ticket, _State.SHUT, event)
        else:
            self.move(ticket, _State.PENDING if status == "pending" else _State.RUNNING, event)

    def _void_cause(self, event: Event) -> bool:
        """A status that a thanks or an automatic message caused goes with it (D4)."""
        cause = event.body.get("cause")
        if cause is None:
            return False
        told = (e for e in self.family.events if e.kind in _MESSAGES and e.body["msg"] == cause)
        return any(self.family.flag(e, "ack") or self.family.flag(e, "auto") for e in told)

    def on_merged(self, event: Event, ticket: str) -> None:
        if self.family.merged_at.get(ticket) == event.order:
            self.move(ticket, _State.ENDED, event, how="merge")

    def on_msg_in(self, event: Event, ticket: str) -> None:
        flag = self.family.flag
        body = event.body
        if flag(event, "auto") or flag(event, "ack"):
            if self.states.get(ticket, _State.UNBORN) is _State.UNBORN:
                self.move(ticket, _State.RUNNING, event)
            self._add(Item(event.at, What.SEEN_IN, body["channel"], msg=body["msg"], address=body.get("address")))
            return
        self.move(ticket, _State.RUNNING, event)
        item = Item(event.at, What.IN, body["channel"], msg=body["msg"], cont=flag(event, "cont"))
        item.address = body.get("address")
        self._add(item)

    def on_msg_out(self, event: Event, ticket: str) -> None:
        self._born(ticket, event)
        body = event.body
        if self.family.human(event):
            self._add(Item(event.at, What.OUT, body["channel"], event.actor, event.team, body["msg"]))
        else:
            self._add(Item(event.at, What.SEEN_OUT, body["channel"], msg=body["msg"]))

    def on_call(self, event: Event, ticket: str) -> None:
        call = self.family.calls[event.body["call"]]
        if call.started is not event:
            return
        if call.inbound:
            self.move(ticket, _State.RUNNING, event)
        else:
            self._born(ticket, event)
        what = What.CALL_IN if call.inbound else What.CALL_OUT
        self._add(Item(event.at, what, call.channel, call=call))

    def on_leg(self, event: Event, ticket: str) -> None:
        call = self.family.calls[event.body["call"]]
        if call.first_talk is event:
            self._born(ticket, event)
            body = event.body
            self._add(Item(event.at, What.TALK, call.channel, body["agent"], body.get("team"), call=call))

    def on_handoff(self, event: Event, ticket: str) -> None:
        self._born(ticket, event)
        self._add(Item(event.at, What.HANDOFF))

    def on_terms(self, event: Event, ticket: str) -> None:
        """From now on something else may be promised; what was said of tickets that were merged in does not count."""
        if ticket == self.ticket:
            old = self.terms[-1][1] if self.terms else Terms()
            told = {name: event.body[name] for name in Terms._fields if isinstance(event.body.get(name, 0), str | None)}
            new = Terms(*(told[name] if name in told else getattr(old, name) for name in Terms._fields))
            if new != old:
                self.terms.append((event.at, new))

    def on_reason(self, event: Event, _ticket: str) -> None:
        self.reason = event.body["reason"]

    def on_tag(self, event: Event, _ticket: str) -> None:
        tag = event.body["tag"]
        if event.body.get("op", "add") == "remove":
            self.tags.pop(tag, None)
        else:
            self.tags[tag] = None

    def on_exempt(self, _event: Event, _ticket: str) -> None:
        self.exempt = True

    def _born(self, ticket: str, event: Event) -> None:
        """A ticket of which nothing says that it was created starts with the first thing that happens to it."""
        if self.states.get(ticket, _State.UNBORN) is _State.UNBORN and ticket not in self.family.created:
            self.move(ticket, _State.RUNNING, event)

    def _add(self, item: Item) -> None:
        self.case(item.at).items.append(item)


_Handler = Callable[[_Root, Event, str], None]

# What reaches a merged ticket goes on to its new home; everything else ends with the merge.
_FOLLOWS: dict[str, _Handler] = {
    "msg.in": _Root.on_msg_in,
    "msg.out": _Root.on_msg_out,
    "call.started": _Root.on_call,
    "call.leg": _Root.on_leg,
    "bot.handoff": _Root.on_handoff,
}
_STAYS: dict[str, _Handler] = {
    "ticket.created": _Root.on_created,
    "ticket.split": _Root.on_created,
    "ticket.status": _Root.on_status,
    "ticket.merged": _Root.on_merged,
    "ticket.assigned": _Root.on_terms,
    "ticket.priority": _Root.on_terms,
    "ticket.band": _Root.on_terms,
    "ticket.reason": _Root.on_reason,
    "ticket.tag": _Root.on_tag,
    "ticket.fcr_exempt": _Root.on_exempt,
}


def cases_of(family: Family, config: Config) -> list[Case]:
    """All cases of a family of tickets, in the order of their roots' first events."""
    roots: dict[str, _Root] = {}
    merged = bool(family.into)
    for event in family.events:
        follows = _FOLLOWS.get(event.kind)
        handler = follows or _STAYS.get(event.kind)
        if handler is None:
            continue
        ticket = _ticket(family, event)
        if ticket is None:
            continue
        if merged and follows is not None:
            ticket = family.holder(ticket, event.order)
        if ticket in family.gone:
            continue
        name = family.root(ticket) if merged else ticket
        root = roots.get(name)
        if root is None:
            root = roots[name] = _Root(name, family, config)
        handler(root, event, ticket)
    return [case for root in roots.values() for case in root.finish()]


def _ticket(family: Family, event: Event) -> str | None:
    """The ticket that an event is about; None for a leg of a call that nobody started."""
    if event.kind == "call.leg":
        call = family.calls.get(event.body["call"])
        return call.ticket if call is not None else None
    if event.kind in {"msg.in", "msg.out"}:
        return family.ticket_of(event)
    ticket: str = event.body["ticket"]
    return ticket
