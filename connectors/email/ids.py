"""The ids of mails: as their headers give them, or made from the content where there is none."""

from __future__ import annotations

import hashlib
import re

from connectors.email.headers import Headers
from connectors.email.words import decode_words

__all__ = ["message_id", "normal", "reference_ids"]

MAX_ID = 480  # the desk keeps 500 characters
MAX_REFERENCES = 200
_BRACKETED = re.compile(r"<([^<>]*)>")
_BLANKS = re.compile(r"\s+")
_BARE = re.compile(r"[^\s<>,;\"@]{1,500}+@[^\s<>,;\"]{1,500}")
_KEPT = ("date", "from", "to", "subject")


def message_id(headers: Headers, content: bytes) -> str:
    """The mail's Message-ID with its brackets; without one ``sha256:`` and a digest of what the sender wrote, so that
    the same mail fetched twice, over two ways, has the same id. ``content`` is the mail from its body on."""
    for text in headers.each("message-id"):
        for inner in _inner_ids(text):
            return normal(inner)
    digest = hashlib.sha256()
    for name in _KEPT:
        digest.update(headers.plain(name).encode("utf-8", "replace") + b"\n")
    # Line ends differ between one server and another, and some add or drop the last one.
    digest.update(content.replace(b"\r\n", b"\n").replace(b"\r", b"\n").rstrip(b"\n"))
    return "sha256:" + digest.hexdigest()


def reference_ids(headers: Headers, name: str) -> tuple[str, ...]:
    """The ids in the fields of that name, oldest first, each once; of very many the first and the last are kept."""
    found = dict.fromkeys(normal(inner) for text in headers.each(name) for inner in _inner_ids(text))
    ids = tuple(found)
    return ids if len(ids) <= MAX_REFERENCES else ids[:20] + ids[20 - MAX_REFERENCES :]


def _inner_ids(text: str) -> list[str]:
    """What stands between brackets; without any, what looks like an id: "null" is what broken programs put there."""
    if "=?" in text:  # one widespread library folds a long id into encoded words
        text = decode_words(text)
    inner = [_BLANKS.sub("", one) for one in _BRACKETED.findall(text)]
    return [one for one in inner if one] or _BARE.findall(text)


def normal(inner: str) -> str:
    """An id in brackets; an endless one is replaced by its digest, in its own mail and in answers."""
    if len(inner) > MAX_ID:
        return "sha256:" + hashlib.sha256(inner.encode("utf-8", "replace")).hexdigest()
    return f"<{inner}>"
