"""Bringing a database to this version's tables, and saying how far it is."""

from __future__ import annotations

import fcntl
import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

from inbox.errors import Unavailable
from inbox.settings import Settings, home
from inbox.store import engine

__all__ = ["config", "current", "downgrade", "known", "newest", "pending", "refuse_newer", "upgrade"]

MIGRATION_LOCK = 0x5057_0002


def config(connection: Connection | None = None) -> Config:
    """Alembic's configuration without an ini file: the folder is found in checkout and wheel alike."""
    settings = Config(stdout=io.StringIO())
    settings.set_main_option("script_location", str(home() / "migrations"))
    if connection is not None:
        settings.attributes["connection"] = connection
    return settings


def newest() -> str:
    """The revision that this version of the program wants."""
    return ScriptDirectory.from_config(config()).get_current_head() or ""


@contextmanager
def _alone(settings: Settings, connection: Connection) -> Iterator[None]:
    """One migration at a time, whoever starts it."""
    if settings.is_sqlite:
        with (settings.data_dir / "migrate.lock").open("w") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield
    else:
        connection.execute(text("SELECT pg_advisory_lock(:key)"), {"key": MIGRATION_LOCK})
        connection.commit()
        try:
            yield
        finally:
            connection.execute(text("SELECT pg_advisory_unlock(:key)"), {"key": MIGRATION_LOCK})
            connection.commit()


def current(settings: Settings) -> str:
    """The database's revision; empty for a new one."""
    with engine.make(settings.url, writing=False).connect() as connection:
        return MigrationContext.configure(connection).get_current_revision() or ""


def pending(settings: Settings) -> bool:
    """True where the tables are not this version's."""
    return current(settings) != newest()


def known() -> set[str]:
    """Every revision that this version of the program has heard of."""
    return {script.revision for script in ScriptDirectory.from_config(config()).walk_revisions()}


def refuse_newer(revision: str) -> None:
    """Raises :class:`Unavailable` where a newer program made the database."""
    if revision and revision not in known():
        msg = f"a newer Sportello made this database (revision {revision}); install that version or restore a backup"
        raise Unavailable(msg)


def upgrade(
    settings: Settings, revision: str = "head", *, first: Callable[[str], None] = lambda _before: None
) -> tuple[str, str]:
    """Migrates up and gives (before, after). ``first`` is called with an older database's revision before it changes.

    Raises :class:`Unavailable` where a newer program made the database.
    """
    eng = engine.make(settings.url, writing=True)
    with eng.connect() as connection, _alone(settings, connection):
        before = MigrationContext.configure(connection).get_current_revision() or ""
        refuse_newer(before)
        connection.rollback()
        if before and revision == "head" and before != newest():
            first(before)
        command.upgrade(config(connection), revision)
        connection.commit()
        after = MigrationContext.configure(connection).get_current_revision() or ""
    eng.dispose()
    return before, after


def downgrade(settings: Settings, revision: str) -> None:
    """Migrates down to ``revision`` (``base`` for nothing)."""
    eng = engine.make(settings.url, writing=True)
    with eng.connect() as connection, _alone(settings, connection):
        connection.rollback()
        command.downgrade(config(connection), revision)
        connection.commit()
    eng.dispose()
