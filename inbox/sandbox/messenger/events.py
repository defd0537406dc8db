"""How Meta tells the desk: batched events, signed over the raw bytes, retried until the Page is unsubscribed."""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
import threading
import time
from collections.abc import Callable
from typing import Any, Literal
from urllib.parse import urlencode

from inbox.sandbox.accounts import Page
from inbox.sandbox.courier import Delivery, Result
from inbox.sandbox.stage import Stage

__all__ = ["Outlet", "attachment_type", "payload", "signature"]

_AT_ONCE = 3  # immediate retries before the pauses grow
_LONGEST_PAUSE_S = 300.0
_UNSUBSCRIBE_S = 3600.0
_TYPES = {"image": "image", "audio": "audio", "video": "video"}


def attachment_type(content_type: str) -> str:
    """``image``, ``audio``, ``video`` or ``file``."""
    return _TYPES.get(content_type.partition("/")[0], "file")


def payload(page_id: str, events: list[dict[str, Any]], at_ms: int) -> bytes:
    """The body as Meta writes it: everything beyond ASCII and every slash escaped."""
    body = {"object": "page", "entry": [{"id": page_id, "time": at_ms, "messaging": events}]}
    return json.dumps(body, separators=(",", ":")).replace("/", "\\/").encode()


def signature(app_secret: str, body: bytes) -> str:
    """``X-Hub-Signature-256``: HMAC-SHA256 of the raw body with the app secret, lower-case hex."""
    return "sha256=" + hmac.new(app_secret.encode(), body, hashlib.sha256).hexdigest()


class Outlet:
    """The webhook of one Page. Echoes and watermarks are gathered for a moment; what customers write goes at once."""

    def __init__(self, stage: Stage, page: Page, unsubscribe: Callable[[], None]) -> None:
        self._stage = stage
        self._page = page
        self._unsubscribe = unsubscribe
        self._lock = threading.Lock()
        self._gathered: list[dict[str, Any]] = []

    def send(
        self, field: str, events: list[dict[str, Any]], op: Literal["hook", "callback"] = "hook"
    ) -> Delivery | None:
        """Sends events of a subscribed field; None where nobody listens or the call is made a little later."""
        if not self._page.callback_url or field not in self._page.subscribed:
            return None
        if op == "hook":
            return self._submit(op, events)
        with self._lock:
            first = not self._gathered
            self._gathered += events
        if first:
            self._stage.timetable.after(self._stage.pace.batch, self._flush)
        return None

    def _flush(self) -> None:
        with self._lock:
            events, self._gathered = self._gathered, []
        self._submit("callback", events)

    def _submit(self, op: Literal["hook", "callback"], events: list[dict[str, Any]]) -> Delivery:
        body = payload(self._page.id, events, time.time_ns() // 1_000_000)
        headers = {
            "Content-Type": "application/json",
            "Accept": "*/*",
            "User-Agent": "facebookexternalua",
            "X-Hub-Signature-256": signature(self._page.app_secret, body),
            "X-Hub-Signature": "sha1=" + hmac.new(self._page.app_secret.encode(), body, hashlib.sha1).hexdigest(),
        }
        about = json.dumps(events, ensure_ascii=False)
        began = time.monotonic()

        def again(results: list[Result]) -> float | None:
            if results[-1].ok:
                return None
            if time.monotonic() - began > _UNSUBSCRIBE_S:
                self._unsubscribe()
                return None
            doublings = max(len(results) - _AT_ONCE, 0)
            return min(self._stage.pace.retry * 2.0**doublings, _LONGEST_PAUSE_S)

        url = self._page.callback_url
        delivery = Delivery("messenger", op, url, headers, body, about, again, timeouts=(5, 5))
        return self._stage.courier.submit(delivery)

    def challenge(self, url: str, verify_token: str) -> bool | None:
        """Whether the address answers Meta's question with the bare challenge; None where nobody listens."""
        question = str(secrets.randbelow(2**31))
        query = {"hub.mode": "subscribe", "hub.verify_token": verify_token, "hub.challenge": question}
        asked = f"{url}{'&' if '?' in url else '?'}{urlencode(query)}"
        delivery = Delivery("messenger", "hook", asked, {"Accept": "*/*"}, b"", "challenge", method="GET")
        result = self._stage.courier.post(delivery)
        return None if result.error == "connect" else result.ok and result.text == question
