"""How many segments a text costs, by the alphabets of 3GPP TS 23.038."""

from __future__ import annotations

__all__ = ["segments"]

_GSM = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡"
    "ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENDED = frozenset("^{}\\[~]|€\f")


def segments(text: str) -> int:
    """160 or 70 units in one, 153 or 67 in each of several; at least 1. A character never spans two segments."""
    if all(char in _GSM or char in _EXTENDED for char in text):
        costs, single, part = [2 if char in _EXTENDED else 1 for char in text], 160, 153
    else:
        costs, single, part = [2 if ord(char) > 0xFFFF else 1 for char in text], 70, 67
    if sum(costs) <= single:
        return 1
    count, room = 1, part
    for cost in costs:
        if cost > room:
            count, room = count + 1, part
        room -= cost
    return count
