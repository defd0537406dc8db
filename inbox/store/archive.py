"""A backup as a file: a zip with a manifest that says what is in it, each part with its SHA-256."""

from __future__ import annotations

import hashlib
import json
import os
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import IO, Any, Final

from inbox.errors import Invalid, Unavailable

__all__ = ["DATABASE", "FILES", "KEY", "MANIFEST", "Archive", "Manifest", "Writing", "reading", "writing"]

#: The form of archives that this program writes; it reads this one and those before it.
FORMAT: Final = 1
MANIFEST: Final = "manifest.json"
DATABASE: Final = "database/"
FILES: Final = "files/"
KEY: Final = "secret.key"
CHUNK = 1 << 20
SQUEEZE = 1  # the database shrinks to a fraction at a tenth of the time of the tightest


@dataclass
class Manifest:
    """What the archive holds: of which program and database, how many rows, and every part with its size and digest."""

    version: str
    made_at: str
    database: str  # sqlite or postgresql
    revision: str
    tables: list[str] = field(default_factory=list)  # parents before children
    counts: dict[str, int] = field(default_factory=dict)
    last_seq: int = 0
    parts: dict[str, dict[str, Any]] = field(default_factory=dict)
    missing: list[str] = field(default_factory=list)  # files that rows name and that were not there
    damaged: list[str] = field(default_factory=list)  # files whose bytes were not what they are called by
    format: int = FORMAT

    @property
    def files(self) -> list[str]:
        """The digests of the attachments and large arrivals in it that are sound."""
        every = (name.rpartition("/")[2] for name in self.parts if name.startswith(FILES))
        return [digest for digest in every if digest not in self.damaged]


class Writing:
    """An archive that is being written; every part is hashed on its way."""

    def __init__(self, zipped: zipfile.ZipFile) -> None:
        self._zip = zipped
        self.parts: dict[str, dict[str, Any]] = {}

    @contextmanager
    def part(self, name: str, *, squeeze: bool = True) -> Iterator[Callable[[bytes], None]]:
        """One part: call what it gives with its bytes, piece by piece."""
        info = zipfile.ZipInfo(name, (2000, 1, 1, 0, 0, 0))
        info.compress_type = zipfile.ZIP_DEFLATED if squeeze else zipfile.ZIP_STORED
        info.external_attr = 0o600 << 16
        digest, size = hashlib.sha256(), 0
        with self._zip.open(info, "w", force_zip64=True) as out:

            def write(data: bytes) -> None:
                nonlocal size
                digest.update(data)
                size += len(data)
                out.write(data)

            yield write
        self.parts[name] = {"bytes": size, "sha256": digest.hexdigest()}

    def file(self, name: str, path: Path, *, squeeze: bool = False) -> None:
        """A part from a file. Raises ``FileNotFoundError`` before anything is written."""
        with path.open("rb") as source, self.part(name, squeeze=squeeze) as write:
            for data in iter(lambda: source.read(CHUNK), b""):
                write(data)

    def close(self, manifest: Manifest) -> None:
        """Writes the manifest, last."""
        manifest.parts = self.parts
        with self.part(MANIFEST) as write:
            write(json.dumps(asdict(manifest), indent=1, ensure_ascii=False).encode())


@contextmanager
def writing(target: Path) -> Iterator[Writing]:
    """A new archive, readable by its owner only; it is at ``target`` when it is whole and on the disk, never before."""
    part = target.with_name(f".{target.name}.part")
    handle = os.open(part, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        with os.fdopen(handle, "w+b") as file:
            with zipfile.ZipFile(file, "w", compresslevel=SQUEEZE) as zipped:
                yield Writing(zipped)
            file.flush()
            os.fsync(file.fileno())
        part.replace(target)
    except BaseException:
        part.unlink(missing_ok=True)
        raise


class Archive:
    """An archive that is being read. Whoever made it, nothing of it is trusted before :meth:`verify`."""

    def __init__(self, zipped: zipfile.ZipFile, manifest: Manifest) -> None:
        self._zip = zipped
        self.manifest = manifest

    def verify(self) -> None:
        """Reads every part and compares it with the manifest. Raises :class:`Invalid` at the first that differs."""
        there = set(self._zip.namelist()) - {MANIFEST}
        if there != set(self.manifest.parts):
            odd = ", ".join(sorted(there ^ set(self.manifest.parts))[:3])
            raise Invalid(f"the backup is not whole: {odd} does not stand in its list, or is not there")
        for name in self.manifest.parts:
            digest, size = hashlib.sha256(), 0
            try:
                with self.open(name) as source:
                    for data in iter(lambda: source.read(CHUNK), b""):
                        digest.update(data)
                        size += len(data)
            except (zipfile.BadZipFile, OSError, EOFError) as problem:
                raise Invalid(f"the backup is damaged: {name} cannot be read ({problem})") from None
            known = self.manifest.parts[name]
            if (size, digest.hexdigest()) != (known.get("bytes"), known.get("sha256")):
                raise Invalid(f"the backup is damaged: {name} is not what was backed up")

    def open(self, name: str) -> IO[bytes]:
        """One part, to read."""
        return self._zip.open(name)

    def copy(self, name: str, target: Path) -> None:
        """One part as a file of its own, on the disk when this returns."""
        with self.open(name) as source, target.open("wb") as out:
            for data in iter(lambda: source.read(CHUNK), b""):
                out.write(data)
            out.flush()
            os.fsync(out.fileno())


@contextmanager
def reading(source: Path) -> Iterator[Archive]:
    """An archive to read. Raises :class:`Invalid` where it is none, :class:`Unavailable` for one of a newer program."""
    try:
        zipped = zipfile.ZipFile(source)
    except (zipfile.BadZipFile, IsADirectoryError) as problem:
        raise Invalid(f"{source} is no backup of Sportello, or was cut short ({problem})") from None
    with zipped:
        yield Archive(zipped, _manifest(source, zipped))


def _manifest(source: Path, zipped: zipfile.ZipFile) -> Manifest:
    try:
        found = json.loads(zipped.read(MANIFEST))
        form = int(found["format"])
    except (KeyError, ValueError, TypeError, zipfile.BadZipFile):
        raise Invalid(f"{source} is no backup of Sportello: it has no manifest") from None
    if form > FORMAT:
        raise Unavailable(f"a newer Sportello ({found.get('version')}) made this backup; install that version first")
    try:
        return Manifest(**found)
    except TypeError:
        raise Invalid(f"{source} is no backup of Sportello: its manifest cannot be read") from None
