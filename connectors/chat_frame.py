"""Reads the frames of the web chat: what a visitor wrote, received or read, and the page where it was."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from connectors.base import Address, Attachment, Ignored, Inbound, Item, MediaRef, Rating, State, StatusUpdate
from connectors.untrusted import as_count, as_dict, as_list, as_text

__all__ = ["TEXT_LIMIT", "items", "page_of"]

TEXT_LIMIT = 10_000
MAX_FILES = 10
_SECRET_WORDS = ("token", "code", "key", "password", "session", "secret", "auth")
_PAGE = {"url": 500, "referrer": 500, "title": 200, "language": 20, "timezone": 60}


def items(frame: dict[str, Any], visitor: str, at: dt.datetime) -> Iterator[Item]:
    """One frame of a known visitor at the time our own server took it in. Raises ``ValueError`` where it is none.

    ``{"type": "message", "id", "text", "name"?, "email"?, "topic"?,
    "files"?: [{"ref", "name", "content_type", "bytes"}],
    "page"?: {"url", "referrer", "title", "language", "timezone"}}`` ·
    ``{"type": "delivered" | "read", "message"}`` · ``{"type": "rating", "id", "survey", "score", "comment"?}``
    """
    if not visitor:
        raise ValueError("no visitor")
    kind = frame.get("type")
    if kind == "message":
        yield _message(frame, visitor, at)
    elif kind in ("delivered", "read"):
        message = as_text(frame.get("message"))
        if not message:
            raise ValueError("no message")
        state: State = "delivered" if kind == "delivered" else "read"
        yield StatusUpdate(f"{message}:{state}", message=message, state=state, at=at, recipient=visitor)
    elif kind == "rating":
        yield _rating(frame, visitor, at)
    else:
        yield Ignored(f"{visitor}:{as_text(frame.get('id'))[:64]}", "unknown_type")


def _message(frame: dict[str, Any], visitor: str, at: dt.datetime) -> Inbound:
    key, text = as_text(frame.get("id")), as_text(frame.get("text"))
    if not key or len(key) > 64:
        raise ValueError("no id, or one longer than 64 characters")
    if len(text) > TEXT_LIMIT:
        raise ValueError(f"longer than {TEXT_LIMIT:,} characters")
    attachments = tuple(_attachments(frame))
    if not text.strip() and not attachments:
        raise ValueError("nothing in it")
    page = page_of(as_dict(frame.get("page")))
    email = as_text(frame.get("email")).strip()[:254]
    extra: dict[str, Any] = {"page": page} if page else {}
    if email:
        # Typed, not proved: the desk may write there, but it opens nobody's earlier tickets.
        extra["email"] = email
    topic = " ".join(as_text(frame.get("topic")).split())[:60]
    if topic:
        extra["topic"] = topic
    if page.get("language"):
        extra["locale"] = page["language"]
    return Inbound(
        external_id=f"{visitor}:{key}",
        sender=Address(visitor, name=as_text(frame.get("name")).strip()[:100]),
        text=text,
        subject=f"{topic}: {' '.join(text.split())[:120] or attachments[0].name}" if topic else None,
        at=at,
        attachments=attachments,
        thread=visitor,
        extra=extra,
    )


def _rating(frame: dict[str, Any], visitor: str, at: dt.datetime) -> Rating:
    score, survey = frame.get("score"), as_text(frame.get("survey"))[:80]
    if not isinstance(score, int) or isinstance(score, bool) or not 1 <= score <= 5 or not survey:
        raise ValueError("no score from 1 to 5, or of no survey")
    key = as_text(frame.get("id"))[:64]
    return Rating(f"{visitor}:{key}", Address(visitor), survey, score, as_text(frame.get("comment")).strip()[:1000], at)


def _attachments(frame: dict[str, Any]) -> Iterator[Attachment]:
    for file in map(as_dict, as_list(frame.get("files"))[:MAX_FILES]):
        ref, name = as_text(file.get("ref")), as_text(file.get("name"))[:200] or "file"
        content_type = as_text(file.get("content_type"))[:100] or "application/octet-stream"
        if ref:
            media = MediaRef(ref, name, content_type, as_count(file.get("bytes")))
            yield Attachment(name, content_type, media=media)


def page_of(given: dict[str, Any]) -> dict[str, str]:
    """The page that a visitor is on as far as it may be kept: of limited length, without what opens doors."""
    found = {name: as_text(given.get(name)).strip() for name in _PAGE}
    for name in ("url", "referrer"):
        found[name] = _without_secrets(found[name])
    return {name: value[: _PAGE[name]] for name, value in found.items() if value}


def _without_secrets(url: str) -> str:
    """An http(s) address without user, fragment and parameters that look like keys; empty for anything else."""
    try:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            return ""
        query = [
            (name, value)
            for name, value in parse_qsl(parts.query, keep_blank_values=True, max_num_fields=100)
            if not any(word in name.lower() for word in _SECRET_WORDS)
        ]
    except ValueError:
        return ""
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, urlencode(query), ""))
