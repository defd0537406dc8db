"""Postmark's inbound stream: JSON, unsigned, behind a password in the address."""

from __future__ import annotations

import base64
import binascii
from typing import Any

from connectors.base import File, Request
from connectors.email.config import EmailConfig
from connectors.email.inbound import basic
from connectors.email.inbound.rebuild import rebuild
from connectors.email.transfer import base64_bytes
from connectors.untrusted import as_dict, as_list, as_text, load

__all__ = ["address", "mail", "nonce", "verify"]


def verify(config: EmailConfig, request: Request) -> None:
    """The password in the address. Raises ``ValueError``."""
    basic.check(config, request)


def nonce(request: Request) -> str | None:
    """None: who knows the password may send anything anyway."""
    del request
    return None


def mail(request: Request) -> tuple[str | None, list[str], bytes]:
    """Envelope and raw mail; ``RawEmail`` where "include raw email" is on, else made of the fields."""
    told = as_dict(load(request.body))
    recipients = [one for one in (as_text(told.get("OriginalRecipient")),) if one]
    if raw := as_text(told.get("RawEmail")):
        return None, recipients, _raw(raw)
    if not any(name in told for name in ("From", "FromFull", "Headers")):
        raise ValueError("there is no mail in the call")
    headers = [
        (as_text(one.get("Name")), as_text(one.get("Value"))) for one in map(as_dict, as_list(told.get("Headers")))
    ]
    named = {name.lower() for name, _ in headers}
    for name, value in _told(told):
        if value and name.lower() not in named:
            headers.append((name, value))
    files = [_file(as_dict(one)) for one in as_list(told.get("Attachments"))]
    return None, recipients, rebuild(headers, as_text(told.get("TextBody")), as_text(told.get("HtmlBody")), files)


def _told(told: dict[str, Any]) -> list[tuple[str, str]]:
    """The headers that Postmark takes out of the list and gives as fields."""
    people = [(name, ", ".join(map(_person, as_list(told.get(f"{name}Full"))))) for name in ("To", "Cc")]
    sender = _person(told.get("FromFull")) or as_text(told.get("From"))
    return [
        ("From", sender),
        *((name, value or as_text(told.get(name))) for name, value in people),
        ("Reply-To", as_text(told.get("ReplyTo"))),
        ("Subject", as_text(told.get("Subject"))),
        ("Date", as_text(told.get("Date"))),
    ]


def _person(value: object) -> str:
    """``"Name" <address>`` of one of Postmark's pairs."""
    one = as_dict(value)
    email, name = as_text(one.get("Email")), as_text(one.get("Name"))
    quoted = name.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{quoted}" <{email}>' if name else email


def _raw(text: str) -> bytes:
    """The raw mail, which comes as text; in base64 where the provider packed it so."""
    try:
        return base64.b64decode("".join(text.split()).encode("ascii"), validate=True)
    except (binascii.Error, UnicodeEncodeError):
        return text.encode("utf-8", "replace")


def _file(one: dict[str, Any]) -> File:
    data = base64_bytes(as_text(one.get("Content")).encode("utf-8", "replace"))
    return File(
        as_text(one.get("Name")) or "file",
        as_text(one.get("ContentType")).partition(";")[0].strip(),
        data,
        content_id=as_text(one.get("ContentID")) or None,
    )


def address(config: EmailConfig, url: str) -> str:
    """The address with the password in it."""
    return basic.with_password(config, url + "/postmark")
