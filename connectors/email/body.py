"""Decides what of a mail's parts is its text, its HTML and its files."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from urllib.parse import unquote

from connectors.base import Attachment
from connectors.email import charsets, flowed, invitations, markup, names, tnef
from connectors.email.headers import split
from connectors.email.mime import Mail, Part
from connectors.email.transfer import uu_bytes

__all__ = ["Body", "read"]

MAX_TEXT = 2_000_000  # characters of text or HTML; the rest stays in the raw mail
MAX_DECODED = 100 << 20

_TEXTS = frozenset({"text/plain", "text/html", "text/enriched", "text/richtext"})
# Second forms of the same body for devices that no agent reads mail on.
_NEEDLESS = frozenset({"text/x-amp-html", "text/watch-html"})
_TNEF = frozenset({"application/ms-tnef", "application/vnd.ms-tnef"})
_MARKS = {
    "application/pgp-encrypted": ("encrypted", "pgp"),
    "application/pgp-signature": ("signed", "pgp"),
    "application/pkcs7-signature": ("signed", "smime"),
    "application/x-pkcs7-signature": ("signed", "smime"),
}
_SMIME = frozenset({"application/pkcs7-mime", "application/x-pkcs7-mime"})
_ENRICHED = re.compile(r"(<)<|<(?:param>[^<>]*</param>|/?[a-z]{1,30}>)", re.IGNORECASE)
_UU = re.compile(r"^begin [0-7]{3,4} ([^\n]{1,200})\n((?:[ -`]{1,62}\n)+?)(?:`?\n)?end[ \t]*$", re.MULTILINE)
_CID = re.compile(r"cid:([^\s\"'<>)]{1,500})", re.IGNORECASE)
_SOURCE = re.compile(r"\b(?:src|background)\s*=\s*[\"']?([^\s\"'>]{1,2000})", re.IGNORECASE)


@dataclass(slots=True)
class Body:
    """The text as a person reads it, the HTML as it came, the files in order.

    ``marks``: facts for the desk (``signed``, ``encrypted``, ``calendar``); ``limits``: what was not read to its end.
    """

    text: str = ""
    html: str | None = None
    files: list[Attachment] = field(default_factory=list)
    marks: dict[str, object] = field(default_factory=dict)
    limits: set[str] = field(default_factory=set)


@dataclass(slots=True)
class _Segment:
    """A piece of body, as text, as HTML, or as both."""

    text: str | None = None
    html: str | None = None


@dataclass(slots=True)
class _Found:
    segments: list[_Segment] = field(default_factory=list)
    files: list[Attachment] = field(default_factory=list)
    named: list[Part] = field(default_factory=list)  # texts with a file name, a body only where there is no other
    marks: dict[str, object] = field(default_factory=dict)
    limits: set[str] = field(default_factory=set)
    decoded: int = 0


def read(mail: Mail) -> Body:
    """The body of a mail; total."""
    found = _Found(limits=set(mail.limits))
    _take(mail.root, found, root=True)
    if not any(_filled(one) for one in found.segments):
        _promote(found)
    body = Body(files=found.files, marks=found.marks, limits=found.limits)
    body.text, body.html = _joined_text(found.segments), _joined_html(found.segments)
    if len(body.text) > MAX_TEXT or len(body.html or "") > MAX_TEXT:
        body.limits.add("text")
        body.text, body.html = body.text[:MAX_TEXT], body.html[:MAX_TEXT] if body.html else None
    if body.html:
        body.files = _placed(body.files, body.html)
    return body


def _filled(segment: _Segment) -> bool:
    return bool((segment.text or "").strip() or (segment.html or "").strip())


def _take(part: Part, found: _Found, *, root: bool = False) -> None:
    """Adds one part with all below it."""
    if part.multipart:
        subtype = part.kind.removeprefix("multipart/")
        if subtype == "alternative":
            _alternative(part, found)
        elif subtype == "encrypted":
            for leaf in part.leaves():
                _file(leaf, found)
        elif subtype in {"signed", "report"}:
            for index, child in enumerate(part.children):
                _take(child, found) if index == 0 else _files(child, found)
        else:
            for child in part.children:
                _take(child, found)
        return
    if part.kind not in _TEXTS or part.disposition.startswith("attachment"):
        _file(part, found)
    elif part.name and not root:
        found.named.append(part)
        _file(part, found)
    else:
        found.segments.append(_text(part, found))


def _files(part: Part, found: _Found) -> None:
    for leaf in part.leaves():
        _file(leaf, found)


def _alternative(part: Part, found: _Found) -> None:
    """Several forms of one body: the first plain one and the last HTML count, and every form's files."""
    chosen = _Segment()
    for child in part.children:
        if child.kind in _NEEDLESS:
            continue
        inner = _Found(decoded=found.decoded)
        _take(child, inner)
        html = _joined_html(inner.segments)
        if html is not None and (html.strip() or chosen.html is None):
            chosen.html = html
        elif html is None and inner.segments and not (chosen.text or "").strip():
            chosen.text = _joined_text(inner.segments)
        found.files.extend(inner.files)
        found.named.extend(inner.named)
        found.marks.update(inner.marks)
        found.limits |= inner.limits
        found.decoded = inner.decoded
    found.segments.append(chosen)


def _joined_text(segments: list[_Segment]) -> str:
    """All pieces as one text; a piece that came as HTML only is turned into text, unless it says the same again."""
    texts: list[str] = []
    for one in segments:
        text = (one.text or "") if (one.text or "").strip() or not one.html else markup.as_text(one.html)
        repeats = bool(one.html and texts) and text.split() == texts[-1].split()
        if text.strip() and not repeats:
            texts.append(text.strip("\n"))
    return "\n\n".join(texts)


def _joined_html(segments: list[_Segment]) -> str | None:
    """All pieces as one HTML, if any piece is."""
    if all(one.html is None for one in segments):
        return None
    pieces = (markup.as_html(one.text or "") if one.html is None else one.html for one in segments)
    return "\n".join(pieces)


def _text(part: Part, found: _Found) -> _Segment:
    data = part.data()
    if len(data) > MAX_TEXT * 4:
        found.limits.add("text")
        data = data[: MAX_TEXT * 4]
    found.decoded += len(data)
    charset = part.parameters.get("charset", "")
    if part.kind == "text/html":
        own = _meta(data) if charsets.codec(charset) in {None, "ascii"} else ""
        return _Segment(html=charsets.clean(charsets.decode(data, own or charset)))
    text = charsets.clean(charsets.decode(data, charset))
    if part.kind != "text/plain":
        text = _ENRICHED.sub(r"\1", text)
    if part.parameters.get("format", "").lower() == "flowed":
        text = flowed.joined(text, delete_space=part.parameters.get("delsp", "").lower() == "yes")
    if "begin " in text and "\nend" in text:
        text = _UU.sub(lambda one: _uuencoded(one, found), text)
    if "-----BEGIN PGP " in text:
        found.marks["encrypted" if "-----BEGIN PGP MESSAGE-----" in text else "signed"] = "pgp"
    return _Segment(text=text)


def _meta(data: bytes) -> str:
    """The charset that an HTML document names in its own head."""
    named = re.search(rb"charset\s*=\s*[\"']?\s*([A-Za-z0-9_:.-]{2,40})", data[:2048], re.IGNORECASE)
    return named[1].decode("ascii") if named else ""


def _uuencoded(one: re.Match[str], found: _Found) -> str:
    """Takes a uuencoded file out of a text."""
    data = uu_bytes(one.group().encode("utf-8", "replace"))
    if not data:
        return one.group()
    _add(found, names.file_name(one[1]), "application/octet-stream", data)
    return ""


def _file(part: Part, found: _Found) -> None:
    data = part.body() if part.kind.startswith("message/") and not _encoded(part) else part.data()
    if found.decoded + len(data) > MAX_DECODED:
        found.limits.add("size")
        return
    found.decoded += len(data)
    if (part.kind in _TNEF or part.name.lower() == "winmail.dat") and (box := tnef.unpack(data)):
        _unpacked(box, found)
        return
    if part.kind in _MARKS:
        key, value = _MARKS[part.kind]
        found.marks[key] = value
    elif part.kind in _SMIME:
        found.marks["signed" if "signed" in part.parameters.get("smime-type", "") else "encrypted"] = "smime"
    elif part.kind == "text/calendar" or part.name.lower().endswith(".ics"):
        parameters = part.parameters
        invitation = invitations.read(data, parameters.get("charset", ""), parameters.get("method", ""))
        if invitation:
            found.marks.setdefault("calendar", invitation)
        if any(known.data == data for known in found.files):
            return  # most invitations come twice: as a form of the body, and as a file
    content_id = _content_id(part)
    if not data and not part.name and not content_id:
        return
    _add(found, names.file_name(part.name) or _inner_subject(part), part.kind, data, content_id)


def _encoded(part: Part) -> bool:
    """Whether a message within the mail is, against the rules, in base64 or quoted-printable."""
    encoding = part.headers.plain("content-transfer-encoding").lower()
    return encoding.startswith(("base64", "quoted"))


def _content_id(part: Part) -> str | None:
    written = part.headers.plain("content-id").strip().strip("<>").strip()
    return (written or part.headers.plain("content-location"))[:500] or None


def _inner_subject(part: Part) -> str:
    """A name for a message within the mail: its subject."""
    if part.kind != "message/rfc822":
        return ""
    headers, _ = split(part.raw, part.start, min(part.end, part.start + 65_536))
    subject = names.file_name(headers.text("subject").replace("/", "-").replace("\\", "-"))
    return f"{subject[:120]}.eml" if subject else "message.eml"


def _add(found: _Found, name: str, kind: str, data: bytes, content_id: str | None = None) -> None:
    kind = names.content_type(kind, data)
    name = name or names.unnamed(kind, len(found.files) + 1)
    found.files.append(Attachment(name, kind, data, content_id=content_id))


def _unpacked(box: tnef.Box, found: _Found) -> None:
    """Puts what was in a winmail.dat in its place."""
    for packed in box.files:
        _add(found, names.file_name(packed.name), packed.content_type, packed.data, packed.content_id or None)
    if not any(_filled(one) for one in found.segments):
        text, html = charsets.clean(box.text), charsets.clean(box.html)
        found.segments.append(_Segment(text=text or None, html=html or None))


def _promote(found: _Found) -> None:
    """Where nothing but a named text came, not said to be an attachment, that is the message, and still a file."""
    if found.named:
        found.segments.append(_text(found.named[0], found))


def _placed(files: list[Attachment], html: str) -> list[Attachment]:
    """Marks the files that the HTML shows in its text."""
    shown = {unquote(one).lower() for one in _CID.findall(html)}
    located = any(one.content_id and "/" in one.content_id for one in files)
    shown |= {one.lower() for one in _SOURCE.findall(html)} if located else set()
    return [_inline(one) if one.content_id and one.content_id.lower() in shown else one for one in files]


def _inline(one: Attachment) -> Attachment:
    return Attachment(one.name, one.content_type, one.data, content_id=one.content_id, inline=True)
