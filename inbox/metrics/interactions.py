"""Interactions and contacts (sections 4.2 and 4.3): the units of volume, wait, AHT and cost, and of FCR."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from inbox.metrics.cases import Case, Item, What
from inbox.metrics.config import Config
from inbox.metrics.tickets import Call

__all__ = ["Conversation", "Interaction", "Reply", "conversation_of"]

_SETTLED = {"agent": "closed_no_reply", "bot": "bot"}  # by whom the case was resolved; any other: auto_closed


@dataclass(slots=True)
class Interaction:
    """One interaction of a case on one channel; times in ms.

    ``settled`` is answered, closed_no_reply, bot, auto_closed or None while it waits; an outbound interaction is
    ``out`` from the start. ``agent`` and ``team`` are its responder: who answered, wrote first or closed it.
    """

    channel: str
    start: int
    inbound: bool
    call: Call | None = None
    settled: str | None = None
    settled_at: int | None = None
    answered_at: int | None = None
    agent: str | None = None
    team: str | None = None
    last_in: int = 0
    last_word: int = 0  # the last human reply or inbound
    resolved_since: bool = False  # the case was resolved after its last inbound
    tried_again: bool = False  # a hang-up after which the customer came again before we did
    is_contact: bool = False

    @property
    def handled_at(self) -> int | None:
        """When it became handled work: answered, closed by an agent without a word, or sent by us."""
        return self.settled_at if self.settled in {"answered", "closed_no_reply", "out"} else None

    def fate(self, limit: int) -> str:
        """Of the cohort: answered by a human within the limit, settled by a bot, or unanswered."""
        if self.answered_at is not None and self.answered_at - self.start <= limit:
            return "answered"
        return "bot" if self.settled == "bot" else "unanswered"


@dataclass(slots=True)
class Reply:
    """A human reply or the first talk of a call."""

    at: int
    channel: str
    agent: str | None
    team: str | None
    closings_before: int


@dataclass(slots=True)
class Conversation:
    """What happened between the customer and us in one case."""

    interactions: list[Interaction] = field(default_factory=list)
    replies: list[Reply] = field(default_factory=list)
    turns: list[int] = field(default_factory=list)  # when each turn began
    contacts: list[int] = field(default_factory=list)  # when each contact began


class _Reader:
    """Reads the items of one case in order."""

    def __init__(self, case: Case, config: Config) -> None:
        self.config = config
        self.result = Conversation()
        self.current: dict[str, Interaction] = {}
        self.waiting: list[Interaction] = []
        self.turn: str | None = None
        self.closings: list[int] = []
        self.our_last: dict[str, int] = {}  # channel -> our last message there
        self.hung_up: list[Interaction] = []  # hang-ups after which nobody has come again yet
        self.continued: set[int] = set()
        for item in case.items:
            reader = _READ.get(item.what)
            if reader is not None:
                reader(self, item)

    # I1, I2

    def text_in(self, item: Item) -> None:
        self._customer_spoke()
        current = self.current.get(item.channel)
        if current is not None and (item.cont or self._joins(current, item)):
            current.last_in = current.last_word = item.at
            current.resolved_since = False
        else:
            self._arrives(item)

    def _joins(self, current: Interaction, item: Item) -> bool:
        """Whether an inbound text belongs to the channel's current interaction (I2)."""
        if not current.inbound or current.resolved_since:
            return False
        if current.settled == "answered":
            return item.at - current.last_word <= self.config.gap(item.channel)
        return item.at - current.last_in <= self.config.chase

    def call_in(self, item: Item) -> None:
        self._customer_spoke()
        self._arrives(item)

    def _customer_spoke(self) -> None:
        self.turn = None
        for one in self.hung_up:
            one.tried_again = True
        self.hung_up = []

    def _arrives(self, item: Item) -> None:
        new = Interaction(item.channel, item.at, inbound=True, call=item.call, last_in=item.at, last_word=item.at)
        if self._continues(new):
            self.continued.add(len(self.result.interactions))
        self.result.interactions.append(new)
        self.current[item.channel] = new
        self.waiting.append(new)
        if item.call is not None and item.call.abandoned:
            self.hung_up.append(new)

    # I3

    def text_out(self, item: Item) -> None:
        answered = self._answer(item)
        current = self.current.get(item.channel)
        if current is not None:
            current.last_word = item.at
        elif not answered:
            self._we_start(item, item.at)
        if self.turn != item.channel:
            self.result.turns.append(item.at)
            self.turn = item.channel
        self.our_last[item.channel] = item.at

    def talk(self, item: Item) -> None:
        call = item.call
        answered = self._answer(item)
        same_channel = any(i.channel == item.channel for i in answered)
        if call is not None and not call.inbound and not same_channel:
            self._we_start(item, call.start)
        if item.channel in self.current:
            self.current[item.channel].last_word = item.at
        self.result.turns.append(item.at)
        self.turn = None

    def _answer(self, item: Item) -> list[Interaction]:
        """A person of ours spoke: every waiting inbound of the case is answered, on any channel."""
        answered, self.waiting = self.waiting, []
        for one in answered:
            one.settled, one.settled_at, one.answered_at = "answered", item.at, item.at
            one.agent, one.team = item.agent, item.team
            one.last_word = item.at
        self.hung_up = [one for one in self.hung_up if one.answered_at is None]
        self.result.replies.append(Reply(item.at, item.channel, item.agent, item.team, len(self.closings)))
        return answered

    def _we_start(self, item: Item, start: int) -> None:
        new = Interaction(item.channel, start, inbound=False, call=item.call, last_in=start, last_word=item.at)
        new.settled, new.settled_at, new.agent, new.team = "out", item.at, item.agent, item.team
        self.result.interactions.append(new)
        self.current[item.channel] = new

    # I4

    def close(self, item: Item) -> None:
        closing = item.closing
        if closing is None:
            return
        for one in self.waiting:
            one.settled, one.settled_at = _SETTLED.get(closing.how, "auto_closed"), item.at
            if one.settled == "closed_no_reply":
                one.agent, one.team = closing.agent, closing.team
        self.waiting = []
        for one in self.current.values():
            one.resolved_since = True
        self.closings.append(item.at)

    # 4.3

    def _continues(self, new: Interaction) -> bool:
        """Invited over: our last message on another channel of the group is recent and nothing was resolved since."""
        group = self.config.group(new.channel)
        resolved = self.closings[-1] if self.closings else None
        return any(
            channel != new.channel
            and self.config.group(channel) == group
            and new.start - at <= self.config.invite
            and (resolved is None or resolved < at)
            for channel, at in self.our_last.items()
        )

    def count_contacts(self) -> None:
        """Mark the inbound interactions that are a contact, the unit of FCR."""
        for n, one in enumerate(self.result.interactions):
            if one.inbound and n not in self.continued and not one.tried_again:
                one.is_contact = True
                self.result.contacts.append(one.start)
        self.result.contacts.sort()


_READ: dict[What, Callable[[_Reader, Item], None]] = {
    What.IN: _Reader.text_in,
    What.CALL_IN: _Reader.call_in,
    What.OUT: _Reader.text_out,
    What.TALK: _Reader.talk,
    What.CLOSE: _Reader.close,
}


def conversation_of(case: Case, config: Config) -> Conversation:
    """The interactions, replies, turns and contacts of one case."""
    reader = _Reader(case, config)
    reader.count_contacts()
    return reader.result
