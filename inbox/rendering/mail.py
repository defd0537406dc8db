"""Shows a mail's HTML so that nothing in it can run, phone home or cover the screen, and nothing useful is lost."""

from __future__ import annotations

import re
from collections.abc import Mapping
from html import escape, unescape
from typing import Final
from urllib.parse import unquote

import nh3

from inbox.reading.pictures import has_remote

__all__ = [
    "POLICY",
    "POLICY_REMOTE",
    "document_of",
    "has_remote",
    "mail_document",
    "mail_html",
    "policy",
    "shown",
    "text_html",
]

_CLOSED: Final = (
    "default-src 'none'; img-src 'self' data:{remote}; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'self'; sandbox allow-same-origin allow-popups allow-popups-to-escape-sandbox"
)
#: The frame's Content-Security-Policy. It has a sandbox of its own for whoever opens the address outside the frame. No
#: script runs there: ``allow-same-origin`` only lets our page measure its height and its pictures see the session.
POLICY: Final = _CLOSED.format(remote="")
#: The same after somebody asked for the pictures that lie elsewhere.
POLICY_REMOTE: Final = _CLOSED.format(remote=" https: http:")

MAX_HTML: Final = 2_000_000
MAX_NESTING: Final = 600
MAX_WORK: Final = 4_000_000
MAX_DATA_URL: Final = 500_000
#: One transparent pixel stands for a picture that is not fetched.
_PLACEHOLDER: Final = "data:image/gif;base64,R0lGODlhAQABAAAAACH5BAEKAAEALAAAAAABAAEAAAICTAEAOw=="

_TAGS: Final = {
    *("a", "abbr", "address", "article", "aside", "b", "bdi", "bdo", "big", "blockquote", "br", "caption", "center"),
    *(
        "cite",
        "code",
        "col",
        "colgroup",
        "dd",
        "del",
        "details",
        "dfn",
        "div",
        "dl",
        "dt",
        "em",
        "figcaption",
        "figure",
    ),
    *("font", "footer", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr", "i", "img", "ins", "kbd", "li", "main"),
    *("mark", "ol", "p", "pre", "q", "s", "samp", "section", "small", "span", "strike", "strong", "sub", "summary"),
    *("sup", "table", "tbody", "td", "tfoot", "th", "thead", "time", "tr", "tt", "u", "ul", "var", "wbr"),
}
#: These go with all that they hold; of other unknown tags the text stays.
_GONE: Final = {
    *("applet", "embed", "frameset", "iframe", "math", "noembed", "noframes", "noscript", "object", "script", "style"),
    *("svg", "template", "textarea", "title", "xmp"),
}
_ATTRIBUTES: Final[dict[str, set[str]]] = {
    "*": {"align", "dir", "lang", "style", "title", "valign", "width", "height", "bgcolor"},
    "a": {"href"},
    "blockquote": {"type"},
    "bdo": {"dir"},
    "col": {"span"},
    "colgroup": {"span"},
    "font": {"color", "face", "size"},
    "hr": {"size", "color"},
    "img": {"src", "alt", "border", "hspace", "vspace"},
    "li": {"value"},
    "ol": {"start", "type"},
    "table": {"border", "cellpadding", "cellspacing"},
    "td": {"colspan", "rowspan", "nowrap"},
    "th": {"colspan", "rowspan", "nowrap"},
    "ul": {"type"},
}
#: Nothing that takes a URL, and nothing that leaves its place in the text.
_STYLES: Final = {
    *(
        "background-color",
        "border",
        "border-bottom",
        "border-bottom-color",
        "border-bottom-style",
        "border-bottom-width",
    ),
    *("border-collapse", "border-color", "border-left", "border-left-color", "border-left-style", "border-left-width"),
    *(
        "border-radius",
        "border-right",
        "border-right-color",
        "border-right-style",
        "border-right-width",
        "border-spacing",
    ),
    *(
        "border-style",
        "border-top",
        "border-top-color",
        "border-top-style",
        "border-top-width",
        "border-width",
        "clear",
    ),
    *("color", "direction", "display", "float", "font", "font-family", "font-size", "font-style", "font-variant"),
    *("font-weight", "height", "letter-spacing", "line-height", "list-style-type", "margin", "margin-bottom"),
    *("margin-left", "margin-right", "margin-top", "max-height", "max-width", "min-height", "min-width", "padding"),
    *(
        "padding-bottom",
        "padding-left",
        "padding-right",
        "padding-top",
        "table-layout",
        "text-align",
        "text-decoration",
    ),
    *("text-indent", "text-transform", "vertical-align", "visibility", "white-space", "width", "word-break"),
    *("word-spacing", "word-wrap", "overflow-wrap"),
}
_FETCHING = re.compile(r"\(|\\|@|/\*|&#", re.IGNORECASE)
_COLOUR_CALL = re.compile(r"\A[^(]*\b(?:rgba?|hsla?)\([\d\s.,%/]*\)[^(]*\Z", re.IGNORECASE)
_BACKGROUND = re.compile(
    r"\s*background\s*:\s*(#[0-9a-f]{3,8}|[a-z]{3,20}|rgba?\([\d\s.,%]*\))\s*(?:!important)?\s*\Z", re.IGNORECASE
)
_NEGATIVE = re.compile(r"\s*(?:margin|text-indent)[a-z-]*\s*:.*-\d", re.IGNORECASE)
_LINK = re.compile(r"\s*(?:https?://|mailto:|tel:)", re.IGNORECASE)
_REMOTE = re.compile(r"\s*(?:https?:)?//", re.IGNORECASE)
_DATA_IMAGE = re.compile(r"data:image/(?:png|jpe?g|gif|webp);base64,[A-Za-z0-9+/=\s]*\Z", re.IGNORECASE)
_URL = re.compile(r"https?://[^\s<>\"']{1,2000}[^\s<>\"'.,;:!?)\]]", re.IGNORECASE)

_TAG = re.compile(r"<[^<>]*+>")
_OPENED = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]*)")
#: These need no end tag, so that many of them are still no nesting.
_CLOSED_BY_NEXT: Final = {
    *("p", "li", "dt", "dd", "tr", "td", "th", "tbody", "thead", "tfoot", "option", "br", "hr", "img", "input", "meta"),
    *("link", "wbr", "col", "area", "base", "source"),
}

_SHEET: Final = (
    "html{color-scheme:light}"
    "body{margin:0;padding:4px 2px;font:15px/1.5 system-ui,sans-serif;color:#1a1a1a;background:#fff;"
    "overflow-wrap:anywhere}"
    "img{max-width:100%;height:auto}table{max-width:100%}"
    "blockquote{margin:8px 0 8px 4px;padding-left:12px;border-left:3px solid #d0d0d0;color:#555}"
    "pre{white-space:pre-wrap;font-family:inherit}"
)


def mail_html(html: str, cid_urls: Mapping[str, str], *, show_remote: bool) -> str:
    """A mail's HTML, sanitised. ``cid_urls``: address of ours for each Content-ID (or Content-Location) of a stored
    file. Other pictures appear only with ``show_remote``; links open elsewhere and tell nobody where they stood."""
    if _tangled(html):
        return text_html(unescape(_TAG.sub(" ", html[:MAX_HTML])))
    urls = {key.lower(): url for key, url in cid_urls.items()}

    def attribute(tag: str, name: str, value: str) -> str | None:
        if name == "style":
            return _style(value)
        if name == "href":
            return value.strip() if _LINK.match(value) else None
        if name == "src" and tag == "img":
            return _source(value.strip(), urls, show_remote=show_remote)
        return value

    return nh3.clean(
        html[:MAX_HTML],
        tags=_TAGS,
        clean_content_tags=_GONE,
        attributes=_ATTRIBUTES,
        attribute_filter=attribute,
        link_rel="noopener noreferrer",
        set_tag_attribute_values={"a": {"target": "_blank"}, "img": {"referrerpolicy": "no-referrer"}},
        url_schemes={"http", "https", "mailto", "tel", "cid", "data"},
        filter_style_properties=_STYLES,
    )


def shown(html: str) -> str:
    """A mail's HTML sanitised for readers without a frame of ours: nothing remote, no stored pictures."""
    return mail_html(html, {}, show_remote=False)


def text_html(text: str) -> str:
    """A plain mail as HTML: as it stands, with its links."""
    linked = []
    end = 0
    for found in _URL.finditer(text):
        linked.append(escape(text[end : found.start()], quote=False))
        url = escape(found.group())
        linked.append(f'<a href="{url}" target="_blank" rel="noopener noreferrer">{url}</a>')
        end = found.end()
    linked.append(escape(text[end:], quote=False))
    return f'<div style="white-space:pre-wrap">{"".join(linked)}</div>'


def mail_document(body: str, *, language: str = "en") -> str:
    """The whole document of the frame around sanitised ``body``."""
    return (
        f'<!doctype html><html lang="{escape(language)}"><head><meta charset="utf-8">'
        '<meta name="referrer" content="no-referrer"><meta name="viewport" content="width=device-width">'
        f"<title>Mail</title><style>{_SHEET}</style></head><body>{body}</body></html>"
    )


def document_of(
    *, html: str | None, text: str, files: Mapping[str, str], show_remote: bool, language: str
) -> tuple[str, str]:
    """The frame's document for a message and the Content-Security-Policy to send it with. ``files``: our address of
    each stored file by its Content-ID."""
    body = mail_html(html, files, show_remote=show_remote) if html else text_html(text)
    return mail_document(body, language=language), policy(show_remote=show_remote)


def policy(*, show_remote: bool) -> str:
    """The frame's Content-Security-Policy."""
    return POLICY_REMOTE if show_remote else POLICY


def _tangled(html: str) -> bool:
    """Whether tags nest so deep that no mail program wrote them: a browser's parsing takes the square of that."""
    depth = deepest = tags = 0
    for found in _OPENED.finditer(html[:MAX_HTML]):
        tags += 1
        if found[2].lower() not in _CLOSED_BY_NEXT:
            depth = max(depth - 1, 0) if found[1] else depth + 1
            deepest = max(deepest, depth)
    return deepest > MAX_NESTING or deepest * tags > MAX_WORK


def _source(value: str, urls: Mapping[str, str], *, show_remote: bool) -> str | None:
    if value.lower().startswith("cid:"):
        wanted = value[4:].lower()
        return urls.get(wanted) or urls.get(unquote(wanted)) or _PLACEHOLDER
    if value.lower() in urls:
        return urls[value.lower()]
    if _DATA_IMAGE.match(value):
        return value if len(value) <= MAX_DATA_URL else _PLACEHOLDER
    if not _REMOTE.match(value):
        return None
    if not show_remote:
        return _PLACEHOLDER
    return f"https:{value}" if value.startswith("//") else value


def _style(value: str) -> str | None:
    """The declarations that fetch nothing and move nothing out of sight; which properties there may be, nh3 sees to."""
    kept: list[str] = []
    for declaration in value.split(";"):
        if plain := _BACKGROUND.match(declaration):
            kept.append(f"background-color:{plain[1]}")
        elif _FETCHING.search(declaration) and not _COLOUR_CALL.match(declaration):
            continue
        elif declaration.strip() and not _NEGATIVE.match(declaration):
            kept.append(declaration.strip())
    return ";".join(kept) or None
