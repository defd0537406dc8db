"""One HTTP exchange on a fresh connection to given addresses, under one deadline and one size limit."""

from __future__ import annotations

import http.client
import re
import socket
import ssl
import threading
import time
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cache
from types import TracebackType
from typing import Any, Literal, Self
from urllib.parse import quote, urlsplit

from requests.utils import DEFAULT_CA_BUNDLE_PATH

from connectors.untrusted import load

__all__ = ["Answer", "LineError", "Target", "exchange", "resolve", "target", "trust"]

CONNECT_S = 5.0
MAX_URL = 2048
PORTS = {"http": 80, "https": 443}
_FORBIDDEN = re.compile(r"[\x00-\x20\x7f\\]")


@dataclass(frozen=True)
class Target:
    """A URL taken apart once; everything later is built from these parts, never from the string again."""

    scheme: Literal["http", "https"]
    host: str  # ASCII, lower case, without brackets and without a trailing dot
    port: int
    path: str  # with the query

    @property
    def origin(self) -> str:
        """Scheme, host and port, always with the port."""
        return f"{self.scheme}://{self.authority}:{self.port}"

    @property
    def authority(self) -> str:
        """The host, in brackets where it is an IPv6 address."""
        return f"[{self.host}]" if ":" in self.host else self.host

    @property
    def host_header(self) -> str:
        """What goes into ``Host``."""
        return self.authority if self.port == PORTS[self.scheme] else f"{self.authority}:{self.port}"

    @property
    def url(self) -> str:
        """The URL, rebuilt."""
        return f"{self.scheme}://{self.host_header}{self.path}"


def target(url: str) -> Target:
    """Takes an absolute http or https URL apart. Raises ``ValueError`` for anything that two parsers could read in
    two ways: user names, blanks, backslashes, control characters, more than 2,048 characters."""
    if len(url) > MAX_URL or _FORBIDDEN.search(url):
        raise ValueError("not an address")
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname or "@" in parts.netloc:
        raise ValueError("not an address")
    scheme: Literal["http", "https"] = "https" if parts.scheme == "https" else "http"
    host = parts.hostname.rstrip(".")
    if not host.isascii():
        host = host.encode("idna").decode("ascii").lower()
    if not re.fullmatch(r"[0-9a-z._:-]+", host):
        raise ValueError("not an address")
    port = PORTS[scheme] if parts.port is None else parts.port
    path = (parts.path or "/") + ("?" + parts.query if parts.query else "")
    return Target(scheme, host, port, quote(path, safe="/?%:@!$&'()*+,;=~|{}[]"))


def resolve(host: str, port: int) -> list[str]:
    """The addresses of a name, in the system's order, each once. Raises ``OSError``."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(sockaddr[0]) for *_, sockaddr in found))


@cache
def trust() -> ssl.SSLContext:
    """The machine's certificate authorities (``SSL_CERT_FILE`` counts) and, for bare machines, Mozilla's list."""
    context = ssl.create_default_context()
    context.load_verify_locations(DEFAULT_CA_BUNDLE_PATH)
    return context


@dataclass(frozen=True)
class Answer:
    """What a server said. Header names are lower-case; of equal names the last counts."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def text(self) -> str:
        """The body as text; undecodable bytes become U+FFFD."""
        return self.body.decode("utf-8", "replace")

    def json(self) -> Any:
        """The body as JSON, or None where it is none."""
        try:
            return load(self.body)
        except ValueError:
            return None


class LineError(Exception):
    """No answer. ``code``: ``connect``, ``tls``, ``timeout`` or ``too_large``; ``sent``: the server may have read the
    whole request."""

    def __init__(self, code: Literal["connect", "tls", "timeout", "too_large"], message: str, *, sent: bool) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.sent = sent


class _Deadline:
    """Cuts the connection when the time is up: a timeout per read would let a slow dripper hold us for ever."""

    def __init__(self, seconds: float) -> None:
        self._ends = time.monotonic() + seconds
        self._socket: socket.socket | None = None
        self._timer = threading.Timer(seconds, self._cut)
        self._timer.daemon = True

    def __enter__(self) -> Self:
        self._timer.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._timer.cancel()

    @property
    def left(self) -> float:
        """Seconds left; a little above zero at least, because a socket takes 0 for non-blocking."""
        return max(self._ends - time.monotonic(), 0.001)

    @property
    def over(self) -> bool:
        return time.monotonic() >= self._ends

    def watch(self, sock: socket.socket) -> None:
        sock.settimeout(self.left)
        self._socket = sock

    def _cut(self) -> None:
        if self._socket is not None:
            # Not SSLSocket.shutdown: that takes the TLS state away from under the thread that reads.
            with suppress(OSError):
                socket.socket.shutdown(self._socket, socket.SHUT_RDWR)


def exchange(  # noqa: PLR0913 - each of them bounds or pins something
    to: Target,
    addresses: Sequence[str],
    *,
    method: str = "GET",
    headers: Mapping[str, str] | None = None,
    body: bytes | None = None,
    seconds: float,
    max_bytes: int,
    before: Callable[[], None] | None = None,
    context: ssl.SSLContext | None = None,
) -> Answer:
    """Sends one request to the first of ``addresses`` that takes the connection and reads the whole answer.

    ``seconds`` bound all of it from the first connect on, ``max_bytes`` the body as sent and as unpacked.
    ``before`` runs when the line stands, right before the first byte of the request. No redirect is followed, nothing
    is retried, no proxy or ``.netrc`` of the environment is used. Raises :class:`LineError`.
    """
    sent = {"Host": to.host_header, "Accept-Encoding": "identity", "User-Agent": "Sportello", "Connection": "close"}
    with _Deadline(seconds) as deadline, _connected(to, addresses, deadline, context or trust()) as sock:
        connection = http.client.HTTPConnection(to.host, to.port)
        connection.sock = sock
        if before is not None:
            before()
        failure: LineError
        try:
            return _ask(connection, method, to.path, body, sent | dict(headers or {}), max_bytes)
        except (OSError, http.client.HTTPException, ValueError) as error:
            if deadline.over or isinstance(error, TimeoutError):
                failure = LineError("timeout", f"{to.host} did not answer within {seconds:g} s", sent=True)
            else:
                failure = LineError("connect", f"{to.host} broke the connection", sent=True)
        # Raised out here so that no library's own text (it may hold the URL) hangs on as the context.
        raise failure


@contextmanager
def _connected(
    to: Target, addresses: Sequence[str], deadline: _Deadline, context: ssl.SSLContext
) -> Iterator[socket.socket]:
    plain = _dial(to, addresses, deadline)
    sock = plain
    failure: LineError | None = None
    if to.scheme == "https":
        try:
            sock = context.wrap_socket(plain, server_hostname=to.host, do_handshake_on_connect=False)
            deadline.watch(sock)
            sock.do_handshake()
        except ssl.SSLCertVerificationError:
            failure = LineError("tls", f"the certificate of {to.host} is not valid", sent=False)
        except (OSError, ValueError):
            failure = LineError("tls", f"{to.host} does not speak TLS as it should", sent=False)
        if failure is not None and deadline.over:
            failure = LineError("connect", f"{to.host} cannot be reached: no answer", sent=False)
    try:
        if failure is not None:
            raise failure
        yield sock
    finally:
        sock.close()


def _dial(to: Target, addresses: Sequence[str], deadline: _Deadline) -> socket.socket:
    reason = "no address"
    for address in addresses:
        try:
            sock = socket.create_connection((address, to.port), timeout=min(CONNECT_S, deadline.left))
        except TimeoutError:
            reason = "no answer"
        except OSError:
            reason = "connection refused"
        else:
            deadline.watch(sock)
            return sock
    raise LineError("connect", f"{to.host} cannot be reached: {reason}", sent=False)


def _ask(
    connection: http.client.HTTPConnection,
    method: str,
    path: str,
    body: bytes | None,
    headers: dict[str, str],
    max_bytes: int,
) -> Answer:
    # The server may have answered before it read everything (413): its answer, if any, is worth more.
    with suppress(BrokenPipeError, ConnectionResetError):
        connection.request(method, path, body=body, headers=headers)
    with connection.getresponse() as response:
        received = _read(response, max_bytes)
        heads = {name.lower(): value for name, value in response.getheaders()}
    if heads.get("content-encoding", "").lower() in ("gzip", "x-gzip", "deflate"):
        received = _unpack(received, max_bytes)
    return Answer(response.status, heads, received)


def _read(response: http.client.HTTPResponse, max_bytes: int) -> bytes:
    pieces: list[bytes] = []
    size = 0
    while piece := response.read1(65_536):
        size += len(piece)
        if size > max_bytes:
            raise _too_large(max_bytes)
        pieces.append(piece)
    if response.length:
        raise http.client.IncompleteRead(b"")
    return b"".join(pieces)


def _unpack(packed: bytes, max_bytes: int) -> bytes:
    # 32 + 15: zlib finds out by itself whether it is gzip or deflate.
    unpacker = zlib.decompressobj(47)
    try:
        plain = unpacker.decompress(packed, max_bytes + 1)
    except zlib.error:
        plain = None
    if plain is None:
        raise ValueError("packed wrongly")
    if len(plain) > max_bytes:
        raise _too_large(max_bytes)
    return plain


def _too_large(max_bytes: int) -> LineError:
    return LineError("too_large", f"more than {max_bytes:,} bytes", sent=True)
