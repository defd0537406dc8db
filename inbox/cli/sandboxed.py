"""A sample desk beside its sandbox: made once, moved to where the sandbox is, acquainted with it at each start."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import click
import requests
from sqlalchemy import select

from connectors import registry
from inbox import clock
from inbox.actions import channels, desk, people, sample
from inbox.actions.sample.casting import EARLY
from inbox.actions.setup import FirstDesk, create
from inbox.actions.who import SYSTEM
from inbox.cli.places import Places, is_free
from inbox.errors import Conflict, Unavailable
from inbox.sandbox.client import SandboxClient
from inbox.settings import Settings
from inbox.store import Agent, Channel, Identity, Message, Store, Work, schema
from inbox.terms import Direction

__all__ = ["hello", "prepare"]

ADMIN: Final = "luca@cirro.example"
#: Where the stand-ins answer in the sandbox.
PATHS: Final = {"sms": "twilio", "telegram": "telegram", "messenger": "graph"}
PATIENCE_S = 10.0


def prepare(settings: Settings, places: Places, state: Path, language: str) -> None:
    """Makes the desk, or moves its channels to where the sandbox is now. Raises :class:`Conflict` for a real desk."""
    schema.upgrade(settings)
    store = Store(settings, registry())
    try:
        with store.reading() as work:
            there, ours = desk.is_set_up(work), desk.get(work, "desk.sample")
        if not there:
            click.echo("Making the sample desk, which takes a few seconds.", err=True)
            _make(store, places, state, language)
        elif ours:
            _move(store, places)
        else:
            msg = (
                f"the desk in {settings.data_dir.resolve()} holds no sample data: run sportello serve there, "
                "or choose another DATA_DIR for the demo"
            )
            raise Conflict(msg)
    finally:
        store.close()


def _make(store: Store, places: Places, state: Path, language: str) -> None:
    """Sets the desk up with its sample, all or nothing, and lets the sandbox know who has written before."""
    with _sandbox()(state, http=places.http, smtp=places.smtp, imap=places.imap) as sandbox:
        accounts = {**sandbox.accounts(), "chat": {"sites": _sites(places)}}
        with store.transaction() as work:
            with clock.at(clock.now() - EARLY):
                first = FirstDesk("Cirro Hosting", "it", "Europe/Rome", "Luca Moretti", ADMIN, sample.PASSWORD)
                [team] = create(work, first).teams
                people.change_team(work, SYSTEM, team.id, name="Assistenza tecnica", private=False)
                desk.put(work, SYSTEM, "desk.language", language)
            sample.fill(work, SYSTEM, accounts=accounts, password=sample.PASSWORD)
        _introduce(store, sandbox)


def _sandbox() -> Any:
    """The sandbox that runs in threads. Raises :class:`Unavailable` where its packages are not installed."""
    try:
        from inbox.sandbox.running import Sandbox
    except ModuleNotFoundError as missing:
        msg = f"the demo's sandbox needs {missing.name}: install sportello[sandbox]"
        raise Unavailable(msg) from None
    return Sandbox


def _introduce(store: Store, sandbox: SandboxClient) -> None:
    """Telegram and Messenger let us answer only who wrote to us, so the stand-ins have to have heard them; the desk's
    people have mailboxes, where alerts, digests and reports come in."""
    with store.reading() as work:
        for address in work.scalars(select(Agent.email).where(Agent.active)):
            sandbox.add("email", address=address)
        said = (
            select(Identity.kind, Identity.value, Message.text, Message.at)
            .join(Message, Message.identity_id == Identity.id)
            .where(Identity.kind.in_(["telegram", "messenger"]), Message.direction == Direction.IN)
            .order_by(Message.at)
        )
        last = {(kind, value): (text, at) for kind, value, text, at in work.execute(said)}
    update = 0
    for (kind, value), (text, at) in last.items():
        if kind == "telegram":
            update = sandbox.telegram.receive(value, text, wait=0)["update_id"]
        else:
            sandbox.messenger.receive(value, text, wait=0)
            sandbox.messenger.age(value, (clock.now() - at).total_seconds() / 3600)
    account = sandbox.accounts()["telegram"]
    taken = {"offset": update + 1, "timeout": 0}  # what the desk has already is not delivered again
    requests.get(f"{account['api_base']}/bot{account['token']}/getUpdates", params=taken, timeout=10).raise_for_status()


def _sites(places: Places) -> list[str]:
    return [places.sandbox, places.desk]


def _placed(work: Work, places: Places) -> Iterator[tuple[Channel, dict[str, Any]]]:
    """The sample's channels, each with its open settings as they have to be with the sandbox where it is."""
    for channel in work.scalars(select(Channel).where(Channel.sample, Channel.removed_at.is_(None))).all():
        config = dict(channel.config)
        if channel.kind == "email":
            config |= {"imap_port": places.imap, "smtp_port": places.smtp}
        elif channel.kind == "chat":
            config |= {"allowed_sites": _sites(places)}
        elif channel.kind in PATHS:
            config |= {"api_base": f"{places.sandbox}/{PATHS[channel.kind]}"}
        yield channel, config


def _move(store: Store, places: Places) -> None:
    with store.transaction() as work:
        for channel, config in _placed(work, places):
            if channel.config != config:
                channels.change(work, SYSTEM, channel.id, values=config)


def hello(settings: Settings, places: Places) -> str:
    """Acquaints sandbox and desk with each other; gives the line for the terminal, whatever came of it."""
    store = Store(settings, registry())
    try:
        with store.reading() as work:
            ours = desk.get(work, "desk.sample")
        if not ours:
            return f"The desk is at {places.desk}; its sample data was taken away"
        _acquaint(store, places)
    finally:
        store.close()
    return (
        f"The demo desk is at {places.desk}; sign in as {ADMIN} with the password {sample.PASSWORD}; "
        f"play its customers at {places.sandbox}"
    )


def _acquaint(store: Store, places: Places) -> None:
    """Tells the sandbox where the desk's hooks are. Raises :class:`OSError` where it does not answer."""
    until = time.monotonic() + PATIENCE_S
    while is_free(places.http) and time.monotonic() < until:
        time.sleep(0.05)
    told: list[dict[str, Any]] = []
    with store.reading() as work:
        ours = work.scalars(select(Channel).where(Channel.sample, Channel.enabled)).all()
        configs = {channel.id: channels.config_of(work, channel) for channel in ours}
    for channel in ours:
        connector, path = store.connectors[channel.kind], channels.hook_path(channel)
        if channel.kind == "chat":
            told.append({"kind": "chat", "site": channel.id})
        elif channel.kind == "telegram":  # a bot's webhook is set by whoever holds its token
            list(connector.connect(configs[channel.id], places.desk + path))
        elif connector.is_called(configs[channel.id]):
            told.append({"kind": channel.kind, "hook_path": path + connector.hook_fragment})
    client = SandboxClient(places.sandbox)
    client.desk(places.desk, told)
    client.close()
