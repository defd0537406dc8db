"""Files that a channel takes not: they leave as links to this desk, signed and good for a month."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from connectors.base import Capabilities
from inbox.actions import pictures
from inbox.actions.surveys import doors
from inbox.store import Attachment, Message, Work

__all__ = ["TOO_LARGE", "address", "as_links", "room", "text_of"]

LIVES: Final = timedelta(days=30)
#: What servers say of a mail, and APIs of a call, that is larger than they take.
TOO_LARGE: Final = frozenset({"5.3.4", "5.2.3", "552", "http_413"})


def as_links(can: Capabilities, sizes: Sequence[int]) -> list[bool]:
    """Which files of these sizes leave as links: all where the channel takes none, those over its limit, and of too
    many (by number or in all) the largest."""
    linked = [not can.media or (can.media_bytes is not None and size > can.media_bytes) for size in sizes]
    largest = sorted(range(len(sizes)), key=lambda index: -sizes[index])
    for index in largest:
        left = [size for size, is_link in zip(sizes, linked, strict=True) if not is_link]
        many = can.media_count is not None and len(left) > can.media_count
        heavy = can.media_total is not None and sum(left) > can.media_total
        if not (many or heavy):
            break
        linked[index] = True
    return linked


def address(work: Work, attachment: int, until: int) -> str:
    """The public address of a file, good until that second."""
    mark = work.store.seal.mark("public file", f"{attachment}:{until}", 32)
    return f"{work.store.settings.base_url}/files/{attachment}/{until}/{mark}"


def text_of(work: Work, message: Message) -> str:
    """A message's text as the renderer takes it, the links of a survey and of files below it; the same over retries."""
    until = int((message.at + LIVES).timestamp())
    lines = "\n".join(f"{_named(one)}: {address(work, one.id, until)}" for one in message.attachments if one.linked)
    return "\n\n".join(part for part in (pictures.resolved(message), doors.lines(work, message), lines) if part)


def room(work: Work, names: Sequence[str]) -> int:
    """How many characters those lines take at most, where they are not written yet."""
    each = len(work.store.settings.base_url) + 90
    return sum(len(name) + each for name in names) + 2 if names else 0


def _named(one: Attachment) -> str:
    size = one.size or 0
    return f"{one.name} ({size / 1_000_000:.1f} MB)" if size >= 1_000_000 else f"{one.name} ({max(size // 1000, 1)} kB)"
