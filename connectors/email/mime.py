"""Takes a mail's bytes apart into the tree of its parts; total, with limits instead of recursion errors."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from connectors.email import transfer
from connectors.email.headers import Headers, split

__all__ = ["MAX_DEPTH", "MAX_PARTS", "Mail", "Part", "read"]

MAX_DEPTH = 20
MAX_PARTS = 200

_TYPE = re.compile(r"[^\s/;=]+/[^\s/;=]+")
_GUESSED = re.compile(
    rb"(?:\A|(?<=[\r\n]))--([^\r\n]{1,200}?)[ \t]*\r*[\r\n]content-(?:type|transfer|disp|id|desc)", re.IGNORECASE
)
_SHORT = {"text": "text/plain", "plain": "text/plain", "html": "text/html", "multipart": "multipart/mixed"}


@dataclass(slots=True)
class Part:
    """One part: its headers and where its body lies in ``raw``."""

    headers: Headers
    raw: bytes
    start: int
    end: int
    kind: str = "text/plain"  # lower case
    parameters: dict[str, str] = field(default_factory=dict)
    disposition: str = ""
    name: str = ""  # as written, not yet safe
    children: list[Part] = field(default_factory=list)
    opaque: bool = False  # a multipart beyond the limits, kept closed

    @property
    def multipart(self) -> bool:
        return self.kind.startswith("multipart/") and not self.opaque

    def body(self) -> bytes:
        """The bytes as they stand in the mail."""
        return self.raw[self.start : self.end]

    def data(self) -> bytes:
        """The bytes behind the transfer encoding."""
        return transfer.decode(self.body(), self.headers.plain("content-transfer-encoding"))

    def leaves(self) -> list[Part]:
        """The parts below (or this one) that have none below them, in order."""
        if not self.multipart:
            return [self]
        return [leaf for child in self.children for leaf in child.leaves()]


@dataclass(slots=True)
class Mail:
    """A mail in its parts. ``limits``: words for what was not followed to its end: ``depth``, ``parts``."""

    root: Part
    raw: bytes
    parts: int = 0
    limits: set[str] = field(default_factory=set)

    @property
    def headers(self) -> Headers:
        return self.root.headers


def read(raw: bytes) -> Mail:
    """The tree of any bytes; bytes that are no mail are one text without headers."""
    if b"\n" not in raw and b"\r" in raw:
        raw = raw.replace(b"\r", b"\n")
    begin = 3 if raw.startswith(b"\xef\xbb\xbf") else 0
    while raw[begin : begin + 1] in (b"\r", b"\n"):
        begin += 1
    mail = Mail(Part(Headers(), raw, begin, len(raw)), raw)
    mail.root = _part(mail, raw, begin, len(raw), "text/plain", 0)
    mail.root.headers.assume(_charset(mail.root))
    return mail


def _charset(root: Part) -> str:
    """What the mail's first text declares: undeclared 8-bit headers are most probably of the same kind."""
    return next((leaf.parameters.get("charset", "") for leaf in root.leaves() if leaf.kind.startswith("text/")), "")


def _part(mail: Mail, raw: bytes, start: int, end: int, default: str, depth: int) -> Part:
    headers, begin = split(raw, start, end)
    part = Part(headers, raw, begin, end)
    part.disposition, details = headers.structured("content-disposition")
    kind, part.parameters = headers.structured("content-type")
    part.name = details.get("filename") or part.parameters.get("name") or details.get("name") or ""
    part.kind = _kind(kind, default, named=bool(part.name))
    mail.parts += 1
    if part.kind.startswith("multipart/"):
        _open(mail, part, depth)
    return part


def _kind(written: str, default: str, *, named: bool) -> str:
    if not written:
        return default
    if written in _SHORT:
        return _SHORT[written]
    found = _TYPE.search(written)
    if found is None:
        return "application/octet-stream" if named else "text/plain"
    return found.group().strip("\"'<>,")


def _open(mail: Mail, part: Part, depth: int) -> None:
    """Finds the parts of a multipart; one without any is the text that it holds."""
    if depth >= MAX_DEPTH:
        mail.limits.add("depth")
        part.opaque = True
        return
    spans = _spans(mail, part)
    if not spans and part.headers.has("content-transfer-encoding"):
        # Forbidden, and done: the whole multipart in base64 or quoted-printable.
        decoded = part.data()
        if decoded != part.body():
            part.raw, part.start, part.end = decoded, 0, len(decoded)
            part.headers = Headers([one for one in part.headers.fields if one[0] != "content-transfer-encoding"])
            spans = _spans(mail, part)
    if not spans:
        part.kind = "text/plain" if depth == 0 or part.body().strip() else "multipart/mixed"
        return
    default = "message/rfc822" if part.kind == "multipart/digest" else "text/plain"
    for start, end in spans:
        if mail.parts >= MAX_PARTS:
            mail.limits.add("parts")
            return
        part.children.append(_part(mail, part.raw, start, end, default, depth + 1))


def _spans(mail: Mail, part: Part) -> list[tuple[int, int]]:
    boundary = part.parameters.get("boundary", "").encode("utf-8", "replace").rstrip()
    spans = _between(part, boundary) if boundary else []
    if not spans and (guessed := _GUESSED.search(part.raw, part.start, part.end)):
        spans = _between(part, guessed[1])
    if len(spans) > MAX_PARTS:
        mail.limits.add("parts")
    return spans


def _between(part: Part, boundary: bytes) -> list[tuple[int, int]]:
    """Where the parts lie between the lines of ``boundary``. Parts after the closing line count as well."""
    raw, line = part.raw, b"--" + boundary
    spans: list[tuple[int, int]] = []
    opened = -1
    at = raw.find(line, part.start, part.end)
    while at >= 0 and len(spans) <= MAX_PARTS:
        after = at + len(line)
        closing = raw.startswith(b"--", after)
        rest = after + 2 if closing else after
        while rest < part.end and raw[rest] in b" \t":
            rest += 1
        if (at == part.start or raw[at - 1] in b"\r\n") and (rest >= part.end or raw[rest] in b"\r\n"):
            if opened >= 0:
                spans.append((opened, _before_break(raw, opened, at)))
            opened = -1 if closing else _after_break(raw, rest, part.end)
        at = raw.find(line, rest, part.end)
    if 0 <= opened < part.end:
        spans.append((opened, part.end))
    return spans


def _before_break(raw: bytes, start: int, at: int) -> int:
    """The line break before a boundary belongs to the boundary."""
    end = at
    if end > start and raw[end - 1] == 0x0A:
        end -= 1
    if end > start and raw[end - 1] == 0x0D:
        end -= 1
    return end


def _after_break(raw: bytes, at: int, end: int) -> int:
    while at < end and raw[at] == 0x0D:
        at += 1
    return at + 1 if at < end and raw[at] == 0x0A else at
