"""The visitors' side of web chat: frames are journalled like any arrival, answers come back over the same line."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from flask import current_app
from flask_socketio import SocketIO
from sqlalchemy import select

from connectors.chat import arrival
from connectors.chat_frame import page_of
from inbox import clock, logs
from inbox.actions import journal, ratings, signed, uploads, visitors
from inbox.errors import Problem
from inbox.live import chat_telling
from inbox.live.chat_lines import LINES, Line
from inbox.live.chat_view import shown
from inbox.live.chat_wishes import Wishes, sid_of_this
from inbox.live.rooms import channel_name, homes, private_teams
from inbox.reading import addresses, sites, visits
from inbox.rendering import LANGUAGES, Stage
from inbox.store import Channel, Identity, Message, Store, Ticket, Visitor, Work
from inbox.terms import Delivery, Direction
from inbox.throttle import Throttle

__all__ = ["attach"]

log = logs.get(__name__)
NAMESPACE = chat_telling.NAMESPACE
BURST, HELLOS = "10/10 seconds", "60/minute"
IDENTIFY = PAGES = "60/minute"
SESSIONS = "20/hour"  # new visitors from one address


class Visitors(Wishes):
    """The namespace's handlers: the talk itself."""

    def connect(self, _auth: Any = None) -> None:
        """Anybody may open a line; nothing is stored for it."""

    def disconnect(self, *_reason: Any) -> None:
        """The page went."""
        LINES.drop(sid_of_this())

    def hello(self, data: dict[str, Any]) -> dict[str, Any]:
        """Says which site, and who if there is a token; gives what was said since ``after``."""
        self.throttle.hit(HELLOS, "chat hello", self._address())
        site = str(data.get("site", ""))
        after = data.get("after")
        with self.store.transaction() as work:
            channel = work.scalar(
                select(Channel).where(
                    Channel.id == site, Channel.kind == "chat", Channel.enabled, Channel.removed_at.is_(None)
                )
            )
            if channel is None:
                return {"error": "no such site", "messages": [], "online": False}
            config = sites.site(work, channel.id)
            sid = sid_of_this()
            line = LINES.by_sid.setdefault(sid, Line(channel.id))
            visitor = visitors.of_token(work, channel.id, str(data.get("token", "")))
            answer: dict[str, Any] = {"online": sites.online(work, channel.id, config), "messages": []}
            if visitor is None:
                LINES.release(sid, line)
                line.signed = None
                return answer
            visitor.seen_at = clock.now()
            LINES.bind(sid, line, visitor)
            said = visitors.said(work, visitor, int(after) if isinstance(after, int) else 0)
            read = visitors.seen_upto(work, said)
            answer["messages"] = [
                shown(work, message, read=read) for message in said if message.state is not Delivery.SENT
            ]
            waiting = [
                (message.external_id or "", shown(work, message)) for message in said if message.state is Delivery.SENT
            ]
            survey = ratings.open_survey(work, visitor.id) if config.rating else None
            question = (survey[0].id, survey[1]) if survey is not None else None
        if question is not None:
            self.ask(sid, *question)
        for external, message in waiting:
            self.give(sid, visitor.id, channel.id, external, message)
        return answer

    def send(self, data: dict[str, Any]) -> dict[str, Any]:
        """One message: journalled before it is acknowledged. The first one opens the visitor's session."""
        line = LINES.by_sid.get(sid_of_this())
        if line is None:
            return {"error": "line"}
        key, text = str(data.get("client_id", "")), str(data.get("text", ""))
        files = data.get("files") if isinstance(data.get("files"), list) else []
        if not key or len(key) > 64 or not (text.strip() or files) or len(text) > 10_000:
            return {"error": "text"}
        self.throttle.hit(BURST, "chat send", line.visitor or self._address())
        answer: dict[str, Any] = {}
        with self.store.transaction() as work:
            channel = work.get_one(Channel, line.channel)
            config = sites.site(work, channel.id)
            token = str(data.get("token", ""))
            visitor = work.get(Visitor, line.digest) if line.digest else visitors.of_token(work, channel.id, token)
            if visitor is None:
                self.throttle.hit(SESSIONS, "chat session", self._address())
            first = signed.fill(visitors.Entry.of(data, config), line.signed)
            visitor = visitors.enter(work, channel, config, visitor, token, first)
            if line.signed is not None:
                visitor = signed.identify(work, channel, visitor, line.signed)
            frame: dict[str, Any] = {"type": "message", "id": key, "text": text, **first.said(), "page": _page(data)}
            if config.show_page:
                visitors.moved(visitor, page_of(_page(data)))
            if files:
                frame["files"] = uploads.chosen(work, uploads.owner(visitor.digest), files)
            entry = journal.keep(work, channel, arrival(visitor.id, json.dumps(frame).encode(), clock.now()))
            answer["journal"] = entry.id
        LINES.bind(sid_of_this(), line, visitor)
        return answer

    def identify(self, data: dict[str, Any]) -> dict[str, Any]:
        """The site says who this is. Gives ``kept`` where the browser has to keep the token: there is a talk to find;
        ``conflict`` where its talk is somebody else's."""
        line = LINES.by_sid.get(sid_of_this())
        if line is None:
            return {"error": "line"}
        self.throttle.hit(IDENTIFY, "chat identify", self._address())
        with self.store.transaction() as work:
            channel = work.get_one(Channel, line.channel)
            config = sites.site(work, channel.id)
            who = signed.verified(config, data)
            line.signed = who
            token = str(data.get("token", ""))
            visitor = visitors.of_token(work, channel.id, token)
            if visitor is None and signed.known(work, channel, who) is None:
                return {"kept": False, "name": who.name, "email": who.email}
            visitor = visitors.enter(work, channel, config, visitor, token, visitors.Entry.again(data))
            visitor = signed.identify(work, channel, visitor, who)
        LINES.bind(sid_of_this(), line, visitor)
        return {"kept": True, "name": who.name, "email": who.email}

    def email(self, data: dict[str, Any]) -> dict[str, Any]:
        """The address for an answer when nobody is here."""
        line = LINES.by_sid.get(sid_of_this())
        if line is None or not line.digest:
            return {"error": "line"}
        with self.store.transaction() as work:
            visitors.leave_email(work, line.digest, str(data.get("address", "")))
        return {"ok": True}

    def read(self, data: dict[str, Any]) -> None:
        """The visitor has seen everything up to a message."""
        line = LINES.by_sid.get(sid_of_this())
        number = data.get("id")
        if line is None or not line.visitor or not isinstance(number, int):
            return
        with self.store.reading() as work:
            identity = work.scalar(select(Identity).where(Identity.kind == "chat", Identity.value == line.visitor))
            if identity is None:
                return
            seen = work.scalars(
                select(Message.external_id).where(
                    Message.identity_id == identity.id,
                    Message.id <= number,
                    Message.direction == Direction.OUT,
                    Message.state.in_([Delivery.SENT, Delivery.DELIVERED]),
                )
            ).all()
        for external in seen:
            self._status(line.channel, line.visitor, external or "", "read")

    def typing(self, _data: dict[str, Any]) -> None:
        """The agents on the visitor's ticket see that they write."""
        line = LINES.by_sid.get(sid_of_this())
        if line is None or not line.visitor:
            return
        with self.store.reading() as work:
            row = _talk_of(work, line.visitor)
            if row is None:
                return
            ticket, name = row
            home = homes(ticket, private_teams(work))
        name = name.split(" ")[0] or addresses.label("chat", line.visitor)
        said = {"ticket": ticket.id, "customer": True, "name": name, "mode": "customer"}
        for language in LANGUAGES:
            self.socketio.emit("typing", said, to=channel_name(f"ticket:{ticket.id}", language))
            self.socketio.emit("typing", said, to=channel_name(home, language))

    def page(self, data: dict[str, Any]) -> None:
        """The visitor went to another page of the site; who has the ticket open sees where they are."""
        line = LINES.by_sid.get(sid_of_this())
        if line is None or not line.digest:
            return
        self.throttle.hit(PAGES, "chat page", line.visitor)
        with self.store.transaction() as work:
            config = sites.site(work, line.channel)
            visitor = work.get(Visitor, line.digest)
            if visitor is None or not config.show_page:
                return
            visitors.moved(visitor, page_of(_page(data)))
            view, row = visits.view(visitor), _talk_of(work, visitor.id)
        if row is None:
            return
        number = row[0].id
        for language in LANGUAGES:
            drawn = self.stage.draw("tickets/streams/visit.html", language, ticket=number, visit=view)
            self.socketio.emit("visit", drawn, to=channel_name(f"ticket:{number}", language))

    def give(self, sid: str, visitor: str, channel: str, external: str, message: dict[str, Any]) -> None:
        """Hands a message to a page; its acknowledgement is the delivery."""

        def taken(*_answer: Any) -> None:
            self._status(channel, visitor, external, "delivered")

        self.socketio.emit("message", message, to=sid, namespace=NAMESPACE, callback=taken)

    def _status(self, channel_id: str, visitor: str, external: str, state: str) -> None:
        frame = json.dumps({"type": state, "message": external}).encode()
        with self.store.transaction() as work:
            journal.keep(work, work.get_one(Channel, channel_id), arrival(visitor, frame, clock.now()))


def attach(socketio: SocketIO, store: Store, stage: Stage, throttle: Throttle) -> None:
    """Hangs the visitors' namespace in."""
    handlers = Visitors(socketio, store, stage, throttle)
    chat_telling.HANDLERS[id(socketio)] = handlers
    socketio.on_event("connect", handlers.connect, namespace=NAMESPACE)
    socketio.on_event("disconnect", handlers.disconnect, namespace=NAMESPACE)
    for name in ("hello", "send", "identify", "email", "read", "typing", "page", "rate", "transcript", "elsewhere"):
        socketio.on_event(name, _calm(getattr(handlers, name)), namespace=NAMESPACE)


def _talk_of(work: Work, visitor: str) -> tuple[Ticket, str] | None:
    """The ticket that a visitor last wrote in, and their name."""
    row = work.execute(
        select(Ticket, Identity.name)
        .select_from(Message)
        .join(Ticket, Ticket.id == Message.ticket_id)
        .join(Identity, Identity.id == Message.identity_id)
        .where(Identity.kind == "chat", Identity.value == visitor)
        .order_by(Message.id.desc())
        .limit(1)
    ).first()
    return (row[0], str(row[1])) if row is not None else None


def _page(data: dict[str, Any]) -> dict[str, str]:
    return {"url": str(data.get("page_url", "")), "title": str(data.get("page_title", ""))}


def _calm(handler: Callable[[dict[str, Any]], Any]) -> Callable[..., Any]:
    """A stranger's frame of any shape gets an answer, never a broken line."""

    def handle(data: Any = None) -> Any:
        try:
            return handler(data if isinstance(data, dict) else {})
        except Problem as problem:
            return {"error": problem.type, "detail": problem.detail, "fields": problem.fields}
        except Exception:
            log.exception("chat frame failed", app=current_app.name)
            return {"error": "desk"}

    return handle
