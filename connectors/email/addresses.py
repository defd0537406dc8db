"""Reads lists of mail addresses as people, programs and broken gateways write them; total."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from connectors.base import Address
from connectors.email.headers import Headers, one_line
from connectors.email.words import decode_words

__all__ = ["addresses", "canonical", "read", "split_plus"]

MAX_TEXT = 131_072
MAX_ADDRESSES = 2_000
MAX_LENGTH = 640

_TOKEN = re.compile(
    r'"(?P<quoted>(?:[^"\\]|\\.)*+)"'
    r"|\((?P<comment>(?:[^()\\]|\\.|\([^()]*+\))*+)\)"
    r"|<(?P<angle>(?:[^<>\"]|\"[^\"<>]*+\")*+)>"
    r"|(?P<separator>[,;])"
    r"|(?P<text>[^\",;<>()]++)"
    r"|(?P<stray>.)",
    re.DOTALL,
)
# What nearly all mails have: one address, with or without a plain name. All else takes the long way.
_SIMPLE = re.compile(
    r"\s*(?:\"(?P<quoted>[^\"\\=<>]{0,200})\"\s*|(?P<name>[^\"\\(),:;<>@=\[\]']{0,200}?)\s*)<(?P<angle>[\w.+-]{1,80}@[\w.-]{1,120})>\s*"
    r"|\s*(?P<bare>[\w.+-]{1,80}@[\w.-]{1,120})\s*"
)
_PLAIN = re.compile(r"[\w+-][\w.+-]{0,80}@[\w-][\w.-]{0,120}\w", re.ASCII)
_BARE = re.compile(r"[^\s<>()\",;:\[\]@]{1,320}+@(?:\[[^\s\[\]]{1,80}\]|[^\s<>()\",;:\[\]]{1,320})")
_QUOTED_LOCAL = re.compile(r'"((?:[^"\\]|\\.)*+)"(@.*)\Z', re.DOTALL)
_SIMPLE_LOCAL = re.compile(r"[^\s\"(),:;<>@\[\\\]]+")
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_GROUP = re.compile(r"(?P<before>[^:<>@\",;]*):(?P<members>[^;]*);")


@dataclass(slots=True)
class _Element:
    """What stands between two separators."""

    words: list[str] = field(default_factory=list)  # of the name, still encoded
    comments: list[str] = field(default_factory=list)
    angles: list[str] = field(default_factory=list)
    raw: list[str] = field(default_factory=list)  # all but comments, to find a bare address in
    joined_by: str = ""

    def has_address(self) -> bool:
        return any("@" in angle for angle in self.angles) or "@" in "".join(self.raw)


def addresses(headers: Headers, name: str) -> tuple[Address, ...]:
    """Every address of the fields of that name, in order, each address once."""
    if not headers.has(name):
        return ()
    if (known := headers.people.get(name)) is not None:
        return known
    found: dict[str, Address] = {}
    for text in headers.each(name):
        for address in read(text):
            key = address.value or address.name
            if key not in found or (address.name and not found[key].name):
                found[key] = address
    headers.people[name] = people = tuple(found.values())
    return people


def read(text: str, *, again: bool = True) -> list[Address]:
    """The addresses of one header value. An entry without an address has an empty ``value`` and its text as name."""
    if simple := _SIMPLE.fullmatch(text):
        value = simple["angle"] or simple["bare"]
        return [_address(value, simple["name"] or simple["quoted"] or "")]
    text = text[:MAX_TEXT]
    if ":" in text and ";" in text:
        text = _GROUP.sub(r"\g<members>,", text)
    elements = _elements(text)
    out: list[Address] = []
    held: _Element | None = None  # "Rossi" of: Rossi, Mario <m@x.example>
    for element in elements:
        if held is not None and element.joined_by == "," and element.angles:
            element.words = [*held.words, ", ", *element.words]
            held = None
        elif held is not None:
            out.extend(_finished(held, again=again))
            held = None
        if element.has_address() or element.angles or element.joined_by == ";":
            out.extend(_finished(element, again=again))
        else:
            held = element
    if held is not None:
        out.extend(_finished(held, again=again))
    return out[:MAX_ADDRESSES]


def _address(value: str, name: str) -> Address:
    value = value.lower().strip(".")
    name = " ".join(name.split())
    return Address(value, "" if name.lower() == value else name)


def _elements(text: str) -> list[_Element]:
    elements: list[_Element] = []
    current = _Element()
    for token in _TOKEN.finditer(text):
        kind, value = token.lastgroup, token.group()
        if kind == "separator":
            elements.append(current)
            current = _Element(joined_by=value)
        elif kind == "comment":
            current.comments.append(_ESCAPE.sub(r"\1", token["comment"]))
        elif kind == "angle":
            current.angles.append(token["angle"])
        else:
            current.raw.append(value)
            if kind == "quoted":
                current.words.append(_ESCAPE.sub(r"\1", token["quoted"]))
            elif kind == "text":
                current.words.append(value)
    elements.append(current)
    return [one for one in elements if one.words or one.angles or one.comments]


def _finished(element: _Element, *, again: bool) -> list[Address]:
    angle = next((one for one in reversed(element.angles) if "@" in one or "=?" in one), "")
    if angle:
        value = canonical(decode_words(angle))
        return [Address(value, _name(element, value))]
    raw = "".join(element.raw)
    if "=?" in raw and again and "@" in (decoded := decode_words(raw)):
        # The whole entry, address and all, was put into encoded words.
        return read(decoded, again=False)
    bare = _QUOTED_LOCAL.search(raw) or _BARE.search(raw) if "@" in raw else None
    if bare:
        value = canonical(bare.group())
        before, after = raw[: bare.start()], raw[bare.end() :]
        if before.endswith("[") and after.startswith("]"):  # Mario Rossi [mario@x.example]
            before, after = before[:-1], after[1:]
        element.words = [before, after]
        return [Address(value, _name(element, value))]
    if element.angles and element.angles[-1].strip():
        value = canonical(element.angles[-1])
        return [Address(value, _name(element, value))]
    name = _name(element, "")
    return [Address("", name)] if name else []


def _name(element: _Element, value: str) -> str:
    name = _spoken("".join(element.words)).strip(" ,<>")
    if not name and element.comments:
        name = _spoken(" ".join(element.comments))
    if len(name) > 1 and name[0] == name[-1] and name[0] in "\"'":
        name = name[1:-1].strip()
    return "" if name.lower() == value else name[:MAX_LENGTH]


def _spoken(text: str) -> str:
    return " ".join(one_line(decode_words(text)).split())


def canonical(value: str) -> str:
    """One spelling of a mail address: lower case, without blanks, brackets, ``mailto:`` and needless quotes."""
    if _PLAIN.fullmatch(value):
        return value.lower()
    value = one_line(value).strip("<>'` \t.,")
    if value.startswith("@") and ":" in value:  # a route, obsolete since 1989
        value = value.rpartition(":")[2]
    if value.lower().startswith(("mailto:", "smtp:")):
        value = value.partition(":")[2]
    if quoted := _QUOTED_LOCAL.match(value):
        local = _ESCAPE.sub(r"\1", quoted[1])
        value = local + quoted[2] if _SIMPLE_LOCAL.fullmatch(local) else value
    else:
        value = "".join(value.split())
    return value.lower()[:MAX_LENGTH]


def split_plus(address: str) -> tuple[str, str]:
    """``support+c12.mac@shop.example`` as the address without its plus part, and the plus part."""
    local, at, domain = address.rpartition("@")
    base, plus, part = local.partition("+")
    return (f"{base}{at}{domain}", part) if plus else (address, "")
