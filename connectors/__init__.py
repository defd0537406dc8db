"""The connectors that Sportello knows: a visible tuple of words, and whatever else is installed beside it."""

from __future__ import annotations

import logging
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from typing import Any

from connectors.base import Connector

__all__ = ["KINDS", "registry"]

log = logging.getLogger(__name__)

KINDS = ("email", "sms", "chat", "telegram", "messenger")
"""One word per connector of the house: ``sms`` is the class ``Sms`` in ``connectors.sms``."""

GROUP = "sportello.connectors"
"""The entry point group for others' connectors: ``fax = "some_package:Fax"``."""


def registry() -> dict[str, Connector[Any]]:
    """Every connector by its kind, those of the house first; a new dict at each call, the connectors are shared.

    One that cannot be loaded, or comes from outside and takes a word of the house, is left out and logged: the other
    channels go on.
    """
    return dict(_loaded())


@cache
def _loaded() -> tuple[tuple[str, Connector[Any]], ...]:
    found: dict[str, Connector[Any]] = {}
    sources = [(kind, EntryPoint(kind, f"connectors.{kind}:{kind.title()}", GROUP)) for kind in KINDS]
    sources += [(point.name, point) for point in entry_points(group=GROUP)]
    for kind, point in sources:
        if kind in found:
            log.warning("connector %s of %s left out: the word is taken", kind, point.value)
            continue
        try:
            found[kind] = _checked(kind, point.load()())
        except Exception:
            log.exception("connector %s of %s cannot be loaded", kind, point.value)
    return tuple(found.items())


def _checked(kind: str, connector: object) -> Connector[Any]:
    if not isinstance(connector, Connector) or connector.kind != kind:
        raise TypeError(f"{connector!r} is no connector of kind {kind}")
    return connector
