"""Quick replies: ``[[Yes]] [[No]]`` at the end of an answer are buttons in the web chat, and lines elsewhere."""

from __future__ import annotations

import re
from typing import Final

__all__ = ["apart", "spelled"]

MOST: Final = 6
_ONE = re.compile(r"\[\[([^\[\]\n]{1,60})\]\]")
_END = re.compile(r"(?:\s*\[\[[^\[\]\n]{1,60}\]\])+\s*\Z")


def apart(text: str) -> tuple[str, list[str]]:
    """The text without its quick replies, and these, at most six."""
    found = _END.search(text)
    if found is None:
        return text, []
    labels = [label.strip() for label in _ONE.findall(found[0]) if label.strip()]
    return text[: found.start()].rstrip(), labels[:MOST]


def spelled(text: str) -> str:
    """The text for a channel without buttons: each reply on a line of its own."""
    said, labels = apart(text)
    return "\n".join([said, *(f"– {label}" for label in labels)]).strip() if labels else text
