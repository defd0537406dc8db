"""The journal's verbs: keep what arrived, keep what was refused, read an entry again."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import func, select

from connectors.base import Refused, Request
from inbox import clock
from inbox.actions import channels
from inbox.actions.who import Who, require
from inbox.errors import Conflict, NotFound
from inbox.store import Channel, JournalEntry, JournalItem, Store, Work
from inbox.terms import Outcome

__all__ = ["BATCH", "SIGNATURE", "body_of", "keep", "refuse", "replay", "replay_all", "request_of"]

SIGNATURE = "signature"
IN_ROW = 256 * 1024  # larger bodies lie in a file
REFUSED_BYTES = 64 * 1024
REFUSED_PER_HOUR = 100
BATCH = 200  # arrivals that are made due again in one transaction


def keep(work: Work, channel: Channel, request: Request, *, imported: bool = False) -> JournalEntry:
    """Stores an arrival byte-exact; it is due at once. Large bodies are on disk before the row is."""
    large = len(request.body) > IN_ROW
    digest = work.store.files.put(request.body) if large else hashlib.sha256(request.body).hexdigest()
    now = clock.now()
    entry = JournalEntry(
        channel_id=channel.id,
        method=request.method[:8],
        url=request.url,
        headers=[[name, value] for name, value in request.headers],
        body=None if large else request.body,
        size=len(request.body),
        sha256=digest,
        imported=imported,
        received_at=now,
        due_at=now,
    )
    work.add(entry)
    work.flush()
    return entry


def refuse(work: Work, channel: Channel, request: Request, *, unseen: int = 0) -> JournalEntry | None:
    """Keeps a mis-signed arrival (first 64 kB, at most 100 an hour and channel; the rest is counted) and alerts.

    ``unseen`` others were turned away since the last one, because they came too fast.
    """
    now = clock.now()
    channel.refused += 1 + unseen
    first = channel.refused_at is None or now - channel.refused_at > timedelta(minutes=10)
    channel.refused_at = now
    if first:
        work.append("channel.refused", channel_id=channel.id)
    recent = work.scalar(
        select(func.count())
        .select_from(JournalItem)
        .join(JournalEntry, JournalEntry.id == JournalItem.entry_id)
        .where(
            JournalEntry.channel_id == channel.id,
            JournalEntry.received_at > now - timedelta(hours=1),
            JournalItem.outcome == Outcome.QUARANTINED,
            JournalItem.reason == SIGNATURE,
        )
    )
    if (recent or 0) >= REFUSED_PER_HOUR:
        return None
    cut = Request(request.method, request.url[:2000], request.headers[:60], request.body[:REFUSED_BYTES])
    entry = keep(work, channel, cut)
    entry.done = True
    entry.due_at = None
    entry.things = 1
    entry.items.append(JournalItem(n=0, outcome=Outcome.QUARANTINED, reason=SIGNATURE))
    return entry


def body_of(work: Work, entry: JournalEntry) -> bytes:
    """The bytes as they came."""
    return entry.body if entry.body is not None else work.store.files.get(entry.sha256)


def request_of(work: Work, entry: JournalEntry) -> Request:
    """The arrival again, as a connector reads it."""
    headers = [(str(name), str(value)) for name, value in entry.headers]
    return Request(entry.method, entry.url, headers, body_of(work, entry), entry.received_at)


def replay(work: Work, who: Who, entry_id: int) -> JournalEntry:
    """Lets the worker read an entry again; items that are message or status stay as they are.

    One that was refused for its signature is verified again with what the channel is now. Raises :class:`Conflict`
    where the signature is still wrong: what nobody signed never becomes a message.
    """
    require(who, "journal.replay")
    entry = work.get(JournalEntry, entry_id)
    if entry is None:
        msg = f"there is no journal entry {entry_id}"
        raise NotFound(msg)
    if any(item.reason == SIGNATURE for item in entry.items):
        _verify(work, entry)
    entry.done = False
    entry.tries = 0
    entry.due_at = clock.now()
    work.append("journal.replayed", actor=who.actor, journal=entry.id)
    return entry


def replay_all(store: Store, who: Who, numbers: Sequence[int]) -> list[int]:
    """The same for many, some at a time; gives those that were left, for their signature is still wrong."""
    left: list[int] = []
    for start in range(0, len(numbers), BATCH):
        with store.transaction() as work:
            for number in numbers[start : start + BATCH]:
                try:
                    replay(work, who, number)
                except Conflict:
                    left.append(number)
    return left


def _verify(work: Work, entry: JournalEntry) -> None:
    channel = work.get_one(Channel, entry.channel_id)
    connector = work.store.connectors[channel.kind]
    try:
        connector.verify(channels.config_of(work, channel), request_of(work, entry))
    except Refused:
        msg = f"the signature of arrival {entry.id} is still wrong; correct the channel's secret, then try again"
        raise Conflict(msg) from None
