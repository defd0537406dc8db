"""A desk that only chats: the widget's addresses and its Socket.IO namespace in memory, and a strict host site."""

from __future__ import annotations

import itertools
import secrets
import threading
from dataclasses import replace
from typing import Any

from flask import Flask, Response, jsonify, render_template, request
from flask_socketio import SocketIO
from werkzeug.serving import make_server

from inbox import clock
from tests.ui import samples_pages, stage, stage_pages

SITE = samples_pages.frame.site

#: A site that lets nobody in but the desk, and whose own style sheet is hostile to whatever it does not know.
HOST = """<!doctype html><html lang="{lang}"><head><meta charset="utf-8"><title>Bottega</title>
<meta name="viewport" content="width=device-width,initial-scale=1">
<link rel="stylesheet" href="/host.css"></head><body><h1>Bottega</h1><a href="#other">a link</a>
<script async src="{desk}/widget.js" data-site="{site}" data-color="#f5c518"></script></body></html>"""
HOSTILE = "*{color:red!important;font-size:40px} button{display:none!important} div,iframe{position:static!important}"


class ChatDesk:
    """What the desk heard, and ways to speak as it. ``url`` is the desk's address, ``host`` the site's."""

    def __init__(self) -> None:
        self.online = True
        self.refuse_lines = False
        self.greetings: list[dict[str, Any]] = []
        self.sent: list[dict[str, Any]] = []
        self.talks: dict[str, list[dict[str, Any]]] = {}
        self.emails: list[str] = []
        self.taken: list[int] = []
        self.read: list[int] = []
        self.sids: dict[str, str] = {}
        self.numbers = itertools.count(1)
        self.app = stage_pages.application()
        self.socketio = SocketIO(self.app, async_mode="threading", cors_allowed_origins=None)
        self._pages()
        self._namespace()
        self.server = make_server("127.0.0.1", 0, self.app, threaded=True)
        self.url = f"http://127.0.0.1:{self.server.port}"
        self.host_server = make_server("127.0.0.1", 0, self._host(), threaded=True)
        self.host = f"http://localhost:{self.host_server.port}"
        self.near = f"http://127.0.0.1:{self.host_server.port}"
        for each in (self.server, self.host_server):
            threading.Thread(target=each.serve_forever, daemon=True).start()

    def close(self) -> None:
        """Ends both servers."""
        self.server.shutdown()
        self.host_server.shutdown()

    def say(self, text: str, html: str | None = None) -> None:
        """An answer to every visitor who wrote."""
        for token, talk in self.talks.items():
            message = self._message(text, "desk") | {"name": "Marta", "html": html}
            talk.append(message)
            for sid, whose in list(self.sids.items()):
                if whose == token:
                    self.socketio.emit("message", message, to=sid, namespace="/chat", callback=self._took)

    def cut(self) -> None:
        """Every line breaks as if the network had gone."""
        for socket in list(self.socketio.server.eio.sockets.values()):
            socket.close(wait=False, abort=True)

    def _took(self, answer: dict[str, Any]) -> None:
        self.taken.append(answer["id"])

    def _message(self, text: str, of: str, client_id: str | None = None) -> dict[str, Any]:
        number = next(self.numbers)
        at = clock.iso(clock.now())
        return {
            "id": number, "client_id": client_id, "from": of, "name": "", "text": text, "html": None, "at": at,
            "state": "delivered", "attachments": [],
        }  # fmt: skip

    def _pages(self) -> None:
        app = self.app
        loader = stage.asset("widget-loader.js").removeprefix("/static/")
        app.view_functions["widget.loader"] = lambda: app.send_static_file(loader)

        @app.get("/widget/<site>/config")
        def config(site: str) -> Response:
            answer = jsonify(
                title="Bottega Ventura", colour="#7a4a22", greeting="", online=self.online, languages=["it", "en"],
                position="right", greetings=self.greetings,
                style=(stage.STATIC / stage.asset("widget-launcher.css").removeprefix("/static/")).read_text(),
            )  # fmt: skip
            if site == SITE and request.headers.get("Origin") in {self.host, self.near}:
                answer.headers["Access-Control-Allow-Origin"] = request.headers["Origin"]
            return answer

        @app.get("/widget/<site>")
        def frame(site: str) -> str:
            page = replace(samples_pages.frame, site=site, online=self.online, lang=request.args["lang"])
            page = replace(page, colour=request.args.get("color", page.colour), theme=request.args["theme"])
            return render_template("widget/frame.html", page=page)

        def policy(answer: Response) -> Response:
            if request.path.startswith("/widget/"):
                answer.headers["Content-Security-Policy"] = (
                    f"default-src 'self'; script-src 'self'; style-src 'self'; frame-ancestors {self.host} {self.near}"
                )
            return answer

        app.after_request_funcs.setdefault(None, []).insert(0, policy)

    def _host(self) -> Flask:
        host = Flask("host")

        @host.get("/host.css")
        def css() -> Response:
            return Response(HOSTILE, mimetype="text/css")

        @host.get("/")
        def page() -> Response:
            body = HOST.format(desk=self.url, site=request.args.get("site", SITE), lang=request.args.get("lang", "en"))
            policy = f"default-src 'none'; style-src 'self'; script-src {self.url}; connect-src {self.url}"
            return Response(body, headers={"Content-Security-Policy": f"{policy}; frame-src {self.url}"})

        return host

    def _namespace(self) -> None:
        for name in ("connect", "disconnect", "hello", "send", "email", "read"):
            self.socketio.on_event(name, getattr(self, f"_{name}"), namespace="/chat")

    def _connect(self) -> bool | None:
        return False if self.refuse_lines else None

    def _disconnect(self, *_why: Any) -> None:
        self.sids.pop(_sid(), None)

    def _hello(self, said: dict[str, Any]) -> dict[str, Any]:
        token = said.get("token", "")
        if token in self.talks:
            self.sids[_sid()] = token
        return {"online": self.online, "messages": self.talks.get(token, [])}

    def _send(self, said: dict[str, Any]) -> dict[str, Any]:
        token = self.sids.setdefault(_sid(), said.get("token") or secrets.token_hex(8))
        talk = self.talks.setdefault(token, [])
        if all(each["client_id"] != said["client_id"] for each in talk):
            talk.append(self._message(said["text"], "you", said["client_id"]))
        self.sent.append(said)
        return {"token": token}

    def _email(self, said: dict[str, Any]) -> dict[str, Any]:
        self.emails.append(said["address"])
        return {"ok": True}

    def _read(self, said: dict[str, Any]) -> None:
        self.read.append(said["id"])


def _sid() -> str:
    return str(request.sid)  # type: ignore[attr-defined]
