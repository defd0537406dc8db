"""Reads one update of Telegram's Bot API."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any

from connectors.base import Address, Attachment, Ignored, Inbound, Item, MediaRef, Reaction, Signal
from connectors.untrusted import as_count, as_dict, as_list, as_text, from_seconds

__all__ = ["MESSAGE_KINDS", "items"]

MESSAGE_KINDS = ("message", "edited_message", "message_reaction", "callback_query", "my_chat_member")
"""What we ask Telegram for (``allowed_updates``)."""

# Field of a message → name without one of its own, and type where the update gives none. An animation comes with a
# ``document`` of the same file besides, so that is looked at last and only then.
_FILES = {
    "animation": ("animation.mp4", "video/mp4"),
    "video": ("video.mp4", "video/mp4"),
    "video_note": ("video-note.mp4", "video/mp4"),
    "audio": ("audio.mp3", "audio/mpeg"),
    "voice": ("voice.ogg", "audio/ogg"),
    "document": ("document", "application/octet-stream"),
}


def items(update: dict[str, Any], received_at: dt.datetime) -> Iterator[Item]:
    """The items of one update; ``received_at`` is for the kinds that have no time of their own. Raises ``ValueError``
    where it holds no ``update_id`` or not what it should."""
    number = as_text(update.get("update_id"))
    if not number:
        raise ValueError("no update_id")
    if "message" in update:
        yield _message(number, as_dict(update["message"]), edited=False)
    elif "edited_message" in update:
        yield _message(number, as_dict(update["edited_message"]), edited=True)
    elif "message_reaction" in update:
        yield _reaction(number, as_dict(update["message_reaction"]))
    elif "callback_query" in update:
        yield _pressed(number, as_dict(update["callback_query"]), received_at)
    elif "my_chat_member" in update:
        yield _membership(number, as_dict(update["my_chat_member"]))
    else:
        yield Ignored(f"update:{number}", "unknown_type")


def _message(number: str, message: dict[str, Any], *, edited: bool) -> Item:
    chat = as_dict(message.get("chat"))
    chat_id, message_id = as_text(chat.get("id")), as_text(message.get("message_id"))
    if not chat_id or not message_id:
        raise ValueError("no chat or message id")
    key = f"{chat_id}:{message_id}"
    attachments = tuple(_attachments(message))
    text = as_text(message.get("text")) or as_text(message.get("caption")) or _in_words(message)
    if not text and not attachments:
        return Ignored(f"update:{number}", "service")
    written = from_seconds(message.get("date"))
    changed = from_seconds(message["edit_date"]) if edited and message.get("edit_date") else written
    answered = as_text(as_dict(message.get("reply_to_message")).get("message_id"))
    return Inbound(
        external_id=f"{key}:edit:{number}" if edited else key,
        sender=_sender(chat, as_dict(message.get("from"))),
        text=text,
        at=changed,
        attachments=attachments,
        thread=chat_id,
        in_reply_to=f"{chat_id}:{answered}" if answered else None,
        edits=key if edited else None,
        extra=_extra(message, chat, text),
    )


def _extra(message: dict[str, Any], chat: dict[str, Any], text: str) -> dict[str, Any]:
    sender = as_dict(message.get("from"))
    found = {
        "album": as_text(message.get("media_group_id")),
        "username": as_text(sender.get("username")),
        "locale": as_text(sender.get("language_code")),
        "topic": as_text(message.get("message_thread_id")),
        "writer": _person(sender) if as_text(chat.get("type")) != "private" else "",
        # "/start <payload>" is what a deep link t.me/<bot>?start=<payload> sends.
        "start": text.removeprefix("/start ").strip()[:64] if text.startswith("/start ") else "",
    }
    return {name: value for name, value in found.items() if value}


def _sender(chat: dict[str, Any], person: dict[str, Any]) -> Address:
    """The chat, because that is where an answer goes; in a private chat it is the person."""
    private = as_text(chat.get("type")) == "private"
    name = _person(person or chat) if private else as_text(chat.get("title"))
    return Address(as_text(chat.get("id")), name=name)


def _person(user: dict[str, Any]) -> str:
    full = f"{as_text(user.get('first_name'))} {as_text(user.get('last_name'))}".strip()
    return full or as_text(user.get("username"))


def _attachments(message: dict[str, Any]) -> Iterator[Attachment]:
    sizes = [as_dict(size) for size in as_list(message.get("photo"))]
    if sizes and as_text(sizes[-1].get("file_id")):
        yield _attachment(sizes[-1], "photo.jpg", "image/jpeg")
    sticker = as_dict(message.get("sticker"))
    if as_text(sticker.get("file_id")):
        moving = {"is_animated": ("sticker.tgs", "application/gzip"), "is_video": ("sticker.webm", "video/webm")}
        yield _attachment(
            sticker, *next((kind for flag, kind in moving.items() if sticker.get(flag)), ("sticker.webp", "image/webp"))
        )
    for field, (name, content_type) in _FILES.items():
        found = as_dict(message.get(field))
        if as_text(found.get("file_id")):
            yield _attachment(found, name, content_type)
            return


def _attachment(file: dict[str, Any], name: str, content_type: str) -> Attachment:
    name = as_text(file.get("file_name")) or name
    content_type = as_text(file.get("mime_type")) or content_type
    size = as_count(file.get("file_size"))
    return Attachment(name, content_type, media=MediaRef(as_text(file["file_id"]), name, content_type, size))


def _in_words(message: dict[str, Any]) -> str:
    """What a message without text says, so that an agent can read it; empty where there is nothing to say."""
    place, venue = as_dict(message.get("location")), as_dict(message.get("venue"))
    contact, poll = as_dict(message.get("contact")), as_dict(message.get("poll"))
    if venue or place:
        place = place or as_dict(venue.get("location"))
        where = f"{_degrees(place.get('latitude'))}, {_degrees(place.get('longitude'))}"
        return "\n".join(filter(None, (as_text(venue.get("title")), as_text(venue.get("address")), where)))
    if contact:
        return " ".join(filter(None, (_person(contact), as_text(contact.get("phone_number")))))
    return as_text(poll.get("question"))


def _degrees(value: object) -> str:
    return f"{value:.6f}" if isinstance(value, int | float) and -180 <= value <= 180 else "?"


def _reaction(number: str, change: dict[str, Any]) -> Item:
    """All that the person has on the message now; one of them in a private chat, several with Telegram Premium."""
    chat, message_id = as_dict(change.get("chat")), as_text(change.get("message_id"))
    if not as_text(chat.get("id")) or not message_id:
        raise ValueError("no chat or message id")
    emoji = [as_text(as_dict(each).get("emoji")) for each in as_list(change.get("new_reaction"))]
    return Reaction(
        external_id=f"update:{number}",
        sender=_sender(chat, as_dict(change.get("user"))),
        message=f"{as_text(chat.get('id'))}:{message_id}",
        emoji="".join(emoji)[:40],
        at=from_seconds(change.get("date")),
    )


def _pressed(number: str, query: dict[str, Any], at: dt.datetime) -> Item:
    """A button under a message of ours: its ``data`` is the text, the message with the button what it answers."""
    message = as_dict(query.get("message"))
    chat, message_id = as_dict(message.get("chat")), as_text(message.get("message_id"))
    data, query_id = as_text(query.get("data")), as_text(query.get("id"))
    if not as_text(chat.get("id")) or not data or not query_id:
        return Ignored(f"update:{number}", "unknown_type")
    return Inbound(
        external_id=f"callback:{query_id}",
        sender=_sender(chat, as_dict(query.get("from"))),
        text=data,
        at=at,
        thread=as_text(chat.get("id")),
        in_reply_to=f"{as_text(chat.get('id'))}:{message_id}",
        extra={"callback": query_id},
    )


def _membership(number: str, change: dict[str, Any]) -> Item:
    chat = as_dict(change.get("chat"))
    before = as_text(as_dict(change.get("old_chat_member")).get("status"))
    after = as_text(as_dict(change.get("new_chat_member")).get("status"))
    away = ("kicked", "left")
    if not as_text(chat.get("id")) or (before in away) == (after in away):
        return Ignored(f"update:{number}", "membership")
    return Signal(
        external_id=f"update:{number}",
        sender=_sender(chat, as_dict(change.get("from"))),
        what="blocked" if after in away else "unblocked",
        at=from_seconds(change.get("date")),
    )
