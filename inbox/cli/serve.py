"""Running the desk: web and worker as processes of their own, supervised by ``serve``."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from types import FrameType
from typing import Any

import click

from inbox import heap, logs
from inbox.errors import Unavailable
from inbox.settings import Settings
from inbox.store import backup, running, schema

__all__ = ["SANDBOX", "command_of", "free_port", "serve", "supervise", "web", "worker"]

log = logs.get(__name__)
GENTLE_S = 20.0  # how long a child may take to end
SANDBOX = "sandbox"  # what the desk speaks to in the demo
CALM_S = 10.0  # a child that lived so long is started again at once
MIGRATION_S = 600.0  # a large desk's migration takes its time
SUPERVISED = "SPORTELLO_SUPERVISED"


def prepared() -> Settings:
    """The settings of a role, with folder and key made and the tables there. Raises :class:`Unavailable`.

    A database of a newer program is refused. A supervised role was started while its supervisor still migrates, so that
    both use the time; it waits for the end.
    """
    settings = Settings()
    settings.prepare()
    running.hold(settings)
    patience = time.monotonic() + (MIGRATION_S if SUPERVISED in os.environ else 0.0)
    while (now := schema.current(settings)) != schema.newest():
        schema.refuse_newer(now)
        if time.monotonic() > patience:
            msg = "the database is not at this version's tables; run: sportello migrate"
            raise Unavailable(msg)
        time.sleep(0.05)
    return settings


def follow_supervisor() -> None:
    """Ends this process when its supervisor is gone, however it went: nobody else would."""
    if SUPERVISED not in os.environ:
        return
    parent = os.getppid()

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(1.0)
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=watch, name="supervisor", daemon=True).start()


@click.command()
def web() -> None:
    """Serve pages, API, hooks and sockets (one process).

    \b
    Example:
      PORT=8000 sportello web
    """
    from gunicorn.app.base import BaseApplication

    from inbox.app import create_app
    from inbox.figures import asking

    settings = prepared()
    logs.configure(settings.log_level, "web")
    follow_supervisor()

    class Server(BaseApplication):  # type: ignore[misc]
        """Gunicorn with threads: one worker, for sockets stay with their process."""

        def load_config(self) -> None:
            options: dict[str, Any] = {
                "bind": [f"{settings.host}:{settings.port}"],
                "workers": 1,
                "worker_class": "gthread",
                "threads": settings.web_threads,
                "worker_connections": 2 * settings.web_threads,
                "timeout": 120,
                "graceful_timeout": 5,
                "keepalive": 5,
                "limit_request_field_size": 16_380,
                "loglevel": "warning",
                "control_socket_disable": True,
            }
            for name, value in options.items():
                if name in self.cfg.settings:
                    self.cfg.set(name, value)

        def load(self) -> Any:
            app, _socketio = create_app(settings)
            app.extensions["live"].start()
            with suppress(Unavailable):  # a database that is away is no reason not to start
                asking.warm(app.extensions["sportello"])
            heap.settle()
            return app

    Server().run()


@click.command()
@click.option("--drain", is_flag=True, help="Work everything that is due, then end.")
def worker(drain: bool) -> None:
    """Read the journal, send the outbox, poll the mailboxes.

    \b
    Example:
      sportello worker --drain
    """
    from connectors import registry
    from inbox.store import Store
    from inbox.worker import Worker

    settings = prepared()
    logs.configure(settings.log_level, "worker")
    follow_supervisor()
    role = Worker(Store(settings, registry()))
    heap.settle()
    if drain:
        role.drain()
    else:
        role.run()


@click.command()
def serve() -> None:
    """Migrate, then run web and worker until told to stop. A child that dies is started again.

    \b
    Example:
      HOST=0.0.0.0 PORT=8000 sportello serve
    """
    settings = Settings()
    settings.prepare()
    running.hold(settings)
    logs.configure(settings.log_level, "serve")
    free_port(settings)
    sys.exit(supervise(settings, {"web": command_of("web"), "worker": command_of("worker")}))


def command_of(role: str) -> list[str]:
    """How a role is started as a process of its own."""
    return [sys.executable, "-m", "inbox.cli", role]


def free_port(settings: Settings) -> None:
    """Raises :class:`Unavailable` where somebody else listens already."""
    with socket.socket(socket.AF_INET6 if ":" in settings.host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.host, settings.port))
        except OSError:
            msg = f"port {settings.port} on {settings.host} is taken; choose another one: PORT=8001 sportello serve"
            raise Unavailable(msg) from None


def _answers(settings: Settings) -> bool:
    host = "127.0.0.1" if settings.host in {"0.0.0.0", "::"} else settings.host  # noqa: S104
    try:
        with socket.create_connection((host, settings.port), 0.2):
            return True
    except OSError:
        return False


def supervise(
    settings: Settings, commands: dict[str, list[str]], hello: Callable[[Settings], str] | None = None
) -> int:
    """Runs the commands as children until SIGTERM or SIGINT, then ends them; gives the exit code.

    Once the desk answers it says ``hello``, or where the desk is.
    """
    stopping = False

    def stop(_number: int, _frame: FrameType | None) -> None:
        nonlocal stopping
        stopping = True

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    environment = {**os.environ, SUPERVISED: "1"}
    children: dict[str, subprocess.Popen[bytes]] = {}
    started: dict[str, float] = {}
    migrated = False
    pause: dict[str, float] = dict.fromkeys(commands, 0.5)
    told = False
    while not stopping:
        for name, command in commands.items():
            child = children.get(name)
            if child is not None and child.poll() is None:
                continue
            if child is not None:
                log.error("child died", child=name, code=child.returncode)
                pause[name] = 0.5 if time.monotonic() - started[name] > CALM_S else min(pause[name] * 2, 10.0)
                _nap(pause[name], lambda: stopping)
                if stopping:
                    break
            children[name] = subprocess.Popen(command, start_new_session=True, env=environment)  # noqa: S603  (our own commands)
            started[name] = time.monotonic()
        if not migrated:
            try:
                _migrate(settings)
            except Exception:
                _end(children)
                raise
            migrated = True
        if not told and _answers(settings):
            told = True
            sys.stdout.write((hello or greeting)(settings) + "\n")
            sys.stdout.flush()
        time.sleep(0.1)
    return _end(children)


def _migrate(settings: Settings) -> None:
    before, after, kept = backup.migrated(settings)
    if kept is not None:
        sys.stdout.write(f"The database went from {before} to {after}; as it was, the desk lies in {kept}\n")
        sys.stdout.flush()


def _nap(seconds: float, stop: Any) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end and not stop():
        time.sleep(0.05)


def _end(children: dict[str, subprocess.Popen[bytes]]) -> int:
    """Ends the desk, then what it speaks to: the other way round it would write down that its providers broke."""
    end = time.monotonic() + GENTLE_S
    desk = [child for name, child in children.items() if name != SANDBOX]
    clean = _ended(desk, end)
    return 0 if _ended([children[SANDBOX]] if SANDBOX in children else [], end) and clean else 1


def _ended(children: list[subprocess.Popen[bytes]], end: float) -> bool:
    for child in children:
        if child.poll() is None:
            os.kill(child.pid, signal.SIGTERM)
    clean = True
    for child in children:
        try:
            child.wait(max(0.1, end - time.monotonic()))
        except subprocess.TimeoutExpired:
            clean = False
            os.killpg(child.pid, signal.SIGKILL)
    return clean


def greeting(settings: Settings) -> str:
    """The one line that says where the desk is, with the set-up's code where nobody has set it up yet."""
    from inbox.actions import setup as set_up
    from inbox.store import Store

    store = Store(settings)
    code = set_up.code(store)
    store.close()
    line = f"Sportello is at {settings.base_url}"
    return f"{line} (set-up code, if it asks: {code})" if code else line
