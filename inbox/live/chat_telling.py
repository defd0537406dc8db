"""What the log and the agents say to visitors: an answer, who is there, a question at the end, that somebody types."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from flask_socketio import SocketIO
from sqlalchemy import select

from inbox.actions import ratings
from inbox.errors import Problem
from inbox.live.chat_lines import LINES
from inbox.live.chat_view import shown
from inbox.reading import sites
from inbox.store import Event, Identity, Message, Store, Ticket, Work
from inbox.terms import Direction

__all__ = ["HANDLERS", "NAMESPACE", "desk_types", "tell"]

NAMESPACE = "/chat"


class Handlers(Protocol):
    """The handlers of one socket server, as far as the log needs them."""

    def give(self, sid: str, visitor: str, channel: str, external: str, message: dict[str, Any]) -> None:
        """Hands a message to a page."""

    def ask(self, sid: str, ticket: int, survey: str) -> None:
        """Asks a page for a rating."""


HANDLERS: dict[int, Handlers] = {}


def tell(socketio: SocketIO, work: Work, events: Sequence[Event]) -> None:
    """What the log says to visitors: an answer that is ready, and whether anybody is there."""
    handlers = HANDLERS[id(socketio)]
    for event in events:
        data = event.data or {}
        if event.kind == "agent.state":
            _tell_online(socketio, work)
        if event.kind == "chat.read" and event.ticket_id is not None:
            _tell_read(socketio, work, event.ticket_id, int(data["msg"]))
        if event.kind == "ticket.status" and data.get("desk") == "resolved" and event.ticket_id is not None:
            _ask(handlers, work, event.ticket_id)
        if event.kind != "msg.state" or data.get("channel") != "chat" or data.get("state") != "sent":
            continue
        message = work.get(Message, int(data["msg"]))
        identity = work.get(Identity, message.identity_id) if message is not None and message.identity_id else None
        if message is None or identity is None:
            continue
        drawn = shown(work, message)
        for sid in LINES.of(identity.value):
            handlers.give(sid, identity.value, message.channel_id or "", message.external_id or "", drawn)


def _tell_online(socketio: SocketIO, work: Work) -> None:
    """Somebody came or went: each page hears what that means for its own chat."""
    there: dict[str, bool] = {}
    for sid, line in list(LINES.by_sid.items()):
        if line.channel not in there:
            try:
                there[line.channel] = sites.online(work, line.channel, sites.site(work, line.channel))
            except Problem:  # switched off since
                there[line.channel] = False
        socketio.emit("online", {"online": there[line.channel]}, to=sid, namespace=NAMESPACE)


def _tell_read(socketio: SocketIO, work: Work, number: int, upto: int) -> None:
    """An agent has the visitor's messages on the screen."""
    visitor = ratings.visitor_of(work, number)
    sids = LINES.of(visitor) if visitor else []
    if not sids:
        return
    theirs = select(Message.external_id).where(
        Message.ticket_id == number, Message.kind == "chat", Message.direction == Direction.IN, Message.id <= upto
    )
    keys = [str(one).rpartition(":")[2] for one in work.scalars(theirs.order_by(Message.id.desc()).limit(50))]
    for sid in sids:
        socketio.emit("seen", {"client_ids": keys}, to=sid, namespace=NAMESPACE)


def _ask(handlers: Handlers, work: Work, number: int) -> None:
    """A chat has ended: whoever had it is asked how it was, if the channel asks and their page is open."""
    ticket = work.get(Ticket, number)
    survey = ratings.survey_of(work, ticket) if ticket is not None else None
    visitor = ratings.visitor_of(work, number) if survey is not None else None
    for sid in LINES.of(visitor) if visitor and survey else ():
        line = LINES.by_sid.get(sid)
        try:
            if line is not None and sites.site(work, line.channel).rating and survey:
                handlers.ask(sid, number, survey)
        except Problem:  # switched off since
            continue


def desk_types(socketio: SocketIO, store: Store, ticket: int) -> None:
    """The visitor of a chat ticket sees that somebody answers."""
    with store.reading() as work:
        value = ratings.visitor_of(work, ticket)
    for sid in LINES.of(value) if value else []:
        socketio.emit("typing", {}, to=sid, namespace=NAMESPACE)
