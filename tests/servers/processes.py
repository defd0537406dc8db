"""Starting a server program for the length of a test session, so that it never outlives it."""

from __future__ import annotations

import contextlib
import itertools
import os
import random
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

PATIENCE_S = 30.0


#: Below the ports that the kernel gives to outgoing connections: those come and go all the time.
PORTS = range(20_000, 32_000)
_NUMBERS = itertools.cycle(random.sample(PORTS, len(PORTS)))


def free_port() -> int:
    """A loopback port that nobody listens on, and that this process has not given to anybody else before."""
    while True:
        number = next(_NUMBERS)
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", number))
            return number


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
