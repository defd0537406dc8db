"""Turns bytes of any declared, wrongly declared or undeclared charset into text that every database takes."""

from __future__ import annotations

import codecs
import re
from functools import lru_cache

import charset_normalizer

__all__ = ["clean", "codec", "decode", "guess"]

# What senders write and what they mean: the superset that mail programs really use. Names are compared without
# their punctuation, so "ISO_8859-1" and "iso88591" are one entry.
_MEANT = {
    "ascii": "ascii",
    "ansix341968": "ascii",
    "usascii": "ascii",
    "iso88591": "cp1252",
    "latin1": "cp1252",
    "l1": "cp1252",
    "cp819": "cp1252",
    "ansi": "cp1252",
    "iso88599": "cp1254",
    "latin5": "cp1254",
    "iso885911": "cp874",
    "tis620": "cp874",
    "windows874": "cp874",
    "dos874": "cp874",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "xgbk": "gb18030",
    "cp936": "gb18030",
    "euccn": "gb18030",
    "chinese": "gb18030",
    "big5": "big5hkscs",
    "cnbig5": "big5hkscs",
    "xxbig5": "big5hkscs",
    "ksc56011987": "cp949",
    "ksc5601": "cp949",
    "euckr": "cp949",
    "korean": "cp949",
    "windows949": "cp949",
    "shiftjis": "cp932",
    "xsjis": "cp932",
    "sjis": "cp932",
    "mskanji": "cp932",
    "windows31j": "cp932",
    "iso2022jp": "iso2022_jp_ext",
    "xeucjp": "euc_jp",
    "iso88598i": "iso8859_8",
    "iso88598e": "iso8859_8",
    "iso88596i": "iso8859_6",
    "logical": "iso8859_8",
    "xmacroman": "mac_roman",
    "macintosh": "mac_roman",
    "mac": "mac_roman",
    "xmaccyrillic": "mac_cyrillic",
    "utf8": "utf-8",
    "utf8mb4": "utf-8",
    "xutf8": "utf-8",
    "unicode11utf8": "utf-8",
    "cesu8": "utf-8",
    "ucs2": "utf-16",
    "unicode": "utf-16",
    "iso10646ucs2": "utf-16",
}

# Text codecs of Python that no mail may ask for: some hide markup from a filter, some are slow without bound.
_NEVER = {"utf-7", "punycode", "idna", "unicode_escape", "raw_unicode_escape", "undefined", "mbcs", "oem"}

_WESTERN = {"cp1252", "ascii", "iso8859-15", "cp850", "mac-roman"}
_EMBEDDED = re.compile(r"(?:windows|cp)(125\d|8\d\d)|iso8859(1[0-6]|[2-8])")
_PUNCTUATION = re.compile(r"[^0-9a-z]")
_HIGH = re.compile(rb"[\x80-\xff]")
_HIGH_RUN = re.compile(rb"[\x80-\xff]{2,}")
_ISO_2022_JP = re.compile(rb"\x1b(?:\$[@B]|\([BJI])")
_SAMPLE = 16_384

# NUL cannot be stored, other controls are no text, half a surrogate pair cannot be encoded.
_UNWANTED = re.compile("[\x00-\x08\x0b\x0e-\x1f\x7f\ud800-\udfff\ufeff]")
_ANY_BREAK = re.compile("\r*\n|\r|\f")

_OTHER_SCRIPTS = [
    "cp1251",
    "koi8_r",
    "gb18030",
    "big5",
    "cp932",
    "euc_jp",
    "cp949",
    "cp1253",
    "cp1255",
    "cp1256",
    "cp874",
    "cp1250",
    "iso8859_2",
]


@lru_cache(maxsize=512)
def codec(declared: str) -> str | None:
    """The codec that a charset's name means, or None where it means none that we take."""
    name = declared.strip().strip("\"'").lower()[:60]
    key = _PUNCTUATION.sub("", name)
    meant = _MEANT.get(key)
    embedded = None if meant else _EMBEDDED.search(key)
    tries = [meant] if meant else [name, key]
    if embedded:
        tries.append("".join(("cp", embedded[1])) if embedded[1] else f"iso8859_{embedded[2]}")
    for attempt in tries:
        try:
            info = codecs.lookup(attempt)
        except (LookupError, ValueError, TypeError):
            continue
        # A codec of bytes to bytes (hex, bz2) is none for text.
        if info.name not in _NEVER and getattr(info, "_is_text_encoding", True):
            return _MEANT.get(_PUNCTUATION.sub("", info.name), info.name)
    return None


def decode(data: bytes, declared: str = "") -> str:
    """The text of ``data``; total. A declared charset is followed unless the bytes plainly contradict it."""
    if not data:
        return ""
    if (marked := _by_mark(data)) is not None:
        return marked
    name = codec(declared) if declared else None
    if data.isascii() and (name is None or name in _WESTERN or name == "utf-8"):
        return guess(data) if b"\x1b$" in data else data.decode("ascii")
    if name is None or name == "ascii":
        return guess(data)
    if name == "utf-16":
        name = "utf-16-be" if data[::2].count(0) > data[1::2].count(0) else "utf-16-le"
    if name in _WESTERN and _is_utf8(data):
        # Bytes that are well-formed UTF-8 and meant as Latin-1 do not occur in anything people write.
        return data.decode("utf-8")
    try:
        return data.decode(name)
    except (UnicodeError, ValueError):
        return _damaged(data, name)


def guess(data: bytes, preferred: str = "") -> str:
    """The text of bytes that no charset was declared for. ``preferred``: a charset named elsewhere in the mail."""
    if _ISO_2022_JP.search(data):
        return data.decode("iso2022_jp_ext", "replace")
    if data.isascii():
        return data.decode("ascii")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        pass
    name = codec(preferred) if preferred else None
    if name not in (None, "ascii", "utf-8"):
        return _western(data) if name == "cp1252" else data.decode(str(name), "replace")
    if _mostly_utf8(data):
        return data.decode("utf-8", "replace")
    if _looks_western(data):
        return _western(data)
    best = charset_normalizer.from_bytes(data[:_SAMPLE], cp_isolation=_OTHER_SCRIPTS, explain=False).best()
    return data.decode(best.encoding, "replace") if best else _western(data)


def clean(text: str) -> str:
    """``text`` with line feeds as the only breaks and without what no database or socket takes."""
    if "\r" in text or "\f" in text:
        text = text.replace("\r\n", "\n")
        if "\r" in text or "\f" in text:
            text = _ANY_BREAK.sub("\n", text)
    return _UNWANTED.sub(_replaced, text) if _UNWANTED.search(text) else text


def _replaced(match: re.Match[str]) -> str:
    return "\ufffd" if "\ud800" <= match.group() <= "\udfff" else ""


def _by_mark(data: bytes) -> str | None:
    """The text of bytes that begin with a byte order mark."""
    if data.startswith(codecs.BOM_UTF8):
        return data[3:].decode("utf-8", "replace")
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) and len(data) % 2 == 0:
        try:
            return data.decode("utf-16")
        except UnicodeDecodeError:
            return None
    return None


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _mostly_utf8(data: bytes) -> bool:
    """Whether at least as many characters beyond ASCII are whole as broken: a cut or scratched UTF-8 text."""
    text = data.decode("utf-8", "replace")
    broken = text.count("\ufffd")
    whole = sum(1 for character in text if character > "\x7f") - broken
    return whole >= max(broken, 1)


def _damaged(data: bytes, name: str) -> str:
    """The text where the declared charset does not fit every byte."""
    if name == "cp1252":
        return _western(data)
    if name == "utf-8":
        return data.decode("utf-8", "replace") if _mostly_utf8(data) else guess(data)
    if _is_utf8(data):
        return data.decode("utf-8")
    try:
        return data.decode(name, "replace")
    except (UnicodeError, ValueError):
        return guess(data)


def _western(data: bytes) -> str:
    """Windows-1252, and Latin-1 for the five bytes that it leaves open."""
    try:
        return data.decode("cp1252")
    except UnicodeDecodeError:
        return "".join(
            bytes((byte,)).decode("cp1252", "ignore") or chr(byte) if byte > 0x7F else chr(byte) for byte in data
        )


def _looks_western(data: bytes) -> bool:
    """Whether bytes above ASCII stand alone among letters, as accents do, and are few."""
    sample = data[:_SAMPLE]
    high = len(_HIGH.findall(sample))
    in_runs = sum(len(run) for run in _HIGH_RUN.findall(sample))
    return high * 4 <= len(sample) and in_runs * 2 <= high
