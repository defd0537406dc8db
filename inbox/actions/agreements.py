"""What allows figures of handling time per person (metrics.md section 8): named when they are switched on, and logged.

The setting ``report.agent_time`` is empty, or the authorisation: its kind, its date, its reference. Each change is a
``setting.agent_time`` in the log.
"""

from __future__ import annotations

import datetime as dt
import zoneinfo
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import select

from inbox import clock
from inbox.actions import desk
from inbox.actions.who import Who, require
from inbox.errors import Invalid
from inbox.store import Audit, Event, Token, Work

__all__ = ["KINDS", "SETTING", "Agreement", "allow", "change", "current", "end", "history", "note_read", "noted"]

SETTING: Final = "report.agent_time"
#: Add, never rename: they are stored. ``templates/settings/_agreement.html`` has their words.
KINDS: Final = ("works_council", "unions", "inspectorate", "other")
EARLIEST: Final = dt.date(1970, 5, 27)  # Law 300/1970
REFERENCE: Final = 200
READ: Final = "log.people_read"


@dataclass(frozen=True)
class Agreement:
    """The authorisation that holds now."""

    kind: str
    day: str
    reference: str


def current(work: Work) -> Agreement | None:
    """What allows figures per person, or None: they are off."""
    value = desk.get(work, SETTING)
    if not value:
        return None
    if isinstance(value, str):  # as it was kept before kind and date were asked for
        return Agreement("other", "", value)
    return Agreement(value["kind"], value["date"], value["reference"])


def allow(work: Work, who: Who, *, kind: str, day: str, reference: str) -> None:
    """Switches figures per person on. Raises :class:`Invalid` with every field that is missing, :class:`Forbidden`."""
    change(work, who, {"kind": kind, "date": day, "reference": reference})


def end(work: Work, who: Who) -> None:
    """Switches them off. Raises :class:`Forbidden`."""
    change(work, who, "")


def change(work: Work, who: Who, value: Any) -> None:
    """Sets the authorisation, or "" for none: audited, and in the log with who did it."""
    require(who, "settings.change")
    new, old = _checked(value), desk.get(work, SETTING)
    if new == old:
        return
    desk.keep(work, SETTING, new)
    desk.audit(work, who, "setting.changed", setting=SETTING, was=_line(old), now=_line(new))
    named = {"why": new["kind"], "date": new["date"], "reference": new["reference"]} if new else {}
    work.append("setting.agent_time", actor=who.actor, on=bool(new), **named)


def _line(value: Any) -> str:
    return " · ".join(value.values()) if isinstance(value, Mapping) else str(value)


def history(work: Work) -> list[Event]:
    """When they were switched on and off, the newest first."""
    query = select(Event).where(Event.kind == "setting.agent_time").order_by(Event.seq.desc()).limit(20)
    return list(work.scalars(query))


def noted(work: Work, who: Who) -> bool:
    """Whether the audit log need not say that ``who`` reads from the raw log when people worked: figures per person are
    allowed, or it says so of this token and today."""
    if current(work) is not None:
        return True
    zone = zoneinfo.ZoneInfo(str(desk.get(work, "desk.timezone")))
    today = clock.now().astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0)
    query = select(Audit.detail).where(Audit.what == READ, Audit.agent_id == who.id, Audit.at >= today)
    return any(detail.get("id") == who.token for detail in work.scalars(query))


def note_read(work: Work, who: Who) -> None:
    """Writes it down, once a day for each token."""
    if not noted(work, who):
        token = work.get(Token, who.token)
        desk.audit(work, who, READ, id=who.token, name=token.name if token else "")


def _checked(value: Any) -> Any:
    """The setting as it is kept. Raises :class:`Invalid` with a sentence for each field."""
    if value in ("", None):
        return ""
    if not isinstance(value, Mapping) or set(value) != {"kind", "date", "reference"}:
        msg = "name the authorisation: its kind, its date, its reference"
        raise Invalid(msg, fields={"reference": msg})
    wrong: dict[str, str] = {}
    if value["kind"] not in KINDS:
        msg = "choose what allows it"
        wrong["kind"] = msg
    try:
        day = dt.date.fromisoformat(str(value["date"]))
    except ValueError:
        msg = "write a day, like 2026-03-31"
        wrong["date"] = msg
    else:
        if not EARLIEST <= day <= clock.now().date() + dt.timedelta(days=1):
            msg = "choose the day on which it was signed or granted"
            wrong["date"] = msg
    reference = str(value["reference"]).strip()
    if not 3 <= len(reference) <= REFERENCE:
        msg = "write its reference, such as its number and where it is kept, in 3 to 200 letters"
        wrong["reference"] = msg
    if wrong:
        raise Invalid("; ".join(wrong.values()), fields=wrong)
    return {"kind": value["kind"], "date": str(value["date"]), "reference": reference}
