"""A whole desk for a journey: web and worker as ``sportello serve`` starts them, providers by the sandbox."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
import zoneinfo
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import requests

from connectors import registry
from inbox.actions import channels, costs, people
from inbox.actions.setup import FirstDesk, create
from inbox.actions.who import SYSTEM
from inbox.clock import now
from inbox.sandbox.running import Running, Sandbox
from inbox.settings import Settings
from inbox.store import Channel, Store, schema
from inbox.worker import Worker
from tests.servers.processes import free_port

__all__ = ["PASSWORD", "RunningDesk", "until"]

PASSWORD = "correct horse battery"
ROOT = Path(__file__).resolve().parents[2]


def until(what: str, found: Callable[[], Any], timeout: float = 60.0) -> Any:
    """Waits until ``found`` gives something true, and gives it. Fails with ``what`` after ``timeout`` seconds."""
    end = time.monotonic() + timeout
    while True:
        value = found()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError(f"not within {timeout:.0f} s: {what}")
        time.sleep(0.05)


class RunningDesk:
    """``with RunningDesk(url, folder) as desk``: set up, with one agent, a sandbox, and the processes running.

    The sandbox is in threads, which start at once; whoever forks gives a ``SandboxProcess``.
    """

    def __init__(
        self,
        database_url: str,
        data_dir: Path,
        *,
        language: str = "en",
        environment: dict[str, str] | None = None,
        sandbox: type[Running] = Sandbox,
    ) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.language = language
        self.environment = environment or {}
        self.settings = Settings(database_url=database_url, data_dir=data_dir, port=self.port)
        self.settings.prepare()
        schema.upgrade(self.settings)
        self.store = Store(self.settings, registry())
        self.sandbox = sandbox()
        self.log = data_dir / "desk.log"
        self.process: subprocess.Popen[bytes] | None = None
        self.channels: dict[str, Channel] = {}

    def __enter__(self) -> Self:
        self.sandbox.__enter__()
        with self.store.transaction() as work:
            first = FirstDesk(
                "Cirro Hosting", self.language, "Europe/Rome", "Luca Moretti", "luca@cirro.example", PASSWORD
            )
            self.admin = create(work, first).id
            self.giulia = people.add_agent(
                work, SYSTEM, email="giulia@cirro.example", name="Giulia Ferri", role="agent", password=PASSWORD
            ).id
            costs.rate(work, SYSTEM, per_hour="24.00", start=now().date())
            costs.exchange(work, SYSTEM, currency="USD", rate="0.9", day=now().date())
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
        self.store.close()
        self.sandbox.__exit__(kind, error, trace)
        if error is not None and self.log.exists():
            sys.stdout.write(self.log.read_text()[-8000:])

    def add_channel(self, kind: str, **values: Any) -> Channel:
        """Connects a channel to the sandbox's account of that kind."""
        account = self.sandbox.accounts().get(kind, {})
        configs: dict[str, dict[str, Any]] = {
            "sms": {key: account.get(key) for key in ("account_sid", "auth_token", "number", "api_base")},
            "telegram": {"token": account.get("token"), "api_base": account.get("api_base"), "receive": "webhook"},
            "messenger": {
                key: account.get(key)
                for key in ("page_id", "page_token", "app_secret", "verify_token", "app_id", "api_base")
            },
            "email": {
                "address": account.get("address"),
                "name": "Cirro Hosting",
                "imap_host": (account.get("imap") or {}).get("host"),
                "imap_port": (account.get("imap") or {}).get("port"),
                "imap_security": "plain",
                "smtp_host": (account.get("smtp") or {}).get("host"),
                "smtp_port": (account.get("smtp") or {}).get("port"),
                "smtp_security": "plain",
                "imap_user": account.get("address"),
                "imap_password": account.get("password"),
            },
            "chat": {"title": "Cirro Hosting", "allowed_sites": [self.url]},
        }
        with self.store.transaction() as work:
            channel = channels.add(work, SYSTEM, kind=kind, name=kind, values={**configs[kind], **values})
        self.channels[kind] = channel
        if kind != "chat":
            hooked = [
                {"kind": one.kind, "hook_path": channels.hook_path(one)}
                for one in self.channels.values()
                if one.kind != "chat"
            ]
            self.sandbox.desk(self.url, hooked)
        return channel

    @property
    def env(self) -> dict[str, str]:
        """What the processes see."""
        sandbox_host = self.sandbox.url.removeprefix("http://")
        return {
            **{key: value for key, value in os.environ.items() if not key.startswith("SPORTELLO_")},
            "DATABASE_URL": self.settings.database_url,
            "DATA_DIR": str(self.settings.data_dir),
            "HOST": "127.0.0.1",
            "PORT": str(self.port),
            "FETCH_ALLOW": sandbox_host,
            "WEB_THREADS": "24",
            "PYTHONUNBUFFERED": "1",
            **self.environment,
        }

    def start(self, *roles: str) -> None:
        """Starts ``serve`` (or single roles) and waits until pages are answered."""
        command = [sys.executable, "-m", "inbox.cli", *(roles or ("serve",))]
        log = self.log.open("ab")
        self.process = subprocess.Popen(command, env=self.env, cwd=ROOT, stdout=log, stderr=log)
        log.close()
        if not roles or "web" in roles:
            until("the desk answers", self._answers, 90)

    def role(self, *words: str, kill: str = "") -> subprocess.Popen[bytes]:
        """Starts one role as a process of its own; ``kill`` names the place where it dies."""
        env = {**self.env, "SPORTELLO_KILL_POINT": kill} if kill else self.env
        with self.log.open("ab") as log:
            return subprocess.Popen(
                [sys.executable, "-m", "inbox.cli", *words], env=env, cwd=ROOT, stdout=log, stderr=log
            )

    def drain(self) -> None:
        """Works everything that is due, to the end; what a worker had in mind before is forgotten."""
        store = Store(self.settings, registry())
        Worker(store).drain()
        store.close()

    def _answers(self) -> bool:
        if self.process is not None and self.process.poll() is not None:
            raise AssertionError("the desk ended: " + self.log.read_text()[-4000:])
        try:
            return requests.get(f"{self.url}/healthz", timeout=2).ok
        except requests.RequestException:
            return False

    def stop(self) -> None:
        """Ends the processes cleanly."""
        if self.process is None:
            return
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(30)
            except subprocess.TimeoutExpired:
                self.process.kill()
                raise
        self.process = None

    def report(self, **wanted: str) -> dict[str, Any]:
        """What ``sportello report --json`` says of today."""
        local = now().astimezone(zoneinfo.ZoneInfo("Europe/Rome")).date()
        start, end = (local - timedelta(days=1)).isoformat(), (local + timedelta(days=1)).isoformat()
        options = [part for key, value in wanted.items() for part in (f"--{key}", value)]
        command = [sys.executable, "-m", "inbox.cli", "report", "--from", start, "--to", end, "--json", *options]
        done = subprocess.run(command, env=self.env, cwd=ROOT, capture_output=True, text=True, check=False, timeout=60)
        assert done.returncode == 0, done.stderr
        found: dict[str, Any] = json.loads(done.stdout)
        return found


def temporary_folder() -> Path:
    """For runs outside of pytest."""
    return Path(tempfile.mkdtemp(prefix="desk-"))
