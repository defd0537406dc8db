"""Whether a desk is running on this ``DATA_DIR``: each role holds a shared lock for as long as it lives."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO

from inbox.errors import Conflict
from inbox.settings import Settings

__all__ = ["alone", "held", "hold"]

LOCK = "running.lock"
_held: list[IO[str]] = []  # until the process ends: the system lets go of it then, however the process ends


def hold(settings: Settings) -> None:
    """Marks this process as one that works here. Raises :class:`Conflict` while a backup is being put back."""
    _held.append(_shared(settings))


@contextmanager
def held(settings: Settings) -> Iterator[None]:
    """The same for a while."""
    with _shared(settings):
        yield


def _shared(settings: Settings) -> IO[str]:
    file = (settings.data_dir / LOCK).open("w")
    try:
        fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        file.close()
        msg = "a backup is being put back here; start again when that is done"
        raise Conflict(msg) from None
    return file


@contextmanager
def alone(settings: Settings) -> Iterator[None]:
    """Keeps every role out. Raises :class:`Conflict` where one runs."""
    with (settings.data_dir / LOCK).open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            msg = "the desk is running; stop it (sportello serve, web and worker), then try again"
            raise Conflict(msg) from None
        yield
