"""Channels from the command line: added from a file, listed, connected, checked by a real round trip, removed."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Any

import click
from sqlalchemy import select

from connectors.base import Connector
from inbox import clock
from inbox.actions import channels, grants
from inbox.actions.who import SYSTEM
from inbox.cli.opening import JSON, opened, say, table
from inbox.errors import Invalid, Problem
from inbox.store import Channel, Store

__all__ = ["channel"]


@click.group()
def channel() -> None:
    """Add, list, check and remove channels.

    \b
    Example:
      sportello channel list
    """


@channel.command("kinds")
@click.argument("kind", required=False)
@JSON
def kinds(kind: str | None, as_json: bool) -> None:
    """List the kinds of channel, or what the configuration of one holds.

    \b
    Example:
      sportello channel kinds sms
    """
    with opened(new=True) as store:
        if kind is None:
            rows = [(one.kind, one.title) for one in store.connectors.values()]
            say([{"kind": word, "title": title} for word, title in rows]) if as_json else table(("kind", "title"), rows)
            return
        connector = _connector(store, kind)
        schema = connector.Config.model_json_schema()
        if as_json:
            say(schema)
            return
        required = set(schema.get("required", ()))
        table(
            ("setting", "needed", "what it is"),
            [
                (name, "yes" if name in required else "no", f"{one.get('title', '')}. {one.get('description', '')}")
                for name, one in schema["properties"].items()
            ],
        )


@channel.command("add")
@click.argument("kind")
@click.option("--name", required=True, help="Small letters, digits and hyphens: support-mail.")
@click.option("--config", required=True, metavar="FILE", help="A JSON object with its settings; - is standard input.")
@click.option("--title", default="", help="As agents read it.")
@click.option("--connect", is_flag=True, help="Also tell the provider where to reach this desk.")
@JSON
def add(kind: str, name: str, config: str, title: str, connect: bool, as_json: bool) -> None:
    """Add a channel of a KIND: email, sms, chat, telegram, messenger. Its secrets are sealed before they are stored.

    \b
    Example:
      sportello channel add sms --name shop-sms --config sms.json --json
    """
    values = _config(config)
    with opened() as store:
        with store.transaction() as work:
            row = channels.add(work, SYSTEM, kind=kind, name=name, values=values, title=title)
        told = _channel(store, row)
        if as_json:
            say({key: told[key] for key in ("id", "kind", "name", "address", "hook_path")})
        else:
            click.echo(f"The channel {row.name} is there now ({row.address or row.kind}).")
            if "hook" in told:
                click.echo(f"Its provider calls {told['hook']}")
        if connect:
            _connect(store, row, quiet=as_json)


def _connector(store: Store, kind: str) -> Connector[Any]:
    connector = store.connectors.get(kind)
    if connector is None:
        msg = f"there is no kind of channel {kind!r}; choose one of {', '.join(store.connectors)}"
        raise Invalid(msg, fields={"kind": msg})
    return connector


def _config(file: str) -> dict[str, Any]:
    data = sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
    try:
        values = json.loads(data.decode("utf-8-sig"))
    except ValueError as problem:
        msg = f"{file} is not JSON: {problem}"
        raise Invalid(msg) from None
    if not isinstance(values, dict):
        msg = f"{file} holds no JSON object"
        raise Invalid(msg)
    return values


@channel.command("list")
@JSON
def list_channels(as_json: bool) -> None:
    """List the channels and how they are.

    \b
    Example:
      sportello channel list --json
    """
    with opened() as store:
        with store.reading() as work:
            rows = work.scalars(select(Channel).where(Channel.removed_at.is_(None)).order_by(Channel.name)).all()
        told = [_channel(store, row) for row in rows]
    if as_json:
        say(told)
        return
    table(
        ("name", "kind", "address", "state"),
        [
            (one["name"], one["kind"], one["address"], one["problem"] or ("on" if one["enabled"] else "off"))
            for one in told
        ],
    )


@channel.command("sign-in")
@click.argument("name", metavar="SLUG")
def sign_in(name: str) -> None:
    """Sign in to a Microsoft mailbox by a code that you type on another device. Google signs in on the channel's page.

    \b
    Example:
      sportello channel sign-in support-mail
    """
    with opened() as store:
        with store.reading() as work:
            row = channels.find(work, name)
        device = grants.begin_device(store, SYSTEM, row.id)
        click.echo(f"Open {device.uri} and type {device.user_code}")
        while True:
            with store.reading() as work:
                now = work.get_one(Channel, row.id)
            if now.device_at is None:
                break
            time.sleep(max(0.0, min((now.device_at - clock.now()).total_seconds(), 5.0)))
            grants.ask_devices(store)
        if now.signed_in_at is None or now.signed_in_at == row.signed_in_at:
            msg = "the sign-in was declined or took too long"
            raise Invalid(msg)
        click.echo(f"Signed in; {row.name} works on.")


@channel.command("check")
@click.argument("name", metavar="SLUG")
@JSON
def check(name: str, as_json: bool) -> None:
    """Ask the provider whether the channel works; ends with 1 and a sentence where it does not.

    \b
    Example:
      sportello channel check support-mail
    """
    with opened() as store:
        with store.reading() as work:
            row = channels.find(work, name)
        found = grants.talk(store, row.id, lambda connector, config: connector.check(config))
    if as_json:
        say({"name": row.name, "ok": True, "detail": found})
    else:
        click.echo(found)


@channel.command("connect")
@click.argument("name", metavar="SLUG")
def connect(name: str) -> None:
    """Tell the provider where to reach this desk (PUBLIC_URL), where it can be told.

    \b
    Example:
      PUBLIC_URL=https://desk.bottega.example sportello channel connect shop-telegram
    """
    with opened() as store:
        with store.reading() as work:
            row = channels.find(work, name)
        _connect(store, row, quiet=False)


@channel.command("remove")
@click.argument("name", metavar="SLUG")
@click.option("--yes", is_flag=True, help="Do not ask.")
def remove(name: str, yes: bool) -> None:
    """Disconnect a channel and forget its secrets. Its tickets, journal and figures stay.

    \b
    Example:
      sportello channel remove old-sms --yes
    """
    with opened() as store:
        with store.reading() as work:
            row = channels.find(work, name)
        if not yes:
            click.confirm(f"Disconnect {row.name} ({row.kind}) and forget its secrets?", abort=True, err=True)
        with store.transaction() as work:
            channels.remove(work, SYSTEM, row.id)
    click.echo(f"The channel {row.name} is removed.")


def _connect(store: Store, row: Channel, *, quiet: bool) -> None:
    with store.reading() as work:
        config = channels.config_of(work, row)
    public = store.settings.public_url
    steps = list(store.connectors[row.kind].connect(config, public + channels.hook_path(row) if public else None))
    for step in steps or ["There is nothing to tell this provider from here."]:
        click.echo(step, err=quiet)


def _channel(store: Store, row: Channel) -> dict[str, Any]:
    connector = store.connectors.get(row.kind)
    told: dict[str, Any] = {
        "id": row.id,
        "kind": row.kind,
        "name": row.name,
        "title": row.title,
        "address": row.address,
        "hook_path": channels.hook_path(row),
        "enabled": row.enabled,
        "problem": row.problem or None,
    }
    hook = _hook(store, row, connector)
    if hook:
        told["hook"] = hook
    return told


def _hook(store: Store, row: Channel, connector: Connector[Any] | None) -> str:
    """What the provider calls, empty where it does not; a password in it is left out."""
    if connector is None or not connector.capabilities.hooks:
        return ""
    try:
        with store.reading() as work:
            config = channels.config_of(work, row)
    except Problem:  # the key does not fit: the list is still a list
        return ""
    if not connector.is_called(config):
        return ""
    address = connector.hook_url(config, store.settings.base_url + channels.hook_path(row))
    before, at, after = address.rpartition("@")
    return f"{before.rpartition(':')[0]}:…@{after}" if at else address
