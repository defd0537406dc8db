"""The live door: agents' sockets, the announcer's pushes, presence and the handling clock."""

from __future__ import annotations

import threading
import time
from typing import Any

from flask import request, session
from flask_socketio import ConnectionRefusedError as Refused
from flask_socketio import SocketIO, join_room, leave_room
from flask_wtf.csrf import validate_csrf
from sqlalchemy import select
from wtforms import ValidationError

from inbox import logs
from inbox.actions import desk as settings
from inbox.actions import handling, people
from inbox.actions.who import Who, find_ticket
from inbox.errors import Problem
from inbox.live import chat, chat_telling
from inbox.live.announcer import Announcer
from inbox.live.presence import Presence, Seat
from inbox.live.rooms import allowed, channel_name
from inbox.reading import desk
from inbox.rendering import LANGUAGES, Stage
from inbox.store import Agent, Event, Store
from inbox.throttle import Throttle

__all__ = ["Live", "attach"]

log = logs.get(__name__)
COUNTS_EVERY = 0.5
COUNTS_AFTER = 0.15  # whoever did something has their answer first


class Live:
    """The agents' namespace and what runs beside it."""

    def __init__(self, socketio: SocketIO, store: Store, stage: Stage) -> None:
        self.socketio = socketio
        self.store = store
        self.presence = Presence()
        self.announcer = Announcer(socketio, store, stage, self._changed)
        self._counts = threading.Event()
        self._sent_away: set[str] = set()  # who is away by themselves, not by their own word

    def start(self) -> None:
        """Starts the announcer and the timers; idempotent per process."""
        self.socketio.start_background_task(self.announcer.run)
        self.socketio.start_background_task(self._count)
        self.socketio.start_background_task(self._watch_seats)

    # --- what others do -------------------------------------------------------------------------------------

    def _changed(self, events: list[Event]) -> None:
        if any(event.ticket_id is not None or event.kind.startswith(("channel.", "notice.")) for event in events):
            self._counts.set()
        for event in events:
            if event.kind == "agent.state":
                self.tell_agents()
            elif event.kind == "agent.signed_out":
                for sid in self.presence.sids(str((event.data or {}).get("agent", ""))):
                    if self.socketio.server is not None:
                        self.socketio.server.disconnect(sid)

    def _count(self) -> None:
        """Sends each agent their own figures, at most twice a second."""
        while True:
            self._counts.wait()
            time.sleep(COUNTS_AFTER)
            self._counts.clear()
            try:
                with self.store.reading() as work:
                    for agent in work.scalars(select(Agent).where(Agent.id.in_(self.presence.agents()))):
                        figures = desk.counts(work, Who.of(agent))
                        for sid in self.presence.sids(agent.id):
                            self.socketio.emit("counts", figures, to=sid)
            except Exception:
                log.exception("counting failed")
            time.sleep(COUNTS_EVERY - COUNTS_AFTER)

    def _watch_seats(self) -> None:
        """Who closed their last tab a minute ago is offline."""
        while True:
            time.sleep(5)
            for agent in self.presence.lost():
                try:
                    with self.store.transaction() as work:
                        people.set_state(work, agent, "offline")
                except Exception:
                    log.exception("state not kept", agent=agent)

    def tell_agents(self) -> None:
        """Everybody hears who is here."""
        with self.store.reading() as work:
            agents = [
                {"id": agent.id, "name": agent.name, "state": agent.state}
                for agent in work.scalars(select(Agent).where(Agent.active).order_by(Agent.name))
            ]
        for language in LANGUAGES:
            self.socketio.emit("presence", {"agents": agents}, to=channel_name("desk", language))

    # --- what a tab says ------------------------------------------------------------------------------------

    def connect(self, _auth: Any = None) -> None:
        """Only with a sign-in; the Origin was checked by the server."""
        with self.store.reading() as work:
            agent = people.signed_in(work, session.get("token", ""))
            language = (agent.language if agent is not None else "") or settings.get(work, "desk.language")
        if agent is None:
            raise Refused("sign in first")
        sid = _sid()
        if self.presence.sit(sid, Seat(agent.id, agent.name, language)):
            with self.store.transaction() as work:
                if work.get_one(Agent, agent.id).state == "offline":
                    people.set_state(work, agent.id, "online")
        self._counts.set()

    def hello(self, data: Any) -> dict[str, Any]:
        """Joins rooms and brings each up to date from the last ``seq`` that the tab holds; gives what was joined."""
        seat = self.presence.seat(_sid())
        data = data if isinstance(data, dict) else {}
        if seat is None:
            return {"error": "sign in first"}
        try:
            validate_csrf(str(data.get("csrf", "")))
        except ValidationError:
            return {"error": "reload this page"}
        asked = data.get("rooms") if isinstance(data.get("rooms"), dict) else {}
        wanted = {str(room): int(seq) for room, seq in asked.items() if str(seq).isdigit()}
        with self.store.reading() as work:
            agent = work.get(Agent, seat.agent)
            rooms = {room: seq for room, seq in wanted.items() if agent is not None and allowed(work, agent, room)}
            if agent is not None:
                for team in agent.teams:
                    if team.private and f"team:{team.id}" not in rooms:
                        rooms[f"team:{team.id}"] = rooms.get("desk", self.announcer.last)
        with self.announcer.turn:
            for room in seat.rooms - set(rooms):
                leave_room(channel_name(room, seat.language))
            for room in rooms:
                join_room(channel_name(room, seat.language))
            joined, seat.rooms = set(rooms) - seat.rooms, set(rooms)
            self.announcer.catch_up(_sid(), seat.language, rooms)
        self._tell_writing(joined)
        self._counts.set()
        self.tell_agents()
        return {"rooms": sorted(rooms), "seq": self.announcer.last}

    def focus(self, data: Any) -> None:
        """The tab shows a ticket: others see the face, the handling clock starts."""
        sid, seat = _sid(), self.presence.seat(_sid())
        number = _number(data, "ticket")
        if seat is None or number is None:
            return
        if seat.ticket == number and seat.session:
            return
        self.blur()
        with self.store.transaction() as work:
            agent = work.get(Agent, seat.agent)
            if agent is None:
                return
            ticket = find_ticket(work, Who.of(agent), number)
            seat.ticket, seat.session = number, f"{sid}-{time.time_ns()}"[:64]
            handling.start(work, Who.of(agent), seat.session, ticket)
        self._tell_viewing(number, sid)

    def beat(self, data: Any) -> None:
        """Still there; ``idle`` where nobody touched anything for a minute."""
        seat = self.presence.seat(_sid())
        number = _number(data, "ticket")
        if seat is None or not seat.session or number is None:
            return
        if number != seat.ticket:
            self.focus(data)
            return
        with self.store.transaction() as work:
            kept = handling.beat(work, seat.session, idle=bool(data.get("idle")))
        if not kept:  # the desk thought this tab dead: a new stay begins
            seat.session = ""
            self.focus(data)

    def blur(self, _data: Any = None) -> None:
        """The ticket is no longer on screen."""
        seat = self.presence.seat(_sid())
        if seat is not None:
            self._left(seat)

    def _left(self, seat: Seat) -> None:
        number, seat.ticket = seat.ticket, None
        session_id, seat.session = seat.session, ""
        if session_id:
            with self.store.transaction() as work:
                handling.end(work, session_id)
        if seat.signed:
            seat.writing, seat.signed = seat.writing | {"over": True}, 0
            self._tell_typing(seat)
        if number is not None:
            self._tell_viewing(number)

    def _tell_viewing(self, number: int, sid: str | None = None) -> None:
        """Everybody on the ticket hears who is; the tab that has just come may not be in its room yet."""
        seen = {"ticket": number, "agents": self.presence.viewing(number)}
        if sid is not None:
            self.socketio.emit("viewing", seen, to=sid)
        for language in LANGUAGES:
            self.socketio.emit("viewing", seen, to=channel_name(f"ticket:{number}", language))

    def _tell_writing(self, rooms: set[str]) -> None:
        """Who comes to a ticket while somebody writes in it hears so at once, not with the next sign."""
        sid = _sid()
        for room in rooms:
            kind, _, number = room.partition(":")
            for said in self.presence.writing(int(number), sid) if kind == "ticket" else []:
                self.socketio.emit("typing", said, to=sid)

    def _tell_typing(self, seat: Seat) -> None:
        for language in LANGUAGES:
            room = channel_name(f"ticket:{seat.writing['ticket']}", language)
            self.socketio.emit("typing", seat.writing, to=room, skip_sid=_sid())

    def typing(self, data: Any) -> None:
        """The others on the ticket see who writes; a visitor sees that somebody answers, never a note."""
        seat = self.presence.seat(_sid())
        number = _number(data, "ticket")
        # whoever has it on screen may begin to write before the room is theirs: both were asked for at once
        if seat is None or number is None or not (seat.ticket == number or f"ticket:{number}" in seat.rooms):
            return
        mode = "note" if data.get("mode") == "note" else "reply"
        said = {
            "ticket": number,
            "agent": {"id": seat.agent, "name": seat.name},
            "mode": mode,
            "kind": str(data.get("kind", ""))[:20],
        }
        over = bool(data.get("over"))
        seat.writing, seat.signed = said | {"over": over}, 0 if over else time.monotonic()
        self._tell_typing(seat)
        if mode == "reply" and not over and not data.get("still"):  # whoever only thinks is not writing to the visitor
            chat_telling.desk_types(self.socketio, self.store, number)

    def presence_said(self, data: Any) -> None:
        """Still here, or away from every tab: then others see it, until somebody touches one again."""
        seat = self.presence.seat(_sid())
        if seat is None:
            return
        seat.away = bool(isinstance(data, dict) and data.get("away"))
        away = self.presence.all_away(seat.agent)
        if away == (seat.agent in self._sent_away):
            return
        with self.store.transaction() as work:
            state = work.get_one(Agent, seat.agent).state
            if away and state == "online":
                people.set_state(work, seat.agent, "away")
                self._sent_away.add(seat.agent)
            elif not away:
                self._sent_away.discard(seat.agent)
                if state == "away":
                    people.set_state(work, seat.agent, "online")

    def disconnect(self, *_reason: Any) -> None:
        """A tab closed or its line broke."""
        seat = self.presence.leave(_sid())
        if seat is not None:
            self._left(seat)


def _sid() -> str:
    return str(request.sid)  # type: ignore[attr-defined]


def _number(data: Any, name: str) -> int | None:
    value = str(data.get(name, "")) if isinstance(data, dict) else ""
    return int(value) if value.isdigit() and len(value) < 16 else None


def attach(socketio: SocketIO, store: Store, stage: Stage, throttle: Throttle) -> Live:
    """Hangs the agents' and the visitors' namespaces in; ``Live.start`` belongs into the process that serves."""
    live = Live(socketio, store, stage)
    for name in ("hello", "focus", "beat", "blur", "typing"):
        socketio.on_event(name, _calm(getattr(live, name)))
    socketio.on_event("connect", live.connect)
    socketio.on_event("disconnect", live.disconnect)
    socketio.on_event("presence", _calm(live.presence_said))
    chat.attach(socketio, store, stage, throttle)
    return live


def _calm(handler: Any) -> Any:
    """A refusal on a socket is an answer, not a broken line."""

    def handle(data: Any = None) -> Any:
        try:
            return handler(data)
        except Problem as problem:
            return {"error": problem.detail}

    return handle
