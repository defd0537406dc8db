"""The REST door under ``/api/v1``: the same actions as the screen, for programs with a bearer token."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from typing import Any

from flask import Blueprint, Response, current_app, request
from werkzeug.exceptions import HTTPException

from inbox import errors, logs
from inbox.actions.who import SYSTEM, require
from inbox.api import arrivals, channels, customers, log, messages, problems, reading, reports, rules, starting, tickets
from inbox.api.entrance import caller
from inbox.api.openapi import document
from inbox.api.problems import Broken, NoSuchMethod
from inbox.api.routes import HIGHEST, Binary, Call, Nothing, Route, Routes
from inbox.store import Store
from inbox.throttle import Throttle

__all__ = ["PREFIX", "blueprint", "table"]

PREFIX = "/api"
VERSION = "/v1"
ANY = ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
log_line = logs.get(__name__)


def blueprint(store: Store, throttle: Throttle | None = None) -> Blueprint:
    """Everything under ``/api``, refusals included; it takes bearer tokens only, so it needs no CSRF token.

    Without ``throttle`` it counts wrong tokens by itself, in memory.
    """
    api = Blueprint("api", __name__, url_prefix=PREFIX)
    counted = throttle or Throttle()
    for route in table():
        api.add_url_rule(f"{VERSION}{route.rule}", route.name, _view(route, store, counted), methods=[route.method])
    api.add_url_rule("", "nothing", _nothing_here, methods=ANY, provide_automatic_options=False)
    api.add_url_rule("/", "nothing", _nothing_here, methods=ANY, provide_automatic_options=False)
    api.add_url_rule("/<path:rest>", "nothing", _nothing_here, methods=ANY, provide_automatic_options=False)

    @api.errorhandler(Exception)
    def _refuse(error: Exception) -> Response:
        problem = problems.translate(error)
        if problem is None:
            reference = uuid.uuid4().hex[:8]
            log_line.error("request failed", reference=reference, path=request.path, exc_info=error)
            problem = Broken("something broke at the desk; it was logged", reference=reference)
        if isinstance(problem, errors.Unavailable):
            log_line.warning("store away", path=request.path, why=str(error.__cause__ or error)[:500])
        return problems.answer(problem, address(store))

    @api.after_request
    def _closed(response: Response) -> Response:
        """What stands here is data: no page, no cache, no guessing of types."""
        response.headers.setdefault("X-Content-Type-Options", "nosniff")
        response.headers.setdefault("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
        response.headers["Cache-Control"] = "no-store"
        return response

    return api


def address(store: Store) -> str:
    """Where the API is reached from outside."""
    return f"{store.settings.base_url}{PREFIX}{VERSION}"


def table() -> list[Route]:
    """Every address of the API."""
    own = Routes()
    parts = (tickets, starting, messages, customers, arrivals, channels, log, reports, rules)
    every: list[Route] = [line for part in parts for line in part.routes.lines]

    @own.get("/openapi.json", Binary("application/json", "This document."), public=True)
    def openapi(call: Call[Nothing, Nothing]) -> Response:
        """This description of the API, as OpenAPI 3.1."""
        text = json.dumps(document([*every, *own.lines], address(call.store)), ensure_ascii=False)
        return Response(text, content_type="application/json")

    @own.get("/problems/{name}", Binary("application/json", "What it means."), public=True)
    def problem(call: Call[Nothing, Nothing], name: str) -> Response:
        """What a problem's ``type`` means."""
        kind = problems.KNOWN.get(name)
        if kind is None:
            raise errors.NotFound(f"there is no problem {name!r}")
        about = {"type": f"{address(call.store)}/problems/{name}", "title": problems.title(kind), "status": kind.status}
        return Response(json.dumps(about), content_type="application/json")

    return [*every, *own.lines]


def _view(route: Route, store: Store, throttle: Throttle) -> Callable[..., Response]:
    """A route as Flask calls it: who, may they, what do they say, do it."""

    def view(**parts: Any) -> Response:
        request.max_content_length = reading.limit(route, store.settings.attachment_limit_mb)
        request.max_form_memory_size = reading.JSON_LIMIT
        who = SYSTEM
        if not route.public:
            who = caller(store, throttle, request)
            require(who, route.right)
        if any(isinstance(part, int) and part > HIGHEST for part in parts.values()):
            raise errors.NotFound("there is no such number here")
        query = reading.query(route.query, request)
        if route.body is None:
            return route.do(Call(store, who, query, Nothing()), **parts)
        body, uploads = reading.body(route.body, request, uploads=route.uploads)
        return route.do(Call(store, who, query, body, uploads), **parts)

    return view


def _nothing_here(rest: str = "") -> Response:
    """No such address, or not by this method: the rest of ``/api`` says so in its own language too."""
    del rest
    adapter = current_app.url_map.bind("")
    allowed = []
    for method in ANY:
        try:
            endpoint, _parts = adapter.match(request.path, method)
        except HTTPException:
            continue
        if not endpoint.endswith(".nothing"):
            allowed.append(method)
    if allowed:
        raise NoSuchMethod(f"this address takes {', '.join(allowed)}", allow=allowed)
    raise errors.NotFound(f"there is nothing at {request.path}; see {PREFIX}{VERSION}/openapi.json")
