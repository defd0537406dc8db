"""Turns a mail's HTML into the text that its reader sees, quotations marked as in plain mail; linear and total."""

from __future__ import annotations

import html as entities
import re
from collections.abc import Mapping
from typing import Any, cast

from lxml import etree

__all__ = ["as_html", "as_text"]

MAX_HTML = 2_000_000
MAX_DEPTH = 20  # of quote marks before a line

_HEADLESS = re.compile(r"\A\s*(?:<\?xml[^>]*>|<!doctype[^>]*>)\s*", re.IGNORECASE)
_TAG = re.compile(r"<[^<>]*+>")
_BLANK_RUN = re.compile(r"[ \t\r\n\f]+")
_MANY_BREAKS = re.compile(r"\n{3,}")
_HIDDEN = re.compile(r"display\s*:\s*none|mso-hide\s*:\s*all|max-height\s*:\s*0(?:px)?\s*(?:;|\Z)", re.IGNORECASE)
_INDENT_ONLY = re.compile(r"border(?:-left)?\s*:\s*(?:none|0)", re.IGNORECASE)

_SKIPPED = frozenset(
    {"script", "style", "head", "title", "template", "noscript", "object", "svg", "select", "textarea"}
)
_BLOCKS = frozenset(
    {
        *("address", "article", "aside", "blockquote", "body", "caption", "center", "dd", "details", "dir", "div"),
        *("dl", "dt", "fieldset", "figcaption", "figure", "footer", "form", "h1", "h2", "h3", "h4", "h5", "h6"),
        *(
            "header",
            "hr",
            "html",
            "li",
            "main",
            "menu",
            "nav",
            "ol",
            "p",
            "pre",
            "section",
            "summary",
            "table",
            "tbody",
            "tfoot",
        ),
        *("thead", "tr", "ul"),
    }
)
_SPACED = frozenset({"p", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "table", "blockquote", "pre", "dl"})
_CELLS = frozenset({"td", "th"})
_VOID = frozenset(
    {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}
)


def as_text(source: str) -> str:
    """The text of a mail's HTML: one line per visible line, ``> `` before what a blockquote quotes."""
    source = source[:MAX_HTML]
    if not source.strip():
        return ""
    reader = _Reader()
    parser = etree.HTMLParser(target=cast("Any", reader), remove_comments=True, remove_pis=True)
    try:
        parser.feed(_HEADLESS.sub("", source, count=1))
        parser.close()
    except (etree.LxmlError, ValueError, AssertionError):
        return _stripped(source)
    # The parser gives up where tags nest hundreds deep; what stood there is still somebody's message.
    return reader.text() or _stripped(source)


def as_html(text: str) -> str:
    """Plain text as HTML that shows it as it stands."""
    return f'<div style="white-space:pre-wrap">{entities.escape(text, quote=False)}</div>'


def _stripped(source: str) -> str:
    for tag in ("script", "style", "head"):
        source = _without(source, tag)
    return _MANY_BREAKS.sub("\n\n", entities.unescape(_TAG.sub(" ", source))).strip()


def _without(source: str, tag: str) -> str:
    """``source`` without the elements of that tag, each to its end or to the end of all."""
    kept: list[str] = []
    opening, closing = re.compile(f"<{tag}\\b", re.IGNORECASE), re.compile(f"</{tag}\\s*>", re.IGNORECASE)
    position = 0
    while start := opening.search(source, position):
        kept.append(source[position : start.start()])
        end = closing.search(source, start.end())
        if end is None:
            return "".join(kept)
        position = end.end()
    return "".join((*kept, source[position:]))


class _Reader:
    """Takes a page as the parser reads it and keeps its lines, without building a tree: nesting costs nothing.

    Blank space collapses as a browser collapses it; breaks are held back until text follows.
    """

    def __init__(self) -> None:
        self._lines: list[str] = []
        self._line: list[str] = []
        self._breaks = 0  # line breaks due before the next text: 2 leave an empty line
        self._depth = 0  # of quotation
        self._last_depth = 0
        self._verbatim = 0
        self._quotes: list[bool] = []  # of the open blockquotes, whether each quotes or only indents
        self._spaced: list[bool] = []  # of the open spaced blocks, whether each really is
        self._hidden: list[str] = []  # the open elements from the first hidden one on

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        if self._hidden or tag in _SKIPPED or ("style" in attributes and _HIDDEN.search(attributes["style"])):
            if tag not in _VOID:
                self._hidden.append(tag)
        elif tag == "br":
            self._end_line(forced=True)
        elif tag in _CELLS:
            self._space()
        elif tag in _BLOCKS:
            self._open(tag, attributes)

    def end(self, tag: str) -> None:
        if self._hidden:
            if tag not in _VOID:
                self._hidden.pop()
        elif tag in _BLOCKS:
            self._end_line(blank=tag in _SPACED and bool(self._spaced) and self._spaced.pop())
            if tag == "pre":
                self._verbatim -= 1
            elif tag == "blockquote" and self._quotes:
                self._depth -= self._quotes.pop()

    def data(self, text: str) -> None:
        if self._hidden:
            return
        if self._verbatim:
            self._write_verbatim(text)
            return
        if not text.isprintable() or "  " in text:
            text = _BLANK_RUN.sub(" ", text)
        if text[0] == " ":
            self._space()
            text = text[1:]
        if text:
            self._append(text)

    def close(self) -> None:
        self._end_line()

    def text(self) -> str:
        return "\n".join(line.rstrip(" ") for line in self._lines).strip("\n")

    def _open(self, tag: str, attributes: Mapping[str, str]) -> None:
        blank = False
        if tag in _SPACED:
            # Outlook's paragraphs say themselves that they have no margin.
            blank = attributes.get("class") != "MsoNormal"
            self._spaced.append(blank)
        self._end_line(blank=blank)
        if tag == "blockquote":
            self._quotes.append(not _INDENT_ONLY.search(attributes.get("style", "")))
            self._depth += self._quotes[-1]
        elif tag == "li":
            self._append("- ")
        elif tag == "pre":
            self._verbatim += 1

    def _write_verbatim(self, text: str) -> None:
        for index, line in enumerate(text.split("\n")):
            if index:
                self._end_line(forced=True)
            if line:
                self._append(line)

    def _space(self) -> None:
        if self._line and self._line[-1][-1] != " ":
            self._line.append(" ")

    def _append(self, text: str) -> None:
        if not self._line and self._breaks > 1 and self._lines:
            self._lines.append("> " * min(self._depth, self._last_depth, MAX_DEPTH))
        self._breaks = 0
        self._line.append(text)

    def _end_line(self, *, forced: bool = False, blank: bool = False) -> None:
        """Ends the line if there is one; ``forced`` counts an empty one (a br), ``blank`` asks for one after it."""
        if self._line:
            line = "".join(self._line).replace("\xa0", " ")
            self._lines.append("> " * min(self._depth, MAX_DEPTH) + line if self._depth else line)
            self._line = []
            self._last_depth = self._depth
            self._breaks = 1
        elif forced:
            self._breaks = min(self._breaks + 1, 2) if self._breaks else 2
        if blank:
            self._breaks = 2
