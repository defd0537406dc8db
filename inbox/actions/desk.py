"""What the business sets: name, language, time zone, figures' settings; each change leaves an audit line."""

from __future__ import annotations

import re
import zoneinfo
from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy import select

from inbox.actions import currencies
from inbox.actions.who import Who, require
from inbox.errors import Invalid
from inbox.store import Agent, Audit, Event, Setting, Work

__all__ = ["CHECKS", "DEFAULTS", "audit", "get", "is_set_up", "keep", "put", "put_all"]

#: Every setting with its default.
DEFAULTS: Final[dict[str, Any]] = {
    "desk.name": "",
    "desk.language": "en",
    "desk.timezone": "Europe/Rome",
    "desk.currency": "EUR",
    "desk.sample": False,
    "desk.colour": "",  # empty: the product's; inbox/actions/branding.py checks and changes it, and the logo
    "desk.logo": None,
    "desk.logo_mark": "",
    "desk.close_after_d": 7,  # a resolved ticket is closed after so many quiet days; not the case gap of metrics.md
    "figures.proved": None,  # of the last night: day, looked at, wrong, the first that is wrong
    "reply.undo_s": None,  # None: each channel's own
    "push.names": False,  # whether notices on devices name customer and subject
    "sla.calendars": {},  # id → opening hours; inbox/actions/promises.py checks and changes them
    "sla.targets": {},  # scope → clock → priority → seconds
    "routing.rules": {},  # scope → way; inbox/actions/routing.py checks and changes them
    "routing.bands": [],  # of customers, the best first
    "routing.values": {},  # band → from which lifetime value; inbox/actions/worth.py checks and changes these
    "routing.values_seq": 0,
    "routing.values_day": None,  # the local day on which everybody's was looked at last
    "reasons.ask": "ask",  # at resolve; inbox/actions/reasons.py checks and changes these two
    "reasons.exempt": [],
    "rules.secret": "",  # sealed; inbox/actions/calls.py makes it, and signs with it
    "outside.lookup": {},  # the business's own system; inbox/actions/outside.py checks, changes and seals it
    "surveys.forms": {},  # id → what is asked; inbox/actions/surveys/forms.py checks and changes these
    "surveys.quiet_d": 30,
    "surveys.keep_m": 24,
    "surveys.privacy_url": "",  # linked under each survey
    "surveys.seq": 0,
    "sentiment.run": 3,  # so many unhappy messages of a customer in a row are told to supervisors; 0: never
    "handling.correct_d": 7,  # so many days back people may correct their own day
    "report.fcr_target": None,  # per cent of cases to be settled at the first contact: a line in the reports
    "report.agent_time": "",  # what allows figures per person; inbox/actions/agreements.py checks and changes it
}

LANGUAGES: Final = ("en", "it")
UNDO_MOST = 60
CLOSE_MOST = 365


def _language(value: Any) -> None:
    if value not in LANGUAGES:
        msg = f"language is one of {', '.join(LANGUAGES)}"
        raise Invalid(msg, fields={"language": msg})


def _timezone(value: Any) -> None:
    try:
        zoneinfo.ZoneInfo(str(value))
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        msg = f"{value!r} is no time zone; write it like Europe/Rome"
        raise Invalid(msg, fields={"timezone": msg}) from None


def _currency(value: Any) -> None:
    if not (isinstance(value, str) and currencies.known(value)):
        raise currencies.unknown(str(value))


def _undo(value: Any) -> None:
    if value is not None and not (isinstance(value, int) and 0 <= value <= UNDO_MOST):
        msg = f"the undo time is 0 to {UNDO_MOST} seconds"
        raise Invalid(msg, fields={"undo_s": msg})


def _close_after(value: Any) -> None:
    if not (isinstance(value, int) and 1 <= value <= CLOSE_MOST):
        msg = f"a resolved ticket is closed after 1 to {CLOSE_MOST} days"
        raise Invalid(msg, fields={"close_after_d": msg})


def _span(field: str, least: int, most: int) -> Any:
    def check(value: Any) -> None:
        if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
            msg = f"write a whole number from {least} to {most}"
            raise Invalid(msg, fields={field: msg})

    return check


def _target(value: Any) -> None:
    if value is not None:
        _span("fcr_target", 1, 100)(value)


def _named(value: Any) -> None:
    if not isinstance(value, str) or not 0 < len(value.strip()) <= 80:
        msg = "give the business a name of up to 80 letters"
        raise Invalid(msg, fields={"name": msg})


def _page(value: Any) -> None:
    if not isinstance(value, str) or not re.fullmatch(r"(https://\S{1,500})?", value.strip()):
        msg = "write an address that begins with https://"
        raise Invalid(msg, fields={"privacy_url": msg})


CHECKS: Final = {
    "desk.name": _named,
    "desk.language": _language,
    "desk.timezone": _timezone,
    "desk.currency": _currency,
    "desk.close_after_d": _close_after,
    "reply.undo_s": _undo,
    "report.fcr_target": _target,
    "sentiment.run": _span("unhappy_run", 0, 20),
    "handling.correct_d": _span("correct_d", 0, 90),
    "surveys.quiet_d": _span("quiet_d", 0, 365),
    "surveys.keep_m": _span("keep_m", 1, 120),
    "surveys.privacy_url": _page,
}

#: Events whose amounts name no currency: they are in the desk's.
IN_THE_DESKS: Final = ("cost.rate", "cost.team_rate", "fx.rate")


def _other_money(work: Work, old: Any, new: Any) -> None:
    said = work.scalar(select(Event.seq).where(Event.kind.in_(IN_THE_DESKS)).limit(1)) is not None
    if said or get(work, "routing.values"):
        msg = (
            f"hourly rates, exchange rates and values of bands were said in {old} and would be read as {new};"
            f" say in Settings, Costs that {new} was meant, then set anew what was not"
        )
        raise Invalid(msg, fields={"currency": msg})


#: What may forbid another value of a setting, unless whoever sets it says that it is meant.
IN_THE_WAY: Final = {"desk.currency": _other_money}


def get(work: Work, name: str) -> Any:
    """A setting's value, or its default."""
    kept: dict[str, Any] | None = work.info.get("settings")
    if kept is not None:
        return kept[name] if name in kept else DEFAULTS[name]
    row = work.get(Setting, name)
    return row.value if row is not None else DEFAULTS[name]


def remember(work: Work) -> None:
    """Reads all settings at once, for a look that asks for many; work that writes would see them grow old."""
    # not what lies beside them: all that belongs to a sample is a list of thousands
    rows = work.execute(select(Setting.name, Setting.value).where(Setting.name.in_(DEFAULTS))).all()
    work.info["settings"] = {name: value for name, value in rows}  # noqa: C416  (a row is no pair to dict's types)


def put(work: Work, who: Who, name: str, value: Any, *, meant: bool = False) -> None:
    """Sets a setting, checked and audited; ``meant`` sets one also where what is here already would be read otherwise
    by it. Raises :class:`Invalid` or :class:`Forbidden`."""
    require(who, "settings.change")
    if name not in DEFAULTS:
        msg = f"there is no setting {name!r}"
        raise Invalid(msg)
    CHECKS.get(name, lambda _value: None)(value)
    value = value.strip() if isinstance(value, str) else value
    old = get(work, name)
    if old == value:
        return
    if name in IN_THE_WAY and not meant:
        IN_THE_WAY[name](work, old, value)
    keep(work, name, value)
    audit(work, who, "setting.changed", setting=name, was=old, now=value)


def keep(work: Work, name: str, value: Any) -> None:
    """Writes a setting that follows from something else, which was checked and audited."""
    row = work.get(Setting, name)
    if row is None:
        work.add(Setting(name=name, value=value))
    else:
        row.value = value
    work.flush()


def put_all(work: Work, who: Who, values: Mapping[str, Any]) -> None:
    """Sets several settings. Raises :class:`Invalid` with every field that is wrong, not only the first one."""
    wrong: dict[str, str] = {}
    for name, value in values.items():
        try:
            put(work, who, name, value)
        except Invalid as problem:
            wrong.update(problem.fields)
    if wrong:
        raise Invalid("; ".join(wrong.values()), fields=wrong)


def audit(work: Work, who: Who, what: str, **detail: Any) -> None:
    """Writes down who changed what; secrets are never in ``detail``."""
    work.add(Audit(agent_id=who.id, what=what, detail=detail))


def is_set_up(work: Work) -> bool:
    """True once there is somebody who can sign in."""
    return work.scalar(select(Agent.id).where(Agent.active, Agent.password != "").limit(1)) is not None
