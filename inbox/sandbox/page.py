"""The page on which a person plays the customer, on each channel, and orders bad days."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from werkzeug.datastructures import FileStorage
from werkzeug.routing import Rule
from werkzeug.wrappers import Request, Response

from inbox.sandbox.acting import Actor
from inbox.sandbox.control import Control
from inbox.sandbox.files import Upload, listed
from inbox.sandbox.messenger.acts import MessengerActor
from inbox.sandbox.people import PEOPLE, known_by
from inbox.sandbox.stage import Stage
from inbox.sandbox.web import route
from inbox.sandbox.words import LANGUAGES, words

__all__ = ["Page"]

_FOLDER = Path(__file__).parent / "pages"
_CHANNELS = ("email", "sms", "telegram", "messenger")
_PLACES = {
    "play": "/",
    "shop": "/shop",
    "write": "/play",
    "fault": "/play/fault",
    "clear": "/play/clear",
    "conversation": "/play/conversation",
    "style": "/play/sandbox.css",
    "script": "/play/sandbox.js",
    "file": "/sandbox/files/",
}
_STATIC = {"sandbox.css": "text/css", "sandbox.js": "text/javascript"}
_POLICY = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; "
_HEADERS = {
    "Content-Security-Policy": _POLICY + "form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}
# The buttons: what each orders, and the channels that have it.
_ORDERS: dict[str, tuple[dict[str, Any], tuple[str, ...]]] = {
    "slow": ({"kind": "slow", "seconds": 8}, _CHANNELS),
    "break_after_accept": ({"kind": "break_after_accept"}, _CHANNELS),
    "break_before_accept": ({"kind": "break_before_accept"}, _CHANNELS),
    "error": ({"kind": "error"}, _CHANNELS),
    "busy": ({"kind": "error", "status": 429, "seconds": 5}, ("sms", "telegram", "messenger")),
    "undeliverable": ({"kind": "error", "op": "delivery"}, ("email", "sms")),
    "repeat": ({"kind": "repeat"}, ("sms", "telegram", "messenger")),
    "reorder": ({"kind": "reorder", "count": 2, "seconds": 20}, ("sms", "telegram", "messenger")),
    "drop_callback": ({"kind": "drop_callback"}, ("sms", "messenger")),
    "late_price": ({"kind": "late_price", "seconds": 30}, ("sms",)),
}


class Page:
    """Plain HTML; a small script only saves the reader from reloading."""

    def __init__(self, stage: Stage, actors: dict[str, Actor], control: Control) -> None:
        self._stage = stage
        self._actors = actors
        self._control = control
        self._templates = Environment(
            loader=FileSystemLoader(_FOLDER),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._templates.globals["url_for"] = _PLACES.__getitem__

    def rules(self) -> list[Rule]:
        """Where the page lies."""
        return [
            route("/", self._show),
            route("/play", self._write, "POST"),
            route("/play/conversation", self._part),
            route("/play/fault", self._order, "POST"),
            route("/play/clear", self._clear, "POST"),
            route("/play/<name>", self._static),
            route("/shop", self._shop),
            route("/favicon.ico", lambda _request: Response(status=204)),
        ]

    # --- showing --------------------------------------------------------------------------------------------------

    def _place(self, values: Any) -> tuple[str, str]:
        """Channel and customer's address of a request."""
        channel = values.get("channel", "")
        channel = channel if channel in self._actors else _CHANNELS[0]
        return channel, values.get("who", "").strip() or PEOPLE[0].address(channel)

    def _language(self, request: Request) -> str:
        asked = request.values.get("lang") or request.cookies.get("lang", "")
        return asked if asked in LANGUAGES else (request.accept_languages.best_match(LANGUAGES) or "en")

    def _context(self, request: Request) -> dict[str, Any]:
        channel, who = self._place(request.args)
        language, actor = self._language(request), self._actors[channel]
        person = known_by(channel, who)
        if isinstance(actor, MessengerActor) and actor.unread(who):
            actor.acts()["read"]({"from": who, "wait": 0})
        chats = [item for item in self._control.desk.get("channels", []) if item.get("kind") == "chat"]
        return {
            "t": words(language),
            "lang": language,
            "channels": _CHANNELS,
            "channel": channel,
            "who": who,
            "name": person.name if person else who,
            "bubbles": actor.conversation(who),
            "people": PEOPLE,
            "person": person or PEOPLE[0],
            "others": self._others(actor),
            "orders": [name for name, (_, where) in _ORDERS.items() if channel in where],
            "open": self._stage.faults.open(),
            "note": request.args.get("note", ""),
            "desk_url": self._control.desk.get("desk_url", ""),
            "has_shop": bool(chats),
            "link": lambda **query: "/?" + urlencode(query),
        }

    def _others(self, actor: Actor) -> list[str]:
        """Addresses that are in use and belong to none of the invented people."""
        used = {entry["from"] for entry in actor.ledger.entries("received")}
        used |= {entry["to"] for entry in actor.ledger.entries("accepted")}
        return sorted(address for address in used if address and not known_by(actor.provider, address))

    def _show(self, request: Request) -> Response:
        context = self._context(request)
        html = self._templates.get_template("play.html").render(context)
        response = Response(html, content_type="text/html; charset=utf-8", headers=_HEADERS)
        response.set_cookie("lang", context["lang"], samesite="Strict", httponly=True)
        return response

    def _part(self, request: Request) -> Response:
        html = self._templates.get_template("_conversation.html").render(self._context(request))
        return Response(html, content_type="text/html; charset=utf-8", headers=_HEADERS)

    def _static(self, _request: Request, name: str) -> Response:
        if name not in _STATIC:
            return Response("not here", 404)
        return Response((_FOLDER / name).read_bytes(), content_type=f"{_STATIC[name]}; charset=utf-8", headers=_HEADERS)

    def _shop(self, request: Request) -> Response:
        """A page of somebody's site with the widget on it; like any such page it has no policy of ours."""
        desk = self._control.desk
        chats = [item for item in desk.get("channels", []) if item.get("kind") == "chat"]
        language = self._language(request)
        html = self._templates.get_template("shop.html").render(
            t=words(language), lang=language, desk_url=desk.get("desk_url", ""), site=chats[0]["site"] if chats else ""
        )
        return Response(html, content_type="text/html; charset=utf-8")

    # --- acting ---------------------------------------------------------------------------------------------------

    def _write(self, request: Request) -> Response:
        channel, who = self._place(request.form)
        file: FileStorage | None = request.files.get("file")
        files = []
        if file and file.filename:
            files = listed([Upload(file.filename, file.mimetype or "application/octet-stream", file.read())])
        text = request.form.get("text", "").replace("\r\n", "\n")
        order: dict[str, Any] = {"from": who, "text": text, "files": files, "wait": 3}
        subject = request.form.get("subject", "").strip()
        if channel == "email":
            order |= {"subject": subject} if subject else {"answers": "last"}
        try:
            done = self._actors[channel].acts()["receive"](order)
        except ValueError as error:
            return self._back(channel, who, str(error))
        return self._back(channel, who, self._note(words(self._language(request)), channel, done.get("delivery")))

    def _note(self, t: dict[str, str], channel: str, delivery: dict[str, Any] | None) -> str:
        """One sentence on what the desk said."""
        if channel == "email":
            return t["stored"]
        if delivery is None:
            return t["untold"]
        if delivery["status"] is None:
            return t["unreached"].format(error=delivery["error"])
        return t["told"].format(status=delivery["status"])

    def _order(self, request: Request) -> Response:
        channel, who = self._place(request.form)
        name = request.form.get("order", "")
        order, where = _ORDERS.get(name, ({}, ()))
        if channel not in where:
            return self._back(channel, who, "")
        fault = {"provider": channel} | order
        if name == "error" and channel == "email":
            fault |= {"status": 451, "code": "4.3.0"}
        self._stage.faults.add(fault)
        t = words(self._language(request))
        return self._back(channel, who, t["ordered"].format(fault=t[name]))

    def _clear(self, request: Request) -> Response:
        channel, who = self._place(request.form)
        self._stage.faults.clear()
        return self._back(channel, who, "")

    def _back(self, channel: str, who: str, note: str) -> Response:
        query = {"channel": channel, "who": who} | ({"note": note} if note else {})
        return Response(status=303, headers={"Location": "/?" + urlencode(query)})
