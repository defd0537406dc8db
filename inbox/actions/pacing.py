"""How fast a channel's messages leave, and how long it is left alone when its provider is away or asks us to wait."""

from __future__ import annotations

import datetime as dt
from datetime import timedelta

from sqlalchemy import ColumnElement, and_, func, or_, select, update

from connectors.base import ConnectorError, Pace
from connectors.grants import SIGN_IN
from inbox import clock
from inbox.store import Channel, Message, Work
from inbox.terms import Delivery, Direction

__all__ = ["FAR", "free", "lift", "pause", "recipient_free_at", "spend", "wait_s"]

#: Distance to the next try of a whole channel, doubling: its line is down / its login is refused.
DOWN = (timedelta(seconds=5), timedelta(minutes=15))
LOGIN = (timedelta(minutes=1), timedelta(minutes=10))
FAR = 86_400.0  # no provider makes us wait longer, whatever it says
#: What was said of the line and not of the message: with the channel's return these are tried at once.
OF_THE_LINE = ("connect", "timeout", "tls", "login", "config")


def free() -> ColumnElement[bool]:
    """The condition on channels that may send now."""
    now = clock.now()
    return and_(
        Channel.enabled,
        Channel.removed_at.is_(None),
        or_(Channel.paused_until.is_(None), Channel.paused_until <= now),
        or_(Channel.paced_until.is_(None), Channel.paced_until <= now),
    )


def pause(channel: Channel, error: ConnectorError) -> None:
    """Leaves a channel alone for as long as its provider asked, or ever longer while its line or login fails."""
    if not (error.whole or error.reauth) or error.code == SIGN_IN:  # a sign-in that is missing is waited for elsewhere
        return
    now = clock.now()
    first, longest = LOGIN if error.reauth else DOWN
    paused = channel.paused_until is not None and channel.paused_until > now
    if error.retry_after is not None:
        until = now + timedelta(seconds=min(max(error.retry_after, 1.0), FAR))
    elif paused:
        return  # two messages that failed together are one failure of the line
    else:
        until = now + min(first * (1 << min(channel.paused_tries, 20)), longest)
    channel.paused_tries += 0 if paused else 1
    channel.paused_until = max(until, channel.paused_until or until)


def lift(work: Work, channel: Channel, *, always: bool = False) -> None:
    """The channel works again, or (``always``) is to be tried again: what waited for its line is due."""
    if not channel.paused_tries and channel.paused_until is None and not always:
        return
    channel.paused_tries, channel.paused_until = 0, None
    work.execute(
        update(Message)
        .where(
            Message.channel_id == channel.id,
            Message.state == Delivery.QUEUED,
            Message.next_at > clock.now(),
            Message.code.in_(OF_THE_LINE),
        )
        .values(next_at=clock.now())
    )


def _of(channel: Channel, pace: Pace) -> tuple[float | None, int]:
    """Messages a minute and how many at once: what an admin set, one by one, else the provider's usual."""
    chosen = channel.config.get("per_minute")
    return (float(chosen), 1) if chosen else (pace.per_minute, max(pace.burst, 1))


def spend(work: Work, channel_id: str, pace: Pace) -> None:
    """Takes one message from a channel's allowance, which fills again evenly (the generic cell rate algorithm).

    The allowance stands in the channel's row, so that several workers share it.
    """
    channel = work.get_one(Channel, channel_id)
    per_minute, burst = _of(channel, pace)
    if per_minute is None:
        return
    work.refresh(channel, ["paced_until"], with_for_update=True)
    now = clock.now()
    gap = timedelta(seconds=60 / per_minute)
    slack = gap * (burst - 1)
    used = channel.paced_until + slack if channel.paced_until is not None else now
    channel.paced_until = max(now, used) + gap - slack


def recipient_free_at(work: Work, message: Message, pace: Pace) -> dt.datetime | None:
    """When the next message may go to the same person, or None for now."""
    if not pace.recipient_s:
        return None
    last = work.scalar(
        select(func.max(Message.sent_at)).where(
            Message.ticket_id == message.ticket_id,
            Message.channel_id == message.channel_id,
            Message.direction == Direction.OUT,
        )
    )
    free_at = last + timedelta(seconds=pace.recipient_s) if last is not None else None
    return free_at if free_at is not None and free_at > clock.now() else None


def wait_s(work: Work, within: float = 60.0) -> float | None:
    """Seconds until a message leaves that only its channel's pace holds back; None where there is none."""
    now = clock.now()
    soon = now + timedelta(seconds=within)
    rows = work.execute(
        select(Message.next_at, Channel.paced_until)
        .join(Channel, Channel.id == Message.channel_id)
        .where(
            Message.state == Delivery.QUEUED,
            Message.attempts == 0,
            Message.next_at <= soon,
            Channel.enabled,
            Channel.removed_at.is_(None),
            or_(Channel.paused_until.is_(None), Channel.paused_until <= now),
        )
        .limit(500)
    )
    moments = [max(due or now, paced or now) for due, paced in rows]
    near = [moment for moment in moments if now < moment <= soon]
    return (min(near) - now).total_seconds() if near else None
