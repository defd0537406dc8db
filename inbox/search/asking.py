"""What somebody asks of the search: words, exact words in quotes, and operators such as ``from:`` and ``is:``."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

__all__ = ["OPERATORS", "Asked", "asked"]

#: Every operator, by the words for it in either language.
OPERATORS: Final[dict[str, str]] = {
    **dict.fromkeys(("from", "da"), "from"),
    **dict.fromkeys(("channel", "canale"), "channel"),
    **dict.fromkeys(("tag", "etichetta"), "tag"),
    **dict.fromkeys(("language", "lingua"), "language"),
    **dict.fromkeys(("is", "stato"), "is"),
    **dict.fromkeys(("before", "prima"), "before"),
    **dict.fromkeys(("after", "dopo"), "after"),
}
_BEGUN: Final = frozenset(f"{name}:" for name in OPERATORS)
MOST: Final = 12  # words, and values of an operator, that are looked at

_PART: Final = re.compile(
    r'(?P<name>[^\W\d_]+):(?:"(?P<quoted>[^"]*)"?|(?P<value>\S+))|"(?P<exact>[^"]*)"?|(?P<word>\S+)'
)


@dataclass(frozen=True)
class Asked:
    """Free words, exact words, and the values of each operator: those of one are alternatives, operators add up."""

    words: str = ""
    exact: tuple[str, ...] = ()
    operators: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def __bool__(self) -> bool:
        """True where anything is asked for."""
        return bool(self.words or self.exact or self.operators)

    @property
    def number(self) -> int | None:
        """The ticket's number, where one stands for itself."""
        bare = self.words.removeprefix("#")
        return int(bare) if bare.isascii() and bare.isdigit() and len(bare) < 16 else None

    @property
    def shown(self) -> str:
        """What is marked in a text that was found."""
        return " ".join((*self.exact, self.words)).strip()


def asked(query: str) -> Asked:
    """Reads a query. What looks like an operator and is none (``https://…``) is a word like others; an operator whose
    value is not written yet asks for nothing."""
    words: list[str] = []
    exact: list[str] = []
    found: dict[str, list[str]] = {}
    for part in _PART.finditer(query):
        name = OPERATORS.get((part["name"] or "").casefold())
        value = (part["quoted"] or part["value"] or "").strip()
        if name and value:
            found.setdefault(name, []).append(value)
        elif part["exact"] is not None:
            exact += [part["exact"].strip()] if part["exact"].strip() else []
        elif not name and part[0].casefold() not in _BEGUN:
            words.append(part[0])
    operators = {name: tuple(dict.fromkeys(values))[:MOST] for name, values in found.items()}
    return Asked(" ".join(words), tuple(exact[:MOST]), operators)
