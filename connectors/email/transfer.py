"""Undoes transfer encodings (base64, quoted-printable, uuencode) of any bytes; what is none stays as it is."""

from __future__ import annotations

import binascii
import re

__all__ = ["base64_bytes", "decode", "quoted_bytes", "uu_bytes"]

_NOT_BASE64 = re.compile(rb"[^A-Za-z0-9+/=_\-\s]")
_NOT_ALPHABET = re.compile(rb"[^A-Za-z0-9+/=]+")
_PADDING = re.compile(rb"={1,2}")
_FOREIGN = re.compile(rb"[^A-Za-z0-9+/=\s]|[A-Za-z0-9] [A-Za-z0-9]")
_AFTER_WORD = re.compile(r"[\s;,(\"'].*", re.DOTALL)  # "base64; charset=utf-8", "7bit (plain)"
_PADDED = re.compile(rb"[A-Za-z0-9+/]+=*")
_SOFT_BLANKS = re.compile(rb"=[ \t]+(?=\r?\n)")
_UU_BEGIN = re.compile(rb"^begin[ \t]+[0-7]{3,4}[ \t]+([^\r\n]*)\r?\n", re.MULTILINE)


def decode(data: bytes, encoding: str) -> bytes:
    """The bytes behind ``encoding``, a Content-Transfer-Encoding as written; unknown ones mean identity."""
    name = _AFTER_WORD.sub("", encoding.strip().strip("\"'")).lower().replace("_", "-")
    if name in {"base64", "base-64"}:
        return base64_bytes(data)
    if name.startswith("quoted"):
        return quoted_bytes(data)
    if name in {"x-uuencode", "uuencode", "x-uue", "uue"}:
        found = uu_bytes(data)
        return data if found is None else found
    return data


def base64_bytes(data: bytes) -> bytes:
    """The decoded bytes: without padding, with foreign characters and in several padded pieces, too. Text that
    evidently is no base64 comes back as it is."""
    try:
        return binascii.a2b_base64(data.translate(None, b" \t\r\n"), strict_mode=True)
    except binascii.Error:
        pass
    if len(_NOT_BASE64.findall(data[:4096])) * 20 > len(data[:4096]):
        return data
    end = _PADDING.search(data)
    if end and _FOREIGN.search(data, end.end()):
        data = data[: end.end()]  # a mailing list wrote its footer below
    if b"-" in data or b"_" in data:
        data = data.replace(b"-", b"+").replace(b"_", b"/")
    text = _NOT_ALPHABET.sub(b"", data)
    return b"".join(_piece(found.group()) for found in _PADDED.finditer(text))


def _piece(text: bytes) -> bytes:
    text = text.rstrip(b"=")
    if len(text) % 4 == 1:  # one character too many carries no byte
        text = text[:-1]
    return binascii.a2b_base64(text + b"=" * (-len(text) % 4))


def quoted_bytes(data: bytes) -> bytes:
    """The decoded bytes; a broken escape stays as text."""
    if b"=" not in data:
        return data
    if b"= " in data or b"=\t" in data:
        data = _SOFT_BLANKS.sub(b"=", data)
    return binascii.a2b_qp(data)


def uu_bytes(data: bytes) -> bytes | None:
    """The file within the first ``begin`` line and its ``end``, or None without one."""
    found = _UU_BEGIN.search(data)
    if found is None:
        return None
    out: list[bytes] = []
    for line in data[found.end() :].splitlines():
        if line.strip() in {b"end", b"`", b""}:
            break
        try:
            out.append(binascii.a2b_uu(line))
        except binascii.Error:
            # Some encoders count the filling bytes of the last group; this is how many characters really count.
            size = (((line[0] - 32) & 63) * 4 + 5) // 3
            try:
                out.append(binascii.a2b_uu(line[:size]))
            except binascii.Error:
                return None
    return b"".join(out)
