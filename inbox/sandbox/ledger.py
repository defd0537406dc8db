"""An append-only book of what happened at one stand-in: the judge's list, kept in a file and in memory."""

from __future__ import annotations

import datetime as dt
import json
import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

__all__ = ["Entry", "Ledger", "now"]

Entry = dict[str, Any]


def now() -> dt.datetime:
    """The present, aware and in UTC."""
    return dt.datetime.now(dt.UTC)


class Ledger:
    """One line of JSON per happening: ``n`` counts from 1, ``time`` is RFC 3339 UTC, ``what`` names the kind.

    A line is written with one call to an unbuffered file before it is visible in memory, so a killed process can
    lose at most a line that nobody was told about; a torn last line is dropped on reading.
    """

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._changed = threading.Condition()
        self._entries = _read(path)
        self._file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        self._closed = False

    def append(self, what: str, **facts: Any) -> Entry:
        """Writes one line and returns it as it can be read from now on."""
        with self._changed:
            entry: Entry = {"n": len(self._entries) + 1, "time": now().isoformat().replace("+00:00", "Z")}
            entry |= {"what": what, **facts}
            line = json.dumps(entry, ensure_ascii=False, separators=(",", ":")) + "\n"
            if not self._closed:
                os.write(self._file, line.encode("utf-8", "surrogateescape"))
            self._entries.append(entry)
            self._changed.notify_all()
            return entry

    def entries(self, what: str | None = None) -> list[Entry]:
        """All lines in order, or those of one kind."""
        with self._changed:
            return [entry for entry in self._entries if what is None or entry["what"] == what]

    def wait(self, matches: Callable[[Entry], bool], count: int, timeout: float) -> list[Entry]:
        """The lines that match, as soon as there are ``count`` or after ``timeout`` seconds."""

        def found() -> list[Entry]:
            return [entry for entry in self._entries if matches(entry)]

        with self._changed:
            self._changed.wait_for(lambda: self._closed or len(found()) >= count, timeout)
            return found()

    def close(self) -> None:
        """Closes the file and wakes everybody who waits."""
        with self._changed:
            if not self._closed:
                self._closed = True
                os.close(self._file)
            self._changed.notify_all()


def _read(path: Path) -> list[Entry]:
    """The whole lines of an earlier run; cuts a torn last line off the file."""
    if not path.exists():
        return []
    data = path.read_bytes()
    whole = data[: data.rfind(b"\n") + 1]
    if len(whole) != len(data):
        os.truncate(path, len(whole))
    return [json.loads(line) for line in whole.splitlines()]
