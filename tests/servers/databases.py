"""A database of its own for each test, on both kinds: migrated once for the session, then copied."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from inbox.settings import Settings
from inbox.store import Store, schema
from tests.servers.once import made_once
from tests.servers.postgresql import PostgreSQL

KINDS = ("sqlite", "postgresql")


def migrate(url: str, folder: Path) -> None:
    """Brings the database at ``url`` to this version's tables, as ``sportello migrate`` does."""
    folder.mkdir(parents=True, exist_ok=True)
    schema.upgrade(Settings(database_url=url, data_dir=folder))


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite file to copy."""
    made = made_once(tmp_path_factory, "sqlite", lambda folder: migrate(f"sqlite:///{folder / 'template.db'}", folder))
    return made / "template.db"


@pytest.fixture(scope="session")
def postgresql_template(postgresql: PostgreSQL, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The name of a migrated PostgreSQL database to copy."""
    name = postgresql.create()
    migrate(postgresql.url(name), tmp_path_factory.mktemp("postgresql"))
    yield name
    postgresql.drop(name)


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    """What ``DATA_DIR`` is for one test."""
    folder = tmp_path / "data"
    folder.mkdir()
    return folder


@pytest.fixture
def sqlite_url(data_dir: Path, sqlite_template: Path) -> str:
    """A migrated SQLite database, where a desk without ``DATABASE_URL`` would have it."""
    file = data_dir / "sportello.db"
    shutil.copyfile(sqlite_template, file)
    return f"sqlite:///{file}"


@pytest.fixture(scope="session")
def emptied(postgresql: PostgreSQL, postgresql_template: str) -> Iterator[list[str]]:
    """Databases that a test has left and that are empty again: emptying one is many times quicker than making one."""
    del postgresql_template
    free: list[str] = []
    yield free
    for name in free:
        postgresql.drop(name)


@pytest.fixture
def postgresql_url(postgresql: PostgreSQL, postgresql_template: str, emptied: list[str]) -> Iterator[str]:
    """A migrated PostgreSQL database with nothing in it."""
    name = emptied.pop() if emptied else postgresql.create(postgresql_template)
    yield postgresql.url(name)
    if postgresql.empty(name, keep=("alembic_version",)):
        emptied.append(name)
    else:
        postgresql.drop(name)


@pytest.fixture(params=KINDS)
def database_url(request: pytest.FixtureRequest) -> str:
    """A migrated database with nothing in it; the test runs once on each kind."""
    return str(request.getfixturevalue(f"{request.param}_url"))


@pytest.fixture(params=KINDS)
def empty_database_url(request: pytest.FixtureRequest, data_dir: Path) -> Iterator[str]:
    """A database without a single table; the test runs once on each kind."""
    if request.param == "sqlite":
        yield f"sqlite:///{data_dir / 'sportello.db'}"
        return
    server: PostgreSQL = request.getfixturevalue("postgresql")
    name = server.create()
    yield server.url(name)
    server.drop(name)


@pytest.fixture
def settings(database_url: str, data_dir: Path) -> Settings:
    """A desk's surroundings on each kind of database, with a key of its own."""
    prepared = Settings(database_url=database_url, data_dir=data_dir)
    prepared.prepare()
    return prepared


@pytest.fixture
def store(settings: Settings) -> Iterator[Store]:
    """The ticket store on each kind of database, without connectors."""
    opened = Store(settings)
    yield opened
    opened.writer.dispose()
    opened.reader.dispose()
