"""The gate of the agent's pages: who is signed in, in which language, and what a refusal looks like."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from functools import wraps
from typing import Any, ParamSpec

from flask import Flask, Response, current_app, g, jsonify, redirect, render_template, request, session, url_for
from flask_babel import gettext as _
from flask_wtf.csrf import CSRFError
from sqlalchemy import func, select
from werkzeug.exceptions import HTTPException

from inbox import logs
from inbox.actions import desk as desk_settings
from inbox.actions import people
from inbox.actions.who import Who, require
from inbox.errors import Busy, NotFound, Problem, Unavailable, Withheld
from inbox.reading import desk
from inbox.reading.pages import ErrorPage
from inbox.reading.parts import Room
from inbox.rendering import LANGUAGES
from inbox.store import Agent, Event, Store, Work
from inbox.throttle import client
from inbox.web.wording import worded

__all__ = ["Reply", "address", "frame", "guard", "locale", "page", "right", "store", "timezone", "wants_streams", "who"]

log = logs.get(__name__)
P = ParamSpec("P")
Reply = Response | str | tuple[str, int]
STREAM = "text/vnd.turbo-stream.html"
#: What may be seen without a sign-in.
OPEN = (
    "sessions.",
    "brand.logo",
    "brand.sheet",
    "setup.",
    "widget.",
    "hooks.",
    "api.",
    "static",
    "health.",
    "pwa.",
    "stops.",
    "survey.",
)


def store() -> Store:
    """The desk's store, from within a request."""
    found: Store = current_app.extensions["sportello"]
    return found


def agent() -> Agent:
    """The signed-in agent; the gate has seen to it that there is one."""
    found: Agent = g.agent
    return found


def who() -> Who:
    """The signed-in agent as the actions know them."""
    return Who.of(agent())


def address() -> str:
    """The caller's address, for counting tries."""
    return client(request.remote_addr, request.headers.get, proxied=bool(store().settings.public_url))


def locale() -> str:
    """The reader's language: their own setting, the desk's, or what their browser asks for before there is a desk."""
    found = g.get("language")
    return str(found) if found else request.accept_languages.best_match(LANGUAGES, "en")


def timezone() -> str:
    """The desk's zone."""
    return str(g.get("timezone") or "Europe/Rome")


def guard(app: Flask) -> None:
    """Puts the gate before every page, and says what each refusal looks like."""
    app.before_request(_enter)
    app.register_error_handler(Problem, refused)
    app.register_error_handler(CSRFError, _stale)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(Exception, _bug)


def _enter() -> Any:
    g.agent = None
    if request.endpoint is None or request.endpoint == "static" or request.path.startswith(("/hooks/", "/api/")):
        return None
    if request.endpoint.startswith(("widget.", "health.")):  # strangers on other people's sites, and watching programs
        return None
    with store().reading() as work:
        g.agent = people.signed_in(work, session.get("token", ""))
        ready = g.agent is not None or desk_settings.is_set_up(work)
        g.language = _language(work, ready=ready)
        g.timezone = desk_settings.get(work, "desk.timezone")
    if request.endpoint.startswith(OPEN):
        return None
    if not ready:
        return redirect(url_for("setup.show"))
    if g.agent is None:
        following = request.full_path.rstrip("?") if request.method == "GET" else None
        return redirect(url_for("sessions.new", next=following))
    return None


def _language(work: Work, *, ready: bool) -> str:
    """The agent's own, else what a page without a sign-in is asked for, else the desk's."""
    if g.agent is not None and g.agent.language:
        return str(g.agent.language)
    asked = request.args.get("lang", "")
    if g.agent is None and asked in LANGUAGES:
        return asked
    return str(desk_settings.get(work, "desk.language")) if ready else ""


def _stale(_error: CSRFError) -> Any:
    return refused(Problem(_("This page was open for too long. Reload it and try again.")))


def _http(error: HTTPException) -> Any:
    code = error.code or 500
    if code < 400:
        return error
    words = {405: _("This address does not take that."), 413: _("This is too large: send less at a time.")}
    return _drawn(code, words.get(code, _("What was sent cannot be read.")))


def _bug(error: Exception) -> Any:
    reference = uuid.uuid4().hex[:8]
    log.error("page failed", reference=reference, path=request.path, exc_info=error)
    return _drawn(500, "", reference=reference)


def refused(problem: Problem) -> Any:
    """A refusal as whoever asked can read it: a toast for Turbo, JSON for scripts, else a page."""
    if isinstance(problem, Unavailable):
        log.warning("store away", path=request.path, why=problem.detail)
    if wants_streams():
        html = render_template("tickets/streams/toast.html", text=worded(problem.detail))
        return Response(html, problem.status, content_type=f"{STREAM}; charset=utf-8")
    if request.accept_mimetypes.best == "application/json":
        return jsonify(type=problem.type, detail=problem.detail, fields=problem.fields), problem.status
    retry = int(problem.extra.get("retry_after", 0)) if isinstance(problem, Busy) else None
    said = worded(problem.detail) if isinstance(problem, NotFound | Withheld) else ""
    return _drawn(problem.status, worded(problem.detail), retry=retry, said=said)


def _drawn(code: int, detail: str, *, reference: str | None = None, retry: int | None = None, said: str = "") -> Any:
    shown = code if code in {403, 404, 429, 500} else 500 if code >= 500 else 400
    if request.endpoint and g.get("timezone") is None:
        return Response(detail + "\n", code, content_type="text/plain; charset=utf-8")
    with store().reading() as work:
        html = render_template(
            f"errors/{shown}.html",
            page=ErrorPage(code, reference, retry, said),
            desk=desk.desk(work, locale()),
            detail=detail,
        )
    return html, code


def wants_streams() -> bool:
    """True where Turbo asked: it takes streams."""
    return STREAM in request.headers.get("Accept", "")


def right(name: str) -> Callable[[Callable[P, Any]], Callable[P, Any]]:
    """A page that needs a right; without it the answer is 403 and a sentence."""

    def wrap(view: Callable[P, Any]) -> Callable[P, Any]:
        @wraps(view)
        def checked(*args: P.args, **kwargs: P.kwargs) -> Any:
            require(who(), name)
            return view(*args, **kwargs)

        return checked

    return wrap


def within(work: Work) -> dict[str, Any]:
    """What a part of a signed-in page takes that stands in a frame: desk, me, directory."""
    return {
        "desk": desk.desk(work, locale()),
        "directory": desk.directory(work),  # reads everybody, whoever looks among them
        "me": desk.me(work, work.get_one(Agent, agent().id)),
    }


def frame(work: Work, current: str) -> dict[str, Any]:
    """What every signed-in page takes: desk, me, sidebar, rooms, directory. ``current`` marks the sidebar."""
    last = _last_seq(work)
    return {
        **within(work),
        "sidebar": desk.sidebar(work, who(), current),
        "rooms": (Room("desk", last), Room(f"agent:{agent().id}", last)),
        "alerts": desk.alerts(work, who()),
    }


def _last_seq(work: Work) -> int:
    return work.scalar(select(func.max(Event.seq))) or 0


def page(template: str, current: str, **parts: Any) -> str:
    """A whole signed-in page."""
    with store().reading() as work:
        return render_template(template, **frame(work, current), **parts)
