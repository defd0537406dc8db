"""A PostgreSQL cluster of the session's own from the installed binaries, or the server that TEST_DATABASE_URL names."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import uuid
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import URL, make_url

from tests.servers.processes import Process, as_user, free_port

MISSING = "PostgreSQL is missing (apt-get install postgresql, or set TEST_DATABASE_URL)"

# Nothing here has to survive a power cut; a killed process loses nothing even so.
CONFIGURATION = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "shared_buffers": "64MB",
    "max_connections": "200",
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "timezone": "Europe/Rome",  # not UTC, so that code which leans on the server's zone is found out
}


class PostgreSQL:
    """A server that tests may fill with databases of their own."""

    def __init__(self, admin: URL) -> None:
        self.admin = admin

    def url(self, database: str) -> str:
        """The SQLAlchemy address of one database."""
        return self.admin.set(drivername="postgresql+psycopg", database=database).render_as_string(hide_password=False)

    def run(self, statement: str) -> None:
        """Runs one statement outside any transaction, as the administrator."""
        plain = self.admin.set(drivername="postgresql").render_as_string(hide_password=False)
        with psycopg.connect(plain, autocommit=True) as connection:
            connection.execute(statement.encode())

    def create(self, template: str = "template0") -> str:
        """Makes a database as a copy of ``template`` and gives its name."""
        name = f"sportello_{uuid.uuid4().hex[:12]}"
        self.run(f'CREATE DATABASE "{name}" TEMPLATE "{template}" ENCODING \'UTF8\'')
        return name

    def empty(self, name: str, keep: tuple[str, ...]) -> bool:
        """Empties a database but for the tables ``keep`` and starts its numbers anew; False where that fails."""
        plain = self.admin.set(drivername="postgresql", database=name).render_as_string(hide_password=False)
        try:
            with psycopg.connect(plain, autocommit=True) as line:
                others = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s AND pid <> %s"
                line.execute(others, (name, line.info.backend_pid))
                # a table without a page never had a row, and truncating it costs as much as truncating a full one
                tables = (
                    "SELECT oid::regclass::text FROM pg_class WHERE relnamespace = 'public'::regnamespace"
                    " AND relkind = 'r' AND pg_relation_size(oid) > 0 AND relname <> ALL(%s)"
                )
                full = [quoted for (quoted,) in line.execute(tables, (list(keep),))]
                if full:
                    line.execute(f"TRUNCATE {', '.join(full)} CASCADE".encode())
                line.execute(
                    "SELECT setval(oid::regclass, 1, false) FROM pg_class"
                    " WHERE relnamespace = 'public'::regnamespace AND relkind = 'S'"
                )
        except psycopg.Error:
            return False
        return True

    def drop(self, name: str) -> None:
        """Removes a database, whoever is still connected to it."""
        self.run(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


class Cluster(PostgreSQL):
    """A server of our own in a temporary folder; it can be killed and started again on the same port."""

    def __init__(self, binaries: Path, folder: Path) -> None:
        self.binaries, self.folder = binaries, folder
        self.owner = unprivileged()
        if os.geteuid() == 0:
            shutil.chown(folder, self.owner, self.owner)
        options = ["-U", "sportello", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync"]
        subprocess.run(
            [binaries / "initdb", "-D", folder / "data", *options],
            check=True,
            capture_output=True,
            **as_user(self.owner),
        )
        self.start()

    def start(self, port: int | None = None) -> None:
        """Starts the server, on a free port or on the one it had."""
        for _attempt in range(5):
            self.port = port or free_port()
            self.admin = URL.create("postgresql", "sportello", host="127.0.0.1", port=self.port, database="postgres")
            settings = [part for key, value in CONFIGURATION.items() for part in ("-c", f"{key}={value}")]
            self.process = Process(
                [self.binaries / "postgres", "-D", self.folder / "data", "-p", str(self.port), *settings],
                self.folder.parent / f"{self.folder.name}.log",
                stop_by=signal.SIGINT,  # PostgreSQL's fast shutdown
                user=self.owner,
            )
            if self.process.wait_for(self.answers):
                return
        msg = f"PostgreSQL does not start: {self.process.last_words()}"
        raise RuntimeError(msg)

    def answers(self) -> bool:
        """True as soon as it takes connections."""
        try:
            self.run("SELECT 1")
        except psycopg.OperationalError:
            return False
        return True

    def restart(self) -> None:
        """Cuts every connection and comes back on the same port."""
        self.process.stop()
        self.start(self.port)


def unprivileged() -> str:
    """Whom the server runs as when the tests are root, which PostgreSQL refuses to be."""
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name).pw_name
        except KeyError:
            continue
    return "daemon"


def binaries() -> Path | None:
    """The folder of ``initdb`` and ``postgres``, newest version first; Debian keeps it off the PATH."""
    on_path = shutil.which("initdb")
    if on_path and (Path(on_path).parent / "postgres").exists():
        return Path(on_path).parent
    installed = Path("/usr/lib/postgresql").glob("*/bin/initdb")
    newest = max(installed, key=lambda path: int(path.parts[4]), default=None)
    return newest.parent if newest else None


@pytest.fixture(scope="session")
def postgresql() -> Iterator[PostgreSQL]:
    """A running PostgreSQL, one for the session (and one for each process of a parallel run)."""
    given = os.environ.get("TEST_DATABASE_URL")
    if given:
        yield PostgreSQL(make_url(given))
        return
    found = binaries()
    if found is None:
        pytest.skip(MISSING)
    with tempfile.TemporaryDirectory(prefix="sportello-pg-") as folder:
        Path(folder).chmod(0o755)
        inner = Path(folder) / "cluster"
        inner.mkdir()
        cluster = Cluster(found, inner)
        yield cluster
        cluster.process.stop()


@pytest.fixture
def postgresql_cluster(postgresql: PostgreSQL) -> Cluster:
    """The session's own cluster, for a test that restarts it."""
    if not isinstance(postgresql, Cluster):
        pytest.skip("the server of TEST_DATABASE_URL is not ours to restart")
    return postgresql
