"""The one clock: aware UTC, whole milliseconds."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

__all__ = ["at", "iso", "now", "parse"]

_told: ContextVar[dt.datetime | None] = ContextVar("told", default=None)


def now() -> dt.datetime:
    """The present as aware UTC, cut to whole milliseconds as the event log keeps them."""
    moment = _told.get() or dt.datetime.now(dt.UTC)
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


@contextmanager
def at(moment: dt.datetime) -> Iterator[None]:
    """Within it, and in this thread alone, the present is ``moment``: sample data is written as of then."""
    before = _told.set(moment.astimezone(dt.UTC))
    try:
        yield
    finally:
        _told.reset(before)


def iso(moment: dt.datetime) -> str:
    """RFC 3339 in UTC with milliseconds: ``2026-03-09T08:00:00.000Z``. Raises ``ValueError`` on a naive time."""
    if moment.tzinfo is None:
        msg = "a time without a zone"
        raise ValueError(msg)
    return moment.astimezone(dt.UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def parse(text: str) -> dt.datetime:
    """The aware UTC time that an RFC 3339 text names. Raises ``ValueError`` on anything else, and without a zone."""
    moment = dt.datetime.fromisoformat(text)
    if moment.tzinfo is None:
        msg = f"a time needs its zone: {text!r}"
        raise ValueError(msg)
    return moment.astimezone(dt.UTC)
