"""Collects what a mail itself says about the conversation it belongs to; the desk judges it."""

from __future__ import annotations

import base64
import binascii
import re

from connectors.email.addresses import addresses, canonical, read, split_plus
from connectors.email.headers import Headers

__all__ = ["outlook_thread", "recipients", "reply_tokens", "subject_token"]

# Where a server or a list leaves the address that a mail was really sent to.
_RECIPIENT_FIELDS = (
    "to",
    "cc",
    "bcc",
    "delivered-to",
    "x-delivered-to",
    "x-original-to",
    "envelope-to",
    "x-envelope-to",
    "x-forwarded-to",
    "x-rcpt-to",
    "apparently-to",
    "resent-to",
    "resent-cc",
)
_NUMBER = re.compile(r"\[\s*#\s*(\d{1,12})\s*\]")
_CONVERSATION = 22  # bytes of a Thread-Index that all mails of one conversation share
MAX_TOKENS = 20


def recipients(headers: Headers, envelope: list[str]) -> list[str]:
    """Every address the mail was sent to, envelope first, each once."""
    found = [one.value for text in envelope for one in read(text)]
    for name in filter(headers.has, _RECIPIENT_FIELDS):
        found.extend(one.value for one in addresses(headers, name))
    return list(dict.fromkeys(one for one in found if one))


def reply_tokens(sent_to: list[str], own: str) -> tuple[str, ...]:
    """The plus parts of those addresses that are ours, lower case."""
    base = split_plus(canonical(own))[0]
    parts = (split_plus(one) for one in sent_to)
    return tuple(dict.fromkeys(part for address, part in parts if part and address == base))[:MAX_TOKENS]


def subject_token(subject: str) -> str | None:
    """The number in ``[#123]``; of several the first."""
    found = _NUMBER.search(subject)
    return found[1] if found else None


def outlook_thread(headers: Headers) -> str | None:
    """What all mails of one Outlook conversation share, in hex: the first 22 bytes of Thread-Index."""
    written = "".join(headers.plain("thread-index").split())
    try:
        index = base64.b64decode(written + "=" * (-len(written) % 4), validate=True)
    except (binascii.Error, ValueError):
        return None
    return index[:_CONVERSATION].hex() if len(index) >= _CONVERSATION else None
