"""Every refusal of the API as problem+json (RFC 9457), whoever raised it."""

from __future__ import annotations

import json
from typing import Any

from flask import Response
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge

from inbox.errors import Busy, Conflict, Forbidden, Invalid, NotFound, Problem, ThreadMoved, Unavailable

__all__ = [
    "KNOWN",
    "Broken",
    "Malformed",
    "NoSuchMethod",
    "TooLarge",
    "Unauthorized",
    "answer",
    "document",
    "title",
    "translate",
]

CONTENT_TYPE = "application/problem+json"


class Malformed(Problem):
    """The request cannot be read."""

    status, type = 400, "malformed"


class Unauthorized(Problem):
    """No token, or none that is valid."""

    status, type = 401, "unauthorized"


class NoSuchMethod(Problem):
    """This address exists and takes other methods; ``Allow`` names them."""

    status, type = 405, "method-not-allowed"


class TooLarge(Problem):
    """The request is larger than this address takes."""

    status, type = 413, "too-large"


class Broken(Problem):
    """A fault of the desk's own; it was logged."""

    status, type = 500, "internal"


#: Every problem that the API can answer, by the last word of its ``type``.
KNOWN: dict[str, type[Problem]] = {
    kind.type: kind
    for kind in (
        Malformed,
        Unauthorized,
        Forbidden,
        NotFound,
        NoSuchMethod,
        Conflict,
        ThreadMoved,
        TooLarge,
        Invalid,
        Busy,
        Broken,
        Unavailable,
    )
}


def title(kind: type[Problem]) -> str:
    """What the problem is in general."""
    return " ".join((kind.__doc__ or "").partition(".")[0].split()).partition(";")[0]


def document(problem: Problem, base: str) -> dict[str, Any]:
    """The problem as RFC 9457 has it; ``errors`` says which input is wrong and why, ``base`` is the API's address."""
    known = KNOWN.get(problem.type, type(problem))
    body: dict[str, Any] = {
        "type": f"{base}/problems/{problem.type}",
        "title": title(known),
        "status": problem.status,
        "detail": problem.detail,
    }
    if problem.fields:
        body["errors"] = problem.fields
    return {**body, **problem.extra}


def answer(problem: Problem, base: str) -> Response:
    """The response, with the headers that belong to its status."""
    response = Response(json.dumps(document(problem, base)), problem.status, content_type=CONTENT_TYPE)
    if problem.status == 401:
        response.headers["WWW-Authenticate"] = 'Bearer realm="sportello"'
    if problem.status in {429, 503}:
        response.headers["Retry-After"] = str(problem.extra.get("retry_after", 5))
    if isinstance(problem, NoSuchMethod):
        response.headers["Allow"] = ", ".join(problem.extra.get("allow", ()))
    return response


def translate(error: Exception) -> Problem | None:
    """The problem that an exception of a library means, or None for one that is our own fault."""
    match error:
        case Problem():
            return error
        case RequestEntityTooLarge():
            return TooLarge("the request is too large for this address")
        case HTTPException() if error.code is not None and error.code < 500:
            return Malformed(error.description or error.name)
        case OperationalError() | PoolTimeout():
            return Unavailable("the database is busy or away; try again")
    return None
