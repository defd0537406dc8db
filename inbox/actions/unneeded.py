"""Bytes that nothing names any more: attachments, visitors' and drafts' files, large arrivals, each stored once."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any, Final

from sqlalchemy import event, select

from inbox import clock
from inbox.store import Attachment, DraftFile, JournalEntry, Upload, Work

__all__ = ["forget"]

#: What names bytes by their digest.
NAMING: Final[tuple[type[Any], ...]] = (Attachment, Upload, DraftFile, JournalEntry)
_AT_ONCE = 500


def forget(work: Work, digests: Iterable[str], before: dt.datetime | None = None) -> None:
    """Removes those of some bytes that nothing names, once it is true that nothing does. What was stored again since
    ``before``, or since now, stays: somebody is about to name it."""
    work.flush()
    some, until = sorted(set(digests)), (before or clock.now()).timestamp()
    wanted: set[str] = set()
    for start in range(0, len(some), _AT_ONCE):
        part = some[start : start + _AT_ONCE]
        for table in NAMING:
            wanted |= {str(one) for one in work.scalars(select(table.sha256).where(table.sha256.in_(part)))}
    files, left = work.store.files, [one for one in some if one not in wanted]

    def gone(_session: Any) -> None:
        for digest in left:
            files.forget(digest, until)

    event.listen(work, "after_commit", gone, once=True)
