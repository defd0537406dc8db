"""Which currencies there are, or were: an amount in any other would count as nothing in the figures."""

from __future__ import annotations

from functools import cache
from typing import Final

from babel.numbers import list_currencies

from inbox.errors import Invalid

__all__ = ["currency", "known"]

#: Codes of ISO 4217 in which nobody pays: none at all, and tests.
_NONE: Final = frozenset({"XXX", "XTS"})


@cache
def _codes() -> frozenset[str]:
    return frozenset(list_currencies()) - _NONE


def known(code: str) -> bool:
    """Whether it is a currency's code as ISO 4217 writes it, like ``EUR``; those of former currencies are."""
    return code in _codes()


def currency(code: str) -> str:
    """The code as ISO 4217 writes it, from one in small letters as well. Raises :class:`Invalid`."""
    found = code.strip().upper()
    if not known(found):
        msg = f"{code!r} is no currency; write three letters, like EUR"
        raise Invalid(msg)
    return found
