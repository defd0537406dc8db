"""Starting a server program for the length of a test session, so that it never outlives it."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

PATIENCE_S = 30.0


def free_port() -> int:
    """A loopback port that the kernel calls free; whoever takes it must be ready to lose the race and ask again."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Process:
    """One running server program.

    ``user`` is whom it runs as when the tests run as root. ``stop_by`` is its signal for a prompt and clean end; the
    kernel sends the same when this process dies, however it dies.
    """

    def __init__(
        self,
        command: Sequence[str | Path],
        log: Path,
        *,
        stop_by: signal.Signals = signal.SIGTERM,
        user: str | None = None,
    ) -> None:
        self.log = log
        self.stop_by = stop_by
        tied = ["setpriv", "--pdeathsig", stop_by.name.removeprefix("SIG")] if shutil.which("setpriv") else []
        with log.open("ab") as out:
            self.process = subprocess.Popen(
                [*tied, *map(str, command)],
                stdout=out,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
                **as_user(user),
            )

    def wait_for(self, ready: Callable[[], bool]) -> bool:
        """True when ``ready()`` is, False when the program ended before; ``TimeoutError`` with its last words."""
        until = time.monotonic() + PATIENCE_S
        while self.process.poll() is None:
            if ready():
                return True
            if time.monotonic() > until:
                msg = f"{self.process.args!r} is not ready after {PATIENCE_S:.0f} s: {self.last_words()}"
                raise TimeoutError(msg)
            time.sleep(0.02)
        return False

    def last_words(self) -> str:
        """The end of what the program wrote."""
        return self.log.read_text(errors="replace")[-2000:]

    def stop(self) -> None:
        """Ends the program: by its own signal, and by force after ten seconds."""
        if self.process.poll() is None:
            self.process.send_signal(self.stop_by)
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def as_user(user: str | None) -> dict[str, Any]:
    """Keyword arguments for ``subprocess`` that run a program as ``user`` where the tests are root."""
    if user is None or os.geteuid() != 0:
        return {}
    return {"user": user, "group": user, "extra_groups": [], "cwd": "/"}
