"""Whether this process lives and whether it can serve, for whoever watches it."""

from __future__ import annotations

from flask import Blueprint, Response

from inbox.errors import Unavailable
from inbox.web.gate import store

__all__ = ["blueprint"]

blueprint = Blueprint("health", __name__)


@blueprint.get("/healthz")
def alive() -> Response:
    """The process answers."""
    return Response("ok\n", content_type="text/plain")


@blueprint.get("/readyz")
def ready() -> Response:
    """The database answers too."""
    try:
        store().last_seq()
    except Unavailable as problem:
        return Response(problem.detail + "\n", 503, content_type="text/plain")
    return Response("ok\n", content_type="text/plain")
