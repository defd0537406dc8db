"""The announcer: reads the committed log and tells this process's own sockets; a crash loses nothing."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable

from flask_socketio import SocketIO
from sqlalchemy import func, select

from inbox import killpoints, logs
from inbox.live import chat_telling, pushes
from inbox.live.rooms import channel_name
from inbox.rendering import LANGUAGES, Stage
from inbox.store import Event, Store, Work
from inbox.store.watch import Watch

__all__ = ["MOST", "Announcer"]

log = logs.get(__name__)
MOST = 300  # a gap over so many events is refetched, not replayed
BATCH = 500


class Announcer:
    """Tails the log from where it stands now. ``listening`` says which rooms have anybody in them."""

    def __init__(self, socketio: SocketIO, store: Store, stage: Stage, after: Callable[[list[Event]], None]) -> None:
        self.socketio = socketio
        self.store = store
        self.stage = stage
        self.after = after
        self.last = 0
        #: Held while telling: who joins a room is caught up first and misses nothing in between.
        self.turn = threading.RLock()
        self._watch = Watch(store)

    def run(self) -> None:
        """Runs until the process ends."""
        self.last = self._end()
        while True:
            self._watch.wait(1.0)
            try:
                while self.tell():
                    pass
            except Exception:
                log.exception("announcing failed", after=self.last)
                time.sleep(1)

    def _end(self) -> int:
        while True:
            try:
                return self.store.last_seq()
            except Exception:
                log.exception("no database yet")
                time.sleep(1)

    def tell(self) -> bool:
        """Tells what is new; True where there may be more."""
        with self.turn, self.store.reading() as work:
            events = work.scalars(select(Event).where(Event.seq > self.last).order_by(Event.seq).limit(BATCH)).all()
            if not events:
                return False
            killpoints.reach("before_announcement")
            for room, push in pushes.plan(work, events).items():
                self._emit(work, room, push)
            chat_telling.tell(self.socketio, work, events)
            self.last = events[-1].seq
        self.after(list(events))
        return len(events) == BATCH

    def _emit(self, work: Work, room: str, push: pushes.Push) -> None:
        for language in LANGUAGES:
            name = channel_name(room, language)
            if not self.listening(name):
                continue
            html = pushes.draw(work, self.stage, push, language)
            if html:
                self.socketio.emit("push", {"seq": push.seq, "room": room, "html": html}, to=name)

    def listening(self, name: str) -> bool:
        """Whether anybody of this process is in a room."""
        server = self.socketio.server
        members = server.manager.rooms.get("/", {}) if server is not None else {}
        return bool(members.get(name))

    def catch_up(self, sid: str, language: str, seen: dict[str, int]) -> None:
        """Tells one socket what its rooms missed since ``seen``; ``reload`` where that is too much. Within the turn."""
        with self.store.reading() as work:
            oldest = min(seen.values(), default=self.last)
            missed = work.scalar(
                select(func.count()).where(Event.seq > oldest, Event.seq <= self.last, Event.kind.not_like("handle.%"))
            )
            if not missed:
                return
            if missed > MOST:
                for room in seen:
                    self.socketio.emit("reload", {"room": room, "seq": self.last}, to=sid)
                return
            events = work.scalars(
                select(Event).where(Event.seq > oldest, Event.seq <= self.last).order_by(Event.seq)
            ).all()
            for room, since in seen.items():
                push = pushes.plan(work, _after(events, since)).get(room)
                html = pushes.draw(work, self.stage, push, language) if push is not None else ""
                if push is not None and html:
                    self.socketio.emit("push", {"seq": push.seq, "room": room, "html": html}, to=sid)


def _after(events: Iterable[Event], since: int) -> list[Event]:
    return [event for event in events if event.seq > since]
