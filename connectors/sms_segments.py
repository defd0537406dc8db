"""Counts the segments that an SMS is billed by, exactly as they go over the air."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

__all__ = ["GSM7", "GSM7_EXTENDED", "Segments", "segments"]

# 3GPP TS 23.038, section 6.2.1: the default alphabet and its extension table (an escape and one more septet).
GSM7 = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
GSM7_EXTENDED = frozenset("\f^{}\\[~]|€")

_LIMITS: dict[str, tuple[int, int]] = {"gsm7": (160, 153), "ucs2": (70, 67)}


@dataclass(frozen=True)
class Segments:
    """``units`` are septets (gsm7) or UTF-16 code units (ucs2) used; ``left`` fit into the last segment still."""

    encoding: Literal["gsm7", "ucs2"]
    count: int
    units: int
    left: int


def segments(text: str) -> Segments:
    """The segments of ``text``; none for an empty one.

    One segment holds 160 septets or 70 UTF-16 units; several hold 153 or 67 each, because every part carries a header,
    and neither an escape with its character nor a surrogate pair is split over two parts.
    """
    encoding: Literal["gsm7", "ucs2"] = "gsm7" if all(c in GSM7 or c in GSM7_EXTENDED for c in text) else "ucs2"
    widths = [_width(character, encoding) for character in text]
    alone, part = _LIMITS[encoding]
    units = sum(widths)
    if units <= alone:
        return Segments(encoding, 1 if text else 0, units, alone - units)
    count, used = 1, 0
    for width in widths:
        if used + width > part:
            count, used = count + 1, 0
        used += width
    return Segments(encoding, count, units, part - used)


def _width(character: str, encoding: str) -> int:
    if encoding == "gsm7":
        return 2 if character in GSM7_EXTENDED else 1
    return 2 if ord(character) > 0xFFFF else 1
