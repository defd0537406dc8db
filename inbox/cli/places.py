"""Where a demo's desk and its sandbox are: the ports they listen on, and a note of it in the demo's folder."""

from __future__ import annotations

import json
import socket
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from inbox.errors import Unavailable
from inbox.settings import Settings

__all__ = ["Places", "is_free"]

#: The sandbox's three ports lie behind the desk's: 8025, 8026, 8027 for 8000; where one is taken, ten further on.
AWAY, STEP, TRIES = 25, 10, 10
HIGHEST = 65_000
NOTE: Final = "demo.json"


@dataclass(frozen=True)
class Places:
    """The desk's address and the sandbox's ports."""

    desk: str
    http: int
    smtp: int
    imap: int

    @property
    def sandbox(self) -> str:
        """The page on which one plays the customer."""
        return f"http://127.0.0.1:{self.http}"

    @classmethod
    def find(cls, settings: Settings) -> Places:
        """Three ports that nobody listens on, the same as last time if they are free. Raises :class:`Unavailable`."""
        first = settings.port + AWAY if settings.port < HIGHEST else settings.port - 1_000
        for number in range(first, first + STEP * TRIES, STEP):
            if all(map(is_free, range(number, number + 3))):
                return cls(settings.base_url, number, number + 1, number + 2)
        msg = f"the sandbox needs three free ports from {first} on; choose another PORT"
        raise Unavailable(msg)

    @classmethod
    def noted(cls, folder: Path) -> Places | None:
        """Where they were when the channels were last set; None where there is no demo yet.

        A file, because most starts change nothing, and to load the store and look takes a third of a second.
        """
        try:
            return cls(**json.loads((folder / NOTE).read_text(encoding="utf-8")))
        except (OSError, TypeError, ValueError):
            return None

    def note(self, folder: Path) -> None:
        """Writes it down for the next start."""
        (folder / NOTE).write_text(json.dumps(asdict(self)) + "\n", encoding="utf-8")


def is_free(port: int) -> bool:
    """Whether one could listen there."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True
