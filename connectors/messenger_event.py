"""Reads the events of Messenger that Meta sends in batches."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import mimetypes
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from connectors.base import (
    Address,
    Attachment,
    Ignored,
    Inbound,
    Item,
    MediaRef,
    Reaction,
    Retraction,
    State,
    StatusUpdate,
)
from connectors.untrusted import as_dict, as_list, as_text, from_millis, unreadable

__all__ = ["items"]

# Attachment type → content type where the file's name says nothing.
_TYPES = {"image": "image/jpeg", "audio": "audio/mpeg", "video": "video/mp4", "file": "application/octet-stream"}


@dataclass(frozen=True)
class _Event:
    """One element of ``messaging``; ``page_id`` and ``app_id`` are ours."""

    raw: dict[str, Any]
    page_id: str
    app_id: str

    @property
    def sender(self) -> str:
        """Whose id it carries. Raises ``ValueError`` without one."""
        found = as_text(as_dict(self.raw.get("sender")).get("id"))
        if not found:
            raise ValueError("no sender")
        return found

    @property
    def recipient(self) -> tuple[Address, ...]:
        """To whom, or nobody."""
        found = as_text(as_dict(self.raw.get("recipient")).get("id"))
        return (Address(found),) if found else ()

    @property
    def at(self) -> dt.datetime:
        """When. Raises ``ValueError`` without a time."""
        return from_millis(self.raw.get("timestamp"))

    @property
    def digest(self) -> str:
        """The same for the same event."""
        return _digest(self.raw)


def items(envelope: dict[str, Any], page_id: str, app_id: str) -> Iterator[Item]:
    """Every event of every entry, in order; one that cannot be read is one Unreadable and holds up no other.
    Raises ``ValueError`` where the envelope is not Messenger's."""
    if envelope.get("object") != "page" or not isinstance(envelope.get("entry"), list):
        raise ValueError("not an event of a page")
    for entry in map(as_dict, envelope["entry"]):
        ours = as_text(entry.get("id")) in ("", page_id)
        for event in as_list(entry.get("messaging")):
            if ours:
                yield from _guarded(_Event(as_dict(event), page_id, app_id))
            else:
                yield Ignored(f"event:{_digest(event)}", "other_page")
        for event in as_list(entry.get("standby")):
            # Another app owns this conversation (hand-over protocol).
            yield Ignored(f"standby:{_digest(event)}", "standby")
        for change in as_list(entry.get("changes")):
            yield Ignored(f"change:{_digest(change)}", as_text(as_dict(change).get("field"))[:40] or "unknown_type")


def _digest(event: object) -> str:
    return hashlib.sha256(json.dumps(event, sort_keys=True).encode()).hexdigest()[:40]


def _guarded(event: _Event) -> list[Item]:
    try:
        return list(_items(event))
    except Exception as error:  # noqa: BLE001 - one strange event must not hold up the batch
        return [unreadable(event.digest, str(error))]


def _items(event: _Event) -> Iterator[Item]:
    for name, read in _READERS.items():
        if isinstance(event.raw.get(name), dict):
            return read(event, event.raw[name])
    reason = next((kind for kind in _KNOWN if kind in event.raw), "unknown_type")
    return iter((Ignored(f"event:{event.digest}", reason),))


def _message(event: _Event, message: dict[str, Any]) -> Iterator[Item]:
    mid = as_text(message.get("mid"))
    if not mid:
        raise ValueError("no mid")
    echo = message.get("is_echo") is True or event.sender == event.page_id
    if echo and event.app_id and as_text(message.get("app_id")) == event.app_id:
        yield Ignored(mid, "echo")
        return
    if message.get("is_deleted") is True:  # as Instagram says it; the text is gone, the id stays
        yield Retraction(f"{mid}:deleted", sender=Address(event.sender), message=mid, at=event.at)
        return
    text = as_text(message.get("text"))
    attachments, links, unsupported = _attachments(message)
    missing = [link for link in links if link not in text]
    extra = {
        "payload": as_text(as_dict(message.get("quick_reply")).get("payload")),
        "app": as_text(message.get("app_id")) if echo else "",
        "unsupported": ", ".join(unsupported),
    }
    yield Inbound(
        external_id=mid,
        sender=Address(event.sender),
        text="\n".join(filter(None, [text, *missing])),
        at=event.at,
        to=event.recipient,
        attachments=attachments,
        in_reply_to=as_text(as_dict(message.get("reply_to")).get("mid")) or None,
        echo=echo,
        extra={name: value for name, value in extra.items() if value},
    )


def _attachments(message: dict[str, Any]) -> tuple[tuple[Attachment, ...], list[str], list[str]]:
    """Files, links of shared posts, and the types of what we cannot show."""
    files: list[Attachment] = []
    links: list[str] = []
    unsupported: list[str] = []
    for part in map(as_dict, as_list(message.get("attachments"))):
        kind, payload = as_text(part.get("type")), as_dict(part.get("payload"))
        url = as_text(payload.get("url")) or as_text(part.get("url"))
        if kind in _TYPES and url:
            files.append(_file(url, kind))
        elif url:
            links.append(url)
        else:
            unsupported.append(kind[:40] or "attachment")
    return tuple(files), links, unsupported


def _file(url: str, kind: str) -> Attachment:
    name = urlsplit(url).path.rsplit("/", 1)[-1][-100:] or kind
    content_type = mimetypes.guess_type(name)[0] or _TYPES[kind]
    return Attachment(name, content_type, media=MediaRef(url, name, content_type))


def _edit(event: _Event, edit: dict[str, Any]) -> Iterator[Item]:
    mid = as_text(edit.get("mid"))
    if not mid:
        raise ValueError("no mid")
    yield Inbound(
        external_id=f"{mid}:edit:{as_text(edit.get('num_edit')) or as_text(event.raw.get('timestamp'))}",
        sender=Address(event.sender),
        text=as_text(edit.get("text")),
        at=event.at,
        to=event.recipient,
        edits=mid,
        echo=event.sender == event.page_id,
    )


def _postback(event: _Event, postback: dict[str, Any]) -> Iterator[Item]:
    payload = as_text(postback.get("payload"))
    natural = _digest([event.sender, event.raw.get("timestamp"), payload])
    yield Inbound(
        external_id=as_text(postback.get("mid")) or f"postback:{natural}",
        sender=Address(event.sender),
        text=as_text(postback.get("title")) or payload,
        at=event.at,
        to=event.recipient,
        extra={"payload": payload} if payload else {},
    )


def _reaction(event: _Event, reaction: dict[str, Any]) -> Iterator[Item]:
    mid = as_text(reaction.get("mid"))
    if not mid:
        raise ValueError("no mid")
    gone = as_text(reaction.get("action")) == "unreact"
    yield Reaction(
        external_id=f"{mid}:reaction:{event.digest}",
        sender=Address(event.sender),
        message=mid,
        emoji="" if gone else (as_text(reaction.get("emoji")) or as_text(reaction.get("reaction")))[:40],
        at=event.at,
    )


def _delivery(event: _Event, delivery: dict[str, Any]) -> Iterator[Item]:
    mark = _up_to(event, delivery, "delivered")
    for mid in filter(None, map(as_text, as_list(delivery.get("mids")))):
        yield StatusUpdate(f"{mid}:delivered", message=mid, state="delivered", at=mark.at, recipient=event.sender)
    yield mark


def _read(event: _Event, read: dict[str, Any]) -> Iterator[Item]:
    yield _up_to(event, read, "read")


def _up_to(event: _Event, news: dict[str, Any], state: State) -> StatusUpdate:
    """Everything that we sent to this person until the watermark."""
    watermark = from_millis(news.get("watermark"))
    key = f"{state}:{event.sender}:{as_text(news.get('watermark'))}"
    return StatusUpdate(key, message=None, state=state, at=watermark, recipient=event.sender, watermark=watermark)


_READERS: dict[str, Callable[[_Event, dict[str, Any]], Iterator[Item]]] = {
    "message": _message,
    "message_edit": _edit,
    "postback": _postback,
    "reaction": _reaction,
    "delivery": _delivery,
    "read": _read,
}
_KNOWN = ("optin", "referral", "pass_thread_control", "take_thread_control", "request_thread_control")
