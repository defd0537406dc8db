"""The demo, which needs no account anywhere: a sample desk with a sandbox; and the sample data for any desk."""

from __future__ import annotations

import os
import sys
from typing import Final

import click

from inbox import logs
from inbox.cli.opening import JSON, opened, say
from inbox.cli.places import Places
from inbox.cli.serve import SANDBOX, command_of, free_port, supervise
from inbox.errors import Unavailable
from inbox.settings import Settings
from inbox.store import schema

__all__ = ["demo", "seed"]

log = logs.get(__name__)
HOME: Final = "data/demo"
#: What a real desk's surroundings may say and a demo never listens to: its own database, its own key, nothing outside.
UNHEARD: Final = ("DATABASE_URL", "REDIS_URL", "PUBLIC_URL", "SECRET_KEY", "LMTP_LISTEN")
NEAR: Final = ("127.0.0.1", "localhost", "0.0.0.0")  # noqa: S104  (the sandbox calls loopback, so the desk is there too)


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
    places, state = Places.find(settings), settings.data_dir / "sandbox"
    if Places.noted(settings.data_dir) != places or schema.pending(settings):
        from inbox.cli.sandboxed import prepare

        prepare(settings, places, state, language or _terminal())
        places.note(settings.data_dir)
    os.environ["FETCH_ALLOW"] = places.sandbox.removeprefix("http://")
    os.environ["SANDBOX_URL"] = places.sandbox
    ports = {"--port": places.http, "--smtp-port": places.smtp, "--imap-port": places.imap}
    options = [part for name, port in ports.items() for part in (name, str(port))]
    sandbox = [sys.executable, "-m", "inbox.sandbox", *options, "--state", str(state), "--supervised"]
    children = {"web": command_of("web"), "worker": command_of("worker"), SANDBOX: sandbox}
    sys.exit(supervise(settings, children, lambda settings: _hello(settings, places)))


def _surroundings() -> Settings:
    """The demo's settings, which its children read from the environment too. Raises :class:`Unavailable`."""
    os.environ.setdefault("DATA_DIR", HOME)
    os.environ.update(dict.fromkeys(UNHEARD, ""))
    settings = Settings()
    if settings.host not in NEAR:
        msg = f"the demo runs on HOST=127.0.0.1 or 0.0.0.0, not on {settings.host}"
        raise Unavailable(msg)
    settings.prepare()
    return settings


def _terminal() -> str:
    """The language of the terminal, or English."""
    words = [os.environ.get(name, "") for name in ("LC_ALL", "LC_MESSAGES", "LANG")]
    return "it" if next(filter(None, words), "").lower().startswith("it") else "en"


def _hello(settings: Settings, places: Places) -> str:
    from inbox.cli.sandboxed import hello

    try:
        return hello(settings, places)
    except Exception:
        log.exception("the sandbox does not answer")
        return f"The demo desk is at {places.desk}, but its sandbox does not answer: messages neither come nor go."


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
            msg = "nobody has set this desk up yet; run sportello setup first, or sportello demo for one to play with"
            raise Unavailable(msg)
        count = sample.remove(work, SYSTEM) if remove else sample.fill(work, SYSTEM)
    if as_json:
        say({"removed" if remove else "added": count})
    elif remove:
        click.echo(f"The sample data is gone, with its {count} tickets.")
    else:
        click.echo(f"{count} sample tickets are there now; sportello seed --remove takes them away.")
