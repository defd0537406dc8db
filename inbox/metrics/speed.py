"""M2 speed: the first response of a case and its times to resolution."""

from __future__ import annotations

from dataclasses import dataclass

from inbox.metrics.cases import Case, Item, What
from inbox.metrics.interactions import Conversation, Interaction, Reply

__all__ = ["COUNTED", "FirstResponse", "asked_in", "first_response", "net_time"]

#: What the customer said that is neither automatic nor a thanks.
COUNTED = frozenset({What.IN, What.CALL_IN})


@dataclass(slots=True)
class FirstResponse:
    """The first human response: the reply, since when the customer had waited, and the interaction answered."""

    reply: Reply
    since: int
    interaction: Interaction
    handoff: int | None


def first_response(case: Case, conversation: Conversation) -> FirstResponse | None:
    """FRT: the first human response, from the first inbound after the last resolution before it.

    None where we wrote first (D19) or nobody has answered yet.
    """
    if not case.from_customer:
        return None
    since: Item | None = None
    handoff: int | None = None
    replies = iter(conversation.replies)
    for item in case.items:
        if item.what is What.CLOSE:
            since = handoff = None
        elif item.what in COUNTED:
            since = since or item
        elif item.what is What.HANDOFF:
            handoff = item.at
        elif item.what is What.OUT or item.what is What.TALK:
            reply = next(replies)
            if since is not None:
                answered = asked_in(conversation, since)
                return None if answered is None else FirstResponse(reply, since.at, answered, handoff)
    return None


def asked_in(conversation: Conversation, item: Item) -> Interaction | None:
    """The interaction to which an inbound item belongs: the latest of its channel begun by then."""
    found = None
    for one in conversation.interactions:
        if one.channel == item.channel and one.start <= item.at and (item.call is None or one.call is item.call):
            found = one
    return found


def net_time(case: Case, until: int) -> int:
    """Open time minus pending, up to an instant: an agent's ``pending`` pauses it until the customer's message."""
    total = 0
    for begin, end in case.running:
        if begin is not None and begin < until:
            total += (until if end is None else min(end, until)) - begin
    return total
