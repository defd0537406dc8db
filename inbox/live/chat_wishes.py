"""What a visitor may wish for beside the talk: to say how it was, to have it by mail, to go on elsewhere."""

from __future__ import annotations

import json
import secrets
from typing import Any

from flask import request
from flask_socketio import SocketIO

from connectors.chat import arrival
from inbox import clock
from inbox.actions import handovers, journal, ratings, transcripts
from inbox.live.chat_lines import LINES
from inbox.live.chat_telling import NAMESPACE
from inbox.reading import sites
from inbox.rendering import Stage
from inbox.store import Channel, Store, Visitor
from inbox.throttle import Throttle, client

__all__ = ["Wishes", "sid_of_this"]

WISHES, TRANSCRIPTS = "20/hour", "3/hour"


def sid_of_this() -> str:
    """The socket that speaks."""
    return str(request.sid)  # type: ignore[attr-defined]


class Wishes:
    """The handlers for them, and what every handler needs."""

    def __init__(self, socketio: SocketIO, store: Store, stage: Stage, throttle: Throttle) -> None:
        self.socketio = socketio
        self.store = store
        self.stage = stage
        self.throttle = throttle

    def _address(self) -> str:
        return client(request.remote_addr, request.headers.get, proxied=bool(self.store.settings.public_url))

    def rate(self, data: dict[str, Any]) -> dict[str, Any]:
        """The visitor's rating, journalled like everything they say."""
        line = LINES.by_sid.get(sid_of_this())
        if line is None or not line.digest:
            return {"error": "line"}
        self.throttle.hit(WISHES, "chat rating", line.visitor)
        score, survey = data.get("score"), str(data.get("survey", ""))[:80]
        if type(score) is not int or not 1 <= score <= 5 or not survey:
            return {"error": "invalid"}
        told = {"survey": survey, "score": score, "comment": str(data.get("comment", ""))[:1000]}
        frame = json.dumps({"type": "rating", "id": secrets.token_hex(8), **told}).encode()
        with self.store.transaction() as work:
            channel = work.get_one(Channel, line.channel)
            entry = journal.keep(work, channel, arrival(line.visitor, frame, clock.now()))
            return {"journal": entry.id}

    def transcript(self, data: dict[str, Any]) -> dict[str, Any]:
        """Sends what was said to the address that the visitor types."""
        line = LINES.by_sid.get(sid_of_this())
        if line is None or not line.digest:
            return {"error": "line"}
        self.throttle.hit(TRANSCRIPTS, "chat transcript", line.visitor)
        self.throttle.hit(WISHES, "chat transcript", self._address())
        with self.store.transaction() as work:
            config = sites.site(work, line.channel)
            if not config.transcript:
                return {"error": "forbidden"}
            visitor = work.get_one(Visitor, line.digest)
            language = visitor.language or config.languages[0]
            transcripts.send(work, visitor, config.title, language, str(data.get("address", "")))
        return {"ok": True}

    def elsewhere(self, data: dict[str, Any]) -> dict[str, Any]:
        """A link on which the talk goes on by another channel of the desk."""
        line = LINES.by_sid.get(sid_of_this())
        if line is None or not line.digest:
            return {"error": "line"}
        self.throttle.hit(WISHES, "chat elsewhere", line.visitor)
        with self.store.transaction() as work:
            visitor = work.get_one(Visitor, line.digest)
            config = sites.site(work, line.channel)
            return {"url": handovers.link(work, visitor, config, str(data.get("kind", "")))}

    def ask(self, sid: str, ticket: int, survey: str) -> None:
        """Asks a page for a rating; once it shows the question, the survey counts as sent."""

        def shown_there(*_answer: Any) -> None:
            self.store.write(lambda work: ratings.asked(work, ticket, survey))  # two pages may say so at once

        self.socketio.emit("rate", {"survey": survey}, to=sid, namespace=NAMESPACE, callback=shown_there)
