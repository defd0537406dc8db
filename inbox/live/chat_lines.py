"""The open pages of visitors in this process: which site each stands on and whose it is."""

from __future__ import annotations

import threading
from collections import defaultdict

from inbox.actions.signed import Signed
from inbox.store import Visitor

__all__ = ["LINES", "Line", "Lines"]


class Line:
    """One visitor's open page."""

    def __init__(self, channel: str) -> None:
        self.channel = channel
        self.digest = ""
        self.visitor = ""
        self.signed: Signed | None = None


class Lines:
    """The open pages of this process, by socket and by visitor."""

    def __init__(self) -> None:
        self.by_sid: dict[str, Line] = {}
        self.by_visitor: dict[str, set[str]] = defaultdict(set)
        self.lock = threading.Lock()

    def bind(self, sid: str, line: Line, visitor: Visitor) -> None:
        """This page belongs to that visitor, and to nobody it belonged to before."""
        with self.lock:
            self._release(sid, line)
            line.digest, line.visitor = visitor.digest, visitor.id
            self.by_visitor[visitor.id].add(sid)

    def drop(self, sid: str) -> None:
        """The page is gone."""
        with self.lock:
            line = self.by_sid.pop(sid, None)
            if line is not None:
                self._release(sid, line)

    def release(self, sid: str, line: Line) -> None:
        """The page stays, whoever it belonged to has left it."""
        with self.lock:
            self._release(sid, line)

    def _release(self, sid: str, line: Line) -> None:
        if line.visitor:
            self.by_visitor[line.visitor].discard(sid)
            if not self.by_visitor[line.visitor]:
                del self.by_visitor[line.visitor]
        line.digest = line.visitor = ""

    def of(self, visitor: str) -> list[str]:
        """A visitor's sockets."""
        with self.lock:
            return list(self.by_visitor.get(visitor, ()))


LINES = Lines()
