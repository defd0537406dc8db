"""Whether the desk is open for a ticket at a moment, and when it opens again: its channel's and team's hours."""

from __future__ import annotations

import datetime as dt
import zoneinfo
from collections.abc import Callable
from typing import Final, TypeVar

from connectors.chat import ChatConfig
from connectors.chat_hours import week
from inbox import clock
from inbox.actions import channels, desk, promises
from inbox.metrics.hours import OpeningHours
from inbox.store import Channel, Ticket, Work

__all__ = ["is_open", "opens", "opens_words"]

T = TypeVar("T")
#: How a moment is said in the middle of a sentence, in the desk's language.
SAID: Final = {"en": "EEEE d MMMM 'at' HH:mm", "it": "EEEE d MMMM 'alle' HH:mm"}


def is_open(work: Work, ticket: Ticket, at: dt.datetime) -> bool:
    """True within the opening hours that are promised for this ticket."""
    moment = _ms(at)
    return _asked(work, ticket, lambda opening: opening.between(moment, moment + 1) > 0)


def opens(work: Work, ticket: Ticket) -> dt.datetime | None:
    """When the desk opens next; None where it is open now, or never will be."""
    if is_open(work, ticket, clock.now()):
        return None
    found = _asked(work, ticket, lambda opening: opening.used_up(_ms(clock.now()), 0))
    return dt.datetime.fromtimestamp(found / 1000, dt.UTC) if found is not None else None


def opens_words(work: Work, ticket: Ticket, language: str = "") -> str:
    """The same in words: "Monday 30 November at 09:00"; "" where the desk is open."""
    from babel.dates import format_datetime  # noqa: PLC0415  (few texts say it, and every start would load it)

    at = opens(work, ticket)
    if at is None:
        return ""
    spoken = language or str(desk.get(work, "desk.language"))
    zone = zoneinfo.ZoneInfo(str(desk.get(work, "desk.timezone")))
    return format_datetime(at.astimezone(zone), SAID.get(spoken, SAID["en"]), locale=spoken)


def _asked(work: Work, ticket: Ticket, ask: Callable[[OpeningHours], T]) -> T:
    """What the hours of a ticket say: a chat's own, else those of its team's or channel's calendar."""
    channel = work.get(Channel, ticket.channel_id) if ticket.kind == "chat" else None
    config = channels.config_of(work, channel) if channel is not None else None
    if isinstance(config, ChatConfig) and config.hours:
        return ask(OpeningHours(week(config.hours), str(desk.get(work, "desk.timezone"))))
    rules = promises.rules(work)
    with rules.lock:
        return ask(rules.hours.of(ticket.kind, {"address": ticket.channel_id, "team": ticket.team_id}))


def _ms(at: dt.datetime) -> int:
    return int(at.timestamp() * 1000)
