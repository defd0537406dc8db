"""Gives attachments a name that is safe on every disk and screen, and a content type."""

from __future__ import annotations

import re
import unicodedata

from connectors.email.charsets import clean
from connectors.email.words import decode_words

__all__ = ["content_type", "file_name", "unnamed"]

MAX_NAME = 180
_TYPE = re.compile(r"[a-z0-9][a-z0-9!#$&^_.+-]{0,60}/[a-z0-9][a-z0-9!#$&^_.+-]{0,120}")
_HIDDEN = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]")
_BLANKS = re.compile(r"\s+")

_EXTENSIONS = {
    "application/gzip": "gz",
    "application/json": "json",
    "application/msword": "doc",
    "application/octet-stream": "bin",
    "application/pdf": "pdf",
    "application/pgp-encrypted": "asc",
    "application/pgp-keys": "asc",
    "application/pgp-signature": "asc",
    "application/pkcs7-mime": "p7m",
    "application/pkcs7-signature": "p7s",
    "application/rtf": "rtf",
    "application/x-pkcs7-mime": "p7m",
    "application/x-pkcs7-signature": "p7s",
    "application/zip": "zip",
    "audio/mpeg": "mp3",
    "audio/ogg": "ogg",
    "audio/wav": "wav",
    "image/bmp": "bmp",
    "image/gif": "gif",
    "image/heic": "heic",
    "image/jpeg": "jpg",
    "image/jpg": "jpg",
    "image/png": "png",
    "image/svg+xml": "svg",
    "image/tiff": "tif",
    "image/webp": "webp",
    "message/delivery-status": "txt",
    "message/disposition-notification": "txt",
    "message/feedback-report": "txt",
    "message/rfc822": "eml",
    "message/global": "eml",
    "text/calendar": "ics",
    "text/csv": "csv",
    "text/html": "html",
    "text/plain": "txt",
    "text/rfc822-headers": "txt",
    "text/vcard": "vcf",
    "text/x-vcard": "vcf",
    "text/xml": "xml",
    "video/mp4": "mp4",
    "video/quicktime": "mov",
}

_MAGIC = (
    (b"%PDF-", "application/pdf"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"PK\x03\x04", "application/zip"),
    (b"\x1f\x8b\x08", "application/gzip"),
    (b"{\\rtf", "application/rtf"),
    (b"BEGIN:VCALENDAR", "text/calendar"),
    (b"BEGIN:VCARD", "text/vcard"),
)


def file_name(raw: str) -> str:
    """``raw`` without folders, control and direction characters; empty where nothing is left."""
    name = unicodedata.normalize("NFC", clean(decode_words(raw)))
    name = _HIDDEN.sub("", _BLANKS.sub(" ", name)).replace("\\", "/").rstrip("/ ")
    name = name.rpartition("/")[2].strip(" .\"'") if set(name) - set("./ ") else ""
    if len(name) > MAX_NAME:
        stem, dot, extension = name.rpartition(".")
        kept = f".{extension}" if dot and len(extension) <= 12 else ""
        name = (stem if kept else name)[: MAX_NAME - len(kept)] + kept
    return name


def content_type(declared: str, data: bytes) -> str:
    """The declared type where it says something, else what the content begins with."""
    if _TYPE.fullmatch(declared) and declared != "application/octet-stream":
        return declared
    for magic, kind in _MAGIC:
        if data.startswith(magic):
            return kind
    if data.startswith(b"RIFF") and data[8:12] == b"WEBP":
        return "image/webp"
    return "application/octet-stream"


def unnamed(kind: str, number: int) -> str:
    """A name for the ``number``-th part that has none."""
    return f"attachment-{number}.{_EXTENSIONS.get(kind, 'bin')}"
