"""Reads what a provider posts as a form, multipart or urlencoded, as the bytes that were sent; total and linear."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from urllib.parse import unquote_to_bytes

from connectors.base import File, Request
from connectors.email.headers import one_line

__all__ = ["Form", "read"]

MAX_FIELDS = 2_000
_BOUNDARY = re.compile(r'boundary\s*=\s*(?:"([^"]{1,200})"|([^\s;"]{1,200}))', re.IGNORECASE)
_DISPOSITION = re.compile(
    rb'^content-disposition\s*:[^\r\n]*?[;\s]name\s*=\s*(?:"((?:[^"\\\r\n]|\\.)*)"|([^\s;]+))',
    re.IGNORECASE | re.MULTILINE,
)
_FILENAME = re.compile(rb'[;\s]filename\s*=\s*(?:"((?:[^"\\\r\n]|\\.)*)"|([^\s;]+))', re.IGNORECASE)
_FILENAME_STAR = re.compile(rb"[;\s]filename\*\s*=\s*utf-8''([^\s;]+)", re.IGNORECASE)
_TYPE = re.compile(rb"^content-type\s*:\s*([^\r\n;]*)", re.IGNORECASE | re.MULTILINE)


@dataclass
class Form:
    """Fields and files by name; of equal names the first counts."""

    fields: dict[str, bytes] = field(default_factory=dict)
    files: dict[str, File] = field(default_factory=dict)

    def text(self, name: str, charset: str = "utf-8") -> str:
        """A field as text, empty without one; undecodable bytes become U+FFFD."""
        raw = self.fields.get(name, b"")
        try:
            return raw.decode(charset, "replace")
        except LookupError:
            return raw.decode("utf-8", "replace")


def read(request: Request) -> Form:
    """The form in a call's body. Raises ``ValueError`` where it is none."""
    declared = request.header("Content-Type")
    kind = declared.partition(";")[0].strip().lower()
    if kind == "application/x-www-form-urlencoded":
        return _urlencoded(request.body)
    found = _BOUNDARY.search(declared)
    if kind == "multipart/form-data" and found:
        return _multipart(request.body, (found[1] or found[2]).encode("latin-1", "replace"))
    raise ValueError("the call holds no form")


def _urlencoded(body: bytes) -> Form:
    form = Form()
    for pair in body.split(b"&", MAX_FIELDS)[:MAX_FIELDS]:
        name, _, value = (unquote_to_bytes(part.replace(b"+", b" ")) for part in _halves(pair))
        form.fields.setdefault(name.decode("utf-8", "replace"), value)
    return form


def _halves(pair: bytes) -> tuple[bytes, bytes, bytes]:
    return pair.partition(b"=")


def _multipart(body: bytes, boundary: bytes) -> Form:
    form = Form()
    for part in (b"\r\n" + body).split(b"\r\n--" + boundary, MAX_FIELDS)[1:]:
        if part.startswith(b"--"):
            break
        head, separator, content = part.partition(b"\r\n\r\n")
        named = _DISPOSITION.search(head[:4096])
        if not separator or named is None:
            continue
        name = _word(named[1] if named[1] is not None else named[2])
        line = head[named.start() :].partition(b"\r\n")[0]
        filename = _filename(line)
        if filename is None:
            form.fields.setdefault(name, content)
            continue
        kind = _TYPE.search(head)
        declared = kind[1].decode("latin-1").strip() if kind else ""
        form.files.setdefault(name, File(filename, declared or "application/octet-stream", content))
    return form


def _filename(line: bytes) -> str | None:
    if star := _FILENAME_STAR.search(line):
        return unquote_to_bytes(star[1]).decode("utf-8", "replace")
    found = _FILENAME.search(line)
    return None if found is None else _word(found[1] if found[1] is not None else found[2])


def _word(raw: bytes) -> str:
    """A quoted name: browsers write ``%22``, others a backslash before a quote."""
    text = raw.replace(b'\\"', b'"').replace(b"%22", b'"').replace(b"\\\\", b"\\").decode("utf-8", "replace")
    return one_line(text)
