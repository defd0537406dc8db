"""Carries webhooks and callbacks to the desk, to loopback addresses only, with the provider's retries."""

from __future__ import annotations

import http.client
import ipaddress
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Literal
from urllib.parse import SplitResult, urlsplit

from inbox.sandbox.faults import Faults
from inbox.sandbox.files import Upload
from inbox.sandbox.ledger import Ledger
from inbox.sandbox.shelf import Shelf
from inbox.sandbox.timetable import Timetable

__all__ = ["Courier", "Delivery", "Result", "loopback"]

_FILE_LIMIT = 50 * 2**20


@dataclass(frozen=True)
class Result:
    """What came of one attempt: an HTTP status, or an error of ``connect timeout broken not_loopback``."""

    status: int | None
    error: str = ""
    text: str = ""
    seconds: float = 0.0

    @property
    def ok(self) -> bool:
        """Whether the desk answered with a 2xx."""
        return self.status is not None and 200 <= self.status < 300


@dataclass
class Delivery:
    """One call to the desk. ``again(results)`` gives the seconds until the next attempt, or None for no more."""

    provider: str
    op: Literal["hook", "callback"]
    url: str
    headers: dict[str, str]
    body: bytes
    about: str
    again: Callable[[list[Result]], float | None] = lambda _results: None
    method: str = "POST"
    timeouts: tuple[float, float] = (5.0, 15.0)  # connect, read
    results: list[Result] = field(default_factory=list)
    tried: threading.Event = field(default_factory=threading.Event)  # set after the first attempt, or when dropped
    repeats: int = 0


def loopback(url: str) -> bool:
    """Whether an address is plain HTTP to this very machine, without asking any resolver."""
    try:
        parts = urlsplit(url)
        if parts.scheme != "http" or parts.username or parts.password:
            return False
        host = parts.hostname or ""
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


class Courier:
    """Delivers to the desk. With :meth:`route`, a public address is called through a loopback one, as by a proxy."""

    def __init__(self, timetable: Timetable, faults: Faults, book: Ledger) -> None:
        self._timetable = timetable
        self._faults = faults
        self._book = book
        self._public: SplitResult | None = None
        self._via = ""
        self._shelf = Shelf(timetable, self._release)

    def route(self, public_url: str, via: str) -> None:
        """Calls everything under ``public_url`` at ``via`` instead, with the public host in the headers.

        An empty ``via`` calls every address as it is. Raises ``ValueError`` where ``via`` is not on loopback.
        """
        if not via:
            self._public = None
            return
        if not loopback(via):
            raise ValueError("the sandbox delivers to loopback addresses only")
        self._public, self._via = urlsplit(public_url), via.rstrip("/")

    def post(self, delivery: Delivery) -> Result:
        """Makes one attempt now and writes it down."""
        started = time.monotonic()
        url, extra = self._target(delivery.url)
        result = _call(delivery, url, extra, started) if loopback(url) else Result(None, "not_loopback")
        delivery.results.append(result)
        self._book.append(
            delivery.op,
            provider=delivery.provider,
            url=delivery.url,
            attempt=len(delivery.results),
            status=result.status,
            error=result.error,
            seconds=round(result.seconds, 3),
            about=delivery.about,
        )
        return result

    def fetch(self, url: str) -> Upload | None:
        """The file at an address of the desk, as a provider gets it; None where it cannot be had."""
        target, extra = self._target(url)
        if not loopback(target):
            return None
        parts = urlsplit(target)
        line = http.client.HTTPConnection(parts.hostname or "", parts.port or 80, timeout=10)
        try:
            line.request("GET", _path(parts), headers={"Accept": "*/*"} | extra)
            answer = line.getresponse()
            data = answer.read(_FILE_LIMIT)
        except (OSError, http.client.HTTPException):
            return None
        finally:
            line.close()
        if answer.status != HTTPStatus.OK or not data:
            return None
        name = parts.path.rsplit("/", 1)[-1] or "file"
        return Upload(name, answer.headers.get_content_type(), data)

    def submit(self, delivery: Delivery) -> Delivery:
        """Delivers in the background, and again where the provider would; obeys the orders to drop, hold, repeat."""
        about = delivery.about
        if self._faults.take(delivery.provider, "drop_callback", delivery.op, about):
            self._book.append("dropped", provider=delivery.provider, url=delivery.url, about=about)
            delivery.tried.set()
            return delivery
        if repeat := self._faults.take(delivery.provider, "repeat", delivery.op, about):
            delivery.repeats = repeat.times - 1
        if hold := self._faults.take(delivery.provider, "reorder", delivery.op, about):
            delivery.tried.set()
            self._shelf.hold(hold, delivery)
        else:
            self._timetable.after(0, lambda: self._attempt(delivery))
        return delivery

    def _target(self, url: str) -> tuple[str, dict[str, str]]:
        parts = urlsplit(url)
        public = self._public
        if public is None or (parts.scheme, parts.netloc) != (public.scheme, public.netloc):
            return url, {}
        forwarded = {"X-Forwarded-Proto": public.scheme, "X-Forwarded-Host": public.netloc}
        return self._via + _path(parts), forwarded | {"Host": public.netloc, "X-Forwarded-For": "127.0.0.1"}

    def _attempt(self, delivery: Delivery) -> None:
        self.post(delivery)
        delivery.tried.set()
        wait = delivery.again(delivery.results)
        if wait is not None:
            self._timetable.after(wait, lambda: self._attempt(delivery))
        elif delivery.repeats > 0:
            delivery.repeats -= 1
            self._attempt(delivery)

    def _release(self, held: list[Delivery]) -> None:
        for delivery in held:
            self._attempt(delivery)


def _path(parts: SplitResult) -> str:
    return (parts.path or "/") + (f"?{parts.query}" if parts.query else "")


def _call(delivery: Delivery, url: str, extra: dict[str, str], started: float) -> Result:
    parts = urlsplit(url)
    connect, read = delivery.timeouts
    line = http.client.HTTPConnection(parts.hostname or "", parts.port or 80, timeout=connect)
    try:
        line.connect()
    except OSError:
        return Result(None, "connect", seconds=time.monotonic() - started)
    try:
        if line.sock is not None:
            line.sock.settimeout(read)
        line.request(delivery.method, _path(parts), delivery.body or None, delivery.headers | extra)
        answer = line.getresponse()
        text = answer.read(4096).decode("utf-8", "replace")
        return Result(answer.status, "", text, time.monotonic() - started)
    except TimeoutError:
        return Result(None, "timeout", seconds=time.monotonic() - started)
    except (OSError, http.client.HTTPException):
        return Result(None, "broken", seconds=time.monotonic() - started)
    finally:
        line.close()
