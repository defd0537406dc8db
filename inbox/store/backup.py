"""The whole desk as one file, while it runs, and back again: database, files, key."""

from __future__ import annotations

import importlib.metadata
import tempfile
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import psycopg
from sqlalchemy import Connection
from sqlalchemy.exc import OperationalError

from inbox import clock
from inbox.errors import Conflict, Invalid, Unavailable
from inbox.settings import Settings
from inbox.store import Files, Store, Work, engine, running, schema, snapshot
from inbox.store.archive import FILES, KEY, Archive, Manifest, reading, writing

__all__ = ["Restored", "checked", "make", "migrated", "restore"]

#: Of the backups that are made before a migration so many stay.
KEPT = 3
SQLITE = "sqlite"  # the word for it in a manifest
BEFORE_MIGRATION = "before-migration"
BEFORE_RESTORE = "before-restore"

#: What has to happen to a desk that was put back before anybody works on it.
Afterwards = Callable[[Work, Manifest], None]


@dataclass(frozen=True)
class Restored:
    """What was put back, and where what stood there before now lies (None where nothing did)."""

    manifest: Manifest
    before: Path | None


def make(settings: Settings, target: Path) -> Manifest:
    """Writes the desk as it is at one moment to ``target``. Nobody has to stop for it."""
    manifest = Manifest(
        version=importlib.metadata.version("sportello"),
        made_at=clock.iso(clock.now()),
        database=SQLITE if settings.is_sqlite else "postgresql",
        revision="",
    )
    files = Files(settings.files)
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".backup-") as aside, writing(target) as archive:
        named = snapshot.save(settings, archive, manifest, Path(aside))
        for digest in sorted(named):  # on the disk before their rows were, so they are all there
            try:
                archive.file(_part(digest), files.path(digest))
            except (FileNotFoundError, ValueError):
                manifest.missing.append(digest)
            else:
                if archive.parts[_part(digest)]["sha256"] != digest:
                    manifest.damaged.append(digest)
        with archive.part(KEY) as write:
            write(settings.secret_key.encode() + b"\n")
        archive.close(manifest)
    return manifest


def checked(settings: Settings, archive: Archive) -> None:
    """Whether this backup can be put back by this program, here. Raises a sentence where not; changes nothing."""
    manifest = archive.manifest
    if manifest.revision not in schema.known():
        msg = f"a newer Sportello ({manifest.version}) made this backup; install that version first"
        raise Unavailable(msg)
    if settings.is_sqlite and manifest.database != SQLITE:
        msg = f"this is a backup of a desk on {manifest.database}: set DATABASE_URL to such a database"
        raise Invalid(msg)
    if manifest.database == SQLITE and snapshot.SQLITE not in manifest.parts:
        raise Invalid("the backup is not whole: there is no sportello.db in it")
    archive.verify()


def restore(settings: Settings, source: Path, *, replace: bool, afterwards: Afterwards) -> Restored:
    """Puts a desk back. Everything is checked first, and what was there is backed up; then it changes all or nothing.

    Raises :class:`Conflict` where a desk is here already (unless ``replace``) or runs, :class:`Invalid` and
    :class:`Unavailable` for a backup that is damaged, of a newer program, or of PostgreSQL where SQLite is: the other
    way a desk moves to PostgreSQL.
    """
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    settings.data_dir.chmod(0o700)
    with running.alone(settings), reading(source) as archive:
        checked(settings, archive)
        key = archive.open(KEY).read().decode().strip()
        _fits(settings, key)
        empty = snapshot.is_empty(settings)
        if not empty and not replace:
            msg = "there is a desk here already; --replace puts the backup in its place (and keeps a backup of it)"
            raise Conflict(msg)
        with tempfile.TemporaryDirectory(dir=settings.data_dir, prefix=".restore-") as aside:
            copy = snapshot.staged(archive, Path(aside)) if archive.manifest.database == SQLITE else None
            before = None if empty else _aside(settings)
            _files(settings, archive)
            if copy is not None and settings.is_sqlite:
                _prepare(settings, key, copy, archive.manifest, afterwards)
                _keep_key(settings, key)
                snapshot.switch(settings, copy)
            else:
                load = partial(snapshot.load_postgresql, archive)
                if copy is not None:
                    schema.upgrade(_at(settings, copy, key))
                    load = partial(snapshot.load_sqlite, copy)
                _into_postgresql(settings, key, load, archive.manifest, afterwards)
                _keep_key(settings, key)
        return Restored(archive.manifest, before)


def _part(digest: str) -> str:
    return f"{FILES}{digest[:2]}/{digest}"


def _fits(settings: Settings, key: str) -> None:
    if settings.secret_key and settings.secret_key != key:
        msg = "SECRET_KEY in the environment is not the key of this backup: take it out, or set it to the backup's"
        raise Conflict(msg)


def _aside(settings: Settings) -> Path:
    """A backup of the desk that is about to go."""
    own = settings.model_copy()
    own.prepare()
    target = _place(settings, BEFORE_RESTORE)
    try:
        make(own, target)
    except Exception as problem:
        msg = f"nothing was changed: the desk that is here could not be backed up first ({problem})"
        raise Unavailable(msg) from problem
    return target


def _place(settings: Settings, why: str) -> Path:
    folder = settings.data_dir / "backups"
    folder.mkdir(mode=0o700, exist_ok=True)
    return folder / f"{why}-{clock.now():%Y%m%d-%H%M%S-%f}.zip"


def _files(settings: Settings, archive: Archive) -> None:
    """The files by their content: those that are there already stay."""
    settings.files.mkdir(exist_ok=True)
    files = Files(settings.files)
    for digest in archive.manifest.files:
        if not files.path(digest).exists():
            with archive.open(_part(digest)) as source:
                files.put(source.read())


def _prepare(settings: Settings, key: str, copy: Path, manifest: Manifest, afterwards: Afterwards) -> None:
    """Brings the copy to this version and settles it, while the old database still stands."""
    own = _at(settings, copy, key)
    schema.upgrade(own)
    store = Store(own)
    try:
        with store.transaction() as work:
            afterwards(work, manifest)
    finally:
        store.close()


def _at(settings: Settings, copy: Path, key: str) -> Settings:
    """The settings of a desk that lies in a SQLite file."""
    own = settings.model_copy(update={"database_url": f"sqlite:///{copy}", "secret_key": key})
    own.__dict__.pop("url", None)
    return own


def _into_postgresql(
    settings: Settings, key: str, load: Callable[[Connection], None], manifest: Manifest, afterwards: Afterwards
) -> None:
    """Tables, rows and what follows in one transaction: a restore that is cut short has changed nothing."""
    store = Store(settings.model_copy(update={"secret_key": key}))
    line = engine.make(settings.url, writing=True)
    try:
        with line.begin() as connection:
            load(connection)
            with Work(store, connection, expire_on_commit=False) as work:
                afterwards(work, manifest)
                work.write_events()
                work.commit()  # of its part: the whole is committed when the connection is
    except (OperationalError, psycopg.Error) as problem:
        msg = f"nothing was changed: the database did not take it ({problem})"
        raise Unavailable(msg) from None
    finally:
        store.close()
        line.dispose()


def _keep_key(settings: Settings, key: str) -> None:
    """The backup's key, unless the environment names it."""
    if settings.secret_key:
        return
    path = settings.data_dir / "secret.key"
    if path.exists() and path.read_text().strip() == key:
        return
    new = path.with_suffix(".new")
    new.touch(mode=0o600)
    new.chmod(0o600)
    new.write_text(key + "\n")
    new.replace(path)


def migrated(settings: Settings) -> tuple[str, str, Path | None]:
    """Brings the database to this version's tables, an older one not before it was backed up; gives the revisions
    before and after, and the backup.

    Raises :class:`Unavailable` for a newer program's database, and where there is no room for the backup.
    """
    made: list[Path] = []

    def first(_before: str) -> None:
        try:
            target = _place(settings, BEFORE_MIGRATION)
            make(settings, target)
        except OSError as problem:
            msg = f"not migrated: the backup before it could not be written to {settings.data_dir} ({problem.strerror})"
            raise Unavailable(msg) from problem
        made.append(target)

    before, after = schema.upgrade(settings, first=first)
    if made:
        for old in sorted(made[0].parent.glob(f"{BEFORE_MIGRATION}-*.zip"))[:-KEPT]:
            with suppress(OSError):
                old.unlink()
    return before, after, made[0] if made else None
