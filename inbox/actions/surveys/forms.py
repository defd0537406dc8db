"""Surveys as an admin sets them up: what is asked, at which touchpoint, on which channels, how long after the end."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy import func, select

from inbox.actions import desk
from inbox.actions.surveys.words import LANGUAGES, SCALES
from inbox.actions.who import Who, require
from inbox.errors import Invalid, NotFound
from inbox.store import Channel, Event, Work

__all__ = ["all_of", "find", "remove", "save", "save_rules", "switched_on", "wait"]

DELAY_MOST: Final = 720
DEFAULT: Final[dict[str, Any]] = {
    "name": "",
    "touchpoint": "",
    "asks": ["csat"],
    "channels": [],
    "delay_h": 1,
    "on": False,
    "texts": {},
}


def all_of(work: Work) -> dict[str, dict[str, Any]]:
    """Every survey by its id, in the order in which they were made; ``texts`` are the desk's own words by the question
    and the language."""
    kept = desk.get(work, "surveys.forms").items()
    return {id: {**DEFAULT, **one, "texts": _texts(work, one.get("texts", {}))} for id, one in kept}


def _texts(work: Work, given: Mapping[str, Any]) -> dict[str, dict[str, str]]:
    """Own words without what is empty; where they have no language, as all were kept once, it is the desk's."""
    own = str(desk.get(work, "desk.language"))
    found: dict[str, dict[str, str]] = {}
    for ask in SCALES:
        said = given.get(ask) or {}
        said = said if isinstance(said, Mapping) else {own: said}
        texts = {language: " ".join(str(said.get(language) or "").split()) for language in LANGUAGES}
        found[ask] = {language: text for language, text in texts.items() if text}
    return {ask: texts for ask, texts in found.items() if texts}


def find(work: Work, id: str) -> dict[str, Any] | None:
    """One survey, or None."""
    return all_of(work).get(id)


def wait(work: Work, id: str) -> dt.timedelta:
    """How long after a ticket's end, or after a rule's step, a survey leaves."""
    return dt.timedelta(hours=int(all_of(work)[id]["delay_h"]))


def switched_on(work: Work) -> dict[str, dict[str, Any]]:
    """Those that are sent by themselves when a ticket is resolved."""
    return {id: one for id, one in all_of(work).items() if one["on"] and one["channels"]}


def save(work: Work, who: Who, id: str, values: Mapping[str, Any]) -> None:
    """Keeps a survey. Raises :class:`Invalid` with every field that is wrong."""
    require(who, "settings.change")
    wrong: dict[str, str] = {}
    name = " ".join(str(values.get("name", "")).split())
    if not 0 < len(name) <= 60:
        msg = "give the survey a name of up to 60 letters"
        wrong["name"] = msg
    touchpoint = " ".join(str(values.get("touchpoint", "")).split()) or name
    if len(touchpoint) > 60:
        msg = "a touchpoint has up to 60 letters"
        wrong["touchpoint"] = msg
    asks = [ask for ask in SCALES if ask in set(values.get("asks", ()))]
    if not asks:
        msg = "choose at least one question"
        wrong["asks"] = msg
    delay = values.get("delay_h")
    if not isinstance(delay, int) or isinstance(delay, bool) or not 0 <= delay <= DELAY_MOST:
        msg = f"wait 0 to {DELAY_MOST} hours"
        wrong["delay_h"] = msg
    texts = _texts(work, dict(values.get("texts", {})))
    if any(len(text) > 200 for said in texts.values() for text in said.values()):
        msg = "a question has up to 200 letters"
        wrong["texts"] = msg
    channels = sorted(set(values.get("channels", ())))
    known = set(work.scalars(select(Channel.id).where(Channel.removed_at.is_(None))))
    if not set(channels) <= known:
        msg = "choose channels of this desk"
        wrong["channels"] = msg
    if values.get("on"):
        wrong |= _taken(work, id, channels)
    if wrong:
        raise Invalid("; ".join(wrong.values()), fields=wrong)
    before = switched_on(work)
    kept = {
        "name": name,
        "touchpoint": touchpoint,
        "asks": asks,
        "channels": channels,
        "delay_h": delay,
        "on": bool(values.get("on")),
        "texts": texts,
    }
    desk.put(work, who, "surveys.forms", {**desk.get(work, "surveys.forms"), id: kept})
    if not before:  # what was resolved before anybody asked for a survey is not asked about
        desk.keep(work, "surveys.seq", work.scalar(select(func.max(Event.seq))) or 0)


def _taken(work: Work, id: str, channels: list[str]) -> dict[str, str]:
    """One survey per channel: a customer is asked once."""
    for other, one in switched_on(work).items():
        if other != id and set(one["channels"]) & set(channels):
            name = one["name"]
            msg = f"the survey {name} is sent on one of these channels already"
            return {"channels": msg}
    return {}


def remove(work: Work, who: Who, id: str) -> None:
    """Takes a survey away; what was answered stays. Raises :class:`NotFound`."""
    require(who, "settings.change")
    own = dict(desk.get(work, "surveys.forms"))
    if id not in own:
        msg = "there is no such survey"
        raise NotFound(msg)
    del own[id]
    desk.put(work, who, "surveys.forms", own)


def save_rules(work: Work, who: Who, *, quiet_d: Any, keep_m: Any, privacy_url: str = "") -> None:
    """How often a customer is asked at most, how long their words are kept, and where they read about it. Raises
    :class:`Invalid`."""
    values = {"surveys.quiet_d": quiet_d, "surveys.keep_m": keep_m, "surveys.privacy_url": privacy_url}
    desk.put_all(work, who, values)
