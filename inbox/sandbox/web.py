"""The HTTP side of the sandbox: one small WSGI application that hands requests to the stand-ins."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from werkzeug.exceptions import Forbidden, HTTPException
from werkzeug.routing import Map, Rule
from werkzeug.wrappers import Request, Response

from inbox.sandbox.courier import loopback
from inbox.sandbox.faults import Cut

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

__all__ = ["App", "Endpoint", "fields", "json_response", "route"]

Endpoint = Callable[..., Response]
_BODY_LIMIT = 60 * 2**20


def route(path: str, endpoint: Endpoint, *methods: str) -> Rule:
    """A rule whose endpoint is called with the request and the parts of the path."""
    return Rule(path, endpoint=endpoint, methods=methods or ("GET",))


def json_response(body: Any, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """JSON as the providers write it: UTF-8, compact."""
    return Response(
        json.dumps(body, ensure_ascii=False, separators=(",", ":")),
        status,
        headers,
        content_type="application/json; charset=utf-8",
    )


def fields(request: Request) -> dict[str, Any]:
    """The parameters of a call that may bring them in the query, a form or a JSON object; the later wins.

    Raises ``ValueError`` where the JSON is none.
    """
    found: dict[str, Any] = request.args.to_dict() | request.form.to_dict()
    if request.mimetype == "application/json" and request.get_data():
        body = json.loads(request.get_data())
        if not isinstance(body, dict):
            raise ValueError("the body must be a JSON object")
        found |= body
    return found


class App:
    """Dispatches; refuses callers that did not mean this machine; breaks the line where a fault says so."""

    def __init__(self, rules: Iterable[Rule]) -> None:
        self._map = Map(list(rules), strict_slashes=False, merge_slashes=False)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        request = Request(environ)
        request.max_content_length = _BODY_LIMIT
        with request:  # closes the files that were uploaded
            return self._answer(request)(environ, start_response)

    def _answer(self, request: Request) -> Response:
        try:
            _only_from_here(request)
            endpoint, parts = self._map.bind_to_environ(request.environ).match()
            request.get_data(cache=True, parse_form_data=True)
            answer: Response = endpoint(request, **parts)
        except Cut:
            _cut(request)
            raise ConnectionAbortedError("broken on order") from None
        except HTTPException as error:
            return json_response({"error": error.description}, error.code or 500)
        return answer


def _only_from_here(request: Request) -> None:
    """A page on the open web must not be able to play the customer: name and origin have to be this machine's."""
    origin = request.headers.get("Origin")
    if not loopback(f"http://{request.host}") or (origin and urlsplit(origin).netloc != request.host):
        raise Forbidden("the sandbox answers to loopback only")


def _cut(request: Request) -> None:
    line: socket.socket = request.environ["werkzeug.socket"]
    line.shutdown(socket.SHUT_RDWR)
