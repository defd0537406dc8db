"""Telegram's HTML dialect: the plain text that a person sees, and where it is marked up."""

from __future__ import annotations

import html
import re
from typing import Any

__all__ = ["MarkupError", "parse_html", "utf16"]

_TYPES = {
    "b": "bold",
    "strong": "bold",
    "i": "italic",
    "em": "italic",
    "u": "underline",
    "ins": "underline",
    "s": "strikethrough",
    "strike": "strikethrough",
    "del": "strikethrough",
    "span": "spoiler",
    "tg-spoiler": "spoiler",
    "a": "text_link",
    "code": "code",
    "pre": "pre",
    "blockquote": "blockquote",
}
_TOKEN = re.compile(r"<(/?)([A-Za-z0-9-]*)([^<>]*)>|<|&(?:lt|gt|amp|quot|#\d+|#x[0-9A-Fa-f]+);|[^<&]+|&")
_HREF = re.compile(r"""href\s*=\s*["']?([^"'\s>]+)""")


class MarkupError(Exception):
    """The text cannot be read as markup; the message is Telegram's."""


def utf16(text: str) -> int:
    """The length that Telegram counts: UTF-16 code units."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def parse_html(source: str) -> tuple[str, list[dict[str, Any]]]:
    """The text without tags and its entities in order of their beginning. Raises :class:`MarkupError`."""
    text, entities = "", []
    open_: list[tuple[str, int, str]] = []
    for token in _TOKEN.finditer(source):
        if token[0].startswith("&"):
            text += html.unescape(token[0])
        elif not token[0].startswith("<"):
            text += token[0]
        elif token[1]:
            name = token[2].lower()
            if not open_ or open_[-1][0] != name:
                raise MarkupError(f"Unexpected end tag at byte offset {_offset(source, token)}")
            _, start, link = open_.pop()
            if entity := _entity(name, start, utf16(text), link):
                entities.append(entity)
        else:
            name = (token[2] or "").lower()
            if name not in _TYPES:
                raise MarkupError(f'Unsupported start tag "{name}" at byte offset {_offset(source, token)}')
            href = _HREF.search(token[3] or "")
            open_.append((name, utf16(text), href[1] if href else ""))
    if open_:
        raise MarkupError(f'Can\'t find end tag corresponding to start tag "{open_[-1][0]}"')
    return text, sorted(entities, key=lambda entity: (entity["offset"], -entity["length"]))


def _entity(name: str, start: int, end: int, link: str) -> dict[str, Any] | None:
    kind = _TYPES[name]
    if start == end or (kind == "text_link" and not link):
        return None
    entity: dict[str, Any] = {"offset": start, "length": end - start, "type": kind}
    return entity | {"url": html.unescape(link)} if kind == "text_link" else entity


def _offset(source: str, token: re.Match[str]) -> int:
    return len(source[: token.start()].encode("utf-8", "replace"))
