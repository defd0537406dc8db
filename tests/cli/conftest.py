"""A desk that the command line is asked about, in this process: quick, and on both databases."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from connectors import registry
from inbox import cli, logs
from inbox.settings import Settings
from inbox.store import Channel, Store


@dataclass(frozen=True)
class Ran:
    """What a command left behind."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """Its output as one JSON value."""
        return json.loads(self.out)

    @property
    def lines(self) -> list[Any]:
        """Its output as JSON lines."""
        return [json.loads(line) for line in self.out.splitlines()]


Run = Callable[..., Ran]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Run:
    """``run("agent", "list")`` as a terminal would; ``stdin`` are bytes."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(logs, "configure", lambda *_args: None)  # it would hold on to this test's standard error

    def run(*arguments: str | Path, stdin: bytes = b"") -> Ran:
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(stdin), encoding="utf-8"))
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            cli.main([str(one) for one in arguments])
        said = capsys.readouterr()
        code = ended.value.code
        return Ran(code if isinstance(code, int) else int(code or 0), said.out, said.err)

    return run


@pytest.fixture
def surroundings(monkeypatch: pytest.MonkeyPatch, settings: Settings) -> Settings:
    """The environment of a migrated desk."""
    monkeypatch.setenv("DATABASE_URL", settings.database_url)
    monkeypatch.setenv("DATA_DIR", str(settings.data_dir))
    return settings


@pytest.fixture
def store(surroundings: Settings) -> Iterator[Store]:
    """The same desk from inside."""
    opened = Store(surroundings, registry())
    yield opened
    opened.close()


@pytest.fixture
def mailbox(store: Store) -> Channel:
    """A mail channel; nothing here asks its servers."""
    channel = Channel(kind="email", name="support-mail", address="help@bottega.example")
    with store.transaction() as work:
        work.add(channel)
    return channel


@pytest.fixture
def password(tmp_path: Path) -> Path:
    """A file that holds a password."""
    file = tmp_path / "password.txt"
    file.write_text("correct horse battery\n")
    return file
