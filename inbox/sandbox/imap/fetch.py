"""FETCH: the items of one mail as the server writes them."""

from __future__ import annotations

import re
from dataclasses import dataclass

from inbox.sandbox.imap.syntax import BadSyntax, Token, date_time
from inbox.sandbox.mail.folders import Stored

__all__ = ["Item", "items", "write"]

_MACROS = {"FAST": ["FLAGS", "INTERNALDATE", "RFC822.SIZE"]}
_PLAIN = frozenset({"UID", "FLAGS", "INTERNALDATE", "RFC822.SIZE"})
_OLD = {"RFC822": "", "RFC822.HEADER": "HEADER", "RFC822.TEXT": "TEXT"}
_BODY = re.compile(
    r"BODY(\.PEEK)?\[(?:(HEADER|TEXT|HEADER\.FIELDS(?:\.NOT)?)(?: \(([^)]*)\))?)?\](?:<(\d+)\.(\d+)>)?", re.IGNORECASE
)


@dataclass(frozen=True)
class Item:
    """One thing to fetch. ``section`` is None for what is no part of the text; ``label`` is what the answer says."""

    label: str
    section: str | None = None
    fields: tuple[str, ...] = ()
    part: tuple[int, int] | None = None
    peek: bool = True


def items(token: Token) -> list[Item]:
    """What a client asks for. Raises :class:`BadSyntax` for what this server does not have."""
    names = token if isinstance(token, list) else [token]
    found: list[Item] = []
    for name in names:
        if not isinstance(name, str):
            raise BadSyntax("an item to fetch was expected")
        found += [_item(each) for each in _MACROS.get(name.upper(), [name])]
    return found


def _item(name: str) -> Item:
    upper = name.upper()
    if upper in _PLAIN:
        return Item(upper)
    if upper in _OLD:
        return Item(upper, _OLD[upper], peek=upper == "RFC822.HEADER")
    match = _BODY.fullmatch(name)
    if not match:
        raise BadSyntax(f"this server cannot fetch {name}")
    section = (match[2] or "").upper()
    wanted = tuple(field.strip('"') for field in (match[3] or "").split())
    if section.startswith("HEADER.FIELDS") != bool(wanted):
        raise BadSyntax("HEADER.FIELDS wants the names of fields")
    label = f"BODY[{section}{' (' + ' '.join(wanted) + ')' if wanted else ''}]"
    part = (int(match[4]), int(match[5])) if match[4] else None
    return Item(label + (f"<{part[0]}>" if part else ""), section, wanted, part, peek=bool(match[1]))


def write(mail: Stored, wanted: list[Item]) -> bytes:
    """The parenthesis of a FETCH answer."""
    data = mail.data() if any(item.section is not None for item in wanted) else b""
    return b"(" + b" ".join(_write(mail, item, data) for item in wanted) + b")"


def _write(mail: Stored, item: Item, data: bytes) -> bytes:
    if item.section is None:
        values = {
            "UID": str(mail.uid),
            "FLAGS": f"({' '.join(sorted(mail.flags))})",
            "INTERNALDATE": date_time(mail.received),
            "RFC822.SIZE": str(mail.size),
        }
        return f"{item.label} {values[item.label]}".encode()
    part = _section(data, item)
    if item.part:
        part = part[item.part[0] : item.part[0] + item.part[1]]
    return f"{item.label} {{{len(part)}}}\r\n".encode() + part


def _section(data: bytes, item: Item) -> bytes:
    head, text = _split(data)
    if item.section == "HEADER":
        return head
    if item.section == "TEXT":
        return text
    if not item.fields:
        return data
    wanted = {name.lower().encode() for name in item.fields}
    negated = (item.section or "").endswith(".NOT")
    lines = re.findall(rb"[^\r\n][^\r\n]*\r?\n(?:[ \t][^\r\n]*\r?\n)*", head)
    kept = [line for line in lines if (line.partition(b":")[0].strip().lower() in wanted) != negated]
    return b"".join(kept) + b"\r\n"


def _split(data: bytes) -> tuple[bytes, bytes]:
    """The header with its empty line, and the rest."""
    end = re.search(rb"\r?\n\r?\n", data)
    return (data[: end.end()], data[end.end() :]) if end else (data, b"")
