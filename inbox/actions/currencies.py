"""Which currencies there are: the codes of ISO 4217 with which somebody pays today."""

from __future__ import annotations

from functools import cache

from babel.core import get_global
from babel.numbers import get_territory_currencies, list_currencies

from inbox.errors import Invalid

__all__ = ["currency", "ever", "known", "unknown"]

#: Codes of ISO 4217 in which nobody ever paid: none at all, and tests.
_NONE = frozenset({"XXX", "XTS"})


@cache
def _tender() -> frozenset[str]:
    """What is legal tender somewhere: no metals, test codes, units of account or money of the past."""
    places = get_global("territory_currencies")
    return frozenset(code for place in places for code in get_territory_currencies(place))


@cache
def _codes() -> frozenset[str]:
    return frozenset(list_currencies()) - _NONE


def ever(code: str) -> bool:
    """Whether a code, spelled in capitals, is or was that of a currency, for what an old history tells."""
    return code in _codes()


def known(code: str) -> bool:
    """Whether a code, spelled in capitals, is that of a currency in use."""
    return code in _tender()


def currency(code: str, field: str = "currency", *, past: bool = False) -> str:
    """The code in capitals and without blanks around it. Raises :class:`Invalid`, naming ``field``, for what is no
    currency in use, or with ``past`` never was one."""
    found = code.strip().upper()
    if not (ever(found) if past else known(found)):
        raise unknown(code, field)
    return found


def unknown(code: str, field: str = "currency") -> Invalid:
    """What to raise for a code that is none."""
    msg = f"{code!r} is no currency in use; write its three capital letters, like EUR"
    return Invalid(msg, fields={field: msg})
