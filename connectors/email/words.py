"""Reads encoded words (RFC 2047) and parameters (RFC 2231), well or badly formed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import unquote_to_bytes

from connectors.email import charsets
from connectors.email.transfer import base64_bytes

__all__ = ["decode_words", "parameters", "text_of"]

_WORD = re.compile(r"=\?([^?*\s]{1,60})(?:\*[^?\s]{0,20})?\?([bBqQ])\?")
_Q_ESCAPE = re.compile(rb"=([0-9A-Fa-f]{2})")
# Possessive throughout: a hostile header of a megabyte is read once, not once per character.
_NAME = re.compile(r"[;\s]*+([^\s=;\"]{1,80}+)\s*+=\s*+")
_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*+)"(?=\s*+(?:;|\Z|[a-zA-Z-]+\*?=))', re.DOTALL)
_NEXT = re.compile(
    r"\s(?=(?:charset|name|filename|boundary|format|delsp|method|type|report-type)\*?(?:\d*\*?)?=)", re.IGNORECASE
)
_ESCAPED = re.compile(r'\\(["\\])')
_SEGMENT = re.compile(r"(.+?)(?:\*(\d{1,3}))?(\*)?\Z", re.DOTALL)
_EXTENDED = re.compile(r"([^']*)'([^']*)'(.*)", re.DOTALL)
_FOLD = re.compile(r"\r*\n(?=[ \t])|\r(?=[ \t])")
_BREAKS = re.compile(r"[\r\n\t]+")
MAX_WORDS = 2_000
MAX_TEXT = 262_144


def text_of(raw: bytes, charset: str = "") -> str:
    """A raw header's text: unfolded, 8-bit bytes read as UTF-8 or by the mail's own ``charset``, else by guess."""
    raw = raw[:MAX_TEXT]
    text = raw.decode("ascii") if raw.isascii() and b"\x1b" not in raw else charsets.guess(raw, charset)
    return _FOLD.sub("", text) if "\n" in text or "\r" in text else text


def decode_words(text: str) -> str:
    """``text`` with its encoded words decoded. Neighbouring words of one charset are joined before decoding, because
    many senders cut a character in two; blanks between neighbours belong to the encoding."""
    if "=?" not in text:
        return text
    out: list[str] = []
    pending: list[bytes] = []
    pending_charset = ""
    position = 0
    for between, charset, payload, after in _found_words(text):
        if pending and (between.strip() or charset != pending_charset):
            out.append(charsets.decode(b"".join(pending), pending_charset))
            pending = []
        if between.strip() or not position:
            out.append(between)
        pending.append(payload)
        pending_charset, position = charset, after
    if pending:
        out.append(charsets.decode(b"".join(pending), pending_charset))
    out.append(text[position:])
    return "".join(out)


def _found_words(text: str) -> Iterator[tuple[str, str, bytes, int]]:
    """Each encoded word: the text since the one before, its charset, its bytes, where it ends."""
    position = 0
    start = _WORD.search(text)
    for _ in range(MAX_WORDS):
        if start is None:
            return
        following = _WORD.search(text, start.end())
        end = text.find("?=", start.end())
        if end < 0:
            return
        after = end + 2
        if following and following.start() < end:  # its own end is missing: it reaches to the next word
            after = end = following.start()
        payload = text[start.end() : end].strip() if after == end else text[start.end() : end]
        yield text[position : start.start()], start[1].lower(), _word_bytes(start[2], payload), after
        position, start = after, following


def _word_bytes(encoding: str, payload: str) -> bytes:
    raw = payload.encode("utf-8", "surrogateescape")
    if encoding in "bB":
        return base64_bytes(raw)
    return _Q_ESCAPE.sub(lambda found: bytes((int(found[1], 16),)), raw.replace(b"_", b" "))


def parameters(text: str, charset: str = "") -> dict[str, str]:
    """The parameters of a structured header (after its first semicolon), by lower-case name; the first of equal names
    wins, and an extended form (``name*``) wins over a plain one."""
    plain: dict[str, str] = {}
    extended: dict[str, dict[int, tuple[str, bool]]] = {}
    for name, value in _pairs(text[:MAX_TEXT]):
        segment = _SEGMENT.match(name)
        if "*" not in name or segment is None:
            plain.setdefault(name, value)
            continue
        extended.setdefault(segment[1], {}).setdefault(int(segment[2] or 0), (value, bool(segment[3])))
    values = {name: _one_line(decode_words(value)) for name, value in plain.items()}
    values.update({name: _one_line(_joined(parts, charset)) for name, parts in extended.items()})
    return values


def _pairs(text: str) -> Iterator[tuple[str, str]]:
    position = 0
    while position < len(text):
        found = _NAME.match(text, position)
        if found is None:
            semicolon = text.find(";", position)
            if semicolon < 0:
                return
            position = semicolon + 1
            continue
        if quoted := _QUOTED.match(text, found.end()):
            position = quoted.end()
            # Only these two: a backslash before anything else is a Windows path, not an escape.
            yield found[1].lower(), _ESCAPED.sub(r"\1", quoted[1])
            continue
        end = text.find(";", found.end())
        end = len(text) if end < 0 else end
        if another := _NEXT.search(text, found.end(), end):  # the semicolon between two was forgotten
            end = another.start()
        position = end
        yield found[1].lower(), text[found.end() : end].strip().strip('"')


def _joined(parts: dict[int, tuple[str, bool]], charset: str) -> str:
    """A value in RFC 2231 pieces, in the order of their numbers."""
    raw = b""
    escaped = False
    for order, number in enumerate(sorted(parts)):
        value, is_escaped = parts[number]
        if order == 0 and is_escaped and (head := _EXTENDED.match(value)):
            charset, value = head[1] or charset, head[3]
        escaped = escaped or is_escaped
        as_bytes = value.encode("utf-8", "surrogateescape")
        raw += unquote_to_bytes(as_bytes) if is_escaped else as_bytes
    text = charsets.decode(raw, charset)
    return text if escaped else decode_words(text)


def _one_line(text: str) -> str:
    return (_BREAKS.sub(" ", text) if not text.isprintable() else text).strip()
