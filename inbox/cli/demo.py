"""The demo, which needs no account anywhere: a sample desk with a sandbox; and the sample data for any desk."""

from __future__ import annotations

import os
import socket
import sys
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from inbox import logs
from inbox.cli.opening import JSON, opened, say
from inbox.cli.serve import command_of, free_port, supervise
from inbox.errors import Conflict, Unavailable
from inbox.settings import Settings
from inbox.store import schema

if TYPE_CHECKING:
    from inbox.sandbox.client import SandboxClient
    from inbox.store import Store, Work

__all__ = ["demo", "seed"]

log = logs.get(__name__)
HOME: Final = "data/demo"
#: What a real desk's surroundings may say and a demo never listens to: its own database, its own key, nothing outside.
UNHEARD: Final = ("DATABASE_URL", "REDIS_URL", "PUBLIC_URL", "SECRET_KEY", "LMTP_LISTEN")
NEAR: Final = ("127.0.0.1", "localhost", "0.0.0.0")  # noqa: S104  (the sandbox calls loopback, so the desk is there too)
AWAY, STEP, TRIES = 25, 10, 10  # the sandbox's ports lie behind the desk's: 8025, 8026, 8027; else ten further on
PATIENCE_S = 20.0
ADMIN: Final = "luca@cirro.example"


@dataclass(frozen=True)
class Ports:
    """Where the sandbox listens."""

    http: int
    smtp: int
    imap: int

    @property
    def url(self) -> str:
        """The page on which one plays the customer."""
        return f"http://127.0.0.1:{self.http}"


@click.command()
@click.option(
    "--language",
    type=click.Choice(["en", "it"]),
    help="Of a new demo's screens; else your terminal's. Customers write Italian.",
)
def demo(language: str | None) -> None:
    """Run a sample desk with a sandbox for every channel, in DATA_DIR or data/demo. Nothing in it reaches a provider.

    \b
    Example:
      PORT=8080 sportello demo
    """
    settings = _surroundings()
    logs.configure(settings.log_level, "demo")
    free_port(settings)
    if schema.pending(settings):
        schema.upgrade(settings)
    ports = _free_ports(settings)
    if not _is_there(settings, ports):
        click.echo("Making the sample desk, which takes a few seconds.", err=True)
        _make(settings, ports, language or _terminal())
    os.environ["FETCH_ALLOW"] = f"127.0.0.1:{ports.http}"
    os.environ["SANDBOX_URL"] = ports.url
    state, numbers = str(_state(settings)), [str(one) for one in (ports.http, ports.smtp, ports.imap)]
    options = [part for pair in zip(("--port", "--smtp-port", "--imap-port"), numbers, strict=True) for part in pair]
    sandbox = [sys.executable, "-m", "inbox.sandbox", *options, "--state", state, "--supervised"]
    children = {"web": command_of("web"), "worker": command_of("worker"), "sandbox": sandbox}
    sys.exit(supervise(settings, children, lambda settings: _hello(settings, ports)))


def _surroundings() -> Settings:
    """The demo's settings, which the children read from the environment too. Raises :class:`Unavailable`."""
    os.environ.setdefault("DATA_DIR", HOME)
    os.environ.update(dict.fromkeys(UNHEARD, ""))
    settings = Settings()
    if settings.host not in NEAR:
        msg = f"the demo runs on HOST=127.0.0.1 or 0.0.0.0, not on {settings.host}"
        raise Unavailable(msg)
    settings.prepare()
    return settings


def _terminal() -> str:
    words = [os.environ.get(name, "") for name in ("LC_ALL", "LC_MESSAGES", "LANG")]
    return "it" if next(filter(None, words), "").lower().startswith("it") else "en"


def _state(settings: Settings) -> Path:
    return settings.data_dir / "sandbox"


def _free_ports(settings: Settings) -> Ports:
    """Three ports that nobody listens on, the same as last time where they are free."""
    first = settings.port + AWAY if settings.port < 65_000 else settings.port - 1_000
    for number in range(first, first + STEP * TRIES, STEP):
        if all(map(_is_free, range(number, number + 3))):
            return Ports(number, number + 1, number + 2)
    msg = f"the sandbox needs three free ports from {first} on; choose another PORT"
    raise Unavailable(msg)


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


# --- the desk -----------------------------------------------------------------------------------------------------


def _is_there(settings: Settings, ports: Ports) -> bool:
    """True for a desk with sample data, moved to where the sandbox is now. Raises :class:`Conflict` for a real one."""
    from inbox.actions import desk
    from inbox.store import Store

    store = Store(settings)
    try:
        with store.reading() as work:
            if not desk.is_set_up(work):
                return False
            if not desk.get(work, "desk.sample"):
                msg = (
                    f"the desk in {settings.data_dir.resolve()} holds no sample data: run sportello serve there, "
                    "or choose another DATA_DIR for the demo"
                )
                raise Conflict(msg)
            moved = any(channel.config != config for channel, config in _placed(work, ports, settings))
    finally:
        store.close()
    if moved:
        _move(settings, ports)
    return True


def _placed(work: Work, ports: Ports, settings: Settings) -> Iterable[tuple[Any, dict[str, Any]]]:
    """The sample's channels, each with its open settings as they should be with the sandbox at these ports."""
    from sqlalchemy import select

    from inbox.store import Channel

    for channel in work.scalars(select(Channel).where(Channel.sample, Channel.removed_at.is_(None))):
        config = dict(channel.config)
        if channel.kind == "email":
            config |= {"imap_port": ports.imap, "smtp_port": ports.smtp}
        elif channel.kind == "chat":
            config |= {"allowed_sites": _sites(settings, ports)}
        elif "api_base" in config:
            path = {"sms": "twilio", "messenger": "graph"}.get(channel.kind, channel.kind)
            config |= {"api_base": f"{ports.url}/{path}"}
        yield channel, config


def _sites(settings: Settings, ports: Ports) -> list[str]:
    return [ports.url, settings.base_url]


def _move(settings: Settings, ports: Ports) -> None:
    from connectors import registry
    from inbox.actions import channels
    from inbox.actions.who import SYSTEM
    from inbox.store import Store

    store = Store(settings, registry())
    with store.transaction() as work:
        for channel, config in list(_placed(work, ports, settings)):
            if channel.config != config:
                channels.change(work, SYSTEM, channel.id, values=config)
    store.close()


def _make(settings: Settings, ports: Ports, language: str) -> None:
    """Sets the desk up with its sample, all or nothing, and lets the sandbox know who has written before."""
    from connectors import registry
    from inbox import clock
    from inbox.actions import desk, people, sample
    from inbox.actions.sample.casting import EARLY
    from inbox.actions.setup import FirstDesk, create
    from inbox.actions.who import SYSTEM
    from inbox.store import Store

    store = Store(settings, registry())
    with _sandbox()(_state(settings), http=ports.http, smtp=ports.smtp, imap=ports.imap) as sandbox:
        accounts: Mapping[str, Any] = {**sandbox.accounts(), "chat": {"sites": _sites(settings, ports)}}
        with store.transaction() as work:
            with clock.at(clock.now() - EARLY):
                first = FirstDesk("Cirro Hosting", "it", "Europe/Rome", "Luca Moretti", ADMIN, sample.PASSWORD)
                [team] = create(work, first).teams
                people.change_team(work, SYSTEM, team.id, name="Assistenza tecnica", private=False)
                desk.put(work, SYSTEM, "desk.language", language)
            sample.fill(work, SYSTEM, accounts=accounts, password=sample.PASSWORD)
        _introduce(store, sandbox)
    store.close()


def _sandbox() -> Any:
    """The class. Raises :class:`Unavailable` where the sandbox's packages are not installed."""
    try:
        from inbox.sandbox.running import Sandbox
    except ModuleNotFoundError as missing:
        msg = f"the demo's sandbox needs {missing.name}: install sportello[sandbox]"
        raise Unavailable(msg) from None
    return Sandbox


def _introduce(store: Store, sandbox: SandboxClient) -> None:
    """Telegram and Messenger let us answer only who wrote to us, so the stand-ins have to have heard them."""
    import requests
    from sqlalchemy import select

    from inbox import clock
    from inbox.store import Identity, Message
    from inbox.terms import Direction

    with store.reading() as work:
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
            update = sandbox.telegram.receive(value, text or "📷", wait=0)["update_id"]
        else:
            sandbox.messenger.receive(value, text, wait=0)
            sandbox.messenger.age(value, (clock.now() - at).total_seconds() / 3600)
    account = sandbox.accounts()["telegram"]
    taken = {"offset": update + 1, "timeout": 0}  # what the desk has already is not delivered again
    requests.get(f"{account['api_base']}/bot{account['token']}/getUpdates", params=taken, timeout=10).raise_for_status()


# --- the start ----------------------------------------------------------------------------------------------------


def _hello(settings: Settings, ports: Ports) -> str:
    """Acquaints sandbox and desk with each other; gives the line for the terminal."""
    from inbox.actions.sample import PASSWORD

    line = f"The demo desk is at {settings.base_url}; sign in as {ADMIN} with the password {PASSWORD}"
    try:
        _acquaint(settings, ports)
    except Exception:
        log.exception("no sandbox")
        return f"{line}. The sandbox does not answer, so messages neither come nor go."
    return f"{line}; play its customers at {ports.url}"


def _acquaint(settings: Settings, ports: Ports) -> None:
    from sqlalchemy import select

    from connectors import registry
    from inbox.actions import channels
    from inbox.sandbox.client import SandboxClient
    from inbox.store import Channel, Store

    store = Store(settings, registry())
    client = SandboxClient(ports.url)
    until = time.monotonic() + PATIENCE_S
    while _is_free(ports.http) and time.monotonic() < until:
        time.sleep(0.05)
    with store.reading() as work:
        found: list[dict[str, Any]] = []
        for channel in work.scalars(select(Channel).where(Channel.sample, Channel.enabled)):
            connector, path = store.connectors[channel.kind], channels.hook_path(channel)
            if channel.kind == "chat":
                found.append({"kind": "chat", "site": channel.id})
            elif channel.kind == "telegram":
                list(connector.connect(channels.config_of(work, channel), settings.base_url + path))
            elif connector.capabilities.hooks:
                found.append({"kind": channel.kind, "hook_path": path + connector.hook_fragment})
    client.desk(settings.base_url, found)
    client.close()
    store.close()


# --- sample data for any desk -------------------------------------------------------------------------------------


@click.command()
@click.option("--remove", is_flag=True, help="Take the sample data away again; what is real stays.")
@JSON
def seed(remove: bool, as_json: bool) -> None:
    """Add the sample data to a desk, or take it away. Its people cannot sign in, and nothing of it can leave.

    \b
    Example:
      sportello seed
      sportello seed --remove
    """
    from inbox.actions import desk, sample
    from inbox.actions.who import SYSTEM

    with opened() as store, store.transaction() as work:
        if not desk.is_set_up(work):
            msg = (
                "nobody has set this desk up yet; run sportello setup first, or sportello demo for a desk to play with"
            )
            raise Unavailable(msg)
        count = sample.remove(work, SYSTEM) if remove else sample.fill(work, SYSTEM)
    if as_json:
        say({"removed" if remove else "added": count})
    elif remove:
        click.echo(f"The sample data is gone, with its {count} tickets.")
    else:
        click.echo(f"{count} sample tickets are there now; sportello seed --remove takes them away.")
