"""The desk as an app on a phone or a computer: manifest, service worker, and the page that is shown offline."""

from __future__ import annotations

import json
from functools import cache

from flask import Blueprint, Response, render_template, url_for
from flask_babel import gettext as _
from flask_babel import pgettext

from inbox.reading import desk
from inbox.rendering import STATIC, asset
from inbox.web.gate import locale, store

__all__ = ["blueprint"]

blueprint = Blueprint("pwa", __name__)
#: What the offline page is drawn with; every name holds its hash.
KEPT = ("app.css", "pages.css", "theme.js", "icon.svg", "sprite.svg", "inter.woff2")
TINT, PAPER = "#0b6e75", "#f4f3ef"
ICONS = (("icon-192.png", 192, "any"), ("icon-512.png", 512, "any"), ("mask-512.png", 512, "maskable"))


@blueprint.get("/manifest.webmanifest")
def manifest() -> Response:
    """What the desk is called and looks like when it is installed."""
    with store().reading() as work:
        name, language = desk.desk(work).name, locale()
    start = url_for("tickets.index")
    shortcuts = ((pgettext("view", "My inbox"), "mine"), (_("Unassigned"), "unassigned"))
    told = {
        "id": start,
        "name": name,
        "short_name": name[:12].strip(),
        "description": _("Every customer's message at one desk."),
        "lang": language,
        "start_url": start,
        "scope": url_for("tickets.home"),
        "display": "standalone",
        "background_color": PAPER,
        "theme_color": TINT,
        "icons": [
            {"src": asset(icon), "sizes": f"{size}x{size}", "type": "image/png", "purpose": purpose}
            for icon, size, purpose in ICONS
        ],
        "shortcuts": [{"name": words, "url": url_for("tickets.index", view=view)} for words, view in shortcuts],
    }
    return Response(json.dumps(told, ensure_ascii=False), content_type="application/manifest+json; charset=utf-8")


@cache
def _program() -> str:
    return (STATIC / asset("worker.js").rpartition("/")[2]).read_text()


@blueprint.get("/service-worker.js")
def worker() -> Response:
    """The service worker, from where its scope is the whole desk; it changes with what it keeps."""
    told = {
        "offline": url_for("pwa.offline", lang=locale()),
        "keep": [asset(name) for name in KEPT],
        "icon": asset("icon-192.png"),
        "badge": asset("badge-96.png"),
        "mine": url_for("profile.notices"),
        "device": url_for("profile.device"),
    }
    text = f"self.desk = {json.dumps(told)};\n{_program()}"
    answer = Response(text, content_type="text/javascript; charset=utf-8")
    answer.headers["Cache-Control"] = "no-cache"
    return answer


@blueprint.get("/offline")
def offline() -> str:
    """The page that stands in while the desk cannot be reached; nothing of whoever asks for it is in it."""
    with store().reading() as work:
        return render_template("errors/offline.html", desk=desk.desk(work, locale()))
