"""Makes a mail again of the parts into which a provider took one; the same parts give the same bytes."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterable, Sequence

from connectors.base import File

__all__ = ["header_lines", "rebuild"]

_NAME = re.compile(r"[!-9;-~]{1,200}")
_FOLD = re.compile(r"[\r\n]+[ \t]*")
_TYPE = re.compile(r"[\w.+-]{1,80}/[\w.+-]{1,80}", re.ASCII)
#: They speak of the parts as they were; ours are said anew.
_OURS = frozenset({"content-type", "content-transfer-encoding", "content-length", "mime-version"})


def header_lines(block: str) -> list[tuple[str, str]]:
    """A block of raw headers as pairs, folded ones joined."""
    pairs: list[tuple[str, str]] = []
    for line in re.split(r"\r\n|\n|\r", block):
        if line[:1] in {" ", "\t"} and pairs:
            pairs[-1] = (pairs[-1][0], f"{pairs[-1][1]} {line.strip()}")
            continue
        name, colon, value = line.partition(":")
        if colon and _NAME.fullmatch(name.strip()):
            pairs.append((name.strip(), value.strip()))
    return pairs


def rebuild(headers: Iterable[tuple[str, str]], text: str, html: str, files: Sequence[File]) -> bytes:
    """The mail: its headers but those about parts, then its texts and files."""
    kept = [(name, value) for name, value in headers if _NAME.fullmatch(name) and name.lower() not in _OURS]
    lines = b"".join(_line(name, value) for name, value in kept)
    bodies = [_text("plain", text)] if text or not html else []
    bodies += [_text("html", html)] if html else []
    parts = [_joined("alternative", bodies) if len(bodies) > 1 else bodies[0], *map(_file, files)]
    whole = _joined("mixed", parts) if len(parts) > 1 else parts[0]
    return lines + b"MIME-Version: 1.0\r\n" + whole


def _line(name: str, value: str) -> bytes:
    """A header on one line; its text beyond ASCII stays as UTF-8, which our reader takes."""
    return f"{name}: {_FOLD.sub(' ', value)}\r\n".encode("utf-8", "replace")


def _text(kind: str, text: str) -> bytes:
    head = f'Content-Type: text/{kind}; charset="utf-8"\r\nContent-Transfer-Encoding: base64\r\n\r\n'
    return head.encode() + base64.encodebytes(text.encode("utf-8", "replace"))


def _file(file: File) -> bytes:
    kind = file.content_type if _TYPE.fullmatch(file.content_type) else "application/octet-stream"
    if kind.lower().startswith(("message/", "multipart/")):
        kind = "application/octet-stream" if kind.lower() != "message/rfc822" else kind.lower()
    name = _FOLD.sub(" ", file.name).replace("\\", "_").replace('"', "'")
    where = "inline" if file.content_id else "attachment"
    lines = [f"Content-Type: {kind}", f'Content-Disposition: {where}; filename="{name}"']
    if file.content_id:
        lines.append(f"Content-ID: <{_FOLD.sub('', file.content_id).strip('<> ')}>")
    lines += ["Content-Transfer-Encoding: base64", "", ""]
    return "\r\n".join(lines).encode("utf-8", "replace") + base64.encodebytes(file.data)


def _joined(kind: str, parts: list[bytes]) -> bytes:
    """The parts as one; the boundary is made of them, so that it is the same each time."""
    boundary = "=_" + hashlib.sha256(b"\0".join(parts)).hexdigest()[:40]
    mark = b"--" + boundary.encode()
    head = f'Content-Type: multipart/{kind}; boundary="{boundary}"\r\n\r\n'.encode()
    return head + b"".join(mark + b"\r\n" + part + b"\r\n" for part in parts) + mark + b"--\r\n"
