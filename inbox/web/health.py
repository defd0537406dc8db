"""Whether this process lives and whether it can serve, and figures for Prometheus, for whoever watches it."""

from __future__ import annotations

import ipaddress
from functools import cache

from flask import Blueprint, Response, current_app, request
from sqlalchemy import text

from inbox import clock
from inbox.actions import people
from inbox.actions.who import Who, may
from inbox.errors import Unavailable
from inbox.reading import gauges
from inbox.store import Work, schema
from inbox.web.gate import store

__all__ = ["blueprint"]

blueprint = Blueprint("health", __name__)
SILENT_S = 30
PLAIN = "text/plain; charset=utf-8"
FORWARDED = ("X-Forwarded-For", "X-Real-IP", "Forwarded")


@blueprint.get("/healthz")
def alive() -> Response:
    """The process answers."""
    return Response("ok\n", content_type=PLAIN)


@blueprint.get("/readyz")
def ready() -> Response:
    """The database answers, its tables are this version's, and a worker lives; else 503 and which of them is wrong."""
    try:
        with store().reading() as work:
            wrong = [words for words in (_tables(work), _worker(work)) if words]
    except Unavailable as problem:
        wrong = [f"database: {problem.detail}"]
    return Response("\n".join(wrong or ["ok"]) + "\n", 503 if wrong else 200, content_type=PLAIN)


@cache
def _newest() -> str:
    return schema.newest()


def _tables(work: Work) -> str:
    now = work.scalar(text("SELECT version_num FROM alembic_version"))
    return "" if now == _newest() else f"migrations: the tables are at {now}, this version wants {_newest()}"


def _worker(work: Work) -> str:
    last = gauges.last_beat(work)
    if last is None:
        return "worker: none was ever heard"
    age = int((clock.now() - last).total_seconds())
    return "" if age <= SILENT_S else f"worker: none was heard for {age} seconds"


@blueprint.get("/metrics")
def figures() -> Response:
    """Prometheus' text form; from this machine without a proxy in between, or with a supervisor's token."""
    if not (_near() or _token()):
        words = "send a supervisor's or admin's token: Authorization: Bearer TOKEN\n"
        return Response(words, 401, {"WWW-Authenticate": "Bearer"}, content_type=PLAIN)
    with store().reading() as work:
        body, content_type = gauges.text(work, announced=current_app.extensions["live"].announcer.last)
    return Response(body, content_type=content_type)


def _near() -> bool:
    """A caller on this machine. Where a proxy stands in front everybody looks like one, so then a token is needed."""
    if store().settings.public_url or any(name in request.headers for name in FORWARDED):
        return False
    try:
        return ipaddress.ip_address(request.remote_addr or "").is_loopback
    except ValueError:
        return False


def _token() -> bool:
    found = request.authorization
    if found is None or found.type != "bearer" or not found.token:
        return False
    with store().reading() as work:
        agent = people.agent_of_token(work, found.token)
        return agent is not None and may(Who.of(agent), "journal.see")
