"""The hour that a form asks for: a moment with its zone, or what was typed, in the desk's zone."""

from __future__ import annotations

import datetime as dt
import zoneinfo
from collections.abc import Mapping

from inbox import clock
from inbox.errors import Invalid
from inbox.web.gate import timezone

__all__ = ["hour", "status_of"]

TYPED = "typed"  # the button beside the field
ANSWER = "answer"  # instead of a moment: until the customer writes


#: What is said of a moment that cannot be read, by the field's name.
WRONG = {
    "send_at": "say when it is to leave: a time within the next year",
    "until": "say until when: a time in the future",
}


def hour(form: Mapping[str, str], name: str = "send_at") -> dt.datetime | None:
    """``name`` of a form, or ``<name>_typed`` where that is what was pressed; None without. Raises Invalid."""
    asked = form.get(name, "")
    if not asked:
        return None
    try:
        if asked != TYPED:
            return clock.parse(asked)
        local = dt.datetime.fromisoformat(form.get(f"{name}_typed", ""))
        return local.replace(tzinfo=zoneinfo.ZoneInfo(timezone())).astimezone(dt.UTC)
    except (ValueError, OverflowError):
        raise Invalid(WRONG[name], fields={name: WRONG[name]}) from None


def status_of(form: Mapping[str, str]) -> tuple[str, dt.datetime | None]:
    """The status that a form asks for, and until when; a snooze until the customer answers is waiting for them."""
    if form.get("until") == ANSWER:
        return "pending", None
    return form.get("status", ""), hour(form, "until")
