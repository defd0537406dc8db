"""The web chat on other people's sites: its loader, its settings for allowed origins, the iframe, a page to try."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from flask import Blueprint, Response, current_app, jsonify, render_template, request
from flask_babel import force_locale

from connectors.chat import ChatConfig
from inbox import clock
from inbox.actions import handovers, transcripts, uploads, visitors
from inbox.errors import Forbidden, Problem
from inbox.reading import sites
from inbox.reading.pages import WidgetFrame, WidgetTry
from inbox.rendering import asset
from inbox.throttle import Throttle
from inbox.web.channels import SCRIPT
from inbox.web.gate import address, store

__all__ = ["blueprint"]

blueprint = Blueprint("widget", __name__)
#: How long a site keeps the loader: its name carries no hash, so a new one has to come soon.
LOADER_KEPT = "public, max-age=600"
COLOUR = re.compile(r"#[0-9a-fA-F]{6}")
FILES = "30/10 minutes"
THEMES = ("light", "dark", "auto")


@blueprint.get("/widget.js")
def loader() -> Response:
    """The loader, for any site: what it may do there is decided by the request for its settings."""
    response = Response(_built("widget-loader.js"), content_type="text/javascript; charset=utf-8")
    response.headers["Cache-Control"] = LOADER_KEPT
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    response.add_etag()
    response.make_conditional(request)
    return response


def _built(name: str) -> bytes:
    return (Path(current_app.static_folder or "") / asset(name).removeprefix("/static/")).read_bytes()


@blueprint.get("/widget/<site>/config")
def config(site: str) -> Response:
    """How the chat looks, told to allowed sites only; a page of this desk (no ``Origin``) may read it too."""
    origin = request.headers.get("Origin")
    with store().reading() as work:
        chat = sites.site(work, site)
        online = sites.online(work, site, chat)
    if origin is not None and not (_own(origin) or chat.allows(origin)):
        response = Response("this chat is not allowed on this site\n", 403, content_type="text/plain; charset=utf-8")
    else:
        says = [each.as_dict() for each in chat.greets] if online else []
        more = {"greetings": says, "consent": bool(chat.consent)} if says else {}
        response = jsonify(
            **more,
            title=chat.title,
            colour=chat.colour,
            greeting=chat.greeting,
            online=online,
            languages=list(chat.languages),
            position=chat.position,
            style=_built("widget-launcher.css").decode(),
        )
        if origin is not None:
            response.headers["Access-Control-Allow-Origin"] = origin
    response.vary.add("Origin")
    return response


def _own(origin: str) -> bool:
    return origin in {request.host_url.rstrip("/"), store().settings.base_url}


@blueprint.get("/widget/<site>")
def frame(site: str) -> Response:
    """The chat itself, in an iframe of the allowed sites."""
    with store().reading() as work:
        chat = sites.site(work, site)
        stands = sites.standing(work, site, chat)
        back = sites.local(work, stands.opens) if stands.opens is not None else None
        today = sites.local(work, clock.now()).date()
        page = WidgetFrame(
            site=site,
            title=chat.title,
            colour=_colour(chat),
            lang=_language(chat),
            greeting=chat.greeting,
            online=stands.online,
            wait_min=int(stands.wait.total_seconds()) // 60 if stands.wait is not None else 0,
            back=back,
            back_today=back is not None and back.date() == today,
            theme=request.args["theme"] if request.args.get("theme") in THEMES else "light",
            offline_note=chat.offline_note,
            ask_email=chat.ask_email,
            privacy_url=chat.privacy_url,
            consent=chat.consent,
            before=chat.before,
            topics=chat.topics,
            quick=chat.quick,
            elsewhere=tuple(handovers.ways(work, chat)),
            file_mb=chat.file_mb if chat.files else 0,
            transcript=chat.transcript and transcripts.mailbox(work) is not None,
        )
    response = _document("widget/frame.html", page)
    response.headers["Content-Security-Policy"] = _policy(f"{chat.frame_ancestors} 'self'")
    return response


@blueprint.post("/widget/<site>/files")
def upload(site: str) -> Response:
    """Takes a visitor's file in: the body is the file, ``?name=`` what it is called, the bearer the session's token."""
    throttle: Throttle = current_app.extensions["throttle"]
    try:
        if request.headers.get("Origin") is not None and not _own(request.headers["Origin"]):
            msg = "only the chat itself sends files here"
            raise Forbidden(msg)
        throttle.hit(FILES, "chat file", address())
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        with store().transaction() as work:
            chat = sites.site(work, site)
            limit = chat.file_mb * 2**20
            whose = visitors.may_send_files(work, site, chat, token, agreed=request.headers.get("X-Consent") == "1")
            throttle.hit(FILES, "chat file", whose)
            data = request.stream.read(limit + 1)
            row = uploads.keep(work, whose, request.args.get("name", ""), data, limit)
            answer = {"id": row.id, "name": row.name, "bytes": row.size, "content_type": row.content_type}
    except Problem as problem:
        return Response(json.dumps({"error": problem.type}), problem.status, content_type="application/json")
    return Response(json.dumps(answer), 201, content_type="application/json")


@blueprint.get("/widget/<site>/try", endpoint="try")
def try_it(site: str) -> Response:
    """A page of no site in particular, with the chat on it."""
    with store().reading() as work:
        chat = sites.site(work, site)
    snippet = SCRIPT.format(base=store().settings.base_url, site=site)
    return _document("widget/try.html", WidgetTry(site, chat.title, _colour(chat), _language(chat), snippet))


def _document(template: str, page: WidgetFrame | WidgetTry) -> Response:
    with force_locale(page.lang):
        return Response(render_template(template, page=page), content_type="text/html; charset=utf-8")


def _policy(ancestors: str) -> str:
    """What the iframe may do: our own files and our own line, and be shown where the owner said."""
    host = urlsplit(store().settings.base_url).netloc
    return (
        "default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self'; img-src 'self' data: blob:;"
        f" connect-src 'self' ws://{host} wss://{host}; base-uri 'none'; form-action 'none'; object-src 'none';"
        f" frame-ancestors {ancestors}"
    )


def _colour(chat: ChatConfig) -> str:
    wanted = request.args.get("color", "")
    return wanted if COLOUR.fullmatch(wanted) else chat.colour


def _language(chat: ChatConfig) -> Any:
    """What the page asks for, else what the browser does, else the site's first language."""
    wanted = request.args.get("lang", "")
    if wanted in chat.languages:
        return wanted
    return request.accept_languages.best_match(chat.languages) or chat.languages[0]
