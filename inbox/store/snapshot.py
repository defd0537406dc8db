"""One moment of the database, out and in again: SQLite by its online backup, PostgreSQL by COPY within one snapshot.

PostgreSQL's own tools are not used: ``pg_dump`` has to be as new as the server and is in few containers, while the
driver is here anyway, and what is put back gets its tables and indexes from this program's own migrations.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from alembic import command
from alembic.migration import MigrationContext
from psycopg import sql
from sqlalchemy import Connection, Engine, inspect, make_url, text
from sqlalchemy.exc import OperationalError

from inbox.errors import Conflict, Invalid
from inbox.settings import Settings
from inbox.store import engine, moving, schema
from inbox.store.archive import DATABASE, Archive, Manifest, Writing

__all__ = ["SQLITE", "is_empty", "load_postgresql", "load_sqlite", "place_of", "save", "staged", "switch"]

SQLITE = f"{DATABASE}sportello.db"
#: A desk with a row in any of these is one that somebody uses.
TELLING = ("agents", "channels", "tickets", "journal", "events")
NAMED = "SELECT sha256 FROM attachments WHERE sha256 IS NOT NULL UNION SELECT sha256 FROM journal WHERE body IS NULL"
PATIENCE_S = 30
#: FTS5 keeps its index in tables of its own, which belong to the virtual one.
SHADOWS = ("_data", "_idx", "_content", "_docsize", "_config")


def place_of(settings: Settings) -> Path:
    """Where SQLite's file is."""
    return Path(make_url(settings.url).database or "")


def save(settings: Settings, writing: Writing, manifest: Manifest, aside: Path) -> list[str]:
    """Writes the database as it is now into the archive; gives the digests of the files that its rows name.

    Nobody has to wait for it: readers and writers go on. ``aside`` is a folder for a copy on its way.
    """
    if settings.is_sqlite:
        return _save_sqlite(settings, writing, manifest, aside)
    return _save_postgresql(settings, writing, manifest)


# --- SQLite -----------------------------------------------------------------------------------------------------


def _save_sqlite(settings: Settings, writing: Writing, manifest: Manifest, aside: Path) -> list[str]:
    copy = aside / "copy.db"
    with closing(sqlite3.connect(place_of(settings), timeout=PATIENCE_S)) as source, closing(_file(copy)) as target:
        source.backup(target)  # all pages in one step: one moment, whatever is written meanwhile
        target.execute("PRAGMA journal_mode=DELETE")
        manifest.tables = _tables(target)
        manifest.counts = _counts(target, manifest.tables)
        manifest.revision = _revision(target)
        manifest.last_seq = target.execute("SELECT coalesce(max(seq), 0) FROM events").fetchone()[0]
        named = [row[0] for row in target.execute(NAMED)]
    writing.file(SQLITE, copy, squeeze=True)
    copy.unlink()
    return named


def _file(path: Path) -> sqlite3.Connection:
    os.close(os.open(path, os.O_WRONLY | os.O_CREAT, 0o600))
    return sqlite3.connect(path)


def _tables(line: sqlite3.Connection) -> list[str]:
    found = [
        row[0]
        for row in line.execute("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")
    ]
    shadows = {f"{name}{end}" for name in found for end in SHADOWS}
    return sorted(set(found) - shadows)


def _counts(line: sqlite3.Connection, tables: list[str]) -> dict[str, int]:
    return {name: line.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0] for name in tables}  # noqa: S608  (its own tables)


def _revision(line: sqlite3.Connection) -> str:
    return str(line.execute("SELECT version_num FROM alembic_version").fetchone()[0])


def staged(archive: Archive, folder: Path) -> Path:
    """The archive's SQLite file in ``folder``, checked page by page and row by row. Raises :class:`Invalid`."""
    copy = folder / "sportello.db"
    archive.copy(SQLITE, copy)
    copy.chmod(0o600)
    try:
        with closing(sqlite3.connect(copy)) as line:
            found = line.execute("PRAGMA integrity_check").fetchone()[0]
            counts = _counts(line, _tables(line)) if found == "ok" else {}
    except sqlite3.DatabaseError as problem:
        raise Invalid(f"the backup's database is damaged: {problem}") from None
    if found != "ok":
        raise Invalid(f"the backup's database is damaged: {found}")
    _compare(archive.manifest.counts, counts)
    return copy


def switch(settings: Settings, copy: Path) -> None:
    """Puts a checked file where the desk's is. What the old one had not folded in yet goes with it."""
    place = place_of(settings)
    with closing(sqlite3.connect(copy)) as line:
        line.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        line.execute("PRAGMA journal_mode=DELETE")
    if place.exists():
        with closing(sqlite3.connect(place)) as line:  # folded in, so that it is whole up to the last step
            line.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    for end in ("-wal", "-shm"):
        place.with_name(place.name + end).unlink(missing_ok=True)
    copy.replace(place)
    folder = os.open(place.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


# --- PostgreSQL -------------------------------------------------------------------------------------------------


def _save_postgresql(settings: Settings, writing: Writing, manifest: Manifest) -> list[str]:
    with _opened(settings) as line, line.connect() as plain:
        connection = plain.execution_options(isolation_level="REPEATABLE READ")
        with connection.begin():
            connection.execute(text("SET TRANSACTION READ ONLY"))
            manifest.revision = MigrationContext.configure(connection).get_current_revision() or ""
            manifest.tables = _sorted(connection)
            for name in manifest.tables:
                manifest.counts[name] = _copy_out(connection, name, writing)
            manifest.last_seq = connection.scalar(text("SELECT coalesce(max(seq), 0) FROM events")) or 0
            return list(connection.scalars(text(NAMED)))


@contextmanager
def _opened(settings: Settings) -> Iterator[Engine]:
    line = engine.make(settings.url, writing=True)
    try:
        yield line
    finally:
        line.dispose()


def _sorted(connection: Connection) -> list[str]:
    """The tables, parents before children, without Alembic's own."""
    names = [name for name, _keys in inspect(connection).get_sorted_table_and_fkc_names() if name]
    return [name for name in names if name != "alembic_version"]


def _cursor(connection: Connection) -> Any:
    return connection.connection.cursor()


def _columns(connection: Connection, table: str) -> list[str]:
    return [column["name"] for column in inspect(connection).get_columns(table)]


def _copy_out(connection: Connection, table: str, writing: Writing) -> int:
    """One table as COPY's text, its columns in the first line; gives how many rows."""
    columns = _columns(connection, table)
    fields = sql.SQL(", ").join(map(sql.Identifier, columns))
    statement = sql.SQL("COPY {} ({}) TO STDOUT").format(sql.Identifier(table), fields)
    rows = 0
    with writing.part(f"{DATABASE}{table}.copy") as write, _cursor(connection) as cursor:
        write(("\t".join(columns) + "\n").encode())
        with cursor.copy(statement) as data:
            for row in data:
                piece = bytes(row)
                rows += piece.count(b"\n")
                write(piece)
    return rows


def load_postgresql(archive: Archive, connection: Connection) -> None:
    """Replaces the database's tables by the archive's, within the caller's transaction, at the archive's revision and
    then at this program's. Raises :class:`Conflict` where somebody else is connected, :class:`Invalid` where a table
    does not come out as it was."""
    _emptied(connection, archive.manifest.revision)
    counts = {name: _copy_in(connection, name, archive) for name in archive.manifest.tables}
    _compare(archive.manifest.counts, counts)
    _numbers(connection)
    command.upgrade(schema.config(connection), "head")


def load_sqlite(copy: Path, connection: Connection) -> None:
    """The same from a checked SQLite file at this program's revision: a desk that moves to PostgreSQL."""
    with closing(sqlite3.connect(copy)) as line:
        known = _counts(line, _tables(line))
    _emptied(connection, "head")
    counts = moving.move(copy, connection)
    _compare({name: count for name, count in known.items() if name != "alembic_version"}, counts)
    _numbers(connection)


def _emptied(connection: Connection, revision: str) -> None:
    """Tables without rows."""
    _nobody_else(connection)
    for name in inspect(connection).get_table_names():
        connection.execute(text(f'DROP TABLE "{name}" CASCADE'))
    command.upgrade(schema.config(connection), revision)


def _nobody_else(connection: Connection) -> None:
    others = connection.scalar(
        text(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
            " AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
        )
    )
    if others:
        msg = f"{others} others are connected to the database; stop every web and worker, then try again"
        raise Conflict(msg)
    connection.execute(text(f"SET LOCAL lock_timeout = '{PATIENCE_S}s'"))


def _copy_in(connection: Connection, table: str, archive: Archive) -> int:
    with archive.open(f"{DATABASE}{table}.copy") as source:
        columns = source.readline().decode().rstrip("\n").split("\t")
        fields = sql.SQL(", ").join(map(sql.Identifier, columns))
        statement = sql.SQL("COPY {} ({}) FROM STDIN").format(sql.Identifier(table), fields)
        with _cursor(connection) as cursor:
            with cursor.copy(statement) as data:
                for piece in iter(lambda: source.read(1 << 20), b""):
                    data.write(piece)
            return int(cursor.rowcount)


def _numbers(connection: Connection) -> None:
    """Counters go on after the highest number that is there."""
    owned = connection.execute(
        text(
            "SELECT table_name, column_name, pg_get_serial_sequence(quote_ident(table_name), column_name)"
            " FROM information_schema.columns WHERE table_schema = current_schema()"
        )
    ).all()
    for table, column, sequence in owned:
        if sequence:
            top = connection.scalar(text(f'SELECT max("{column}") FROM "{table}"'))  # noqa: S608  (the catalogue's own words)
            connection.execute(
                text("SELECT setval(CAST(:sequence AS regclass), :top, :used)"),
                {"sequence": sequence, "top": top or 1, "used": top is not None},
            )


# --- both -------------------------------------------------------------------------------------------------------


def _compare(known: dict[str, int], counts: dict[str, int]) -> None:
    odd = [name for name, count in known.items() if counts.get(name) != count]
    if odd:
        name = odd[0]
        msg = f"the backup's table {name} has {counts.get(name)} rows instead of {known[name]}"
        raise Invalid(msg)


def is_empty(settings: Settings) -> bool:
    """True where there is no desk: no database, no tables, or nothing in them that anybody made."""
    if settings.is_sqlite and not place_of(settings).exists():
        return True
    with _opened(settings) as line:
        try:
            with line.connect() as connection:
                tables = set(inspect(connection).get_table_names())
                return not any(
                    connection.scalar(text(f"SELECT 1 FROM {name} LIMIT 1"))  # noqa: S608  (our own words)
                    for name in TELLING
                    if name in tables
                )
        except OperationalError as problem:
            raise Conflict(f"the database cannot be looked at: {problem.orig}") from None
