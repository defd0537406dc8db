"""The hour that a form asks for: a moment with its zone, or what was typed, in the desk's zone."""

from __future__ import annotations

import datetime as dt
import zoneinfo
from collections.abc import Mapping

from inbox import clock
from inbox.errors import Invalid
from inbox.web.gate import timezone

__all__ = ["hour"]

TYPED = "typed"  # the button beside the field


def hour(form: Mapping[str, str]) -> dt.datetime | None:
    """``send_at`` of a form, or ``send_at_typed`` where that is what was pressed; None without. Raises Invalid."""
    asked = form.get("send_at", "")
    if not asked:
        return None
    try:
        if asked != TYPED:
            return clock.parse(asked)
        local = dt.datetime.fromisoformat(form.get("send_at_typed", ""))
        return local.replace(tzinfo=zoneinfo.ZoneInfo(timezone())).astimezone(dt.UTC)
    except (ValueError, OverflowError):
        msg = "say when it is to leave: a time within the next year"
        raise Invalid(msg, fields={"send_at": msg}) from None
