"""Accounts that are signed in to at their provider's page: signing in, tokens renewed by one process at a time.

Providers are asked between transactions, never within one: the functions that take a store open their own.
"""

from __future__ import annotations

import datetime as dt
import time
import uuid
from collections.abc import Callable
from dataclasses import asdict
from datetime import timedelta
from typing import Any, TypeVar

from sqlalchemy import select, update

from connectors.base import Config, Connector, ConnectorError
from connectors.grants import SIGN_IN, Device, Grant, Grants
from inbox import clock
from inbox.actions import channels, pacing
from inbox.actions.desk import audit
from inbox.actions.who import SYSTEM, Who, require
from inbox.errors import Conflict
from inbox.store import Channel, Lease, Message, Store, Work
from inbox.terms import Delivery

__all__ = ["WAITING", "ask_devices", "begin_device", "device_of", "exchange", "fresh", "grants_of", "signed_in", "talk"]

HELD = timedelta(seconds=60)  # longer than a provider may take to answer
PATIENCE_S = 45.0
STEP_S = 0.1
#: What ``Channel.problem_code`` is while the channel's queue waits for somebody to sign in.
WAITING = SIGN_IN

T = TypeVar("T")


def grants_of(work: Work, channel: Channel, config: Config) -> Grants[Any] | None:
    """How this channel is signed in to, or None where it has a password."""
    found = work.store.connectors[channel.kind].grants
    return found if found is not None and found.wanted(config) else None


# --- tokens -----------------------------------------------------------------------------------------------------


def talk(store: Store, channel_id: str, say: Callable[[Connector[Any], Config], T]) -> T:
    """What ``say`` gives, with settings whose token is good; once more with a new one where the provider calls an old
    one bad before its time. ``say`` must not have sent anything when it is refused. Raises :class:`ConnectorError`."""
    config = fresh(store, channel_id)
    with store.reading() as work:
        connector = store.connectors[work.get_one(Channel, channel_id).kind]
    try:
        return say(connector, config)
    except ConnectorError as error:
        grant = getattr(config, "grant", None)
        if not error.reauth or error.code == SIGN_IN or grant is None:
            raise
    return say(connector, fresh(store, channel_id, refused=grant))


def fresh(store: Store, channel_id: str, *, refused: Grant | None = None) -> Config:
    """The channel's settings, with a token that is good for a while where it needs one.

    Of all threads and processes one renews, the others wait for what it got. ``refused`` is a grant that the provider
    did not take: it is renewed whatever its age. Raises :class:`ConnectorError` with the code ``signin`` where
    somebody has to sign in again: the channel says so, and its provider is not asked any more until then.
    """
    end = time.monotonic() + PATIENCE_S
    owner = uuid.uuid4().hex
    while True:
        with store.reading() as work:
            channel = work.get_one(Channel, channel_id)
            config = channels.config_of(work, channel)
            grants = grants_of(work, channel, config)
            stopped = channel.problem if channel.problem_code == WAITING else ""
        grant: Grant | None = getattr(config, "grant", None)
        if grants is None:
            return config
        if grant is not None and not _due(grant, refused):
            return config
        if stopped:
            raise ConnectorError(stopped, code=SIGN_IN, permanent=True, reauth=True)
        if grant is None:
            raise _missing(store, channel_id, grants.wanted(config))
        if _take(store, channel_id, owner):
            return _renewed(store, channel_id, owner, refused)
        if time.monotonic() > end:
            raise ConnectorError("another process renews the sign-in", code="timeout", permanent=False)
        time.sleep(STEP_S)


def _due(grant: Grant, refused: Grant | None) -> bool:
    if refused is not None and grant.access_token == refused.access_token:
        return True
    return clock.now() >= grant.renew_at


def _missing(store: Store, channel_id: str, name: str) -> ConnectorError:
    error = ConnectorError(f"nobody has signed in at {name} yet", code=SIGN_IN, permanent=True, reauth=True)
    _stop(store, channel_id, error)
    return error


def _renewed(store: Store, channel_id: str, owner: str, refused: Grant | None) -> Config:
    """The settings after one renewal; looks again first, for another one may have just ended."""
    try:
        with store.reading() as work:
            channel = work.get_one(Channel, channel_id)
            config = channels.config_of(work, channel)
            grants = grants_of(work, channel, config)
            signed_in_at = channel.signed_in_at
        grant: Grant | None = getattr(config, "grant", None)
        if grants is None or grant is None or not _due(grant, refused):
            return config
        try:
            new = grants.renew(config)
        except ConnectorError as error:
            if error.code == SIGN_IN:
                _stop(store, channel_id, error)
            elif refused is None and clock.now() < grant.until:
                return config  # the provider has a bad minute, and the old token is still good
            raise
        with store.transaction() as work:
            channel = work.get_one(Channel, channel_id, with_for_update=True)
            if channel.signed_in_at == signed_in_at:  # else somebody signed in meanwhile, and theirs counts
                _keep(work, channel, grant=new.plain())
            return channels.config_of(work, channel)
    finally:
        with store.transaction() as work:
            row = work.get(Lease, _lease(channel_id))
            if row is not None and row.owner == owner:
                work.delete(row)


def _lease(channel_id: str) -> str:
    return f"grant:{channel_id}"


def _take(store: Store, channel_id: str, owner: str) -> bool:
    now = clock.now()
    with store.transaction() as work:
        channel = work.get_one(Channel, channel_id, with_for_update=True)  # one row that all of them lock
        row = work.get(Lease, _lease(channel.id), with_for_update=True)
        if row is None:
            work.add(Lease(name=_lease(channel.id), owner=owner, until=now + HELD))
            return True
        if row.until > now:
            return False
        row.owner, row.until = owner, now + HELD
        return True


def _keep(work: Work, channel: Channel, **parts: Any) -> None:
    """Seals what changed of the sign-in; None takes a part away."""
    known = {**work.store.seal.open(channel.sign_in), **parts}
    channel.sign_in = work.store.seal.close({name: value for name, value in known.items() if value is not None})


def _stop(store: Store, channel_id: str, error: ConnectorError) -> None:
    """Marks the channel: nothing is asked nor sent until somebody has signed in. Its queue stays as it is."""
    with store.transaction() as work:
        channel = work.get_one(Channel, channel_id)
        channels.broken(work, channel, WAITING, error.message)


# --- signing in -------------------------------------------------------------------------------------------------


def exchange(store: Store, who: Who, channel_id: str, *, code: str, verifier: str, back: str) -> Channel:
    """Gets the grant for the code that the provider sent the admin back with. Raises :class:`ConnectorError`."""
    require(who, "settings.change")
    with store.reading() as work:
        channel = channels.find(work, channel_id)
        config = channels.config_of(work, channel)
        grants = _wanted(work, channel, config)
    grant = grants.exchange(config, code, verifier, back)
    with store.transaction() as work:
        return signed_in(work, who, channel.id, grant)


def _wanted(work: Work, channel: Channel, config: Config) -> Grants[Any]:
    grants = grants_of(work, channel, config)
    if grants is None:
        msg = f"the channel {channel.name} has a password: there is nothing to sign in to"
        raise Conflict(msg)
    return grants


def signed_in(work: Work, who: Who, channel_id: str, grant: Grant) -> Channel:
    """Keeps a grant, forgets what was wrong, and lets what waited for it leave at once."""
    channel = channels.find(work, channel_id)
    now = clock.now()
    channel.sign_in = ""
    _keep(work, channel, grant=grant.plain())
    channel.signed_in_at, channel.device_at = now, None
    if channel.problem_code in {WAITING, "login"}:
        channels.recovered(work, channel)
    waiting = (Message.channel_id == channel.id, Message.state == Delivery.QUEUED, Message.code.in_([WAITING, "login"]))
    work.execute(update(Message).where(*waiting).values(next_at=now))
    pacing.lift(work, channel)
    audit(work, who, "channel.signed_in", channel=channel.id, name=channel.name, title=channel.title)
    work.append("channel.signed_in", actor=who.actor, channel_id=channel.id, channel=channel.kind)
    return channel


# --- on another device ------------------------------------------------------------------------------------------


def begin_device(store: Store, who: Who, channel_id: str) -> Device:
    """Asks for a code to type on another device; the worker asks for the grant. Raises :class:`ConnectorError`."""
    require(who, "settings.change")
    with store.reading() as work:
        channel = channels.find(work, channel_id)
        config = channels.config_of(work, channel)
        grants = _wanted(work, channel, config)
    device = grants.device(config)
    with store.transaction() as work:
        channel = work.get_one(Channel, channel.id, with_for_update=True)
        _keep(work, channel, device={**asdict(device), "until": device.until.isoformat()})
        channel.device_at = clock.now() + timedelta(seconds=device.interval)
    return device


def device_of(work: Work, channel: Channel) -> Device | None:
    """The sign-in on another device that is under way."""
    told = work.store.seal.open(channel.sign_in).get("device")
    if not told or channel.device_at is None:
        return None
    until = dt.datetime.fromisoformat(told["until"])
    return Device(told["device_code"], told["user_code"], told["uri"], float(told["interval"]), until)


def ask_devices(store: Store) -> int:
    """Asks for the grants of sign-ins that are under way and due; gives how many were asked for."""
    with store.reading() as work:
        due = work.scalars(select(Channel.id).where(Channel.device_at <= clock.now())).all()
    for channel_id in due:
        _ask_device(store, channel_id)
    return len(due)


def _ask_device(store: Store, channel_id: str) -> None:
    with store.transaction() as work:  # first the next time, so that two workers do not ask at once
        channel = work.get_one(Channel, channel_id, with_for_update=True)
        device = device_of(work, channel)
        if device is None or channel.device_at is None or channel.device_at > clock.now():
            return
        config = channels.config_of(work, channel)
        grants = grants_of(work, channel, config)
        if grants is None or clock.now() > device.until:
            _keep(work, channel, device=None)
            channel.device_at = None
            return
        channel.device_at = clock.now() + timedelta(seconds=device.interval)
    try:
        found: Grant | float = grants.device_grant(config, device)
    except ConnectorError as error:
        found = device.interval if not error.permanent else -1.0
    with store.transaction() as work:
        channel = work.get_one(Channel, channel_id, with_for_update=True)
        now = device_of(work, channel)
        if now is None or now.device_code != device.device_code:
            return
        if isinstance(found, Grant):
            signed_in(work, SYSTEM, channel.id, found)
        elif found < 0:
            _keep(work, channel, device=None)
            channel.device_at = None
            work.append("channel.sign_in_declined", channel_id=channel.id, channel=channel.kind)
        else:
            _keep(work, channel, device={**asdict(device), "until": device.until.isoformat(), "interval": found})
            channel.device_at = clock.now() + timedelta(seconds=found)
