"""Opens winmail.dat (TNEF, MS-OXTNEF), the box that Outlook puts a mail's files in; bounded and total."""

from __future__ import annotations

import struct
from dataclasses import dataclass, field

from connectors.email import charsets

__all__ = ["Box", "Packed", "is_tnef", "unpack"]

SIGNATURE = 0x223E9F78
MAX_ATTRIBUTES = 20_000
MAX_PROPERTIES = 5_000
_HEAD = struct.Struct("<BHHI")  # level, name, type, length

# Attribute names (the low half of the attribute id).
_BODY = 0x800C
_MAPI_PROPERTIES = 0x9003
_CODE_PAGE = 0x9007
_RENDERING = 0x9002  # begins a new attachment
_DATA = 0x800F
_TITLE = 0x8010
_ATTACHMENT = 0x9005

# MAPI property ids.
_P_BODY, _P_HTML, _P_CODE_PAGE = 0x1000, 0x1013, 0x3FDE
_P_NAME, _P_LONG_NAME, _P_DISPLAY_NAME = 0x3704, 0x3707, 0x3001
_P_DATA, _P_TYPE, _P_CONTENT_ID = 0x3701, 0x370E, 0x3712

# MAPI types by how long a value is; the others carry their length.
_FIXED = {1: 0, 2: 2, 3: 4, 4: 4, 5: 8, 6: 8, 7: 8, 0x0A: 4, 0x0B: 2, 0x14: 8, 0x40: 8, 0x48: 16}
_STRING, _UNICODE, _OBJECT, _BINARY = 0x1E, 0x1F, 0x0D, 0x102
_CODE_PAGES = {65001: "utf-8", 20127: "us-ascii", 20866: "koi8-r", 28591: "iso-8859-1"}
_MANY = 0x1000
_NAMED = 0x8000
_CLASS_ID = 16  # an embedded object begins with the id of its interface


@dataclass(slots=True)
class Packed:
    """One file in the box."""

    title: str = ""
    data: bytes = b""
    properties: dict[int, bytes | str] = field(default_factory=dict)

    @property
    def name(self) -> str:
        for key in (_P_LONG_NAME, _P_NAME):
            if value := self.text(key):
                return value
        return self.title or self.text(_P_DISPLAY_NAME)

    @property
    def content_type(self) -> str:
        return self.text(_P_TYPE).lower()

    @property
    def content_id(self) -> str:
        return self.text(_P_CONTENT_ID).strip("<>")

    def text(self, key: int) -> str:
        value = self.properties.get(key, "")
        return value.strip("\x00") if isinstance(value, str) else ""


@dataclass(slots=True)
class Box:
    """What was in it: files, and the mail's body where the box carries it."""

    files: list[Packed] = field(default_factory=list)
    text: str = ""
    html: str = ""


def is_tnef(data: bytes) -> bool:
    """Whether the bytes begin as TNEF does."""
    return len(data) > 6 and int.from_bytes(data[:4], "little") == SIGNATURE


def unpack(data: bytes) -> Box | None:
    """The content of a TNEF stream; None where there is nothing to be had, so that the file itself is kept."""
    if not is_tnef(data):
        return None
    box, charset, position = Box(), "cp1252", 6
    for _ in range(MAX_ATTRIBUTES):
        if position + _HEAD.size > len(data):
            break
        _, name, _, length = _HEAD.unpack_from(data, position)
        begin = position + _HEAD.size
        end = begin + length
        if end > len(data):
            break  # cut off: what came before is whole
        if name == _CODE_PAGE and length >= 4:
            number = int.from_bytes(data[begin : begin + 4], "little")
            charset = _CODE_PAGES.get(number, f"cp{number}")
        _attribute(box, name, data[begin:end], charset)
        position = end + 2
    return box if box.files or box.text or box.html else None


def _attribute(box: Box, name: int, value: bytes, charset: str) -> None:
    if name == _RENDERING:
        box.files.append(Packed())
    elif name == _BODY:
        box.text = box.text or charsets.decode(value.rstrip(b"\x00"), charset)
    elif name == _MAPI_PROPERTIES:
        _message(box, _properties(value, charset), charset)
    elif box.files and name == _TITLE:
        box.files[-1].title = charsets.decode(value.rstrip(b"\x00"), charset)
    elif box.files and name == _DATA:
        box.files[-1].data = value
    elif box.files and name == _ATTACHMENT:
        box.files[-1].properties.update(_properties(value, charset))
        inner = box.files[-1].properties.pop(_P_DATA, b"")
        if inner and not box.files[-1].data:
            box.files[-1].data = inner if isinstance(inner, bytes) else b""


def _message(box: Box, found: dict[int, bytes | str], charset: str) -> None:
    body, markup = found.get(_P_BODY, ""), found.get(_P_HTML, "")
    code_page = found.get(_P_CODE_PAGE, b"")
    if isinstance(code_page, bytes) and len(code_page) == 4:
        number = int.from_bytes(code_page, "little")
        charset = _CODE_PAGES.get(number, f"cp{number}")
    box.text = (body if isinstance(body, str) else charsets.decode(body, charset)).strip("\x00") or box.text
    box.html = (markup if isinstance(markup, str) else charsets.decode(markup, charset)).strip("\x00") or box.html


def _properties(data: bytes, charset: str) -> dict[int, bytes | str]:
    """The values by property id; reading stops at the first that does not fit."""
    found: dict[int, bytes | str] = {}
    try:
        (count,) = struct.unpack_from("<I", data, 0)
        position = 4
        for _ in range(min(count, MAX_PROPERTIES)):
            kind, key = struct.unpack_from("<HH", data, position)
            position += 4
            if key >= _NAMED:
                position = _after_name(data, position)
            value, position = _value(data, position, kind, charset)
            found.setdefault(key, value)
    except (struct.error, ValueError):
        pass
    return found


def _after_name(data: bytes, position: int) -> int:
    (kind,) = struct.unpack_from("<I", data, position + 16)
    if kind == 0:
        return position + 24
    (length,) = struct.unpack_from("<I", data, position + 20)
    return position + 24 + _padded(length)


def _value(data: bytes, position: int, kind: int, charset: str) -> tuple[bytes | str, int]:
    """One property's value and where the next begins; of several values the first."""
    many, kind = kind & _MANY, kind & ~_MANY
    count = 1
    if many or kind not in _FIXED:
        (count,) = struct.unpack_from("<I", data, position)
        position += 4
    if kind in _FIXED:
        first = data[position : position + _FIXED[kind]]
        return first, position + _padded(_FIXED[kind] * count)
    if kind not in (_STRING, _UNICODE, _OBJECT, _BINARY) or count > MAX_PROPERTIES:
        raise ValueError("unknown type")
    first = b""
    for index in range(count):
        (length,) = struct.unpack_from("<I", data, position)
        position += 4
        if length > len(data) - position:
            raise ValueError("cut off")
        if index == 0:
            first = data[position : position + length]
        position += _padded(length)
    if kind == _UNICODE:
        return first.decode("utf-16-le", "replace"), position
    if kind == _STRING:
        return charsets.decode(first, charset), position
    return (first[_CLASS_ID:] if kind == _OBJECT else first), position


def _padded(length: int) -> int:
    return length + -length % 4
