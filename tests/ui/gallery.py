"""The agent's pages behind an HTTP server on loopback, so that a browser can look at them."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from flask import Response, render_template, request, send_from_directory
from werkzeug.serving import make_server

from inbox.reading import parts
from tests.ui import samples, samples_views, stage

__all__ = ["STATES", "serving"]

#: Name → address and what is pressed before the picture.
STATES: dict[str, tuple[str, str]] = {
    "inbox": ("/tickets/4821", ""),
    "list": ("/tickets", ""),
    "empty": ("/tickets?empty=1", ""),
    "search": ("/search", ""),
    "search-empty": ("/search?none=1", ""),
    "palette": ("/tickets/4821", "Control+k"),
    "shortcuts": ("/tickets/4821", "?"),
    "assign": ("/tickets/4821", "a"),
    "resolve": ("/tickets/4821", "e"),
    "tags": ("/tickets/4821", "t"),
    "channel": ("/tickets/4821", "v"),
    "note": ("/tickets/4821", "n"),
    "canned": ("/tickets/4821", "r /"),
    "mention": ("/tickets/4821", "n @"),
    "overtaken": ("/tickets/4821?moved=1", ""),
    "failed": ("/tickets/4821?failed=1", ""),
    "bulk": ("/tickets", "j x"),
    "mail": ("/tickets/4821?mail=1", ""),
    "filtered": ("/tickets?filtered=1", ""),
    "bulk-running": ("/tickets?running=1", ""),
    "bulk-done": ("/tickets?settled=1", ""),
}


def _frame() -> dict[str, Any]:
    language = request.args.get("lang", "en")
    return {
        "desk": samples.desk(language), "me": samples.me, "sidebar": samples.sidebar, "rooms": (),
        "directory": samples.directory,
    }  # fmt: skip


def _index() -> str:
    inbox = samples.empty_inbox if request.args.get("empty") else replace(samples.inbox, next=None)
    inbox = samples_views.filtered if request.args.get("filtered") else inbox
    inbox = replace(inbox, next="more") if request.args.get("more") else inbox
    for state in ("running", "settled"):
        inbox = replace(inbox, bulk=getattr(samples_views, state)) if request.args.get(state) else inbox
    return render_template("tickets/index.html", **_frame(), inbox=inbox, thread=None, panel=None)


def _show(id: int) -> str:
    del id
    thread = samples.thread
    if request.args.get("moved"):
        thread = replace(thread, composer=replace(thread.composer, moved=samples.moved, text="Subito!"))
    if request.args.get("failed"):
        broken = parts.DeliveryView("failed", reason="The number does not exist.", may_retry=True)
        late = parts.DeliveryView("queued", next_at=samples.at("09:40"), attempts=2, reason="No answer.")
        leg = samples.telegram_leg
        messages = (
            replace(leg.messages[1], delivery=broken), replace(leg.messages[1], key="300", id=300, delivery=late),
        )  # fmt: skip
        thread = replace(thread, items=(*thread.items, replace(leg, messages=messages)), unread_from=300)
    if request.args.get("mail"):
        whole = replace(samples.mail_leg.messages[0], frame=True, original=False)
        thread = replace(thread, items=(replace(samples.mail_leg, messages=(whole, *samples.mail_leg.messages)),))
    return render_template(
        "tickets/index.html", **_frame(), inbox=replace(samples.inbox, next=None), thread=thread, panel=samples.panel
    )


def _mail(id: int) -> Response:
    lines = "".join(f"<p>Riga {n} della mail numero {id}.</p>" for n in range(20))
    page = f"<!doctype html><html lang=it><title>mail</title><body>{lines}</body></html>"
    return Response(page, headers={"Content-Security-Policy": "default-src 'none'; frame-ancestors 'self'"})


def _search() -> str:
    page = parts.SearchPage("") if request.args.get("none") else samples.search
    around = {**_frame(), "sidebar": replace(samples.sidebar, current="search")}
    if request.args.get("palette"):
        return render_template("search/results.html", **around, results=samples.results)
    return render_template("search/index.html", **around, page=page)


@contextmanager
def serving() -> Iterator[str]:
    """The address of the stage while it is up."""
    app = stage.application("en")
    app.view_functions.update(
        {
            "tickets.index": _index,
            "tickets.show": _show,
            "search.index": _search,
            "messages.view": _mail,
            "bulk.count": lambda: Response("1240"),
            "tickets.rows": lambda: Response(status=503),
        }
    )
    sources = stage.ROOT / "inbox" / "web" / "assets"
    app.add_url_rule("/assets/<path:name>", "assets", lambda name: send_from_directory(sources, name))
    app.add_url_rule("/blank", "blank", lambda: Response("<!doctype html><title>blank</title>"))
    server = make_server("127.0.0.1", 0, app, threaded=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
