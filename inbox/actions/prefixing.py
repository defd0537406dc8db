"""A history under a name of its own: whatever it names gets that name before it, and meets nothing of this desk."""

from __future__ import annotations

import re
from typing import Any, Final, cast

from sqlalchemy import String

from inbox.metrics.kinds import Wrong, refers
from inbox.store import Event

__all__ = ["Prefix"]

NAME: Final = re.compile(r"[A-Za-z0-9-]{1,16}")
COLUMNS: Final = ("id", "actor_id", "actor_team")
_LONGEST: Final = {name: cast("String", Event.__table__.c[name].type).length or 0 for name in COLUMNS}


class Prefix:
    """Puts ``NAME:`` before the ids of an event and of all that it refers to. Raises ``ValueError`` for another name
    than 1 to 16 letters, digits and ``-``."""

    def __init__(self, name: str) -> None:
        if not NAME.fullmatch(name):
            msg = f"{name!r} is no prefix; write 1 to 16 letters, digits or -, like old-desk"
            raise ValueError(msg)
        self._before = f"{name}:"

    def put(self, row: dict[str, Any]) -> dict[str, Any]:
        """The row under this name; a ticket is called by a text then. Raises :class:`Wrong` where an id gets too
        long."""
        ids = {name: self._named(row[name]) for name in COLUMNS}
        for name, id in ids.items():
            if id is not None and len(id) > _LONGEST[name]:
                raise Wrong(f"{name.replace('_', '.')} is longer than {_LONGEST[name]} characters with its prefix")
        told = row["data"]
        if row["ticket_id"] is not None:
            told = {**told, "ticket": str(row["ticket_id"])}
        data = told | {name: self._named(told[name]) for name in refers(row["kind"]) & told.keys()}
        return {**row, **ids, "ticket_id": None, "data": data}

    def _named(self, value: Any) -> Any:
        if isinstance(value, list):
            return [self._named(one) for one in value]
        return self._before + value if isinstance(value, str) else value
