"""Things that come due by themselves: prices, files, sign-ins, snoozes, silent browsers, expired leases."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import delete, select

from connectors.base import Config, ConnectorError, MediaRef, Receipt
from inbox import clock, logs
from inbox.actions import (
    channels,
    clocks,
    costs,
    drafts,
    handling,
    outbox,
    statuses,
    tickets,
    unneeded,
    uploads,
    visitors,
    worth,
)
from inbox.actions.surveys import asking
from inbox.errors import Misconfigured
from inbox.store import Attachment, Channel, Message, SignIn, Store, Work

__all__ = ["fetch_media", "fetch_prices", "housekeeping"]

log = logs.get(__name__)
MEDIA_TRIES = 8
UNUSABLE = timedelta(minutes=5)  # a channel whose key does not fit is asked again then; no try is counted


def housekeeping(store: Store) -> None:
    """What needs no provider: ends leases, snoozes and silent focuses, closes quiet tickets, carries fees on."""
    with store.transaction() as work:
        again, lost = outbox.expire(work)
        outbox.fail_stranded(work)
        tickets.wake_due(work)
        costs.carry_fees(work)
        costs.follow_teams(work)
        handling.compact_due(work)
        visitors.by_mail_due(work)
        drafts.forget_due(work)
        uploads.sweep(work)
        unneeded.sweep(work)
        work.execute(delete(SignIn).where(SignIn.expires_at < clock.now()))
    with store.reading() as work:
        silent = tickets.closing(work)
        moved = clocks.waiting(work)
        asked = asking.waiting(work)
        brought = worth.waiting(work)
    if silent:
        store.write(tickets.close_due)
    if moved:
        store.write(clocks.refresh_stale)
        store.write(clocks.tell_due)
    if brought:
        store.write(worth.follow)
    if asked:
        store.write(asking.follow)
        store.write(asking.send_due)
    if again or lost:
        log.warning("leases ended", queued_again=again, unknown=lost)


def fetch_prices(store: Store, *, limit: int = 20) -> int:
    """Asks the providers for the prices that are due; gives how many were asked for."""
    with store.reading() as work:
        due = work.scalars(
            select(Message.id).where(Message.price_at <= clock.now()).order_by(Message.price_at).limit(limit)
        ).all()
    for message_id in due:
        _price(store, message_id)
    return len(due)


def _price(store: Store, message_id: int) -> None:
    with store.reading() as work:
        message = work.get_one(Message, message_id)
        external, segments, kind = message.external_id or "", message.segments, message.kind
        channel = work.get_one(Channel, message.channel_id)
        config = _config(work, channel)
    if config is None:
        with store.transaction() as work:
            work.get_one(Message, message_id).price_at = clock.now() + UNUSABLE
        return
    try:
        cost = store.connectors[kind].price(config, Receipt(external, segments=segments)) if external else None
    except ConnectorError as error:
        log.warning("no price", message=message_id, code=error.code)
        cost = None
    with store.transaction() as work:
        statuses.priced(work, work.get_one(Message, message_id), cost)


def _config(work: Work, channel: Channel) -> Config | None:
    """The channel's settings; None where they cannot be opened, which is said where it is sent and polled."""
    try:
        return channels.config_of(work, channel)
    except Misconfigured:
        return None


def fetch_media(store: Store, *, limit: int = 10) -> int:
    """Fetches files that still lie with a provider; gives how many were tried."""
    with store.reading() as work:
        due = work.scalars(
            select(Attachment.id)
            .where(Attachment.fetch_at <= clock.now(), Attachment.sha256.is_(None))
            .order_by(Attachment.fetch_at)
            .limit(limit)
        ).all()
    for attachment_id in due:
        _media(store, attachment_id)
    return len(due)


def _media(store: Store, attachment_id: int) -> None:
    with store.reading() as work:
        row = work.get_one(Attachment, attachment_id)
        message = work.get_one(Message, row.message_id)
        channel = work.get_one(Channel, message.channel_id)
        media = row.media or {}
        ref = MediaRef(media.get("ref", ""), media.get("name", ""), media.get("content_type", ""))
        config = _config(work, channel)
    if config is None:
        with store.transaction() as work:
            work.get_one(Attachment, attachment_id).fetch_at = clock.now() + UNUSABLE
        return
    problem, fetched, permanent = "", None, False
    try:
        fetched = store.connectors[channel.kind].media(config, ref)
    except ConnectorError as error:
        problem, permanent = error.message, error.permanent
    digest = store.files.put(fetched.data) if fetched is not None and fetched.data is not None else None
    with store.transaction() as work:
        row = work.get_one(Attachment, attachment_id)
        row.fetch_tries += 1
        if digest is not None and fetched is not None and fetched.data is not None:
            row.sha256, row.size, row.fetch_at, row.problem = digest, len(fetched.data), None, None
            row.content_type = (fetched.content_type or row.content_type)[:120]
            row.name = row.name if row.name not in {"", "file"} else (fetched.name or "file")[:255]
        else:
            last = permanent or row.fetch_tries >= MEDIA_TRIES
            row.problem = problem[:500] or "nothing came"
            row.fetch_at = None if last else clock.now() + timedelta(seconds=5 * 2**row.fetch_tries)
        work.append("msg.file", ticket=message.ticket_id, msg=str(message.id), ready=digest is not None)
