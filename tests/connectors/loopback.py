"""A real HTTP server on loopback that answers as it is told and keeps what it was asked."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit


@dataclass
class Reply:
    """What the server says. ``hang_up`` closes without a word, ``drip`` sends the body byte by byte at that pace."""

    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    hang_up: bool = False
    delay: float = 0
    drip: float = 0

    @classmethod
    def json(cls, value: Any, status: int = 200, **headers: str) -> Reply:
        names = {name.replace("_", "-"): text for name, text in headers.items()}
        return cls(status, json.dumps(value).encode(), {"Content-Type": "application/json", **names})


@dataclass
class Call:
    """One request as it came."""

    method: str
    path: str
    query: dict[str, list[str]]
    headers: dict[str, str]
    body: bytes

    @property
    def form(self) -> dict[str, list[str]]:
        return parse_qs(self.body.decode(), keep_blank_values=True)

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class Loopback:
    """The server; replies are looked up by method and the end of the path, the latest rule first."""

    def __init__(self) -> None:
        self.calls: list[Call] = []
        self._rules: list[tuple[str, str, list[Reply]]] = []
        loopback = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def _serve(self) -> None:
                parts = urlsplit(self.path)
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                headers = {name.lower(): value for name, value in self.headers.items()}
                query = parse_qs(parts.query, keep_blank_values=True)
                loopback.calls.append(Call(self.command, parts.path, query, headers, body))
                self._say(loopback.reply_to(self.command, parts.path))

            def _say(self, reply: Reply) -> None:
                time.sleep(reply.delay)
                self.close_connection = True
                if reply.hang_up:
                    self.connection.shutdown(socket.SHUT_RDWR)
                    return
                self.send_response(reply.status)
                for name, value in {"Content-Length": str(len(reply.body)), **reply.headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                for piece in [reply.body[i : i + 1] for i in range(len(reply.body))] if reply.drip else [reply.body]:
                    self.wfile.write(piece)
                    self.wfile.flush()
                    time.sleep(reply.drip)

            do_GET = do_POST = do_DELETE = _serve  # noqa: N815 - the library's names

            def log_message(self, format: str, *args: Any) -> None:
                """The calls are kept, not printed."""

        class Server(ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, request: Any, client_address: Any) -> None:
                """A client that gave up is what some tests are about."""

        self.server = Server(("127.0.0.1", 0), Handler)
        self.port: int = self.server.server_address[1]
        self.base = f"http://127.0.0.1:{self.port}"
        self._thread = threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True)
        self._thread.start()

    def on(self, method: str, path: str, *replies: Reply) -> None:
        """Answers calls to a path with that end, in turn; the last reply stays."""
        self._rules.insert(0, (method, path, list(replies)))

    def reply_to(self, method: str, path: str) -> Reply:
        for wanted, end, replies in self._rules:
            if wanted in ("*", method) and path.endswith(end):
                return replies.pop(0) if len(replies) > 1 else replies[0]
        return Reply(418, b"nobody told me what to say here")

    def die(self) -> None:
        """Closes the port; nobody listens there any more."""
        self.server.shutdown()
        self.server.server_close()
        self._thread.join(5)


@contextmanager
def loopback() -> Iterator[Loopback]:
    server = Loopback()
    try:
        yield server
    finally:
        server.die()
