"""What a web chat says by itself, as its owner types it, one greeting on each line."""

from __future__ import annotations

import re
from dataclasses import dataclass

__all__ = ["Greeting", "greeting"]

_GREETING = re.compile(r"(?P<part>\S+)\s+(?P<seconds>\d{1,4})\s*s?\s+(?P<text>.+)")


@dataclass(frozen=True)
class Greeting:
    """What is said by itself on pages whose address contains ``part``, after so many seconds there."""

    part: str
    seconds: int
    text: str

    def as_dict(self) -> dict[str, str | int]:
        """As the loader reads it."""
        return {"part": "" if self.part == "*" else self.part, "after": self.seconds, "text": self.text}


def greeting(line: str) -> Greeting:
    """``/checkout 30 Can we help?``; a star stands for every page. Raises ``ValueError``."""
    found = _GREETING.fullmatch(" ".join(line.split()))
    if found is None or len(found["text"]) > 200:
        raise ValueError(f"{line!r}: write a part of the address, the seconds and up to 200 letters")
    return Greeting(found["part"], int(found["seconds"]), found["text"])
