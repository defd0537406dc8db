"""A sandbox for a test: in threads of this process, or as a process of its own."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from inbox.sandbox.client import SandboxClient, SandboxError
from inbox.sandbox.server import Server

__all__ = ["Running", "Sandbox", "SandboxProcess"]


class Running(SandboxClient):
    """A client of a sandbox that starts with ``with`` and ends with it. Without ``state`` nothing is kept."""

    def __init__(
        self, state: Path | None = None, *, http: int = 0, smtp: int = 0, imap: int = 0, tls: bool = False
    ) -> None:
        super().__init__("")
        self._temporary = tempfile.TemporaryDirectory(prefix="sandbox-") if state is None else None
        self.state = Path(self._temporary.name) if self._temporary else Path(str(state))
        self._wanted = {"http": http, "smtp": smtp, "imap": imap}
        self._tls = tls
        self.ports: dict[str, Any] = {}

    @property
    def ca_file(self) -> str:
        """The CA that the mail servers' certificate is from; empty without TLS."""
        return str(self.ports.get("ca_file", ""))

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
        if self._temporary:
            self._temporary.cleanup()

    def start(self) -> None:
        """Starts the servers; ``url`` and ``ports`` are known afterwards."""
        raise NotImplementedError

    def stop(self) -> None:
        """Ends them."""
        raise NotImplementedError


class Sandbox(Running):
    """In threads of this process: starts in some 20 ms."""

    _server: Server

    def start(self) -> None:
        """Starts the servers."""
        self._server = Server(self.state, **self._wanted, tls=self._tls)
        self.ports, self.url = self._server.ports, self._server.ports["url"]

    def stop(self) -> None:
        """Ends them."""
        self.close()
        self._server.stop()


class SandboxProcess(Running):
    """As a process of its own, which outlives a killed desk but not this process."""

    process: subprocess.Popen[str]

    def start(self) -> None:
        """Starts the process and waits for its line. Raises :class:`SandboxError` where it does not come."""
        options = ["--state", str(self.state), "--with-parent"] + (["--tls"] if self._tls else [])
        names = {"http": "--port", "smtp": "--smtp-port", "imap": "--imap-port"}
        options += [part for name, port in self._wanted.items() for part in (names[name], str(port))]
        self.process = subprocess.Popen(  # noqa: S603 - this very interpreter and module
            [sys.executable, "-m", "inbox.sandbox", *options],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        line = self.process.stdout.readline() if self.process.stdout else ""
        if not line:
            raise SandboxError(f"the sandbox did not start (exit code {self.process.wait()})")
        self.ports = json.loads(line)
        self.url = self.ports["url"]

    def stop(self) -> None:
        """Asks the process to end and waits for it."""
        self.close()
        self.process.terminate()
        self.process.wait(10)
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe:
                pipe.close()
