"""Where providers call: the bytes are kept before anybody reads them, the answer leaves within milliseconds."""

from __future__ import annotations

import hmac
import threading
import time
from collections import Counter
from typing import Any
from urllib.parse import quote

from flask import Blueprint, Response, request
from sqlalchemy import select

from connectors.base import Config, Connector, ConnectorError, Refused, Request
from inbox import killpoints, logs
from inbox.actions import channels, journal
from inbox.errors import Busy, NotFound, Problem, Unavailable
from inbox.store import Attachment, Channel, Store
from inbox.throttle import Throttle, client

__all__ = ["LARGEST", "blueprint"]

log = logs.get(__name__)
LARGEST = 40 * 2**20
UNVERIFIED = "60/minute"  # a caller who cannot sign; one who can is never limited


def blueprint(store: Store, throttle: Throttle) -> Blueprint:
    """``/hooks/<kind>/<id>`` for each channel, and the short-lived public address of an outgoing file."""
    hooks = Blueprint("hooks", __name__)
    forged = _Forged(store, throttle)

    @hooks.errorhandler(Problem)
    def _problem(problem: Problem) -> Response:
        if isinstance(problem, Unavailable):
            log.warning("hook put off", path=request.path, why=problem.detail)
        response = Response(problem.detail + "\n", problem.status, content_type="text/plain; charset=utf-8")
        if isinstance(problem, (Unavailable, Busy)):
            response.headers["Retry-After"] = str(problem.extra.get("retry_after", 5))
        return response

    @hooks.route("/hooks/<kind>/<channel_id>", methods=["GET", "POST"])
    @hooks.route("/hooks/<kind>/<channel_id>/<path:mode>", methods=["GET", "POST"])
    def arrive(kind: str, channel_id: str, mode: str = "") -> Response:
        del mode  # part of the address that the connector reads
        arrived = _request(store)
        channel, connector, config = _channel(store, kind, channel_id)
        if request.method == "GET":
            return _challenge(connector, config, arrived)
        try:
            connector.verify(config, arrived)
        except Refused as refusal:
            forged.take(channel, arrived, str(refusal))
            return Response("signature refused\n", 403, content_type="text/plain")
        with store.transaction() as work:
            journal.keep(work, channel, arrived, nonce=connector.nonce(config, arrived))
        killpoints.reach("after_journal")
        body, content_type = connector.answer(config)
        return Response(body, 200, content_type=content_type)

    @hooks.get("/files/<int:attachment>/<int:until>/<mark>")
    def public_file(attachment: int, until: int, mark: str) -> Response:
        genuine = store.seal.mark("public file", f"{attachment}:{until}", 32)
        if until < time.time() or not hmac.compare_digest(genuine.encode(), mark.encode()):
            msg = "this address is no longer valid"
            raise NotFound(msg)
        with store.reading() as work:
            row = work.get(Attachment, attachment)
        if row is None or row.sha256 is None:
            msg = "there is no such file"
            raise NotFound(msg)
        response = Response(store.files.get(row.sha256), content_type=row.content_type)
        response.headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(row.name, safe='')}"
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers["Content-Security-Policy"] = "sandbox; default-src 'none'"
        return response

    return hooks


class _Forged:
    """Calls that nobody signed: limited by address, kept within bounds, counted all."""

    def __init__(self, store: Store, throttle: Throttle) -> None:
        self.store = store
        self.throttle = throttle
        self._lock = threading.Lock()
        self._too_fast: Counter[str] = Counter()

    def take(self, channel: Channel, arrived: Request, why: str) -> None:
        """Keeps one. Raises :class:`Busy` for an address that sends too many: those cost no transaction each."""
        try:
            self.throttle.hit(UNVERIFIED, "hook", _address(self.store))
        except Busy:
            with self._lock:
                self._too_fast[channel.id] += 1
            raise
        with self._lock:
            unseen = self._too_fast.pop(channel.id, 0)
        with self.store.transaction() as work:
            entry = journal.refuse(work, work.get_one(Channel, channel.id), arrived, unseen=unseen)
        log.warning("hook refused", channel=channel.name, why=why, journal=entry.id if entry else None)


def _address(store: Store) -> str:
    return client(request.remote_addr, request.headers.get, proxied=bool(store.settings.public_url))


def _request(store: Store) -> Request:
    """The call byte-exact, under the address that the provider called: behind a proxy that is ``PUBLIC_URL``."""
    base = store.settings.public_url or request.host_url.rstrip("/")
    raw: Any = request.environ.get("RAW_URI") or request.environ.get("REQUEST_URI") or request.full_path.rstrip("?")
    path = str(raw)
    if not path.startswith("/"):
        path = "/" + path.partition("://")[2].partition("/")[2]
    headers = [(name, value) for name, value in request.headers.items()]
    return Request(request.method, base + path, headers, request.get_data(cache=False))


def _channel(store: Store, kind: str, channel_id: str) -> tuple[Channel, Connector[Any], Config]:
    connector = store.connectors.get(kind)
    msg = "there is no such channel"
    # An id is of our own making. Others may hold what a database refuses to be asked for, such as NUL.
    if connector is None or not connector.capabilities.hooks or not channel_id.isalnum() or not channel_id.isascii():
        raise NotFound(msg)
    with store.reading() as work:
        channel = work.scalar(
            select(Channel).where(Channel.id == channel_id, Channel.kind == kind, Channel.removed_at.is_(None))
        )
        if channel is None:
            raise NotFound(msg)
        return channel, connector, channels.config_of(work, channel)


def _challenge(connector: Connector[Any], config: Config, arrived: Request) -> Response:
    try:
        answer = connector.challenge(config, arrived)
    except (Refused, ConnectorError):
        answer = (403, "")
    if answer is None:
        msg = "this address takes POST"
        raise NotFound(msg)
    status, text = answer
    return Response(text, status, content_type="text/plain; charset=utf-8")
