"""Reads what Twilio tells us about SMS: webhook forms and the message records of a poll."""

from __future__ import annotations

import datetime as dt
import email.utils
import mimetypes
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any
from urllib.parse import parse_qsl

import phonenumbers

from connectors.base import (
    Address,
    Attachment,
    Ignored,
    Inbound,
    Item,
    MediaRef,
    Request,
    Signal,
    StatusUpdate,
)
from connectors.sms_codes import OPT_IN, OPT_OUT, STATES, WAITING, code
from connectors.untrusted import as_dict, as_list, as_text, load, unreadable

__all__ = ["Form", "e164", "form", "items", "sent_at"]

MAX_MEDIA = 10
# Twilio's own hints on where the sender's number is from; a person can use them, a rule must not.
_FACTS = {"FromCity": "city", "FromState": "state", "FromZip": "zip", "FromCountry": "country", "ProfileName": "name"}


class Form(dict[str, list[str]]):
    """A urlencoded body with every value of a name, as Twilio's validator asks for it."""

    def getlist(self, name: str) -> list[str]:
        """All values of ``name``, in order."""
        return self.get(name, [])

    def one(self, name: str) -> str:
        """The last value of ``name``, cleaned; empty without one."""
        return as_text((self.get(name) or [""])[-1])


def form(body: bytes) -> Form:
    """Reads a urlencoded body. Raises ``ValueError`` for more than 2,000 fields."""
    found = Form()
    for name, value in parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=2_000):
        found.setdefault(name, []).append(value)
    return found


@lru_cache(10_000)
def e164(value: str) -> str:
    """A phone number as ``+`` and digits; short codes and sender names as they are, without blanks."""
    text = value.strip()
    try:
        number = phonenumbers.parse("+" + text[2:] if text.startswith("00") else text, None)
    except phonenumbers.NumberParseException:
        return "".join(text.split())
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def items(request: Request) -> list[Item]:
    """The items of one arrival; anything that cannot be read becomes one Unreadable."""
    try:
        if request.method == "POLL":
            return list(_polled(as_dict(load(request.body)), request.moment()))
        return list(_called(form(request.body), request.moment()))
    except ValueError as error:
        return [unreadable(request.body, str(error))]


def _called(fields: Form, at: dt.datetime) -> Iterator[Item]:
    sid = fields.one("MessageSid") or fields.one("SmsMessageSid") or fields.one("SmsSid")
    if not sid:
        raise ValueError("no MessageSid")
    if fields.one("MessageStatus") and "Body" not in fields:
        yield from _status(fields, sid, at)
        return
    media = [
        (fields.one(f"MediaUrl{n}"), fields.one(f"MediaContentType{n}"))
        for n in range(MAX_MEDIA)
        if fields.one(f"MediaUrl{n}")
    ]
    extra = {ours: fields.one(theirs) for theirs, ours in _FACTS.items() if fields.one(theirs)}
    body = fields.one("Body")
    yield _inbound(sid, fields.one("From"), fields.one("To"), body, at, media, extra)
    yield from _opt(sid, fields.one("From"), body, fields.one("OptOutType"), at)


def _polled(record: dict[str, Any], at: dt.datetime) -> Iterator[Item]:
    sid = as_text(record.get("sid"))
    if not sid:
        raise ValueError("no sid")
    media = [
        (as_text(as_dict(part).get("url")), as_text(as_dict(part).get("content_type")))
        for part in as_list(record.get("media"))[:MAX_MEDIA]
    ]
    sender, body = as_text(record.get("from")), as_text(record.get("body"))
    when = sent_at(record) or at
    yield _inbound(sid, sender, as_text(record.get("to")), body, when, media, {})
    yield from _opt(sid, sender, body, "", when)


def sent_at(record: Mapping[str, Any]) -> dt.datetime | None:
    """When a message record says it was sent (RFC 2822), aware UTC, or None."""
    for name in ("date_sent", "date_created"):
        try:
            when = email.utils.parsedate_to_datetime(as_text(record.get(name)))
            return when.replace(tzinfo=dt.UTC) if when.tzinfo is None else when.astimezone(dt.UTC)
        except (ValueError, OverflowError):
            continue
    return None


def _inbound(
    sid: str,
    sender: str,
    to: str,
    body: str,
    at: dt.datetime,
    media: list[tuple[str, str]],
    extra: dict[str, str],
) -> Inbound:
    if not sender.strip():
        raise ValueError("no sender")
    return Inbound(
        external_id=sid,
        sender=Address(e164(sender), name=extra.pop("name", "")),
        text=body,
        at=at,
        to=(Address(e164(to)),) if to else (),
        attachments=tuple(_attachment(url, kind, n) for n, (url, kind) in enumerate(media, start=1) if url),
        extra=extra,
    )


def _attachment(url: str, content_type: str, number: int) -> Attachment:
    kind = content_type.partition(";")[0].strip().lower() or "application/octet-stream"
    noun = kind.partition("/")[0] if kind.startswith(("image/", "video/", "audio/")) else "file"
    name = f"{noun}-{number}{mimetypes.guess_extension(kind) or ''}"
    return Attachment(name, kind, media=MediaRef(ref=url, name=name, content_type=kind))


def _opt(sid: str, sender: str, body: str, opt_out_type: str, at: dt.datetime) -> Iterator[Item]:
    word = opt_out_type.upper() or body.strip().upper()
    if word in OPT_OUT:
        yield Signal(f"{sid}:opt_out", Address(e164(sender)), "opt_out", at)
    elif word in OPT_IN:
        yield Signal(f"{sid}:opt_in", Address(e164(sender)), "opt_in", at)


def _status(fields: Form, sid: str, at: dt.datetime) -> Iterator[Item]:
    status, number = fields.one("MessageStatus").lower(), fields.one("ErrorCode")
    key = f"{sid}:{status}:{number}"
    state = STATES.get(status)
    if state is None:
        yield Ignored(key, "still_queued" if status in WAITING else "unknown_status")
        return
    if state != "failed":
        yield StatusUpdate(key, message=sid, state=state, at=at)
        return
    entry = code(number)
    yield StatusUpdate(
        key,
        message=sid,
        state="failed",
        at=at,
        code=number or status,
        reason=fields.one("ErrorMessage") or ("cancelled" if status == "canceled" else entry.means),
        permanent=not entry.later,
        recipient=e164(fields.one("To")) or None,
    )
    if number == "21610":
        yield Signal(f"{sid}:opt_out", Address(e164(fields.one("To"))), "opt_out", at)
