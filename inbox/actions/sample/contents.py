"""What the sample brought that carries no mark of its own, written down so that exactly this can be taken away."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from typing import Any, Final

from sqlalchemy import event

from inbox.store import Agent, Audit, Canned, Reason, Setting, Team, Work

__all__ = ["NAME", "UNMARKED", "Contents", "fingerprint", "kept", "noting"]

NAME: Final = "sample.contents"
#: Table → its word in the setting.
UNMARKED: Final[dict[type[Any], str]] = {Audit: "audit", Canned: "canned", Reason: "reasons", Team: "teams"}


@dataclass
class Contents:
    """Ids by table, the ids of events of no ticket, which passwords were given, and which settings were made."""

    rows: dict[str, list[Any]] = field(default_factory=lambda: {word: [] for word in UNMARKED.values()})
    events: list[str] = field(default_factory=list)
    passwords: dict[str, str] = field(default_factory=dict)  # agent → fingerprint of the stored hash
    settings: list[str] = field(default_factory=list)

    def write(self, work: Work) -> None:
        """Keeps it with the desk's settings."""
        work.add(Setting(name=NAME, value=asdict(self)))


def kept(work: Work) -> Contents | None:
    """What :meth:`Contents.write` kept, or None."""
    row = work.get(Setting, NAME)
    return Contents(**row.value) if row is not None else None


@contextmanager
def noting(work: Work) -> Iterator[Contents]:
    """Notes every row without a mark that is written meanwhile, and at the end every event of no ticket."""
    contents = Contents()

    def note(session: Work, _flush: object) -> None:
        for row in session.new:
            word = UNMARKED.get(type(row))
            if word is not None:
                contents.rows[word].append(row.id)

    event.listen(work, "after_flush", note)
    try:
        yield contents
        contents.events = [line.id for line in [*work.written, *work.events] if line.ticket_id is None]
    finally:
        event.remove(work, "after_flush", note)


def fingerprint(agent: Agent) -> str:
    """Changes with the agent's password; says nothing of it."""
    return hashlib.sha256(agent.password.encode()).hexdigest()
