"""The grammar of IMAP commands: atoms, quoted strings, literals, lists and sets (RFC 3501, section 9)."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable

__all__ = ["BadSyntax", "Token", "date_time", "day", "parse", "quote", "sequence", "text"]

# An argument: an atom as str, a quoted string or literal as bytes, a list in parentheses.
Token = str | bytes | list["Token"]

_ATOM = re.compile(rb'[^\s()"{\[\]]+')
_QUOTED = re.compile(rb'"((?:[^"\\\r\n]|\\["\\])*)"')
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


class BadSyntax(Exception):
    """The command cannot be read; answered with BAD."""


def parse(parts: list[bytes]) -> list[Token]:
    """The arguments of a command. ``parts`` alternates between text and literals, text first."""
    root: list[Token] = []
    stack = [root]
    for number, part in enumerate(parts):
        if number % 2:
            stack[-1].append(part)
        else:
            _scan(part, stack)
    if len(stack) != 1:
        raise BadSyntax("a parenthesis is not closed")
    return root


def _scan(part: bytes, stack: list[list[Token]]) -> None:
    at = 0
    while at < len(part):
        char = part[at : at + 1]
        if char in b" \t":
            at += 1
        elif char == b"(":
            inner: list[Token] = []
            stack[-1].append(inner)
            stack.append(inner)
            at += 1
        elif char == b")":
            if len(stack) == 1:
                raise BadSyntax("a parenthesis is not open")
            stack.pop()
            at += 1
        elif char == b'"':
            at = _quoted(part, at, stack[-1])
        else:
            at = _atom(part, at, stack[-1])


def _quoted(part: bytes, at: int, into: list[Token]) -> int:
    found = _QUOTED.match(part, at)
    if not found:
        raise BadSyntax("a quoted string does not end")
    into.append(re.sub(rb'\\(["\\])', rb"\1", found[1]))
    return found.end()


def _atom(part: bytes, at: int, into: list[Token]) -> int:
    """An atom, with a section in brackets (``BODY[HEADER.FIELDS (To)]<0.9>``) taken as part of it."""
    start = at
    while found := _ATOM.match(part, at):
        at = found.end()
        if part[at : at + 1] == b"[":
            end = part.find(b"]", at)
            if end < 0:
                raise BadSyntax("a bracket is not closed")
            at = end + 1
    if at == start:
        raise BadSyntax("an unexpected character")
    into.append(part[start:at].decode("ascii", "replace"))
    return at


def text(token: Token) -> str:
    """An argument that must be a string."""
    if isinstance(token, bytes):
        return token.decode("utf-8", "surrogateescape")
    if isinstance(token, str):
        return token
    raise BadSyntax("a string was expected")


def quote(value: str) -> str:
    """A string as a server writes it."""
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'


def sequence(token: Token, present: Iterable[int]) -> list[int]:
    """The numbers of a set (``1:3,7,*``) that are present; ``9:*`` always has the greatest one."""
    numbers = sorted(present)
    last = numbers[-1] if numbers else 0
    wanted: set[int] = set()
    for item in text(token).split(","):
        low, colon, high = item.partition(":")
        if not re.fullmatch(r"\*|[0-9]+", low) or (colon and not re.fullmatch(r"\*|[0-9]+", high)):
            raise BadSyntax("not a sequence set")
        ends = [last if end == "*" else int(end) for end in ((low, high) if colon else (low,))]
        wanted.update(number for number in numbers if min(ends) <= number <= max(ends))
    return sorted(wanted)


def day(token: Token) -> dt.date:
    """``21-Nov-2026``."""
    try:
        number, month, year = text(token).split("-")
        return dt.date(int(year), _MONTHS.index(month.title()) + 1, int(number))
    except ValueError as error:
        raise BadSyntax("not a date") from error


def date_time(at: dt.datetime) -> str:
    """``"21-Nov-2026 10:05:00 +0000"``: INTERNALDATE."""
    offset = at.strftime("%z") or "+0000"
    return f'"{at.day:02d}-{_MONTHS[at.month - 1]}-{at.year:04d} {at:%H:%M:%S} {offset[:5]}"'
