"""How far each folder has been read: plain data that the desk keeps with what was read."""

from __future__ import annotations

import datetime as dt
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

__all__ = ["Cursor", "Failed", "Folder"]

MAX_TRIES = 5
_FIRST_PAUSE = dt.timedelta(minutes=1)


class _Kept(BaseModel):
    model_config = ConfigDict(extra="ignore")


class Failed(_Kept):
    """A mail that the server lists and did not deliver."""

    tries: int = 1
    again: dt.datetime

    def once_more(self, now: dt.datetime) -> Failed:
        """After one more failure: the next try at four times the distance."""
        return Failed(tries=self.tries + 1, again=now + _FIRST_PAUSE * 4**self.tries)

    @staticmethod
    def first(now: dt.datetime) -> Failed:
        return Failed(again=now + _FIRST_PAUSE)


class Folder(_Kept):
    """One folder.

    ``uid`` is the last UID read, valid under ``validity``. ``older``: mail up to that UID is still being imported, and
    ``older_done`` of it is. ``floor``: after a change of validity, what arrived before it is not read again up to
    ``floor_until``. ``seen``: when the newest mail that was read had arrived.
    """

    validity: int
    uid: int = 0
    older: int | None = None
    older_done: int = 0
    floor: dt.datetime | None = None
    floor_until: int = 0
    seen: dt.datetime | None = None
    failed: dict[int, Failed] = Field(default_factory=dict)


class Cursor(_Kept):
    """All folders by name, and when the channel was connected: mail from before then is never new.

    ``looked``: every folder was read once. Until then what arrived since ``born`` is searched for by its date, as the
    first look comes a moment, or an outage, after the connection.
    """

    born: dt.datetime
    looked: bool = True
    folders: dict[str, Folder] = Field(default_factory=dict)

    @staticmethod
    def beginning(at: dt.datetime) -> Cursor:
        """Of a channel that is connected at ``at``. Servers keep no parts of a second."""
        return Cursor(born=at.replace(microsecond=0), looked=False)

    @staticmethod
    def read(kept: dict[str, Any], now: dt.datetime) -> Cursor:
        """The cursor that the desk kept, or a new one for {}."""
        return Cursor.model_validate(kept) if kept else Cursor(born=now)

    def plain(self) -> dict[str, Any]:
        """JSON for the desk to keep."""
        return self.model_dump(mode="json", exclude_defaults=True)
