"""A mail's header fields as they came: bytes, in order, found by name, read without ever raising."""

from __future__ import annotations

import re

from connectors.base import Address
from connectors.email import charsets
from connectors.email.words import decode_words, parameters, text_of

__all__ = ["Headers", "split"]

MAX_HEADER_BYTES = 1 << 20
MAX_FIELDS = 5_000
_NAME = re.compile(rb"[!-9;-~]{1,200}[ \t]*")
_WELL_KNOWN = re.compile(
    rb"(?:x-[!-9;-~]+|content-[a-z-]+|received|return-path|delivered-to|from|to|cc|bcc|subject|date|message-id|sender"
    rb"|reply-to|in-reply-to|references|mime-version|list-[a-z-]+|dkim-signature|arc-[a-z-]+|auto-submitted|precedence"
    rb"|authentication-results|thread-[a-z]+|resent-[a-z-]+|user-agent|importance)[ \t]*:",
    re.IGNORECASE,
)
_BLANKS = re.compile(r"\s+")
_BIDI = re.compile("[\u202a-\u202e\u2066-\u2069]")


class Headers:
    """The fields of one header block: lower-case name and raw value, still folded. ``charset`` is what 8-bit bytes
    in them probably are: the one that the mail's body declares. ``people`` keeps what was read as addresses."""

    __slots__ = ("_by_name", "_read", "charset", "fields", "people")

    def __init__(self, fields: list[tuple[str, bytes]] | None = None, charset: str = "") -> None:
        self.fields = fields or []
        self.charset = charset
        self.people: dict[str, tuple[Address, ...]] = {}
        self._read: dict[str, list[str]] = {}
        self._by_name: dict[str, list[bytes]] = {}
        for name, value in self.fields:
            self._by_name.setdefault(name, []).append(value)

    def raw(self, name: str) -> bytes:
        """The first value of that name, b"" without one."""
        return self._by_name[name][0] if name in self._by_name else b""

    def assume(self, charset: str) -> None:
        """Says what charset undeclared 8-bit bytes probably are in."""
        self.charset = charset
        self._read.clear()
        self.people.clear()

    def every(self, name: str) -> list[bytes]:
        """All values of that name, in order."""
        return self._by_name.get(name, [])

    def has(self, name: str) -> bool:
        return name in self._by_name

    def each(self, name: str) -> list[str]:
        """All values of that name as :meth:`plain` gives the first."""
        if name not in self._by_name:
            return []
        if name not in self._read:
            values = self._by_name[name]
            self._read[name] = [charsets.clean(text_of(value, self.charset).strip()) for value in values]
        return self._read[name]

    def plain(self, name: str) -> str:
        """The first non-empty value, unfolded but with encoded words as they are; stripped."""
        return next((text for text in self.each(name) if text), "")

    def text(self, name: str) -> str:
        """The first non-empty value as a person reads it, on one line."""
        return one_line(decode_words(self.plain(name))) if name in self._by_name else ""

    def structured(self, name: str) -> tuple[str, dict[str, str]]:
        """The lower-case value before the first semicolon, and the parameters behind it."""
        if name not in self._by_name:
            return "", {}
        text = self.plain(name)
        head, semicolon, rest = text.partition(";")
        if not semicolon and "=" in head and (blank := _BLANKS.search(head.strip())):
            # "text/plain charset=utf-8": the semicolon was forgotten.
            head, rest = head.strip()[: blank.start()], head.strip()[blank.end() :]
        return head.strip().strip("\"'").lower(), parameters(rest, self.charset) if rest else {}


def one_line(text: str) -> str:
    """Text for one line: breaks and tabs are blanks, nothing turns the direction of what stands around it."""
    text = charsets.clean(text)
    if "\n" in text or "\t" in text:
        text = _BLANKS.sub(" ", text)
    return _BIDI.sub("", text).strip()


def split(data: bytes, start: int, end: int) -> tuple[Headers, int]:
    """The header block that begins at ``start``, and where the body begins. Line ends may be CRLF, LF or CR, doubled
    by a bad gateway, and the blank line may be missing."""
    fields: list[tuple[str, list[bytes]]] = []
    position = start
    limit = min(end, start + MAX_HEADER_BYTES)
    while position < limit and len(fields) < MAX_FIELDS:
        line, after = _line(data, position, end)
        if not line:
            position = after
            break
        name, colon, value = line.partition(b":")
        if line[0] in b" \t" and fields:
            fields[-1][1].append(line)
        elif colon and _NAME.fullmatch(name):
            fields.append((name.rstrip().decode("ascii").lower(), [value.strip(b" \t")]))
        elif not _skippable(line, data, after, first=position == start):
            break
        position = after
    return Headers([(name, b"\n".join(lines) if len(lines) > 1 else lines[0]) for name, lines in fields]), position


def _line(data: bytes, position: int, end: int) -> tuple[bytes, int]:
    """The line that begins at ``position``, and where the next begins."""
    after = data.find(b"\n", position, end) + 1
    line = data[position : after - 1 if after else end]
    if b"\r" in line:
        line, carriage, rest = line.partition(b"\r")
        if rest.strip(b"\r"):  # a bare CR ends a line as well
            return line, position + len(line) + 1
        return line, after or position + len(line) + len(carriage) + len(rest)
    return line, after or end


def _skippable(line: bytes, data: bytes, after: int, *, first: bool) -> bool:
    """Whether a line that is no field is a scratch among fields (or an mbox separator) and not the body's first."""
    if first and line.startswith((b"From ", b">From ")):
        return True
    return _WELL_KNOWN.match(data, after) is not None
