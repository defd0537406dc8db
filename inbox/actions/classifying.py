"""What a customer's message was: only a thanks, an automatic one, one that goes on with the last matter, or as it came.

Somebody corrects what the desk took it for. The figures read the log's ``msg.classify``; the message keeps what it is,
and the ticket stands as it would if the desk had known at once.
"""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import select

from inbox.actions import events, homes
from inbox.actions.homes import THANKS
from inbox.actions.tickets import STEPS
from inbox.actions.who import Who, find_living, require
from inbox.errors import Conflict, Invalid, NotFound
from inbox.store import Event, Message, Ticket, Work
from inbox.terms import Delivery, Direction, Move, Status

__all__ = ["WORDS", "classify", "set_back", "word_of"]

#: What somebody may say that a message was, as the log names it.
WORDS: Final = ("ack", "auto", "cont")
#: An automatic message of which nobody knows more: the connectors know replies, bounces and the like.
AUTOMATIC: Final = "other"
#: Where a ticket goes back to when what had opened it asked for nothing. One that slept does not: its hour is gone.
BEFORE: Final = frozenset({Status.RESOLVED.value, Status.PENDING.value})


def word_of(message: Message) -> str:
    """What a customer's message is taken for, one of :data:`WORDS`; "" for any other."""
    if message.direction is not Direction.IN:
        return ""
    return "auto" if message.auto is not None else message.meant or ""


def classify(work: Work, who: Who, message_id: int, word: str) -> Event | None:
    """Says what a customer's message was, one of :data:`WORDS`, or "" for one that asks for an answer.

    Gives the event: a ``msg.classify``, or the ``void`` of the last one where that says it all. None where it is taken
    for that already. Raises :class:`Invalid` for another word, :class:`Conflict` for a message of ours.
    """
    require(who, "ticket.write")
    if word and word not in WORDS:
        msg = f"say one of {', '.join(WORDS)}, or nothing"
        raise Invalid(msg, fields={"what": msg})
    message = work.get(Message, message_id)
    if message is None:
        msg = f"there is no message {message_id} that you may see"
        raise NotFound(msg)
    ticket = find_living(work, who, message.ticket_id)
    if message.direction is not Direction.IN:
        msg = "only a message that came in can be called a thanks, automatic or a part of the last matter"
        raise Conflict(msg)
    was, wanted = _state(message), _wanted(message, word)
    if was == wanted:
        return None
    last = _last(work, message)
    if last is not None and last.data.get("was") == wanted:
        line = work.append("void", actor=who.actor, ticket=last.ticket_id, target=last.id)
    else:
        before, after = _flags(was), _flags(wanted)
        changed: dict[str, Any] = {name: after[name] for name in WORDS if before[name] != after[name]}
        line = work.append("msg.classify", actor=who.actor, ticket=ticket.id, msg=str(message.id), **changed, was=was)
    _become(work, who, ticket, message, wanted)
    return line


def set_back(work: Work, who: Who, event: Event) -> None:
    """Gives a message what it was taken for before a correction that was taken back; the log says so already."""
    was = event.data.get("was")  # not there where a program told it, which alone knows what it meant and of what
    message = work.get(Message, int(event.data["msg"])) if was is not None else None
    if message is None or was is None:
        msg = "this cannot be undone"
        raise Conflict(msg)
    left = {**_flags(was), **{name: event.data[name] for name in WORDS if name in event.data}}
    if _flags(_state(message)) != left:
        msg = "this message has been corrected since; correct it as it should be"
        raise Conflict(msg)
    _become(work, who, find_living(work, who, message.ticket_id), message, was)


def _state(message: Message) -> dict[str, str | None]:
    """What the row keeps: the sort of automatic message, and what a person meant."""
    return {"auto": message.auto, "meant": message.meant}


def _wanted(message: Message, word: str) -> dict[str, str | None]:
    if word == "auto":
        return {"auto": message.auto or AUTOMATIC, "meant": None}
    return {"auto": None, "meant": word or None}


def _flags(state: dict[str, Any]) -> dict[str, bool]:
    """The same in the words of the log."""
    return {"ack": state["meant"] == "ack", "auto": state["auto"] is not None, "cont": state["meant"] == "cont"}


def _last(work: Work, message: Message) -> Event | None:
    """The last correction of a message that was not taken back."""
    lines = events.live(work, message.ticket_id, "msg.classify")
    return next((line for line in reversed(lines) if line.data.get("msg") == str(message.id)), None)


def _become(work: Work, who: Who, ticket: Ticket, message: Message, state: dict[str, str | None]) -> None:
    asked = homes.own_words(message)
    message.auto, message.meant = state["auto"], state["meant"]
    asks = homes.own_words(message)
    work.flush()
    if asks != asked:
        _reopen(work, who, ticket, message) if asks else _put_back(work, who, ticket)
    homes.refresh(work, ticket)


def _put_back(work: Work, who: Who, ticket: Ticket) -> None:
    """To where the ticket stood before something opened it that asks for nothing, as all that came since. The new line
    has the same cause, so that the figures see neither."""
    line = _standing(work, ticket)
    cause = line.data.get("cause") if line is not None else None
    opener = work.get(Message, int(cause)) if cause else None
    if line is None or opener is None or homes.own_words(opener) or _followed(work, opener):
        return
    for step in STEPS[line.data["was"]] if line.data["was"] in BEFORE else ():
        events.move(work, ticket, who, step, cause=str(opener.id))


def _reopen(work: Work, who: Who, ticket: Ticket, message: Message) -> None:
    """For a message that asks for an answer after all: the ticket had been put back, or was never opened by it."""
    if _followed(work, message):
        return
    line = _standing(work, ticket)
    if line is not None and line.data.get("cause") and line.data["desk"] in BEFORE:
        events.void(work, who, line.id, ticket.id)
        homes.set_back(work, ticket, line.data["was"])
    elif line is None or line.rec < message.received_at:  # later moves were made by somebody who had read it
        events.move(work, ticket, who, Move.CUSTOMER_WROTE, cause=str(message.id))


def _standing(work: Work, ticket: Ticket) -> Event | None:
    """The line that says how the ticket stands now, if one does."""
    lines = events.live(work, ticket.id, "ticket.status")
    return lines[-1] if lines and lines[-1].data.get("desk") == ticket.status.value else None


def _followed(work: Work, message: Message) -> bool:
    """Whether a person has written since, either way; a thanks says nothing new."""
    later = select(Message.id).where(
        Message.ticket_id == message.ticket_id,
        Message.id > message.id,
        Message.direction != Direction.NOTE,
        Message.auto.is_(None),
        Message.meant.is_distinct_from(THANKS),
        Message.state.is_(None) | Message.state.not_in([Delivery.SCHEDULED, Delivery.CANCELLED]),
    )
    return work.scalar(later.limit(1)) is not None
