"""The journal's verbs: keep what arrived, keep what was refused, read an entry again."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import Select, func, select
from sqlalchemy.exc import IntegrityError

from connectors.base import Refused, Request
from inbox import clock
from inbox.actions import channels
from inbox.actions.who import Who, require
from inbox.errors import Conflict, NotFound
from inbox.store import Channel, JournalEntry, JournalItem, Store, Work
from inbox.terms import Outcome

__all__ = ["BATCH", "REPLAYED", "SIGNATURE", "body_of", "keep", "refuse", "replay", "replay_all", "request_of"]

SIGNATURE = "signature"
REPLAYED = "replayed"  # a used token under another content
IN_ROW = 256 * 1024  # larger bodies lie in a file
REFUSED_BYTES = 64 * 1024
REFUSED_PER_HOUR = 100
BATCH = 200  # arrivals that are made due again in one transaction


def keep(
    work: Work, channel: Channel, request: Request, *, imported: bool = False, nonce: str | None = None
) -> JournalEntry:
    """Stores an arrival byte-exact; it is due at once. Large bodies are on disk before the row is.

    A second one with the same ``nonce`` was recorded and sent again: it is kept and read only where it is the very
    same, as a provider repeats a call whose answer it missed.
    """
    large = len(request.body) > IN_ROW
    digest = work.store.files.put(request.body) if large else hashlib.sha256(request.body).hexdigest()
    entry = _entry(channel, request, digest, None if large else request.body)
    entry.imported = imported
    if nonce is None:
        work.add(entry)
        work.flush()
        return entry
    entry.nonce = nonce
    try:
        with work.begin_nested():
            work.add(entry)
            work.flush()
    except IntegrityError:
        return _again(work, channel, nonce, _entry(channel, request, digest, None if large else request.body))
    return entry


def _entry(channel: Channel, request: Request, digest: str, body: bytes | None) -> JournalEntry:
    now = clock.now()
    return JournalEntry(
        channel_id=channel.id,
        method=request.method[:8],
        url=request.url,
        headers=[[name, value] for name, value in request.headers],
        body=body,
        size=len(request.body),
        sha256=digest,
        received_at=now,
        due_at=now,
    )


def _again(work: Work, channel: Channel, nonce: str, entry: JournalEntry) -> JournalEntry:
    """Keeps a call whose nonce was used before; another content than the first time's is never read."""
    first = select(JournalEntry.sha256).where(JournalEntry.channel_id == channel.id, JournalEntry.nonce == nonce)
    if work.scalar(first) != entry.sha256:
        entry.done = True
        entry.due_at = None
        entry.things = 1
        entry.items.append(JournalItem(n=0, outcome=Outcome.DUPLICATE, reason=REPLAYED))
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
    if entry.erased_at is not None:
        msg = f"the content of arrival {entry.id} was erased: there is nothing to read again"
        raise Conflict(msg)
    if any(item.reason == REPLAYED for item in entry.items):
        msg = f"arrival {entry.id} carries the token of an earlier one: it is a copy, and is never read"
        raise Conflict(msg)
    if any(item.reason == SIGNATURE for item in entry.items):
        _verify(work, entry)
    entry.done = False
    entry.tries = 0
    entry.due_at = clock.now()
    work.append("journal.replayed", actor=who.actor, journal=entry.id)
    return entry


def replay_all(store: Store, who: Who, numbers: Sequence[int]) -> list[int]:
    """The same for many, some at a time; gives those that were left, for their signature is still wrong. What was
    erased is passed over."""
    left: list[int] = []
    for start in range(0, len(numbers), BATCH):
        with store.transaction() as work:
            part = numbers[start : start + BATCH]
            for number in work.scalars(_whole(part)):
                try:
                    replay(work, who, number)
                except Conflict:
                    left.append(number)
    return left


def _whole(numbers: Sequence[int]) -> Select[int]:
    whole = select(JournalEntry.id).where(JournalEntry.id.in_(numbers), JournalEntry.erased_at.is_(None))
    return whole.order_by(JournalEntry.id)


def _verify(work: Work, entry: JournalEntry) -> None:
    channel = work.get_one(Channel, entry.channel_id)
    connector = work.store.connectors[channel.kind]
    try:
        connector.verify(channels.config_of(work, channel), request_of(work, entry))
    except Refused:
        msg = f"the signature of arrival {entry.id} is still wrong; correct the channel's secret, then try again"
        raise Conflict(msg) from None
