"""The names of section 12, so that a word which is none of them is refused instead of being found nowhere."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cache

from inbox.metrics.config import Config
from inbox.metrics.keys import figures
from inbox.metrics.loyalty import Cover
from inbox.metrics.sums import Filter, Sums
from inbox.metrics.tenant import loyalty, silence, smi

__all__ = ["known", "refuse_unknown"]

#: What a report adds to its slices by itself.
_BESIDE = ("cost.voice_ratio", "meta.provisional")
#: A family for each touchpoint that somebody named: ``nps[delivery]``, with the leaves of ``nps``.
_TOUCHPOINT = re.compile(r"nps\[.+\](?P<leaf>\.\w+)?")


def refuse_unknown(names: Iterable[str], config: Config) -> None:
    """Raises ``ValueError`` for the first name that no figure and no family of figures has, whatever the period."""
    for name in names:
        if name.partition(".")[0] == "clv":
            msg = f"{name} is of one customer: sportello report --clv and /api/v1/customers/{{customer}}/worth tell it"
            raise ValueError(msg)
        if not known(name, config):
            msg = f"there is no figure {name!r}; /api/v1/reports/definitions and docs/metrics.md name them all"
            raise ValueError(msg)


def known(name: str, config: Config) -> bool:
    """Whether a name is that of a figure (``fcr7.rate``) or of a family (``fcr7``, ``vol``, ``nps[delivery]``)."""
    touchpoint = _TOUCHPOINT.fullmatch(name)
    if touchpoint is not None:
        name = f"nps{touchpoint['leaf'] or ''}"
    return name in _names(config.windows)


@cache
def _names(windows: tuple[int, ...]) -> frozenset[str]:
    """Every key that does not depend on what happened, and the families that it belongs to."""
    return frozenset(name for key in _keys(Config.of({"fcr_windows_d": list(windows)})) for name in _with_families(key))


def _keys(config: Config) -> Iterator[str]:
    """The keys of a report on nothing."""
    nobody = Cover((), str)
    yield from figures(Sums(), Filter(), config, 0, paid_log=True)
    for pairs in (loyalty(nobody, 0, 0, 0, config), silence(nobody, set(), set(), 0, 0), smi((), 0, config)):
        yield from (key for key, _ in pairs)
    yield from _BESIDE


def _with_families(key: str) -> Iterator[str]:
    yield key
    while "." in key:
        key = key.rpartition(".")[0]
        yield key
