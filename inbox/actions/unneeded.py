"""Bytes that nothing names any more: attachments, visitors' and drafts' files, large arrivals, each stored once."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any, Final

from sqlalchemy import event, select

from inbox import clock
from inbox.store import Attachment, DraftFile, JournalEntry, Unneeded, Upload, Work

__all__ = ["erase", "forget", "sweep"]

#: What names bytes by their digest.
NAMING: Final[tuple[type[Any], ...]] = (Attachment, Upload, DraftFile, JournalEntry)
_AT_ONCE = 500


def forget(work: Work, digests: Iterable[str], before: dt.datetime | None = None) -> None:
    """Removes those of some bytes that nothing names, once it is true that nothing does. What was stored again since
    ``before``, or since now, stays: somebody is about to name it."""
    until = (before or clock.now()).timestamp()
    files, left = work.store.files, _unnamed(work, digests)

    def gone(_session: Any) -> None:
        for digest in left:
            files.forget(digest, until)

    event.listen(work, "after_commit", gone, once=True)


def erase(work: Work, digests: Iterable[str]) -> None:
    """The same for bytes that must not stay: they are written down until :func:`sweep` has seen that they are gone, for
    whoever removes them may be killed before."""
    some = sorted(set(digests))
    for digest in some:
        work.merge(Unneeded(sha256=digest))
    forget(work, some)


def sweep(work: Work) -> None:
    """Removes what was written down and is still there."""
    rows = work.scalars(select(Unneeded).limit(_AT_ONCE)).all()
    if not rows:
        return
    left = set(_unnamed(work, (row.sha256 for row in rows)))
    for row in rows:
        if row.sha256 in left:
            work.store.files.forget(row.sha256, row.at.timestamp())
        work.delete(row)


def _unnamed(work: Work, digests: Iterable[str]) -> list[str]:
    work.flush()
    some, wanted = sorted(set(digests)), set[str]()
    for start in range(0, len(some), _AT_ONCE):
        part = some[start : start + _AT_ONCE]
        for table in NAMING:
            wanted |= {str(one) for one in work.scalars(select(table.sha256).where(table.sha256.in_(part)))}
    return [one for one in some if one not in wanted]
