"""Builds one pattern from a table of phrases, so that tables can be read and grown a line at a time."""

from __future__ import annotations

import re
from collections.abc import Iterable

__all__ = ["any_of", "pattern"]


def any_of(phrases: Iterable[str]) -> str:
    """A group that matches any of the given regular expressions."""
    return "(?:" + "|".join(phrases) + ")"


def pattern(phrases: Iterable[str], *, before: str = "", after: str = "", lines: bool = False) -> re.Pattern[str]:
    """A pattern, blind to case, for any of ``phrases`` between ``before`` and ``after``; ``lines``: ^ and $ are a
    line's."""
    return re.compile(before + any_of(phrases) + after, re.IGNORECASE | (re.MULTILINE if lines else 0))
