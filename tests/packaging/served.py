"""The desk as a person starts it, by its own command."""

from __future__ import annotations

import os
import signal
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Sequence
from pathlib import Path
from typing import Self

from tests.servers.processes import free_port

DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class Served:
    """A desk on a port and in a folder of its own, with all its processes; ended by ``with``."""

    def __init__(self, command: Sequence[str | Path], folder: Path) -> None:
        self.port = free_port()
        self.data = folder / "data"
        self.log = folder / "serve.log"
        surroundings = {
            "PATH": os.environ["PATH"],
            "HOME": str(folder),
            "HOST": "127.0.0.1",
            "PORT": str(self.port),
            "DATA_DIR": str(self.data),
        }
        with self.log.open("wb") as out:
            self.process = subprocess.Popen(
                command, cwd=folder, env=surroundings, stdout=out, stderr=out, start_new_session=True
            )

    def page(self, path: str = "/", patience_s: float = 60) -> tuple[int, str]:
        """(status, body) of a page, once the desk answers."""
        until = time.monotonic() + patience_s
        while True:
            try:
                with DIRECT.open(f"http://127.0.0.1:{self.port}{path}", timeout=10) as answer:
                    return answer.status, answer.read().decode()
            except urllib.error.HTTPError as refusal:
                return refusal.code, refusal.read().decode()
            except OSError:
                assert self.process.poll() is None, self.log.read_text()
                assert time.monotonic() < until, self.log.read_text()
                time.sleep(0.1)

    def family(self) -> set[int]:
        """The processes that live off its folder: the command and all it started, whoever their parent is now."""
        mark = f"\0DATA_DIR={self.data}\0".encode()
        found = set()
        for environment in Path("/proc").glob("[0-9]*/environ"):
            try:
                if mark in b"\0" + environment.read_bytes():  # empty for a zombie
                    found.add(int(environment.parent.name))
            except OSError:
                continue
        return found

    def end(self) -> int:
        """Asks it to end, and gives its exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(20)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for pid in self.family():
            os.kill(pid, signal.SIGKILL)
        self.process.wait()
