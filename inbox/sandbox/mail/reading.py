"""What a mail says, read leniently: enough for the judge's list and for the page that plays the customer."""

from __future__ import annotations

import datetime as dt
import email
import email.policy
import html
import re
from dataclasses import dataclass
from email.header import decode_header, make_header
from email.message import Message
from email.utils import getaddresses, parsedate_to_datetime

__all__ = ["Read", "read"]

_ID = re.compile(r"<[^<>]+>")
_TAG = re.compile(
    r"<(?:style|script)\b.*?</(?:style|script)>|<br\s*/?>|</(?:p|div|tr|li|h[1-6])>|<[^>]+>", re.IGNORECASE | re.DOTALL
)


@dataclass(frozen=True)
class Read:
    """The parts that matter here; whatever cannot be read is empty."""

    message_id: str
    subject: str
    text: str
    html: str
    sender: str
    reply_to: str
    references: tuple[str, ...]
    in_reply_to: str
    date: dt.datetime
    headers: list[list[str]]
    files: list[dict[str, object]]


def read(data: bytes) -> Read:
    """Reads any bytes; never raises."""
    message = email.message_from_bytes(data, policy=email.policy.compat32)
    texts, rich, files = _parts(message)
    body = "\n".join(texts) if texts else _plain("\n".join(rich))
    sender, reply = _header(message, "From"), _header(message, "Reply-To")
    return Read(
        message_id="".join(_header(message, "Message-ID").split()),
        subject=_header(message, "Subject"),
        text=body.replace("\r\n", "\n").strip("\n"),
        html="\n".join(rich),
        sender=sender,
        reply_to=_address(reply) or _address(sender),
        references=tuple(_ID.findall(_header(message, "References"))),
        in_reply_to=next(iter(_ID.findall(_header(message, "In-Reply-To"))), ""),
        date=_date(_header(message, "Date")),
        headers=[[name, _unfold(str(value))] for name, value in message.items()],
        files=files,
    )


def _parts(message: Message) -> tuple[list[str], list[str], list[dict[str, object]]]:
    texts: list[str] = []
    rich: list[str] = []
    files: list[dict[str, object]] = []
    for part in message.walk():
        if part.is_multipart():
            continue
        payload = part.get_payload(decode=True)
        data = payload if isinstance(payload, bytes) else b""
        kind = part.get_content_type()
        if part.get_content_disposition() == "attachment" or not kind.startswith("text/"):
            name = part.get_filename() or ""
            files.append(
                {"name": name, "content_type": kind, "bytes": len(data), "content_id": part.get("Content-ID", "")}
            )
        else:
            (rich if kind == "text/html" else texts).append(_decode(data, part.get_content_charset()))
    return texts, rich, files


def _decode(data: bytes, charset: str | None) -> str:
    try:
        return data.decode(charset or "utf-8")
    except (LookupError, UnicodeDecodeError):
        return data.decode("utf-8", "replace")


def _unfold(value: str) -> str:
    return re.sub(r"\r?\n(?=[ \t])", "", value)


def _header(message: Message, name: str) -> str:
    value = _unfold(str(message.get(name, "")))
    try:
        return str(make_header(decode_header(value)))
    except (LookupError, UnicodeDecodeError, ValueError):
        return value


def _address(value: str) -> str:
    return next((address.lower() for _, address in getaddresses([value]) if "@" in address), "")


def _date(value: str) -> dt.datetime:
    try:
        found = parsedate_to_datetime(value)
    except ValueError:
        return dt.datetime.now(dt.UTC)
    return found if found.tzinfo else found.replace(tzinfo=dt.UTC)


def _plain(rich: str) -> str:
    """Readable text of an HTML body: tags out, breaks kept."""
    breaks = _TAG.sub(
        lambda tag: "\n" if tag[0].lower().startswith(("<br", "</")) and "<st" not in tag[0] else "", rich
    )
    return re.sub(r"\n{3,}", "\n\n", html.unescape(breaks))
