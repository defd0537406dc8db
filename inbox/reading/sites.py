"""The web chat of a site as its visitors find it: its settings, whether anybody is there, and how soon they answer."""

from __future__ import annotations

import datetime as dt
import statistics
import zoneinfo
from dataclasses import dataclass
from typing import Final

from sqlalchemy import func, select

from connectors.chat import ChatConfig
from connectors.chat_hours import week
from inbox import clock
from inbox.actions import branding, channels, promises
from inbox.actions import desk as settings
from inbox.errors import NotFound
from inbox.metrics.hours import OpeningHours
from inbox.store import Agent, Channel, Message, Ticket, Work
from inbox.terms import Direction

__all__ = ["Standing", "local", "online", "rounded", "site", "standing"]

#: The expected wait is the median of so many talks at most, and of so many at least; longer than a day says nothing.
TALKS, FEWEST, RECENT = 50, 5, dt.timedelta(days=14)
DAY: Final = dt.timedelta(days=1)


@dataclass(frozen=True)
class Standing:
    """How a chat stands now. ``opens`` is when it opens next, None where it is open or never will be; ``wait`` is how
    long a first answer usually takes, rounded up, None where that is not known or more than a day."""

    online: bool
    opens: dt.datetime | None = None
    wait: dt.timedelta | None = None


def site(work: Work, channel_id: str) -> ChatConfig:
    """The settings of a site's chat. Raises :class:`NotFound` where there is none, or it is switched off."""
    channel = work.scalar(
        select(Channel).where(
            Channel.id == channel_id, Channel.kind == "chat", Channel.enabled, Channel.removed_at.is_(None)
        )
    )
    config = channels.config_of(work, channel) if channel is not None else None
    if not isinstance(config, ChatConfig):
        msg = "there is no chat at this address"
        raise NotFound(msg)
    own = branding.colour(work) if config.colour == ChatConfig.model_fields["colour"].default else ""
    return config.model_copy(update={"colour": own}) if own else config


def online(work: Work, channel_id: str, config: ChatConfig) -> bool:
    """Whether it is open and anybody is there to answer."""
    opening = _hours(work, channel_id, config)
    return (opening is None or _is_open(opening)) and _anybody(work)


def standing(work: Work, channel_id: str, config: ChatConfig) -> Standing:
    """Everything a visitor is told of it."""
    opening = _hours(work, channel_id, config)
    wait = rounded(_usual_wait(work, channel_id, opening)) if config.show_wait else None
    if opening is not None and not _is_open(opening):
        at = opening.used_up(_ms(clock.now()), 0)
        return Standing(False, dt.datetime.fromtimestamp(at / 1000, dt.UTC) if at is not None else None, wait)
    return Standing(_anybody(work), None, wait)


def rounded(wait: dt.timedelta | None) -> dt.timedelta | None:
    """Rounded up to what a person says: minutes up to ten, then five of them, hours from one on; None beyond a day."""
    if wait is None or wait > DAY:
        return None
    step = next(minutes for most, minutes in ((10, 1), (60, 5), (24 * 60, 60)) if wait <= dt.timedelta(minutes=most))
    return dt.timedelta(minutes=max(1, -(-wait // dt.timedelta(minutes=step))) * step)


def _anybody(work: Work) -> bool:
    return work.scalar(select(Agent.id).where(Agent.active, Agent.state == "online").limit(1)) is not None


def _ms(at: dt.datetime) -> int:
    return int(at.timestamp() * 1000)


def _hours(work: Work, channel_id: str, config: ChatConfig) -> OpeningHours | None:
    """The chat's own opening hours in the desk's zone, else those of the calendar that names it; None: always open."""
    if config.hours:
        return OpeningHours(week(config.hours), str(settings.get(work, "desk.timezone")))
    if any(channel_id in calendar["channels"] for calendar in promises.calendars(work).values()):
        return promises.rules(work).hours.of("chat", {"address": channel_id})
    return None


def _is_open(opening: OpeningHours) -> bool:
    now = _ms(clock.now())
    return opening.between(now, now + 1) > 0


def _usual_wait(work: Work, channel_id: str, opening: OpeningHours | None) -> dt.timedelta | None:
    """The median time to the first answer of a person, in opening hours; who still waits counts with the wait so far,
    as leaving them out would promise too much."""
    now = clock.now()
    recent = (
        select(Ticket.id, Ticket.created_at, Ticket.waiting_since)
        .where(Ticket.channel_id == channel_id, Ticket.created_at > now - RECENT, Ticket.imported.is_(False))
        .order_by(Ticket.id.desc())
        .limit(TALKS)
    )
    rows = work.execute(recent).all()
    answers = (
        select(Message.ticket_id, func.min(Message.at))
        .where(
            Message.ticket_id.in_([row.id for row in rows]),
            Message.direction == Direction.OUT,
            Message.agent_id.is_not(None),
            Message.auto.is_(None),
        )
        .group_by(Message.ticket_id)
    )
    first = dict(work.execute(answers).all())
    waits = []
    for number, since, waiting in rows:
        until = first.get(number) or (now if waiting is not None else None)
        if until is not None:
            span = opening.between(_ms(since), _ms(until)) if opening is not None else _ms(until) - _ms(since)
            waits.append(max(span, 0))
    return dt.timedelta(milliseconds=statistics.median(waits)) if len(waits) >= FEWEST else None


def local(work: Work, at: dt.datetime) -> dt.datetime:
    """A time in the desk's own zone."""
    return at.astimezone(zoneinfo.ZoneInfo(str(settings.get(work, "desk.timezone"))))
