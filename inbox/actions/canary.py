"""The canary: a mail to ourselves through the real path, which proves that what customers write comes in.

It is recognised by a signed token and nothing else, ends in the ledger as ``ignored(canary)``, and touches neither
customers nor figures.
"""

from __future__ import annotations

import datetime as dt
import hmac
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from sqlalchemy import select

from connectors.base import Address, Inbound, Item, Outgoing, StatusUpdate
from inbox import clock
from inbox.store import Canary, Channel, Work

__all__ = ["GRACE", "HEADER", "REASON", "Probe", "came_back", "due", "failed", "is_late", "left", "period", "probe"]

HEADER: Final = "X-Sportello-Probe"
REASON: Final = "canary"
#: How long a probe may be on its way: providers are slow at times, and the mailbox is looked at every minute.
GRACE = dt.timedelta(minutes=10)
PURPOSE = "canary"
_TOKEN = re.compile(r"(\d{10,14})-([a-z2-7]{26})")
_ID = re.compile(r"<canary\.(\d{10,14}-[a-z2-7]{26})@")


@dataclass(frozen=True)
class Probe:
    """A mail that is due to be sent to ourselves."""

    channel: str
    outgoing: Outgoing


def period(channel: Channel) -> dt.timedelta | None:
    """How often this channel sends itself a probe; None where it does not."""
    minutes = int((channel.config or {}).get("canary_minutes") or 0)
    sends = bool((channel.config or {}).get("smtp_host"))  # the way in may be a mailbox, LMTP or a hook
    on = channel.kind == "email" and channel.enabled and channel.removed_at is None
    return dt.timedelta(minutes=minutes) if minutes > 0 and sends and on else None


def due(work: Work) -> Iterator[Probe]:
    """The probes that are due, each written down as sent: a crash costs one probe, never a flood."""
    now = clock.now()
    for channel in work.scalars(select(Channel).where(Channel.kind == "email", Channel.removed_at.is_(None))).all():
        every, row = period(channel), work.get(Canary, channel.id)
        if every is None:
            if row is not None:
                work.delete(row)
            continue
        if row is None:
            row = Canary(channel_id=channel.id, since=now)
            work.add(row)
        if row.sent_at is not None and now - row.sent_at < every:
            continue
        if row.sent_at is not None and now - row.sent_at > every + GRACE:
            row.since = now  # the desk stood still: what was not sent cannot be late
        row.sent_at = now
        yield Probe(channel.id, probe(work, channel, now))


def probe(work: Work, channel: Channel, now: dt.datetime | None = None) -> Outgoing:
    """A mail of the channel to itself, which is known again when it comes back."""
    now = now or clock.now()
    token = _signed(work, channel, int(now.timestamp() * 1000))
    domain = channel.address.rpartition("@")[2]
    return Outgoing(
        key=f"canary-{token}",
        to=Address(channel.address, ""),
        subject="Sportello: intake probe",
        text="Sportello sends this mail to itself to see that mail comes in. It can be deleted.",
        message_id=f"<canary.{token}@{domain}>",
        auto=True,
        headers=((HEADER, token),),
    )


def _signed(work: Work, channel: Channel, moment: int) -> str:
    return f"{moment}-{work.store.seal.mark(PURPOSE, f'{channel.id}:{moment}', 26)}"


def left(work: Work, channel_id: str) -> None:
    """The provider took the probe."""
    row = work.get(Canary, channel_id)
    if row is not None:
        row.problem = ""


def failed(work: Work, channel_id: str, problem: str) -> None:
    """The probe could not be sent; that is said with the alert once the proof is late."""
    row = work.get(Canary, channel_id)
    if row is not None:
        row.problem = problem[:500]


def came_back(work: Work, channel: Channel, item: Item, received_at: dt.datetime) -> bool:
    """Whether an item is a probe of ours, or the answer of a robot to one; a probe that came back is the proof."""
    if channel.kind != "email":
        return False
    match item:
        case StatusUpdate():
            sent = _moment(work, channel, _token_of(item.message or ""))
            if sent is None:
                return False
            if item.state == "failed":
                failed(work, channel.id, item.reason or "the probe bounced")
            return True
        case Inbound():
            sent = _moment(work, channel, str(item.extra.get("probe", "")))
            if sent is not None:
                _prove(work, channel, sent, received_at)
                return True
            answered = (item.in_reply_to or "", *item.references)
            own = item.auto is not None or item.sender.value == channel.address
            return own and any(_moment(work, channel, _token_of(one)) is not None for one in answered)
    return False


def _token_of(message_id: str) -> str:
    found = _ID.match(message_id)
    return found[1] if found else ""


def _moment(work: Work, channel: Channel, token: str) -> dt.datetime | None:
    """When a genuine token was made; None for anything else."""
    found = _TOKEN.fullmatch(token)
    if found is None:
        return None
    number = int(found[1])
    if not hmac.compare_digest(_signed(work, channel, number).encode(), token.encode()):
        return None
    return dt.datetime.fromtimestamp(number / 1000, dt.UTC)


def _prove(work: Work, channel: Channel, sent: dt.datetime, received_at: dt.datetime) -> None:
    row = work.get(Canary, channel.id)
    if row is None or (row.proved_at is not None and row.proved_at >= received_at):
        return
    row.proved_at, row.problem = received_at, ""
    row.took_ms = max(0, int((received_at - sent) / dt.timedelta(milliseconds=1)))


def is_late(row: Canary, every: dt.timedelta) -> bool:
    """Whether a proof should have come by now."""
    return clock.now() - max(row.proved_at or row.since, row.since) > every + GRACE
