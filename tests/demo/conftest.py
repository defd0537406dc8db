"""A desk with the sample data: played once per kind of database, then copied for each test."""

from __future__ import annotations

import datetime as dt
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from connectors import registry
from inbox import clock
from inbox.actions import people, sample
from inbox.actions.setup import FirstDesk, create
from inbox.actions.who import SYSTEM, Who
from inbox.settings import Settings
from inbox.store import Agent, Store, backup
from tests.servers.once import made_once
from tests.servers.postgresql import PostgreSQL

#: The moment at which every sample of this run ends, whichever of its processes plays it.
NOW = clock.parse(os.environ["TESTS_BEGAN"])
PORT = 8000


@dataclass
class SampleDesk:
    """A desk as ``sportello demo`` makes it, but for the sandbox."""

    settings: Settings
    store: Store

    @property
    def luca(self) -> Who:
        """Its admin."""
        with self.store.reading() as work:
            return Who.of(people.by_email(work, "luca@cirro.example"))


def opened(url: str, folder: Path) -> SampleDesk:
    """The desk in a database and a folder."""
    settings = Settings(database_url=url, data_dir=folder, port=PORT)
    settings.prepare()
    return SampleDesk(settings, Store(settings, registry()))


def play(url: str, folder: Path, at: dt.datetime = NOW) -> None:
    """Sets a migrated desk up and fills it."""
    desk = opened(url, folder)
    with clock.at(at), desk.store.transaction() as work:
        create(
            work, FirstDesk("Cirro Hosting", "it", "Europe/Rome", "Luca Moretti", "luca@cirro.example", sample.PASSWORD)
        )
        sample.fill(work, SYSTEM, accounts={}, password=sample.PASSWORD)
    desk.store.close()


@pytest.fixture(scope="session")
def filled_sqlite(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a filled desk to copy."""

    def fill(folder: Path) -> None:
        shutil.copyfile(sqlite_template, folder / "sportello.db")
        play("", folder)

    return made_once(tmp_path_factory, "filled", fill)


@pytest.fixture(scope="session")
def filled_postgresql(
    postgresql: PostgreSQL, postgresql_template: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[str, Path]]:
    """The name of a filled database, and its folder, to copy: each process has a server of its own, and puts there what
    one of them played."""

    def fill(folder: Path) -> None:
        name = postgresql.create(postgresql_template)
        url = postgresql.url(name)
        play(url, folder / "data")
        desk = opened(url, folder / "data")
        backup.make(desk.settings, folder / "backup")
        desk.store.close()
        postgresql.drop(name)

    made = made_once(tmp_path_factory, "filled-postgresql", fill)
    name, folder = postgresql.create(), tmp_path_factory.mktemp("filled-copy")
    settings = Settings(database_url=postgresql.url(name), data_dir=folder, port=PORT)
    backup.restore(settings, made / "backup", replace=False, afterwards=lambda _work, _manifest: None)
    yield name, folder
    postgresql.drop(name)


def copied(folder: Path, target: Path) -> None:
    shutil.copytree(folder, target, dirs_exist_ok=True)


@pytest.fixture
def sqlite_desk(filled_sqlite: Path, data_dir: Path) -> Iterator[SampleDesk]:
    """The sample desk on SQLite, where the kind of database makes no difference."""
    copied(filled_sqlite, data_dir)
    desk = opened("", data_dir)
    yield desk
    desk.store.close()


@pytest.fixture
def postgresql_desk(
    filled_postgresql: tuple[str, Path], postgresql: PostgreSQL, data_dir: Path
) -> Iterator[SampleDesk]:
    """The sample desk on PostgreSQL."""
    template, folder = filled_postgresql
    copied(folder, data_dir)
    name = postgresql.create(template)
    desk = opened(postgresql.url(name), data_dir)
    yield desk
    desk.store.close()
    postgresql.drop(name)


@pytest.fixture(params=["sqlite", "postgresql"])
def desk(request: pytest.FixtureRequest) -> SampleDesk:
    """The sample desk; the test runs once on each kind of database."""
    found: SampleDesk = request.getfixturevalue(f"{request.param}_desk")
    return found


@pytest.fixture
def agents(desk: SampleDesk) -> dict[str, Agent]:
    """The people by their first names."""
    with desk.store.reading() as work:
        return {one.name.split()[0].lower(): one for one in work.query(Agent)}
