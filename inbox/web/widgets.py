"""The web chat on other people's sites: its loader, its settings for allowed origins, the iframe, a page to try."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from flask import Blueprint, Response, current_app, jsonify, render_template, request
from flask_babel import force_locale

from connectors.chat import ChatConfig
from inbox.reading import sites
from inbox.reading.pages import WidgetFrame, WidgetTry
from inbox.rendering import asset
from inbox.web.channels import SCRIPT
from inbox.web.gate import store

__all__ = ["blueprint"]

blueprint = Blueprint("widget", __name__)
#: How long a site keeps the loader: its name carries no hash, so a new one has to come soon.
LOADER_KEPT = "public, max-age=600"
COLOUR = re.compile(r"#[0-9a-fA-F]{6}")
THEMES = ("light", "dark", "auto")


@blueprint.get("/widget.js")
def loader() -> Response:
    """The loader, for any site: what it may do there is decided by the request for its settings."""
    path = Path(current_app.static_folder or "") / asset("widget-loader.js").removeprefix("/static/")
    response = Response(path.read_bytes(), content_type="text/javascript; charset=utf-8")
    response.headers["Cache-Control"] = LOADER_KEPT
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    response.add_etag()
    response.make_conditional(request)
    return response


@blueprint.get("/widget/<site>/config")
def config(site: str) -> Response:
    """How the chat looks, told to allowed sites only; a page of this desk (no ``Origin``) may read it too."""
    origin = request.headers.get("Origin")
    with store().reading() as work:
        chat = sites.site(work, site)
        online = sites.online(work)
    if origin is not None and not (_own(origin) or chat.allows(origin)):
        response = Response("this chat is not allowed on this site\n", 403, content_type="text/plain; charset=utf-8")
    else:
        response = jsonify(
            title=chat.title,
            colour=chat.colour,
            greeting=chat.greeting,
            online=online,
            languages=list(chat.languages),
            position=chat.position,
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
        page = WidgetFrame(
            site=site,
            title=chat.title,
            colour=_colour(chat),
            lang=_language(chat),
            greeting=chat.greeting,
            online=sites.online(work),
            theme=request.args["theme"] if request.args.get("theme") in THEMES else "light",
            offline_note=chat.offline_note,
            ask_email=chat.ask_email,
            privacy_url=chat.privacy_url,
        )
    response = _document("widget/frame.html", page)
    response.headers["Content-Security-Policy"] = _policy(f"{chat.frame_ancestors} 'self'")
    return response


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
