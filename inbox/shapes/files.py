"""How a stranger's file may be handed out: its type only if harmless, a clean name, and never a page of ours."""

from __future__ import annotations

from collections.abc import Iterator
from typing import IO, Final
from urllib.parse import quote

__all__ = ["IMAGES", "chunks", "clean", "headers"]

#: What a browser may show in place; everything else is downloaded. SVG can carry scripts and is not among them.
IMAGES: Final = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp", "image/avif", "image/bmp"})
UNSAFE: Final = frozenset('"\\/:*?<>|')


def headers(name: str, content_type: str, *, download: bool = False) -> dict[str, str]:
    """The headers of the response that carries the bytes; ``download`` keeps an image out of the page too."""
    kind = content_type.partition(";")[0].strip().lower()
    shown = kind in IMAGES and not download
    safe = clean(name)
    plain = "".join(letter if letter.isascii() else "_" for letter in safe)
    way = "inline" if shown else "attachment"
    return {
        "Content-Type": kind if shown else "application/octet-stream",
        "Content-Disposition": f"{way}; filename=\"{plain}\"; filename*=UTF-8''{quote(safe, safe='')}",
        "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": "sandbox; default-src 'none'; frame-ancestors 'self'",
        "Referrer-Policy": "no-referrer",
    }


def chunks(file: IO[bytes], size: int = 2**20) -> Iterator[bytes]:
    """A file from its beginning, piece by piece; it is closed at its end."""
    with file:
        file.seek(0)
        while piece := file.read(size):
            yield piece


def clean(name: str) -> str:
    """The last part of a path in either direction of slash, without anything a shell or a header could trip over."""
    last = name.replace("\\", "/").rpartition("/")[2]
    kept = "".join("_" if letter in UNSAFE or not letter.isprintable() else letter for letter in last)
    return kept.strip(" .")[:200] or "file"
