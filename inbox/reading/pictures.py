"""Pictures that a mail wants fetched from elsewhere: whether it has any, and whether its sender may."""

from __future__ import annotations

import re

from inbox.store import Identity, Message, Work

__all__ = ["allowed", "has_remote"]

_REMOTE = re.compile(r"<img\b[^<>]*?\bsrc\s*=\s*[\"']?\s*(?:https?:)?//", re.IGNORECASE)


def has_remote(html: str | None) -> bool:
    """Whether a mail asks for pictures from elsewhere, so that there is something to allow."""
    return bool(html) and _REMOTE.search(html or "") is not None


def allowed(work: Work, message: Message) -> bool:
    """Whether somebody has said that this sender's pictures may be fetched."""
    identity = work.get(Identity, message.identity_id) if message.identity_id else None
    return identity is not None and identity.pictures_at is not None
